//! Columns under construction that can take back their last rows.
//!
//! A decoder pushes the cells of a row as it reads them, and learns only at the end whether the row decodes.
//! Arrow's builders cannot forget; these can, so that no decoder needs a copy of a row before it is sure of it.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, BooleanBufferBuilder, Date32Array, Decimal128Array,
    Decimal256Array, Float64Array, Int32Array, Int64Array, ListArray, MapArray, StringArray,
    StructArray, Time32MillisecondArray, TimestampMillisecondArray,
};
use datafusion::arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use datafusion::arrow::datatypes::{Field, FieldRef, Fields, i256};

use crate::formats::room_for;
use crate::types::{NARROW_DECIMAL_PRECISION, SqlType};

/// A column under construction.
pub(super) struct Draft {
    /// Which rows are null, ascending.
    null_rows: Vec<u32>,
    /// The cells; a null row has one too.
    pub(super) cells: DraftCells,
}

/// The cells of a column under construction.
pub(super) enum DraftCells {
    Boolean(Vec<bool>),
    Int(Vec<i32>),
    Bigint(Vec<i64>),
    Double(Vec<f64>),
    Decimal(Vec<i128>, Digits),
    WideDecimal(Vec<i256>, Digits),
    /// Its bytes must be UTF-8 by the end of each row.
    Varchar(Bytes),
    Bytes(Bytes),
    Date(Vec<i32>),
    Time(Vec<i32>),
    Timestamp(Vec<i64>),
    Array(DraftList),
    Map(DraftMap),
    Struct(DraftStruct),
}

/// The precision and scale of a DECIMAL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Digits {
    /// In all.
    pub(super) precision: u8,
    /// After the point.
    pub(super) scale: u8,
}

/// Cells of any number of bytes.
pub(super) struct Bytes {
    /// All cells, one after the other; what follows the last end is the row that is being written.
    pub(super) bytes: Vec<u8>,
    ends: Vec<i32>,
    /// How many bytes a cell had in the last batch.
    cell_bytes: usize,
}

/// ARRAY cells: push into `element`, then `finish_row`.
pub(super) struct DraftList {
    /// The elements of all rows.
    pub(super) element: Box<Draft>,
    field: FieldRef,
    ends: Vec<i32>,
}

/// MAP cells: push as many keys as values, then `finish_row`.
pub(super) struct DraftMap {
    /// The keys of all rows; never null.
    pub(super) key: Box<Draft>,
    /// The values of all rows.
    pub(super) value: Box<Draft>,
    field: FieldRef,
    ends: Vec<i32>,
}

/// STRUCT cells: push into each of `fields`, then `finish_row`.
pub(super) struct DraftStruct {
    /// A column per field.
    pub(super) fields: Vec<Draft>,
    names: Fields,
    row_count: usize,
}

const FITS: &str = "decoders limit the bytes of a batch, and so its cells";

fn end_of(count: usize) -> i32 {
    i32::try_from(count).expect(FITS)
}

impl Bytes {
    fn new() -> Self {
        Bytes { bytes: Vec::new(), ends: vec![0], cell_bytes: 0 }
    }

    /// Pushes a cell.
    #[inline]
    pub(super) fn push(&mut self, cell: &[u8]) {
        self.bytes.extend_from_slice(cell);
        self.finish_row();
    }

    /// Ends a cell: its bytes are those written since the last one.
    #[inline(always)]
    pub(super) fn finish_row(&mut self) {
        self.ends.push(end_of(self.bytes.len()));
    }

    /// Returns the cells from a row on.
    pub(super) fn rows_from(&self, row: usize) -> impl Iterator<Item = &[u8]> {
        self.ends[row..].windows(2).map(|ends| &self.bytes[ends[0] as usize..ends[1] as usize])
    }

    fn row_count(&self) -> usize {
        self.ends.len() - 1
    }

    fn truncate(&mut self, row_count: usize) {
        self.ends.truncate(row_count + 1);
        self.bytes.truncate(last_end(&self.ends));
    }
}

fn last_end(ends: &[i32]) -> usize {
    ends.last().map_or(0, |end| *end as usize)
}

impl DraftList {
    /// Ends a row: its elements are those pushed since the last one.
    pub(super) fn finish_row(&mut self) {
        self.ends.push(end_of(self.element.row_count()));
    }
}

impl DraftMap {
    /// Ends a row: its entries are those pushed since the last one.
    pub(super) fn finish_row(&mut self) {
        self.ends.push(end_of(self.key.row_count()));
    }

    /// Returns how many entries the finished rows have.
    pub(super) fn entry_count(&self) -> usize {
        last_end(&self.ends)
    }
}

impl DraftStruct {
    /// Ends a row: each field has had its cell pushed.
    pub(super) fn finish_row(&mut self) {
        self.row_count += 1;
    }
}

impl Draft {
    /// Begins a column.
    pub(super) fn new(sql_type: &SqlType) -> Self {
        let cells = match sql_type {
            SqlType::Boolean => DraftCells::Boolean(Vec::new()),
            SqlType::Int => DraftCells::Int(Vec::new()),
            SqlType::Bigint => DraftCells::Bigint(Vec::new()),
            SqlType::Double => DraftCells::Double(Vec::new()),
            SqlType::Decimal { precision, scale } => {
                let digits = Digits { precision: *precision, scale: *scale };
                if *precision <= NARROW_DECIMAL_PRECISION {
                    DraftCells::Decimal(Vec::new(), digits)
                } else {
                    DraftCells::WideDecimal(Vec::new(), digits)
                }
            }
            SqlType::Varchar => DraftCells::Varchar(Bytes::new()),
            SqlType::Bytes => DraftCells::Bytes(Bytes::new()),
            SqlType::Date => DraftCells::Date(Vec::new()),
            SqlType::Time => DraftCells::Time(Vec::new()),
            SqlType::Timestamp => DraftCells::Timestamp(Vec::new()),
            SqlType::Array(element) => DraftCells::Array(DraftList {
                element: Box::new(Draft::new(element)),
                field: Arc::new(Field::new("item", element.arrow(), true)),
                ends: vec![0],
            }),
            SqlType::Map(key, value) => DraftCells::Map(DraftMap::new(sql_type, key, value)),
            SqlType::Struct(fields) => DraftCells::Struct(DraftStruct {
                fields: fields.iter().map(|field| Draft::new(&field.sql_type)).collect(),
                names: fields
                    .iter()
                    .map(|field| Field::new(&*field.name, field.sql_type.arrow(), true))
                    .collect(),
                row_count: 0,
            }),
        };
        Draft { null_rows: Vec::new(), cells }
    }

    /// Makes room for more rows.
    pub(super) fn reserve(&mut self, row_count: usize) {
        match &mut self.cells {
            DraftCells::Boolean(cells) => cells.reserve(row_count),
            DraftCells::Int(cells) | DraftCells::Date(cells) | DraftCells::Time(cells) => {
                cells.reserve(row_count);
            }
            DraftCells::Bigint(cells) | DraftCells::Timestamp(cells) => cells.reserve(row_count),
            DraftCells::Double(cells) => cells.reserve(row_count),
            DraftCells::Decimal(cells, _) => cells.reserve(row_count),
            DraftCells::WideDecimal(cells, _) => cells.reserve(row_count),
            DraftCells::Varchar(cells) | DraftCells::Bytes(cells) => cells.reserve(row_count),
            DraftCells::Array(cells) => cells.ends.reserve(row_count),
            DraftCells::Map(cells) => cells.ends.reserve(row_count),
            DraftCells::Struct(cells) => {
                cells.fields.iter_mut().for_each(|field| field.reserve(row_count));
            }
        }
    }

    /// Returns how many rows were pushed.
    pub(super) fn row_count(&self) -> usize {
        match &self.cells {
            DraftCells::Boolean(cells) => cells.len(),
            DraftCells::Int(cells) | DraftCells::Date(cells) | DraftCells::Time(cells) => {
                cells.len()
            }
            DraftCells::Bigint(cells) | DraftCells::Timestamp(cells) => cells.len(),
            DraftCells::Double(cells) => cells.len(),
            DraftCells::Decimal(cells, _) => cells.len(),
            DraftCells::WideDecimal(cells, _) => cells.len(),
            DraftCells::Varchar(cells) | DraftCells::Bytes(cells) => cells.row_count(),
            DraftCells::Array(cells) => cells.ends.len() - 1,
            DraftCells::Map(cells) => cells.ends.len() - 1,
            DraftCells::Struct(cells) => cells.row_count,
        }
    }

    /// Pushes NULL.
    pub(super) fn push_null(&mut self) {
        self.null_rows.push(u32::try_from(self.row_count()).expect(FITS));
        match &mut self.cells {
            DraftCells::Boolean(cells) => cells.push(false),
            DraftCells::Int(cells) | DraftCells::Date(cells) | DraftCells::Time(cells) => {
                cells.push(0);
            }
            DraftCells::Bigint(cells) | DraftCells::Timestamp(cells) => cells.push(0),
            DraftCells::Double(cells) => cells.push(0.0),
            DraftCells::Decimal(cells, _) => cells.push(0),
            DraftCells::WideDecimal(cells, _) => cells.push(i256::ZERO),
            DraftCells::Varchar(cells) | DraftCells::Bytes(cells) => cells.finish_row(),
            DraftCells::Array(cells) => cells.finish_row(),
            DraftCells::Map(cells) => cells.finish_row(),
            DraftCells::Struct(cells) => {
                cells.fields.iter_mut().for_each(Draft::push_null);
                cells.finish_row();
            }
        }
    }

    /// Tells whether a row from that number on is null.
    pub(super) fn has_null_from(&self, row: usize) -> bool {
        self.null_rows.last().is_some_and(|null| row <= *null as usize)
    }

    /// Takes back the rows from that number on, and whatever of a row is half written.
    pub(super) fn truncate(&mut self, row_count: usize) {
        while self.null_rows.last().is_some_and(|row| row_count <= *row as usize) {
            self.null_rows.pop();
        }
        match &mut self.cells {
            DraftCells::Boolean(cells) => cells.truncate(row_count),
            DraftCells::Int(cells) | DraftCells::Date(cells) | DraftCells::Time(cells) => {
                cells.truncate(row_count);
            }
            DraftCells::Bigint(cells) | DraftCells::Timestamp(cells) => cells.truncate(row_count),
            DraftCells::Double(cells) => cells.truncate(row_count),
            DraftCells::Decimal(cells, _) => cells.truncate(row_count),
            DraftCells::WideDecimal(cells, _) => cells.truncate(row_count),
            DraftCells::Varchar(cells) | DraftCells::Bytes(cells) => cells.truncate(row_count),
            DraftCells::Array(cells) => {
                cells.ends.truncate(row_count + 1);
                cells.element.truncate(last_end(&cells.ends));
            }
            DraftCells::Map(cells) => {
                cells.ends.truncate(row_count + 1);
                cells.key.truncate(last_end(&cells.ends));
                cells.value.truncate(last_end(&cells.ends));
            }
            DraftCells::Struct(cells) => {
                cells.row_count = row_count;
                cells.fields.iter_mut().for_each(|field| field.truncate(row_count));
            }
        }
    }

    /// Returns the column and begins a new one.
    pub(super) fn finish(&mut self) -> ArrayRef {
        let row_count = self.row_count();
        let nulls = self.finish_nulls(row_count);
        match &mut self.cells {
            DraftCells::Boolean(cells) => {
                let bits = BooleanBuffer::from(cells.as_slice());
                cells.clear();
                Arc::new(BooleanArray::new(bits, nulls))
            }
            DraftCells::Int(cells) => Arc::new(Int32Array::new(take(cells), nulls)),
            DraftCells::Bigint(cells) => Arc::new(Int64Array::new(take(cells), nulls)),
            DraftCells::Double(cells) => Arc::new(Float64Array::new(take(cells), nulls)),
            DraftCells::Decimal(cells, digits) => {
                let array = Decimal128Array::new(take(cells), nulls);
                Arc::new(
                    array
                        .with_precision_and_scale(digits.precision, digits.scale())
                        .expect(CHECKED),
                )
            }
            DraftCells::WideDecimal(cells, digits) => {
                let array = Decimal256Array::new(take(cells), nulls);
                Arc::new(
                    array
                        .with_precision_and_scale(digits.precision, digits.scale())
                        .expect(CHECKED),
                )
            }
            DraftCells::Varchar(cells) => {
                let (ends, bytes) = cells.finish();
                Arc::new(
                    StringArray::try_new(ends, bytes, nulls)
                        .expect("text is checked as it is pushed"),
                )
            }
            DraftCells::Bytes(cells) => {
                let (ends, bytes) = cells.finish();
                Arc::new(BinaryArray::new(ends, bytes, nulls))
            }
            DraftCells::Date(cells) => Arc::new(Date32Array::new(take(cells), nulls)),
            DraftCells::Time(cells) => Arc::new(Time32MillisecondArray::new(take(cells), nulls)),
            DraftCells::Timestamp(cells) => {
                Arc::new(TimestampMillisecondArray::new(take(cells), nulls))
            }
            DraftCells::Array(cells) => {
                let field = Arc::clone(&cells.field);
                Arc::new(ListArray::new(
                    field,
                    offsets(&mut cells.ends),
                    cells.element.finish(),
                    nulls,
                ))
            }
            DraftCells::Map(cells) => Arc::new(cells.finish(nulls)),
            DraftCells::Struct(cells) => Arc::new(cells.finish(row_count, nulls)),
        }
    }

    fn finish_nulls(&mut self, row_count: usize) -> Option<NullBuffer> {
        if self.null_rows.is_empty() {
            return None;
        }
        let mut valid = BooleanBufferBuilder::new(row_count);
        valid.append_n(row_count, true);
        self.null_rows.drain(..).for_each(|row| valid.set_bit(row as usize, false));
        Some(NullBuffer::new(valid.finish()))
    }
}

const CHECKED: &str = "a type's precision and scale were checked when it was made";

impl Digits {
    fn scale(self) -> i8 {
        i8::try_from(self.scale).unwrap_or(i8::MAX)
    }
}

fn take<T>(cells: &mut Vec<T>) -> ScalarBuffer<T>
where
    T: datafusion::arrow::datatypes::ArrowNativeType,
{
    ScalarBuffer::from(std::mem::take(cells))
}

fn offsets(ends: &mut Vec<i32>) -> OffsetBuffer<i32> {
    OffsetBuffer::new(ScalarBuffer::from(std::mem::replace(ends, vec![0])))
}

impl Bytes {
    /// Makes room for more cells, if they are about as long as those of the last batch.
    fn reserve(&mut self, row_count: usize) {
        self.ends.reserve(row_count);
        self.bytes.reserve(room_for(row_count * self.cell_bytes));
    }

    fn finish(&mut self) -> (OffsetBuffer<i32>, Buffer) {
        let bytes = std::mem::take(&mut self.bytes);
        self.cell_bytes = bytes.len() / self.row_count().max(1) + 1;
        (offsets(&mut self.ends), Buffer::from_vec(bytes))
    }
}

impl DraftMap {
    fn new(sql_type: &SqlType, key: &SqlType, value: &SqlType) -> Self {
        let datafusion::arrow::datatypes::DataType::Map(field, _) = sql_type.arrow() else {
            unreachable!("a MAP is held as an Arrow map")
        };
        DraftMap {
            key: Box::new(Draft::new(key)),
            value: Box::new(Draft::new(value)),
            field,
            ends: vec![0],
        }
    }

    fn finish(&mut self, nulls: Option<NullBuffer>) -> MapArray {
        let datafusion::arrow::datatypes::DataType::Struct(fields) = self.field.data_type() else {
            unreachable!("the entries of an Arrow map are a struct")
        };
        let columns = vec![self.key.finish(), self.value.finish()];
        let entries = StructArray::new(fields.clone(), columns, None);
        MapArray::new(Arc::clone(&self.field), offsets(&mut self.ends), entries, nulls, false)
    }
}

impl DraftStruct {
    fn finish(&mut self, row_count: usize, nulls: Option<NullBuffer>) -> StructArray {
        self.row_count = 0;
        if self.fields.is_empty() {
            return StructArray::new_empty_fields(row_count, nulls);
        }
        let columns = self.fields.iter_mut().map(Draft::finish).collect();
        StructArray::new(self.names.clone(), columns, nulls)
    }
}
