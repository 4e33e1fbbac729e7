//! Columns into Avro records.

use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::i256;

use crate::formats::avro::wire::{write_bytes, write_long};
use crate::formats::avro::write_plan::{
    Absent, Slot, Write, end_block, plan_row, plan_value, write_block,
};
use crate::formats::cells::Cells;
use crate::formats::draft::Digits;
use crate::formats::unscaled::{rescaled, write, write_fixed};
use crate::formats::{EncodeError, Encoder, FormatError, Payloads, Serde, framing};
use crate::registry::{ParsedSchema, RegisteredSchema};

/// Encodes columns as records, or one column as bare values.
pub(in crate::formats) struct AvroEncoder {
    id: u32,
    slot: Slot,
    is_unwrapped: bool,
}

impl AvroEncoder {
    /// Makes an encoder of all columns of a side by a schema.
    pub(in crate::formats) fn new(
        serde: &Serde,
        writer: &Arc<RegisteredSchema>,
    ) -> Result<Self, FormatError> {
        let ParsedSchema::Avro(schema) = &writer.schema.parsed else {
            let kind = writer.schema.kind();
            return Err(FormatError::Unwritable {
                id: writer.id,
                reason: format!("it is of type {kind}"),
            });
        };
        let is_unwrapped = serde.format.unwrapped && serde.columns.len() == 1;
        let slot = match serde.columns.as_slice() {
            [(_, sql_type)] if is_unwrapped => plan_value(schema, sql_type),
            columns => plan_row(schema, columns),
        };
        let slot = slot.map_err(|reason| FormatError::Unwritable { id: writer.id, reason })?;
        Ok(AvroEncoder { id: writer.id, slot, is_unwrapped })
    }
}

impl Encoder for AvroEncoder {
    fn encode(
        &mut self,
        columns: &[ArrayRef],
        row_count: usize,
        absent: &dyn Fn(usize) -> bool,
    ) -> Result<Payloads, EncodeError> {
        let cells: Vec<Cells<'_>> = columns.iter().map(|column| Cells::of(column)).collect();
        let mut payloads = Payloads::with_capacity(row_count, row_count * 32);
        for row in 0..row_count {
            // A bare null is an absent payload, as in ksqlDB.
            if absent(row) || (self.is_unwrapped && cells[0].is_null(row)) {
                payloads.push_absent();
                continue;
            }
            framing::write(self.id, &mut payloads.bytes);
            let written = match (self.is_unwrapped, &self.slot.write) {
                (false, Write::Record(fields)) => {
                    write_branch(&self.slot, &mut payloads.bytes);
                    write_record(fields, &cells, row, &mut payloads.bytes)
                }
                _ => write_cell(&self.slot, &cells[0], row, &mut payloads.bytes),
            };
            written.map_err(|reason| EncodeError { row, reason })?;
            payloads.finish_row()?;
        }
        Ok(payloads)
    }
}

fn write_branch(slot: &Slot, out: &mut Vec<u8>) {
    if let Some(branch) = slot.branch {
        write_long(branch as i64, out);
    }
}

fn write_record(
    fields: &[(Slot, String)],
    cells: &[Cells<'_>],
    row: usize,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    for (slot, name) in fields {
        let written = match slot.source.and_then(|source| cells.get(source)) {
            Some(cells) => write_cell(slot, cells, row, out),
            None => write_absent(&slot.missing, out),
        };
        written.map_err(|reason| format!("field {name}: {reason}"))?;
    }
    Ok(())
}

fn write_absent(absent: &Absent, out: &mut Vec<u8>) -> Result<(), String> {
    match absent {
        Absent::Bytes(bytes) => {
            out.extend_from_slice(bytes);
            Ok(())
        }
        Absent::Refuse => Err("null used for required field".to_owned()),
    }
}

fn write_cell(slot: &Slot, cells: &Cells<'_>, row: usize, out: &mut Vec<u8>) -> Result<(), String> {
    if cells.is_null(row) {
        return write_absent(&slot.null, out);
    }
    write_branch(slot, out);
    match (&slot.write, cells) {
        (Write::Record(fields), Cells::Struct(_, cells)) => write_record(fields, cells, row, out),
        (Write::Array(element), Cells::Array(a, cells)) => {
            let elements = span(a.value_offsets(), row);
            write_block(elements.len(), out);
            for place in elements {
                write_cell(element, cells, place, out)?;
            }
            end_block(out);
            Ok(())
        }
        (Write::Map(value), Cells::Map(a, keys, values)) => {
            let entries = span(a.value_offsets(), row);
            write_block(entries.len(), out);
            for place in entries {
                write_scalar(&Write::Text, keys, place, out)?;
                write_cell(value, values, place, out)?;
            }
            end_block(out);
            Ok(())
        }
        (Write::Entries(key, value), Cells::Map(a, keys, values)) => {
            let entries = span(a.value_offsets(), row);
            write_block(entries.len(), out);
            for place in entries {
                write_cell(key, keys, place, out)?;
                write_cell(value, values, place, out)?;
            }
            end_block(out);
            Ok(())
        }
        (write, cells) => write_scalar(write, cells, row, out),
    }
}

fn span(ends: &[i32], row: usize) -> std::ops::Range<usize> {
    ends[row] as usize..ends[row + 1] as usize
}

fn write_scalar(
    write: &Write,
    cells: &Cells<'_>,
    row: usize,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    match (write, cells) {
        (Write::Boolean, Cells::Boolean(a)) => out.push(u8::from(a.value(row))),
        (Write::Int, cells) => {
            let value = long(cells, row)?;
            i32::try_from(value).map_err(|_| format!("{value} does not fit an int"))?;
            write_long(value, out);
        }
        (Write::Long(factor), cells) => {
            let value = long(cells, row)?;
            let scaled = value.checked_mul(*factor);
            write_long(scaled.ok_or_else(|| format!("{value} does not fit a long"))?, out);
        }
        (Write::Float, cells) => out.extend_from_slice(&(double(cells, row)? as f32).to_le_bytes()),
        (Write::Double, cells) => out.extend_from_slice(&double(cells, row)?.to_le_bytes()),
        (Write::Text, Cells::Varchar(a)) => write_bytes(a.value(row).as_bytes(), out),
        (Write::Symbol(symbols), Cells::Varchar(a)) => {
            let text = a.value(row);
            let place = symbols.iter().position(|symbol| symbol == text);
            let place = place.ok_or_else(|| format!("'{text}' is no symbol of the enum"))?;
            write_long(place as i64, out);
        }
        (Write::Bytes, Cells::Bytes(a)) => write_bytes(a.value(row), out),
        (Write::Fixed(size), Cells::Bytes(a)) => {
            let bytes = a.value(row);
            if bytes.len() != *size {
                return Err(format!("{} bytes are not {size}", bytes.len()));
            }
            out.extend_from_slice(bytes);
        }
        (Write::Decimal(digits, size), cells) => {
            return write_decimal(cells, row, *digits, *size, out);
        }
        (write, _) => return Err(format!("{write:?} holds no value of the column")),
    }
    Ok(())
}

fn long(cells: &Cells<'_>, row: usize) -> Result<i64, String> {
    Ok(match cells {
        Cells::Int(a) => i64::from(a.value(row)),
        Cells::Bigint(a) => a.value(row),
        Cells::Date(a) => i64::from(a.value(row)),
        Cells::Time(a) => i64::from(a.value(row)),
        Cells::Timestamp(a) => a.value(row),
        _other => return Err("the column is no whole number".to_owned()),
    })
}

fn double(cells: &Cells<'_>, row: usize) -> Result<f64, String> {
    match cells {
        Cells::Double(a) => Ok(a.value(row)),
        other => long(other, row).map(|value| value as f64),
    }
}

fn write_decimal(
    cells: &Cells<'_>,
    row: usize,
    digits: Digits,
    size: Option<usize>,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    let (value, scale) = match cells {
        Cells::Decimal(a) => (i256::from_i128(a.value(row)), a.scale().unsigned_abs()),
        Cells::WideDecimal(a) => (a.value(row), a.scale().unsigned_abs()),
        _other => return Err("the column is no DECIMAL".to_owned()),
    };
    let value = if scale == digits.scale { value } else { rescaled(value, scale, digits)? };
    if let Some(size) = size {
        let fits = write_fixed(value, size, out);
        return fits.then_some(()).ok_or_else(|| format!("a decimal takes more than {size} bytes"));
    }
    let mut bytes = Vec::new();
    write(value, &mut bytes);
    write_bytes(&bytes, out);
    Ok(())
}
