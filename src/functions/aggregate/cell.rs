//! Values that states keep, one Rust type for each way in which columns hold them.

use std::cmp::Ordering;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, Int32Array, Int64Array, PrimitiveArray, StringArray,
    StringBuilder,
};
use datafusion::arrow::buffer::{NullBuffer, ScalarBuffer};
use datafusion::arrow::datatypes::{
    ArrowNativeType, ArrowPrimitiveType, DataType, Date32Type, Decimal128Type, Float64Type,
    Int32Type, Int64Type, Time32MillisecondType, TimestampMillisecondType,
};

use crate::functions::aggregate::StateError;
use crate::functions::aggregate::bytes::{
    put_slice, put_value, take_array, take_bool, take_text, take_value,
};
use crate::functions::aggregate::order::{
    compare_doubles, compare_texts, compare_values, hash_bytes, hash_value, hash_word, same_values,
};
use crate::types::{ColumnBuilder, SqlType, Value, value_at};

/// A value that a state keeps.
///
/// Dates, times and timestamps are held as the numbers they are made of. Whatever is not worth a type of its own is a [`Value`].
pub(super) trait Cell: Clone + Send + 'static {
    /// A column of such values.
    type Column<'a>;
    /// A value where it stands, in a column or in a cell.
    type Ref<'a>: Copy;
    /// A column that is being built.
    type Builder;

    /// Whether a value holds memory of its own.
    const HAS_HEAP: bool = false;

    /// Looks at a column by its type.
    fn column(array: &ArrayRef) -> Self::Column<'_>;
    /// Returns the value at a row, none if it is NULL.
    fn get<'a>(column: &'a Self::Column<'_>, row: usize) -> Option<Self::Ref<'a>>;
    /// Returns the value of a cell.
    fn get_ref(&self) -> Self::Ref<'_>;
    /// Keeps a value.
    fn own(value: Self::Ref<'_>) -> Self;
    /// Keeps another value, in the same memory if it fits.
    fn assign(&mut self, value: Self::Ref<'_>) {
        *self = Self::own(value);
    }
    /// Compares as Java compares: NaN is the largest number, texts are compared by UTF-16 unit.
    fn compare(a: Self::Ref<'_>, b: Self::Ref<'_>) -> Ordering;
    /// Tells whether two values are the same: NaN is NaN, the order of a map's entries does not matter.
    fn same(a: Self::Ref<'_>, b: Self::Ref<'_>) -> bool {
        Self::compare(a, b).is_eq()
    }
    /// Hashes a value, the same in every version and on every machine; values that are the same have the same hash.
    fn hash(value: Self::Ref<'_>) -> u64;
    /// Returns how many bytes it holds outside itself.
    fn heap_size(&self) -> usize {
        0
    }
    /// Appends it to `out`.
    fn save(&self, out: &mut Vec<u8>);
    /// Takes a value of a type off the front of `bytes`.
    fn load(sql_type: &SqlType, bytes: &mut &[u8]) -> Result<Self, StateError>;
    /// Begins a column of a type.
    fn builder(sql_type: &SqlType, capacity: usize) -> Self::Builder;
    /// Pushes a value or NULL.
    fn push(value: Option<Self::Ref<'_>>, builder: &mut Self::Builder);
    /// Returns the column.
    fn finish(builder: Self::Builder, sql_type: &SqlType) -> ArrayRef;
}

/// A column of numbers: its values and which are NULL.
pub(super) struct Numbers<'a, N> {
    values: &'a [N],
    nulls: Option<&'a NullBuffer>,
}

impl<'a, N: ArrowNativeType> Numbers<'a, N> {
    pub(super) fn new<T: ArrowPrimitiveType<Native = N>>(array: &'a PrimitiveArray<T>) -> Self {
        Numbers { values: array.values(), nulls: array.nulls().filter(|n| 0 < n.null_count()) }
    }

    #[inline]
    pub(super) fn get(&self, row: usize) -> Option<N> {
        match self.nulls {
            Some(nulls) if nulls.is_null(row) => None,
            _ => Some(self.values[row]),
        }
    }
}

/// Numbers that are being collected.
pub(super) struct NumbersBuilder<N> {
    values: Vec<N>,
    valid: Vec<bool>,
    null_count: usize,
}

impl<N: ArrowNativeType> NumbersBuilder<N> {
    pub(super) fn new(capacity: usize) -> Self {
        NumbersBuilder {
            values: Vec::with_capacity(capacity),
            valid: Vec::with_capacity(capacity),
            null_count: 0,
        }
    }

    #[inline]
    pub(super) fn push(&mut self, value: Option<N>) {
        self.null_count += usize::from(value.is_none());
        self.valid.push(value.is_some());
        self.values.push(value.unwrap_or_default());
    }

    pub(super) fn finish<T: ArrowPrimitiveType<Native = N>>(self) -> PrimitiveArray<T> {
        let nulls = (0 < self.null_count).then(|| NullBuffer::from(self.valid));
        PrimitiveArray::new(ScalarBuffer::from(self.values), nulls)
    }
}

/// A number as a cell: what is the same for all of them.
macro_rules! number_cell {
    ($native:ty, $compare:expr, $hash:expr) => {
        type Column<'a> = Numbers<'a, $native>;
        type Ref<'a> = $native;
        type Builder = NumbersBuilder<$native>;

        #[inline]
        fn get(column: &Self::Column<'_>, row: usize) -> Option<$native> {
            column.get(row)
        }
        #[inline]
        fn get_ref(&self) -> $native {
            *self
        }
        #[inline]
        fn own(value: $native) -> Self {
            value
        }
        #[inline]
        fn compare(a: $native, b: $native) -> Ordering {
            $compare(&a, &b)
        }
        fn hash(value: $native) -> u64 {
            $hash(value)
        }
        fn save(&self, out: &mut Vec<u8>) {
            out.extend_from_slice(&self.to_le_bytes());
        }
        fn load(_: &SqlType, bytes: &mut &[u8]) -> Result<Self, StateError> {
            Ok(<$native>::from_le_bytes(take_array(bytes)?))
        }
        fn builder(_: &SqlType, capacity: usize) -> Self::Builder {
            NumbersBuilder::new(capacity)
        }
        #[inline]
        fn push(value: Option<$native>, builder: &mut Self::Builder) {
            builder.push(value);
        }
    };
}

/// INT, DATE and TIME.
impl Cell for i32 {
    number_cell!(i32, i32::cmp, |value: i32| hash_word(i64::from(value) as u64));

    fn column(array: &ArrayRef) -> Numbers<'_, i32> {
        match array.data_type() {
            DataType::Date32 => Numbers::new(array.as_primitive::<Date32Type>()),
            DataType::Time32(_) => Numbers::new(array.as_primitive::<Time32MillisecondType>()),
            _ => Numbers::new(array.as_primitive::<Int32Type>()),
        }
    }

    fn finish(builder: NumbersBuilder<i32>, sql_type: &SqlType) -> ArrayRef {
        if *sql_type == SqlType::Date {
            Arc::new(builder.finish::<Date32Type>())
        } else if *sql_type == SqlType::Time {
            Arc::new(builder.finish::<Time32MillisecondType>())
        } else {
            Arc::new(builder.finish::<Int32Type>() as Int32Array)
        }
    }
}

/// BIGINT and TIMESTAMP.
impl Cell for i64 {
    number_cell!(i64, i64::cmp, |value: i64| hash_word(value as u64));

    fn column(array: &ArrayRef) -> Numbers<'_, i64> {
        match array.data_type() {
            DataType::Timestamp(_, _) => {
                Numbers::new(array.as_primitive::<TimestampMillisecondType>())
            }
            _ => Numbers::new(array.as_primitive::<Int64Type>()),
        }
    }

    fn finish(builder: NumbersBuilder<i64>, sql_type: &SqlType) -> ArrayRef {
        if *sql_type == SqlType::Timestamp {
            Arc::new(builder.finish::<TimestampMillisecondType>())
        } else {
            Arc::new(builder.finish::<Int64Type>() as Int64Array)
        }
    }
}

/// DOUBLE.
impl Cell for f64 {
    number_cell!(f64, compare_doubles, |value: f64| {
        hash_word(if value.is_nan() { f64::NAN } else { value }.to_bits())
    });

    fn column(array: &ArrayRef) -> Numbers<'_, f64> {
        Numbers::new(array.as_primitive::<Float64Type>())
    }

    fn finish(builder: NumbersBuilder<f64>, _: &SqlType) -> ArrayRef {
        Arc::new(builder.finish::<Float64Type>() as Float64Array)
    }
}

/// DECIMAL of up to 38 digits.
impl Cell for i128 {
    number_cell!(i128, i128::cmp, |value: i128| hash_bytes(&value.to_le_bytes()));

    fn column(array: &ArrayRef) -> Numbers<'_, i128> {
        Numbers::new(array.as_primitive::<Decimal128Type>())
    }

    fn finish(builder: NumbersBuilder<i128>, sql_type: &SqlType) -> ArrayRef {
        let array = builder.finish::<Decimal128Type>().with_data_type(sql_type.arrow());
        Arc::new(array)
    }
}

/// VARCHAR.
impl Cell for String {
    type Column<'a> = &'a StringArray;
    type Ref<'a> = &'a str;
    type Builder = StringBuilder;

    const HAS_HEAP: bool = true;

    fn column(array: &ArrayRef) -> &StringArray {
        array.as_string()
    }
    #[inline]
    fn get<'a>(column: &'a Self::Column<'_>, row: usize) -> Option<&'a str> {
        column.is_valid(row).then(|| column.value(row))
    }
    fn get_ref(&self) -> &str {
        self
    }
    fn own(value: &str) -> Self {
        value.to_owned()
    }
    #[inline]
    fn assign(&mut self, value: &str) {
        self.clear();
        self.push_str(value);
    }
    fn compare(a: &str, b: &str) -> Ordering {
        compare_texts(a, b)
    }
    fn same(a: &str, b: &str) -> bool {
        a == b
    }
    fn hash(value: &str) -> u64 {
        hash_bytes(value.as_bytes())
    }
    fn heap_size(&self) -> usize {
        self.capacity()
    }
    fn save(&self, out: &mut Vec<u8>) {
        put_slice(self.as_bytes(), out);
    }
    fn load(_: &SqlType, bytes: &mut &[u8]) -> Result<Self, StateError> {
        take_text(bytes).map(str::to_owned)
    }
    fn builder(_: &SqlType, capacity: usize) -> StringBuilder {
        StringBuilder::with_capacity(capacity, capacity * 16)
    }
    fn push(value: Option<&str>, builder: &mut StringBuilder) {
        // A column of texts ends at 2 GiB; what is beyond is NULL rather than the end of the process.
        let fits = |text: &&str| builder.values_slice().len() + text.len() <= i32::MAX as usize;
        builder.append_option(value.filter(fits));
    }
    fn finish(mut builder: StringBuilder, _: &SqlType) -> ArrayRef {
        Arc::new(builder.finish())
    }
}

/// All other types; a cell is never [`Value::Null`] but inside of arrays, maps and structs.
impl Cell for Value {
    type Column<'a> = Vec<Value>;
    type Ref<'a> = &'a Value;
    type Builder = ColumnBuilder;

    const HAS_HEAP: bool = true;

    fn column(array: &ArrayRef) -> Vec<Value> {
        (0..array.len()).map(|row| value_at(array, row)).collect()
    }
    fn get(column: &Vec<Value>, row: usize) -> Option<&Value> {
        Some(&column[row]).filter(|value| !value.is_null())
    }
    fn get_ref(&self) -> &Value {
        self
    }
    fn own(value: &Value) -> Self {
        value.clone()
    }
    fn compare(a: &Value, b: &Value) -> Ordering {
        compare_values(a, b)
    }
    fn same(a: &Value, b: &Value) -> bool {
        same_values(a, b)
    }
    fn hash(value: &Value) -> u64 {
        hash_value(value)
    }
    fn heap_size(&self) -> usize {
        match self {
            Value::Varchar(text) => text.len(),
            Value::Bytes(bytes) => bytes.len(),
            Value::Array(values) | Value::Struct(values) => {
                values.iter().map(|value| size_of::<Value>() + value.heap_size()).sum()
            }
            Value::Map(entries) => entries
                .iter()
                .map(|(key, value)| 2 * size_of::<Value>() + key.heap_size() + value.heap_size())
                .sum(),
            Value::Null
            | Value::Boolean(_)
            | Value::Int(_)
            | Value::Bigint(_)
            | Value::Double(_)
            | Value::Decimal(_)
            | Value::Date(_)
            | Value::Time(_)
            | Value::Timestamp(_) => 0,
        }
    }
    fn save(&self, out: &mut Vec<u8>) {
        put_value(self, out);
    }
    fn load(sql_type: &SqlType, bytes: &mut &[u8]) -> Result<Self, StateError> {
        match take_value(sql_type, bytes)? {
            Value::Null => Err(StateError::Damaged("a value is null that cannot be")),
            value => Ok(value),
        }
    }
    fn builder(sql_type: &SqlType, _: usize) -> ColumnBuilder {
        ColumnBuilder::new(sql_type)
    }
    fn push(value: Option<&Value>, builder: &mut ColumnBuilder) {
        match value {
            Some(value) => builder.push(value),
            None => builder.push_null(),
        }
    }
    fn finish(mut builder: ColumnBuilder, _: &SqlType) -> ArrayRef {
        builder.finish()
    }
}

/// Evaluates an expression with the cell type that holds values of a SQL type.
macro_rules! with_cell {
    ($sql_type:expr, $cell:ident => $body:expr) => {
        match $sql_type {
            SqlType::Int | SqlType::Date | SqlType::Time => {
                type $cell = i32;
                $body
            }
            SqlType::Bigint | SqlType::Timestamp => {
                type $cell = i64;
                $body
            }
            SqlType::Double => {
                type $cell = f64;
                $body
            }
            SqlType::Decimal { precision, .. }
                if *precision <= $crate::types::NARROW_DECIMAL_PRECISION =>
            {
                type $cell = i128;
                $body
            }
            SqlType::Varchar => {
                type $cell = String;
                $body
            }
            SqlType::Boolean
            | SqlType::Decimal { .. }
            | SqlType::Bytes
            | SqlType::Array(_)
            | SqlType::Map(_, _)
            | SqlType::Struct(_) => {
                type $cell = $crate::types::Value;
                $body
            }
        }
    };
}
pub(super) use with_cell;

/// Appends a cell that may be NULL.
pub(super) fn save_option<C: Cell>(cell: &Option<C>, out: &mut Vec<u8>) {
    out.push(u8::from(cell.is_some()));
    if let Some(cell) = cell {
        cell.save(out);
    }
}

/// Takes a cell that may be NULL off the front.
pub(super) fn load_option<C: Cell>(
    sql_type: &SqlType,
    bytes: &mut &[u8],
) -> Result<Option<C>, StateError> {
    let present = take_bool(bytes)?;
    present.then(|| C::load(sql_type, bytes)).transpose()
}
