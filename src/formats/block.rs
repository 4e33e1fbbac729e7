//! The internal block format of repartition topics: rows as columns, so that a record holds many of them.
//!
//! ```text
//! block    := 0x01 rows (4) marks (1) times [deleted] [undone replaced] column* [headers]
//! times    := 8 bytes per row
//! deleted, undone, replaced := bits    there if their mark is set
//! column   := (0x00 | 0x01 bits) body  0x01: some cells are NULL, and the bits say which are not
//! body     := fixed                    numbers and times as they lie in memory: little-endian
//!           | bits                     BOOLEAN
//!           | ends bytes               text and bytes
//!           | ends column              ARRAY; MAP has two columns
//!           | column*                  STRUCT, one per field
//! ends     := 4 bytes per row: where its text or its elements end
//! headers  := column                   ARRAY<STRUCT<key, value>>
//! ```
//!
//! Several blocks are read into one batch: a column costs a look at its type per batch, and a copy per block.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, BooleanArray, BooleanBufferBuilder, GenericByteArray,
    ListArray, MapArray, PrimitiveArray, StructArray,
};
use datafusion::arrow::buffer::{
    BooleanBuffer, Buffer, MutableBuffer, NullBuffer, OffsetBuffer, ScalarBuffer,
};
use datafusion::arrow::datatypes::{
    ArrowNativeType, BinaryType, ByteArrayType, Date32Type, Decimal128Type, Decimal256Type, Fields,
    Float64Type, Int32Type, Int64Type, Time32MillisecondType, TimestampMillisecondType,
    ToByteSlice, Utf8Type,
};
use datafusion::arrow::error::ArrowError;

use super::cells::Cells;
use crate::types::{
    Batch, ColumnBuilder, NARROW_DECIMAL_PRECISION, SqlType, Undone, element_field, entries_field,
    entry_fields, struct_fields,
};

/// Why bytes are not blocks of the expected columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a block of rows is damaged")]
pub struct BlockError;

impl From<ArrowError> for BlockError {
    fn from(_: ArrowError) -> Self {
        BlockError
    }
}

// Numbers are copied as they lie in memory.
const _: () = assert!(cfg!(target_endian = "little"));

const VERSION: u8 = 1;
const DELETED: u8 = 1;
const UNDONE: u8 = 2;
const HEADERS: u8 = 4;

/// Appends some rows of a batch to a buffer as a block; their windows are not written. The rows must exist, and be fewer than 2³².
pub fn write_block(batch: &Batch, rows: &[u32], out: &mut Vec<u8>) {
    let row_count = u32::try_from(rows.len()).expect("fewer than 2^32 rows fit in memory");
    let mark = |is_there: bool, mark: u8| if is_there { mark } else { 0 };
    out.push(VERSION);
    out.extend_from_slice(&row_count.to_le_bytes());
    out.push(
        mark(batch.deleted.is_some(), DELETED)
            | mark(batch.undone.is_some(), UNDONE)
            | mark(batch.headers.is_some(), HEADERS),
    );
    write_values(&batch.times, rows, out);
    if let Some(deleted) = &batch.deleted {
        write_bits(deleted, rows, out);
    }
    if let Some(undone) = &batch.undone {
        write_bits(&undone.rows, rows, out);
        write_bits(&undone.replaced, rows, out);
    }
    batch.columns.iter().chain(&batch.headers).for_each(|column| write_column(column, rows, out));
}

fn write_column(column: &dyn Array, rows: &[u32], out: &mut Vec<u8>) {
    match column.nulls().filter(|nulls| 0 < nulls.null_count()) {
        Some(nulls) => {
            out.push(1);
            write_bits(nulls.inner(), rows, out);
        }
        None => out.push(0),
    }
    match Cells::of(column) {
        Cells::Boolean(a) => write_bits(a.values(), rows, out),
        Cells::Int(a) => write_values(a.values(), rows, out),
        Cells::Bigint(a) => write_values(a.values(), rows, out),
        Cells::Double(a) => write_values(a.values(), rows, out),
        Cells::Decimal(a) => write_values(a.values(), rows, out),
        Cells::WideDecimal(a) => write_values(a.values(), rows, out),
        Cells::Varchar(a) => write_texts(a, rows, out),
        Cells::Bytes(a) => write_texts(a, rows, out),
        Cells::Date(a) => write_values(a.values(), rows, out),
        Cells::Time(a) => write_values(a.values(), rows, out),
        Cells::Timestamp(a) => write_values(a.values(), rows, out),
        Cells::Array(a, _) => {
            let elements = write_lists(a.value_offsets(), rows, out);
            write_column(a.values(), &elements, out);
        }
        Cells::Map(a, ..) => {
            let entries = write_lists(a.value_offsets(), rows, out);
            write_column(a.keys(), &entries, out);
            write_column(a.values(), &entries, out);
        }
        Cells::Struct(a, _) => a.columns().iter().for_each(|field| write_column(field, rows, out)),
    }
}

fn write_values<T: ArrowNativeType>(values: &[T], rows: &[u32], out: &mut Vec<u8>) {
    out.reserve(rows.len() * size_of::<T>());
    for row in rows {
        out.extend_from_slice(values[*row as usize..=*row as usize].to_byte_slice());
    }
}

fn write_bits(bits: &BooleanBuffer, rows: &[u32], out: &mut Vec<u8>) {
    let byte = |rows: &[u32]| {
        rows.iter().rev().fold(0, |byte, row| byte << 1 | u8::from(bits.value(*row as usize)))
    };
    out.extend(rows.chunks(8).map(byte));
}

fn write_texts<T: ByteArrayType<Offset = i32>>(
    texts: &GenericByteArray<T>,
    rows: &[u32],
    out: &mut Vec<u8>,
) {
    let (offsets, bytes) = (texts.value_offsets(), texts.value_data());
    write_ends(offsets, rows, out);
    for row in rows {
        let row = *row as usize;
        out.extend_from_slice(&bytes[offsets[row] as usize..offsets[row + 1] as usize]);
    }
}

/// Writes where each row's elements end, and returns which they are.
fn write_lists(offsets: &[i32], rows: &[u32], out: &mut Vec<u8>) -> Vec<u32> {
    write_ends(offsets, rows, out);
    rows.iter()
        .flat_map(|row| offsets[*row as usize] as u32..offsets[*row as usize + 1] as u32)
        .collect()
}

fn write_ends(offsets: &[i32], rows: &[u32], out: &mut Vec<u8>) {
    out.reserve(size_of_val(rows));
    let mut end = 0;
    for row in rows {
        end += offsets[*row as usize + 1] - offsets[*row as usize];
        out.extend_from_slice(&end.to_le_bytes());
    }
}

/// Reads blocks whose columns have these types into one batch. Returns it, and how many rows each block has.
pub fn read_blocks<'t>(
    blocks: &[&[u8]],
    types: impl IntoIterator<Item = &'t SqlType>,
) -> Result<(Batch, Vec<usize>), BlockError> {
    let mut reader = BlockReader { left: blocks.to_vec() };
    let mut counts = Vec::with_capacity(blocks.len());
    let mut marks = Vec::with_capacity(blocks.len());
    for left in &mut reader.left {
        let head = take(left, 6)?;
        if head[0] != VERSION {
            return Err(BlockError);
        }
        counts.push(u32::from_le_bytes([head[1], head[2], head[3], head[4]]) as usize);
        marks.push(head[5]);
    }
    let times = reader.values::<i64>(&counts)?;
    let deleted = reader.marked(&counts, &marks, DELETED)?;
    // Both are there, or neither.
    let mut undone = None;
    if marks.iter().any(|marks| marks & UNDONE != 0) {
        undone = Some(reader.undone(&counts, &marks)?);
    }
    let columns = types.into_iter().map(|sql_type| reader.column(&counts, sql_type));
    let columns = columns.collect::<Result<_, _>>()?;
    let headers = match marks.iter().any(|marks| marks & HEADERS != 0) {
        true => Some(reader.headers(&counts, &marks)?),
        false => None,
    };
    if reader.left.iter().any(|left| !left.is_empty()) {
        return Err(BlockError);
    }
    let batch = Batch { deleted, undone, headers, ..Batch::new(columns, times) };
    Ok((batch, counts))
}

/// Takes bytes off the front of a block.
fn take<'a>(left: &mut &'a [u8], size: usize) -> Result<&'a [u8], BlockError> {
    let (front, rest) = left.split_at_checked(size).ok_or(BlockError)?;
    *left = rest;
    Ok(front)
}

fn take_bits<'a>(left: &mut &'a [u8], count: usize) -> Result<&'a [u8], BlockError> {
    take(left, count.div_ceil(8))
}

/// Blocks that are read side by side. `counts` says how many rows each has in the column at hand: an array's elements are more or fewer
/// than its rows.
struct BlockReader<'a> {
    /// What is left of each block.
    left: Vec<&'a [u8]>,
}

impl BlockReader<'_> {
    fn column(&mut self, counts: &[usize], sql_type: &SqlType) -> Result<ArrayRef, BlockError> {
        let nulls = self.nulls(counts)?;
        Ok(match sql_type {
            SqlType::Boolean => Arc::new(BooleanArray::new(self.bits(counts)?, nulls)),
            SqlType::Int => Arc::new(self.numbers::<Int32Type>(counts, nulls)?),
            SqlType::Bigint => Arc::new(self.numbers::<Int64Type>(counts, nulls)?),
            SqlType::Double => Arc::new(self.numbers::<Float64Type>(counts, nulls)?),
            SqlType::Date => Arc::new(self.numbers::<Date32Type>(counts, nulls)?),
            SqlType::Time => Arc::new(self.numbers::<Time32MillisecondType>(counts, nulls)?),
            SqlType::Timestamp => {
                Arc::new(self.numbers::<TimestampMillisecondType>(counts, nulls)?)
            }
            SqlType::Decimal { precision, scale } => {
                let scale = i8::try_from(*scale).map_err(|_| BlockError)?;
                if *precision <= NARROW_DECIMAL_PRECISION {
                    let unscaled = self.numbers::<Decimal128Type>(counts, nulls)?;
                    Arc::new(unscaled.with_precision_and_scale(*precision, scale)?)
                } else {
                    let unscaled = self.numbers::<Decimal256Type>(counts, nulls)?;
                    Arc::new(unscaled.with_precision_and_scale(*precision, scale)?)
                }
            }
            SqlType::Varchar => self.texts::<Utf8Type>(counts, nulls)?,
            SqlType::Bytes => self.texts::<BinaryType>(counts, nulls)?,
            SqlType::Array(element) => {
                let (offsets, counts) = self.offsets(counts)?;
                let elements = self.column(&counts, element)?;
                Arc::new(ListArray::try_new(element_field(element), offsets, elements, nulls)?)
            }
            SqlType::Map(key, value) => {
                let (offsets, counts) = self.offsets(counts)?;
                let columns = vec![self.column(&counts, key)?, self.column(&counts, value)?];
                let entries = StructArray::try_new(entry_fields(key, value), columns, None)?;
                let field = entries_field(key, value);
                Arc::new(MapArray::try_new(field, offsets, entries, nulls, false)?)
            }
            SqlType::Struct(fields) => {
                let types = fields.iter().map(|field| &field.sql_type);
                let columns = types.map(|sql_type| self.column(counts, sql_type));
                let columns = columns.collect::<Result<Vec<_>, _>>()?;
                structs(struct_fields(fields), columns, counts.iter().sum(), nulls)?
            }
        })
    }

    /// Returns which cells are there; none if all are.
    fn nulls(&mut self, counts: &[usize]) -> Result<Option<NullBuffer>, BlockError> {
        let mut there: Option<BooleanBufferBuilder> = None;
        let mut before = 0;
        for (left, count) in self.left.iter_mut().zip(counts) {
            match take(left, 1)? {
                [0] => {
                    if let Some(there) = &mut there {
                        there.append_n(*count, true);
                    }
                }
                [1] => {
                    let bits = take_bits(left, *count)?;
                    let there = there.get_or_insert_with(|| all_true(before));
                    there.append_packed_range(0..*count, bits);
                }
                _ => return Err(BlockError),
            }
            before += count;
        }
        Ok(there.map(|mut there| NullBuffer::new(there.finish())))
    }

    fn bits(&mut self, counts: &[usize]) -> Result<BooleanBuffer, BlockError> {
        let mut all = BooleanBufferBuilder::new(0);
        for (left, count) in self.left.iter_mut().zip(counts) {
            all.append_packed_range(0..*count, take_bits(left, *count)?);
        }
        Ok(all.finish())
    }

    /// Reads bits of the blocks that have a mark; those of the others are not set. None if no bit is.
    fn marked(
        &mut self,
        counts: &[usize],
        marks: &[u8],
        mark: u8,
    ) -> Result<Option<BooleanBuffer>, BlockError> {
        if marks.iter().all(|marks| marks & mark == 0) {
            return Ok(None);
        }
        let mut all = BooleanBufferBuilder::new(0);
        for ((left, count), marks) in self.left.iter_mut().zip(counts).zip(marks) {
            if marks & mark == 0 {
                all.append_n(*count, false);
            } else {
                all.append_packed_range(0..*count, take_bits(left, *count)?);
            }
        }
        Ok(Some(all.finish()))
    }

    fn undone(&mut self, counts: &[usize], marks: &[u8]) -> Result<Undone, BlockError> {
        let mut part = || self.marked(counts, marks, UNDONE)?.ok_or(BlockError);
        Ok(Undone { rows: part()?, replaced: part()? })
    }

    /// Reads headers; the rows of blocks that have none get empty lists.
    fn headers(&mut self, counts: &[usize], marks: &[u8]) -> Result<ArrayRef, BlockError> {
        let empty: Vec<Vec<u8>> = counts.iter().map(|count| no_headers(*count)).collect();
        let mut headers = BlockReader { left: Vec::with_capacity(counts.len()) };
        for ((left, empty), marks) in self.left.iter().zip(&empty).zip(marks) {
            headers.left.push(if marks & HEADERS == 0 { empty } else { left });
        }
        let column = headers.column(counts, &SqlType::headers())?;
        if headers.left.iter().any(|left| !left.is_empty()) {
            return Err(BlockError);
        }
        self.left
            .iter_mut()
            .zip(marks)
            .filter(|(_, marks)| *marks & HEADERS != 0)
            .for_each(|(left, _)| *left = &[]);
        Ok(column)
    }

    fn values<T: ArrowNativeType>(
        &mut self,
        counts: &[usize],
    ) -> Result<ScalarBuffer<T>, BlockError> {
        let mut parts = Vec::with_capacity(counts.len());
        for (left, count) in self.left.iter_mut().zip(counts) {
            parts.push(take(left, count.checked_mul(size_of::<T>()).ok_or(BlockError)?)?);
        }
        let mut all = MutableBuffer::new(parts.iter().map(|part| part.len()).sum());
        parts.iter().for_each(|part| all.extend_from_slice(part));
        Ok(ScalarBuffer::from(Buffer::from(all)))
    }

    fn numbers<T: ArrowPrimitiveType>(
        &mut self,
        counts: &[usize],
        nulls: Option<NullBuffer>,
    ) -> Result<PrimitiveArray<T>, BlockError> {
        Ok(PrimitiveArray::try_new(self.values(counts)?, nulls)?)
    }

    /// Reads where rows end. Returns where each begins and the last one ends in all blocks together, and how much each block has.
    fn offsets(&mut self, counts: &[usize]) -> Result<(OffsetBuffer<i32>, Vec<usize>), BlockError> {
        let mut offsets = vec![0_i32];
        let mut sizes = Vec::with_capacity(counts.len());
        for (left, count) in self.left.iter_mut().zip(counts) {
            let ends = take(left, count.checked_mul(4).ok_or(BlockError)?)?;
            let (first, mut last) = (offsets[offsets.len() - 1], 0);
            for end in ends.chunks_exact(4) {
                let end = i32::from_le_bytes([end[0], end[1], end[2], end[3]]);
                if end < last {
                    return Err(BlockError);
                }
                last = end;
                offsets.push(first.checked_add(end).ok_or(BlockError)?);
            }
            sizes.push(last as usize);
        }
        Ok((OffsetBuffer::new(offsets.into()), sizes))
    }

    fn texts<T: ByteArrayType<Offset = i32>>(
        &mut self,
        counts: &[usize],
        nulls: Option<NullBuffer>,
    ) -> Result<ArrayRef, BlockError> {
        let (offsets, sizes) = self.offsets(counts)?;
        let bytes = self.values::<u8>(&sizes)?.into_inner();
        Ok(Arc::new(GenericByteArray::<T>::try_new(offsets, bytes, nulls)?))
    }
}

fn all_true(count: usize) -> BooleanBufferBuilder {
    let mut bits = BooleanBufferBuilder::new(count);
    bits.append_n(count, true);
    bits
}

fn structs(
    fields: Fields,
    columns: Vec<ArrayRef>,
    row_count: usize,
    nulls: Option<NullBuffer>,
) -> Result<ArrayRef, BlockError> {
    if fields.is_empty() {
        return Ok(Arc::new(StructArray::new_empty_fields(row_count, nulls)));
    }
    Ok(Arc::new(StructArray::try_new(fields, columns, nulls)?))
}

/// Writes a column of headers for rows that have none.
fn no_headers(row_count: usize) -> Vec<u8> {
    let mut builder = ColumnBuilder::new(&SqlType::headers());
    for _ in 0..row_count {
        if let ColumnBuilder::Array(list) = &mut builder {
            list.finish_row(true);
        }
    }
    let rows: Vec<u32> = (0..row_count as u32).collect();
    let mut bytes = Vec::new();
    write_column(&builder.finish(), &rows, &mut bytes);
    bytes
}
