//! Builds a column of any SQL type, value by value. Decoders match on the variants and push without going through [`Value`].

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BinaryBuilder, BooleanBuilder, Date32Builder, Decimal128Array, Decimal256Array,
    Float64Builder, Int32Builder, Int64Builder, ListArray, MapArray, PrimitiveBuilder,
    StringBuilder, StructArray, Time32MillisecondBuilder, TimestampMillisecondBuilder,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use datafusion::arrow::datatypes::{Decimal128Type, Decimal256Type, i256};

use crate::types::sql_type::{element_field, entries_field, entry_fields, struct_fields};
use crate::types::value::Decimal;
use crate::types::{NARROW_DECIMAL_PRECISION, SqlType, Value};

/// A column that is being built.
#[expect(missing_docs, reason = "named as the SQL types are")]
pub enum ColumnBuilder {
    Boolean(BooleanBuilder),
    Int(Int32Builder),
    Bigint(Int64Builder),
    Double(Float64Builder),
    Decimal(DecimalBuilder),
    Varchar(StringBuilder),
    Bytes(BinaryBuilder),
    Date(Date32Builder),
    Time(Time32MillisecondBuilder),
    Timestamp(TimestampMillisecondBuilder),
    Array(ArrayBuilder),
    Map(MapBuilder),
    Struct(StructBuilder),
}

/// A DECIMAL column: the scale of what is pushed must be the type's.
pub struct DecimalBuilder {
    /// The type's digits after the point.
    pub scale: u8,
    /// The type's digits in all.
    pub precision: u8,
    values: DecimalValues,
}

enum DecimalValues {
    Narrow(PrimitiveBuilder<Decimal128Type>),
    Wide(PrimitiveBuilder<Decimal256Type>),
}

/// An ARRAY column: push elements into `element`, then `finish_row`.
pub struct ArrayBuilder {
    /// The elements of all rows, one after the other.
    pub element: Box<ColumnBuilder>,
    element_type: SqlType,
    rows: Rows,
}

/// A MAP column: push as many keys as values, then `finish_row`.
pub struct MapBuilder {
    /// The keys of all rows; never null.
    pub key: Box<ColumnBuilder>,
    /// The values of all rows.
    pub value: Box<ColumnBuilder>,
    types: (SqlType, SqlType),
    rows: Rows,
}

/// A STRUCT column: push one value into each field, then `finish_row`.
pub struct StructBuilder {
    /// One column per field.
    pub fields: Vec<ColumnBuilder>,
    sql_type: SqlType,
    valid: Vec<bool>,
}

/// Where the rows of a list end, and which are not null.
struct Rows {
    ends: Vec<i32>,
    valid: Vec<bool>,
}

impl Rows {
    fn new() -> Self {
        Rows { ends: vec![0], valid: Vec::new() }
    }

    fn push(&mut self, child_count: usize, valid: bool) {
        self.ends.push(i32::try_from(child_count).expect("a batch holds less than 2^31 elements"));
        self.valid.push(valid);
    }

    fn finish(&mut self) -> (OffsetBuffer<i32>, Option<NullBuffer>) {
        let ends = std::mem::replace(&mut self.ends, vec![0]);
        (OffsetBuffer::new(ScalarBuffer::from(ends)), nulls(&mut self.valid))
    }
}

fn nulls(valid: &mut Vec<bool>) -> Option<NullBuffer> {
    let valid = std::mem::take(valid);
    valid.contains(&false).then(|| NullBuffer::from(valid))
}

impl ColumnBuilder {
    /// Begins an empty column.
    pub fn new(sql_type: &SqlType) -> Self {
        match sql_type {
            SqlType::Boolean => ColumnBuilder::Boolean(BooleanBuilder::new()),
            SqlType::Int => ColumnBuilder::Int(Int32Builder::new()),
            SqlType::Bigint => ColumnBuilder::Bigint(Int64Builder::new()),
            SqlType::Double => ColumnBuilder::Double(Float64Builder::new()),
            SqlType::Decimal { precision, scale } => {
                ColumnBuilder::Decimal(DecimalBuilder::new(*precision, *scale))
            }
            SqlType::Varchar => ColumnBuilder::Varchar(StringBuilder::new()),
            SqlType::Bytes => ColumnBuilder::Bytes(BinaryBuilder::new()),
            SqlType::Date => ColumnBuilder::Date(Date32Builder::new()),
            SqlType::Time => ColumnBuilder::Time(Time32MillisecondBuilder::new()),
            SqlType::Timestamp => ColumnBuilder::Timestamp(TimestampMillisecondBuilder::new()),
            SqlType::Array(element) => ColumnBuilder::Array(ArrayBuilder {
                element: Box::new(ColumnBuilder::new(element)),
                element_type: element.as_ref().clone(),
                rows: Rows::new(),
            }),
            SqlType::Map(key, value) => ColumnBuilder::Map(MapBuilder {
                key: Box::new(ColumnBuilder::new(key)),
                value: Box::new(ColumnBuilder::new(value)),
                types: (key.as_ref().clone(), value.as_ref().clone()),
                rows: Rows::new(),
            }),
            SqlType::Struct(fields) => ColumnBuilder::Struct(StructBuilder {
                fields: fields.iter().map(|field| ColumnBuilder::new(&field.sql_type)).collect(),
                sql_type: sql_type.clone(),
                valid: Vec::new(),
            }),
        }
    }

    /// Returns how many rows were pushed.
    pub fn row_count(&self) -> usize {
        use datafusion::arrow::array::ArrayBuilder as _;
        match self {
            ColumnBuilder::Boolean(b) => b.len(),
            ColumnBuilder::Int(b) => b.len(),
            ColumnBuilder::Bigint(b) => b.len(),
            ColumnBuilder::Double(b) => b.len(),
            ColumnBuilder::Decimal(b) => match &b.values {
                DecimalValues::Narrow(values) => values.len(),
                DecimalValues::Wide(values) => values.len(),
            },
            ColumnBuilder::Varchar(b) => b.len(),
            ColumnBuilder::Bytes(b) => b.len(),
            ColumnBuilder::Date(b) => b.len(),
            ColumnBuilder::Time(b) => b.len(),
            ColumnBuilder::Timestamp(b) => b.len(),
            ColumnBuilder::Array(b) => b.rows.valid.len(),
            ColumnBuilder::Map(b) => b.rows.valid.len(),
            ColumnBuilder::Struct(b) => b.valid.len(),
        }
    }

    /// Pushes NULL.
    pub fn push_null(&mut self) {
        match self {
            ColumnBuilder::Boolean(b) => b.append_null(),
            ColumnBuilder::Int(b) => b.append_null(),
            ColumnBuilder::Bigint(b) => b.append_null(),
            ColumnBuilder::Double(b) => b.append_null(),
            ColumnBuilder::Decimal(b) => b.push(None),
            ColumnBuilder::Varchar(b) => b.append_null(),
            ColumnBuilder::Bytes(b) => b.append_null(),
            ColumnBuilder::Date(b) => b.append_null(),
            ColumnBuilder::Time(b) => b.append_null(),
            ColumnBuilder::Timestamp(b) => b.append_null(),
            ColumnBuilder::Array(b) => b.finish_row(false),
            ColumnBuilder::Map(b) => b.finish_row(false),
            ColumnBuilder::Struct(b) => {
                b.fields.iter_mut().for_each(ColumnBuilder::push_null);
                b.finish_row(false);
            }
        }
    }

    /// Pushes a value of the column's own type.
    ///
    /// A value of another type is a mistake of the caller: it is pushed as NULL, and debug builds stop.
    pub fn push(&mut self, value: &Value) {
        match (self, value) {
            (ColumnBuilder::Boolean(b), Value::Boolean(v)) => b.append_value(*v),
            (ColumnBuilder::Int(b), Value::Int(v)) => b.append_value(*v),
            (ColumnBuilder::Bigint(b), Value::Bigint(v)) => b.append_value(*v),
            (ColumnBuilder::Double(b), Value::Double(v)) => b.append_value(*v),
            (ColumnBuilder::Decimal(b), Value::Decimal(v)) => b.push(Some(*v)),
            (ColumnBuilder::Varchar(b), Value::Varchar(v)) => b.append_value(v),
            (ColumnBuilder::Bytes(b), Value::Bytes(v)) => b.append_value(v),
            (ColumnBuilder::Date(b), Value::Date(v)) => b.append_value(*v),
            (ColumnBuilder::Time(b), Value::Time(v)) => b.append_value(*v),
            (ColumnBuilder::Timestamp(b), Value::Timestamp(v)) => b.append_value(*v),
            (ColumnBuilder::Array(b), Value::Array(values)) => {
                values.iter().for_each(|value| b.element.push(value));
                b.finish_row(true);
            }
            (ColumnBuilder::Map(b), Value::Map(entries)) => {
                for (key, value) in entries {
                    b.key.push(key);
                    b.value.push(value);
                }
                b.finish_row(true);
            }
            (ColumnBuilder::Struct(b), Value::Struct(values)) => {
                b.fields.iter_mut().zip(values).for_each(|(field, value)| field.push(value));
                b.finish_row(true);
            }
            (builder, value) => {
                debug_assert!(value.is_null(), "a value of another type: {value:?}");
                builder.push_null();
            }
        }
    }

    /// Returns the column and begins a new one.
    pub fn finish(&mut self) -> ArrayRef {
        match self {
            ColumnBuilder::Boolean(b) => Arc::new(b.finish()),
            ColumnBuilder::Int(b) => Arc::new(b.finish()),
            ColumnBuilder::Bigint(b) => Arc::new(b.finish()),
            ColumnBuilder::Double(b) => Arc::new(b.finish()),
            ColumnBuilder::Decimal(b) => b.finish(),
            ColumnBuilder::Varchar(b) => Arc::new(b.finish()),
            ColumnBuilder::Bytes(b) => Arc::new(b.finish()),
            ColumnBuilder::Date(b) => Arc::new(b.finish()),
            ColumnBuilder::Time(b) => Arc::new(b.finish()),
            ColumnBuilder::Timestamp(b) => Arc::new(b.finish()),
            ColumnBuilder::Array(b) => b.finish(),
            ColumnBuilder::Map(b) => b.finish(),
            ColumnBuilder::Struct(b) => b.finish(),
        }
    }
}

impl DecimalBuilder {
    fn new(precision: u8, scale: u8) -> Self {
        let values = if precision <= NARROW_DECIMAL_PRECISION {
            DecimalValues::Narrow(PrimitiveBuilder::new())
        } else {
            DecimalValues::Wide(PrimitiveBuilder::new())
        };
        DecimalBuilder { scale, precision, values }
    }

    /// Tells whether its numbers take 16 bytes, not 32.
    pub fn is_narrow(&self) -> bool {
        self.precision <= NARROW_DECIMAL_PRECISION
    }

    /// Pushes a number that has the type's scale and fits its precision, or NULL.
    pub fn push(&mut self, value: Option<Decimal>) {
        debug_assert!(value.is_none_or(|v| v.scale == self.scale), "a decimal of another scale");
        let unscaled = value.map(|v| v.unscaled);
        match &mut self.values {
            DecimalValues::Narrow(values) => {
                values.append_option(unscaled.and_then(i256::to_i128));
            }
            DecimalValues::Wide(values) => values.append_option(unscaled),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        let scale = i8::try_from(self.scale).unwrap_or(i8::MAX);
        const FITS: &str = "a type's precision and scale were checked when it was made";
        match &mut self.values {
            DecimalValues::Narrow(values) => {
                let array: Decimal128Array = values.finish();
                Arc::new(array.with_precision_and_scale(self.precision, scale).expect(FITS))
            }
            DecimalValues::Wide(values) => {
                let array: Decimal256Array = values.finish();
                Arc::new(array.with_precision_and_scale(self.precision, scale).expect(FITS))
            }
        }
    }
}

impl ArrayBuilder {
    /// Ends a row: its elements are those pushed since the last one. A null row must have none.
    pub fn finish_row(&mut self, valid: bool) {
        self.rows.push(self.element.row_count(), valid);
    }

    fn finish(&mut self) -> ArrayRef {
        let (offsets, nulls) = self.rows.finish();
        let field = element_field(&self.element_type);
        Arc::new(ListArray::new(field, offsets, self.element.finish(), nulls))
    }
}

impl MapBuilder {
    /// Ends a row: its entries are those pushed since the last one. A null row must have none.
    pub fn finish_row(&mut self, valid: bool) {
        self.rows.push(self.key.row_count(), valid);
    }

    fn finish(&mut self) -> ArrayRef {
        let (offsets, nulls) = self.rows.finish();
        let (key, value) = &self.types;
        let columns = vec![self.key.finish(), self.value.finish()];
        let entries = StructArray::new(entry_fields(key, value), columns, None);
        Arc::new(MapArray::new(entries_field(key, value), offsets, entries, nulls, false))
    }
}

impl StructBuilder {
    /// Ends a row: each field has had its value pushed, null in a null row.
    pub fn finish_row(&mut self, valid: bool) {
        self.valid.push(valid);
    }

    fn finish(&mut self) -> ArrayRef {
        let row_count = self.valid.len();
        let columns: Vec<ArrayRef> = self.fields.iter_mut().map(ColumnBuilder::finish).collect();
        let nulls = nulls(&mut self.valid);
        let SqlType::Struct(fields) = &self.sql_type else {
            unreachable!("a struct builder is made for a struct type")
        };
        if columns.is_empty() {
            return Arc::new(StructArray::new_empty_fields(row_count, nulls));
        }
        Arc::new(StructArray::new(struct_fields(fields), columns, nulls))
    }
}
