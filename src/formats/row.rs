//! The internal row format of state stores and repartition topics: rows of columns as bytes that sort as the rows do.
//!
//! ```text
//! row    := cell*                      one per column
//! cell   := 0x00                       NULL, which sorts first
//!         | 0x01 body
//! body   := fixed                      numbers: big-endian, sign flipped; doubles by their total order
//!         | (byte | 0x00 0xFF)* 0x00 0x01    text and bytes: a zero is escaped, so that the end sorts before any byte
//!         | (0x01 cell)* 0x00          ARRAY; MAP has two cells per entry
//!         | cell*                      STRUCT, one per field
//! ```

use std::borrow::Cow;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::i256;

use super::cells::Cells;
use crate::types::{ColumnBuilder, Decimal, SqlType};

/// Why bytes are not a row of the expected columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a stored row is damaged")]
pub struct RowError;

const NULL: u8 = 0;
/// What stands before a value that is not NULL.
pub const PRESENT: u8 = 1;

/// Rows as bytes: one buffer, and where each row ends in it.
#[derive(Clone, Debug, Default)]
pub struct EncodedRows {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl EncodedRows {
    /// Encodes the first `row_count` rows of columns that hold SQL types.
    pub fn encode(columns: &[ArrayRef], row_count: usize) -> Self {
        let mut rows = EncodedRows::default();
        rows.encode_again(columns, row_count);
        rows
    }

    /// Encodes other rows into the same buffers.
    pub fn encode_again(&mut self, columns: &[ArrayRef], row_count: usize) {
        self.bytes.clear();
        self.ends.clear();
        self.ends.reserve(row_count);
        let cells: Vec<Cells<'_>> = columns.iter().map(|column| Cells::of(column)).collect();
        for row in 0..row_count {
            cells.iter().for_each(|cells| cells.write(row, &mut self.bytes));
            self.ends.push(self.bytes.len());
        }
    }

    /// Returns how many rows there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Tells whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Returns a row's bytes; the row must exist.
    pub fn row(&self, row: usize) -> &[u8] {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.bytes[start..self.ends[row]]
    }

    /// Returns the rows in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).map(|row| self.row(row))
    }
}

/// Appends one row of columns to a buffer.
pub fn write_row(columns: &[ArrayRef], row: usize, out: &mut Vec<u8>) {
    columns.iter().for_each(|column| Cells::of(column).write(row, out));
}

/// Reads one row, pushing a cell into each builder; returns what follows it.
///
/// After an error some builders may have a cell more than others: drop them.
pub fn read_row<'a>(
    mut bytes: &'a [u8],
    builders: &mut [ColumnBuilder],
) -> Result<&'a [u8], RowError> {
    for builder in builders {
        bytes = read_cell(bytes, builder)?;
    }
    Ok(bytes)
}

/// Makes builders for columns of these types.
pub fn builders<'a>(types: impl IntoIterator<Item = &'a SqlType>) -> Vec<ColumnBuilder> {
    types.into_iter().map(ColumnBuilder::new).collect()
}

impl Cells<'_> {
    fn write(&self, row: usize, out: &mut Vec<u8>) {
        if self.array().is_null(row) {
            out.push(NULL);
            return;
        }
        out.push(PRESENT);
        match self {
            Cells::Boolean(a) => out.push(u8::from(a.value(row))),
            Cells::Int(a) => write_i32(a.value(row), out),
            Cells::Bigint(a) => write_i64(a.value(row), out),
            Cells::Double(a) => write_f64(a.value(row), out),
            Cells::Decimal(a) => write_i128(a.value(row), out),
            Cells::WideDecimal(a) => {
                let (low, high) = a.value(row).to_parts();
                write_i128(high, out);
                out.extend_from_slice(&low.to_be_bytes());
            }
            Cells::Varchar(a) => write_bytes(a.value(row).as_bytes(), out),
            Cells::Bytes(a) => write_bytes(a.value(row), out),
            Cells::Date(a) => write_i32(a.value(row), out),
            Cells::Time(a) => write_i32(a.value(row), out),
            Cells::Timestamp(a) => write_i64(a.value(row), out),
            Cells::Array(a, element) => {
                write_elements(a.value_offsets(), row, out, |i, out| element.write(i, out));
            }
            Cells::Map(a, key, value) => write_elements(a.value_offsets(), row, out, |i, out| {
                key.write(i, out);
                value.write(i, out);
            }),
            Cells::Struct(_, fields) => fields.iter().for_each(|field| field.write(row, out)),
        }
    }
}

fn write_i32(value: i32, out: &mut Vec<u8>) {
    out.extend_from_slice(&((value as u32) ^ (1 << 31)).to_be_bytes());
}

/// Writes a number or a time so that its bytes sort as it does.
pub fn ordered(value: i64) -> [u8; 8] {
    ((value as u64) ^ (1 << 63)).to_be_bytes()
}

/// Reads what [`ordered`] wrote; none if that is not eight bytes.
pub fn from_ordered(bytes: &[u8]) -> Option<i64> {
    Some((u64::from_be_bytes(bytes.try_into().ok()?) ^ (1 << 63)) as i64)
}

fn write_i64(value: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(&ordered(value));
}

fn write_i128(value: i128, out: &mut Vec<u8>) {
    out.extend_from_slice(&((value as u128) ^ (1 << 127)).to_be_bytes());
}

/// Flips the sign bit of positive numbers and all bits of negative ones, which makes IEEE's order the bytes' order.
fn write_f64(value: f64, out: &mut Vec<u8>) {
    let bits = value.to_bits();
    let flip = if bits >> 63 == 0 { 1 << 63 } else { u64::MAX };
    out.extend_from_slice(&(bits ^ flip).to_be_bytes());
}

fn write_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    let mut rest = bytes;
    while let Some(zero) = memchr::memchr(0, rest) {
        out.extend_from_slice(&rest[..zero]);
        out.extend_from_slice(&[0x00, 0xFF]);
        rest = &rest[zero + 1..];
    }
    out.extend_from_slice(rest);
    out.extend_from_slice(&[0x00, 0x01]);
}

fn write_elements(
    offsets: &[i32],
    row: usize,
    out: &mut Vec<u8>,
    mut write: impl FnMut(usize, &mut Vec<u8>),
) {
    for element in offsets[row] as usize..offsets[row + 1] as usize {
        out.push(PRESENT);
        write(element, out);
    }
    out.push(NULL);
}

fn read_cell<'a>(bytes: &'a [u8], builder: &mut ColumnBuilder) -> Result<&'a [u8], RowError> {
    let (flag, rest) = bytes.split_first().ok_or(RowError)?;
    match *flag {
        NULL => {
            builder.push_null();
            Ok(rest)
        }
        PRESENT => read_body(rest, builder),
        _ => Err(RowError),
    }
}

fn read_body<'a>(bytes: &'a [u8], builder: &mut ColumnBuilder) -> Result<&'a [u8], RowError> {
    match builder {
        ColumnBuilder::Boolean(b) => {
            let (value, rest) = fixed::<1>(bytes)?;
            b.append_value(value[0] != 0);
            Ok(rest)
        }
        ColumnBuilder::Int(b) => read_i32(bytes, |value| b.append_value(value)),
        ColumnBuilder::Bigint(b) => read_i64(bytes, |value| b.append_value(value)),
        ColumnBuilder::Double(b) => {
            let (value, rest) = fixed::<8>(bytes)?;
            let bits = u64::from_be_bytes(value);
            let flip = if bits >> 63 == 1 { 1 << 63 } else { u64::MAX };
            b.append_value(f64::from_bits(bits ^ flip));
            Ok(rest)
        }
        ColumnBuilder::Decimal(b) => {
            let (unscaled, rest) = read_unscaled(bytes, b.is_narrow())?;
            b.push(Some(Decimal { unscaled, scale: b.scale }));
            Ok(rest)
        }
        ColumnBuilder::Varchar(b) => {
            let (text, rest) = read_bytes(bytes)?;
            b.append_value(std::str::from_utf8(&text).map_err(|_| RowError)?);
            Ok(rest)
        }
        ColumnBuilder::Bytes(b) => {
            let (value, rest) = read_bytes(bytes)?;
            b.append_value(&value);
            Ok(rest)
        }
        ColumnBuilder::Date(b) => read_i32(bytes, |value| b.append_value(value)),
        ColumnBuilder::Time(b) => read_i32(bytes, |value| b.append_value(value)),
        ColumnBuilder::Timestamp(b) => read_i64(bytes, |value| b.append_value(value)),
        ColumnBuilder::Array(b) => {
            let rest = read_elements(bytes, |bytes| read_cell(bytes, &mut b.element))?;
            b.finish_row(true);
            Ok(rest)
        }
        ColumnBuilder::Map(b) => {
            let rest = read_elements(bytes, |bytes| {
                read_cell(read_cell(bytes, &mut b.key)?, &mut b.value)
            })?;
            b.finish_row(true);
            Ok(rest)
        }
        ColumnBuilder::Struct(b) => {
            let rest = read_row(bytes, &mut b.fields)?;
            b.finish_row(true);
            Ok(rest)
        }
    }
}

fn fixed<const N: usize>(bytes: &[u8]) -> Result<([u8; N], &[u8]), RowError> {
    bytes.split_first_chunk::<N>().map(|(value, rest)| (*value, rest)).ok_or(RowError)
}

fn read_i32(bytes: &[u8], push: impl FnOnce(i32)) -> Result<&[u8], RowError> {
    let (value, rest) = fixed::<4>(bytes)?;
    push((u32::from_be_bytes(value) ^ (1 << 31)) as i32);
    Ok(rest)
}

fn read_i64(bytes: &[u8], push: impl FnOnce(i64)) -> Result<&[u8], RowError> {
    let (value, rest) = fixed::<8>(bytes)?;
    push(from_ordered(&value).ok_or(RowError)?);
    Ok(rest)
}

fn read_unscaled(bytes: &[u8], is_narrow: bool) -> Result<(i256, &[u8]), RowError> {
    let (high, rest) = fixed::<16>(bytes)?;
    let high = (u128::from_be_bytes(high) ^ (1 << 127)) as i128;
    if is_narrow {
        return Ok((i256::from_i128(high), rest));
    }
    let (low, rest) = fixed::<16>(rest)?;
    Ok((i256::from_parts(u128::from_be_bytes(low), high), rest))
}

/// Reads text or bytes; they are copied only if a zero in them was escaped.
fn read_bytes(bytes: &[u8]) -> Result<(Cow<'_, [u8]>, &[u8]), RowError> {
    let mut value = Cow::Borrowed(&[][..]);
    let mut rest = bytes;
    loop {
        let zero = memchr::memchr(0, rest).ok_or(RowError)?;
        let mark = *rest.get(zero + 1).ok_or(RowError)?;
        if value.is_empty() && mark == 0x01 {
            value = Cow::Borrowed(&rest[..zero]);
        } else {
            value.to_mut().extend_from_slice(&rest[..zero]);
        }
        rest = &rest[zero + 2..];
        match mark {
            0x01 => return Ok((value, rest)),
            0xFF => value.to_mut().push(0),
            _ => return Err(RowError),
        }
    }
}

fn read_elements<'a>(
    mut bytes: &'a [u8],
    mut read: impl FnMut(&'a [u8]) -> Result<&'a [u8], RowError>,
) -> Result<&'a [u8], RowError> {
    loop {
        let (flag, rest) = bytes.split_first().ok_or(RowError)?;
        match *flag {
            NULL => return Ok(rest),
            PRESENT => bytes = read(rest)?,
            _ => return Err(RowError),
        }
    }
}
