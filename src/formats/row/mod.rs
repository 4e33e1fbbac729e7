//! The internal row format of state stores: rows of columns as bytes that sort as the rows do.
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

mod columns;
mod read;

use datafusion::arrow::array::ArrayRef;

use super::cells::Cells;

pub use columns::read_columns;
pub use read::{builders, check_cell, read_row};

/// Why bytes are not a row of the expected columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a stored row is damaged")]
pub struct RowError;

/// What stands for a NULL.
pub const NULL: u8 = 0;
/// What stands before a value that is not NULL.
pub const PRESENT: u8 = 1;

/// Writes the rows of some columns.
pub struct RowWriter<'a>(Vec<Cells<'a>>);

impl<'a> RowWriter<'a> {
    /// Takes columns that hold SQL types.
    pub fn new(columns: &'a [ArrayRef]) -> Self {
        RowWriter(columns.iter().map(|column| Cells::of(column)).collect())
    }

    /// Appends a row to a buffer; the row must exist.
    pub fn write(&self, row: usize, out: &mut Vec<u8>) {
        self.0.iter().for_each(|cells| cells.write(row, out));
    }
}

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
        let writer = RowWriter::new(columns);
        for row in 0..row_count {
            writer.write(row, &mut self.bytes);
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
    RowWriter::new(columns).write(row, out);
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
