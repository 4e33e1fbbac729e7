//! Columns into delimited lines.

use datafusion::arrow::array::ArrayRef;

use crate::formats::cells::Cells;
use crate::formats::numbers::{write_decimal, write_long, write_wide_decimal};
use crate::formats::{EncodeError, Encoder, Payloads, Serde, texts};
use crate::types::push_double;

/// Encodes columns as fields of delimited lines, without the end of the line.
pub(in crate::formats) struct DelimitedEncoder {
    delimiter: u8,
    field: Vec<u8>,
    /// How many bytes a row took last time.
    row_bytes: usize,
}

impl DelimitedEncoder {
    /// Makes an encoder of all columns of a side, which are of types the format supports.
    pub(in crate::formats) fn new(serde: &Serde) -> Self {
        DelimitedEncoder { delimiter: serde.format.delimiter, field: Vec::new(), row_bytes: 32 }
    }

    fn write_row(&mut self, cells: &[Cells<'_>], row: usize, out: &mut Vec<u8>) {
        for (place, cells) in cells.iter().enumerate() {
            if 0 < place {
                out.push(self.delimiter);
            }
            if !cells.is_null(row) {
                self.field.clear();
                write_value(cells, row, &mut self.field);
                write_field(&self.field, place == 0, self.delimiter, out);
            }
        }
    }
}

impl Encoder for DelimitedEncoder {
    fn encode(
        &mut self,
        columns: &[ArrayRef],
        row_count: usize,
        absent: &dyn Fn(usize) -> bool,
    ) -> Result<Payloads, EncodeError> {
        let cells: Vec<Cells<'_>> = columns.iter().map(|column| Cells::of(column)).collect();
        let mut payloads = Payloads::with_capacity(row_count, row_count * self.row_bytes);
        for row in 0..row_count {
            if absent(row) {
                payloads.push_absent();
            } else {
                self.write_row(&cells, row, &mut payloads.bytes);
                payloads.finish_row()?;
            }
        }
        self.row_bytes = payloads.bytes.len() / row_count.max(1) + 1;
        Ok(payloads)
    }
}

fn write_value(cells: &Cells<'_>, row: usize, out: &mut Vec<u8>) {
    match cells {
        Cells::Boolean(a) => out.extend_from_slice(if a.value(row) { b"true" } else { b"false" }),
        Cells::Int(a) => write_long(i64::from(a.value(row)), out),
        Cells::Bigint(a) => write_long(a.value(row), out),
        Cells::Double(a) => push_double(a.value(row), out),
        Cells::Decimal(a) => write_decimal(a.value(row), a.scale().unsigned_abs(), out),
        Cells::WideDecimal(a) => write_wide_decimal(a.value(row), a.scale().unsigned_abs(), out),
        Cells::Varchar(a) => out.extend_from_slice(a.value(row).as_bytes()),
        Cells::Bytes(a) => texts::encode_base64(a.value(row), out),
        Cells::Date(a) => write_long(i64::from(a.value(row)), out),
        Cells::Time(a) => write_long(i64::from(a.value(row)), out),
        Cells::Timestamp(a) => write_long(a.value(row), out),
        Cells::Array(..) | Cells::Map(..) | Cells::Struct(..) => {
            unreachable!("the format's support of the type is checked when the encoder is made")
        }
    }
}

fn write_field(text: &[u8], is_first: bool, delimiter: u8, out: &mut Vec<u8>) {
    if !must_quote(text, is_first, delimiter) {
        return out.extend_from_slice(text);
    }
    out.push(b'"');
    for byte in text {
        if *byte == b'"' {
            out.push(b'"');
        }
        out.push(*byte);
    }
    out.push(b'"');
}

/// Tells whether Commons CSV 1.4 quotes a field: what it quotes too often, readers expect by now.
fn must_quote(text: &[u8], is_first: bool, delimiter: u8) -> bool {
    let (Some(start), Some(end)) = (text.first(), text.last()) else { return is_first };
    let starts_oddly = if is_first { !start.is_ascii_alphanumeric() } else { *start <= b'#' };
    let is_special = |byte: &u8| matches!(byte, b'\r' | b'\n' | b'"') || *byte == delimiter;
    starts_oddly || *end <= b' ' || text.iter().any(is_special)
}
