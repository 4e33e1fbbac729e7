//! Columns into messages.

use std::sync::Arc;

use chrono::{Datelike, NaiveDate};
use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::arrow::datatypes::i256;

use crate::formats::cells::Cells;
use crate::formats::draft::Digits;
use crate::formats::protobuf::decode::EPOCH_DAYS_FROM_CE;
use crate::formats::protobuf::types::no_message;
use crate::formats::protobuf::wire::{self, write_bytes, write_tag, write_varint};
use crate::formats::protobuf::write_plan::{
    Write, WriteForm, WriteMessage, WriteSource, plan_message,
};
use crate::formats::unscaled::{rescaled, write};
use crate::formats::{EncodeError, Encoder, FormatError, Payloads, Serde, framing};
use crate::registry::protobuf::{ProtoSchema, Scalar};
use crate::registry::{ParsedSchema, RegisteredSchema};

/// Encodes columns as messages.
pub(in crate::formats) struct ProtobufEncoder {
    /// What stands in front of each message.
    start: Vec<u8>,
    plan: WriteMessage,
}

impl ProtobufEncoder {
    /// Makes an encoder of all columns of a side by a schema of a registry.
    pub(in crate::formats) fn new(
        serde: &Serde,
        writer: &Arc<RegisteredSchema>,
    ) -> Result<Self, FormatError> {
        let unwritable = |reason| FormatError::Unwritable { id: writer.id, reason };
        let ParsedSchema::Protobuf(schema) = &writer.schema.parsed else {
            return Err(unwritable(format!("it is of type {}", writer.schema.kind())));
        };
        let name = serde.format.full_name.as_deref();
        let message = schema.find(name).ok_or_else(|| unwritable(no_message(name)))?;
        let plan = plan_message(schema, message, &serde.columns, 0).map_err(unwritable)?;
        let mut start = Vec::new();
        framing::write(writer.id, &mut start);
        wire::write_path(&schema.message(message).path, &mut start);
        Ok(ProtobufEncoder { start, plan })
    }

    /// Makes an encoder by the schema of the columns, which no record tells.
    pub(in crate::formats) fn plain(
        serde: &Serde,
        schema: &ProtoSchema,
    ) -> Result<Self, FormatError> {
        let message = schema.find(None).ok_or_else(|| no_message(None));
        let plan = message.and_then(|message| plan_message(schema, message, &serde.columns, 0));
        let plan = plan.map_err(|reason| FormatError::ProtobufName { reason })?;
        Ok(ProtobufEncoder { start: Vec::new(), plan })
    }
}

impl Encoder for ProtobufEncoder {
    fn encode(
        &mut self,
        columns: &[ArrayRef],
        row_count: usize,
        absent: &dyn Fn(usize) -> bool,
    ) -> Result<Payloads, EncodeError> {
        let cells: Vec<Cells<'_>> = columns.iter().map(|column| Cells::of(column)).collect();
        let mut payloads = Payloads::with_capacity(row_count, row_count * 32);
        for row in 0..row_count {
            if absent(row) {
                payloads.push_absent();
                continue;
            }
            payloads.bytes.extend_from_slice(&self.start);
            write_message(&self.plan, &cells, row, &mut payloads.bytes)
                .map_err(|reason| EncodeError { row, reason })?;
            payloads.finish_row()?;
        }
        Ok(payloads)
    }
}

fn write_message(
    plan: &WriteMessage,
    cells: &[Cells<'_>],
    row: usize,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    for field in &plan.fields {
        let cells = match field.source {
            WriteSource::Column(column) => &cells[column],
            WriteSource::Inner(column, place) => match &cells[column] {
                Cells::Struct(a, inner) if !a.is_null(row) => &inner[place],
                _null => continue,
            },
        };
        if !cells.is_null(row) {
            write_field(field.number, &field.form, cells, row, out)?;
        }
    }
    Ok(())
}

fn write_field(
    number: u32,
    form: &WriteForm,
    cells: &Cells<'_>,
    row: usize,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    match (form, cells) {
        (WriteForm::One(write, leaves_out), cells) => {
            let start = out.len();
            write_tag(number, wire_kind(write), out);
            let value = out.len();
            write_value(write, cells, row, out)?;
            // A length of zero, a zero, a false: all are zeros.
            if *leaves_out && out[value..].iter().all(|byte| *byte == 0) {
                out.truncate(start);
            }
            Ok(())
        }
        (WriteForm::List(write), Cells::Array(a, element)) => {
            let ends = a.value_offsets();
            let elements = ends[row] as usize..ends[row + 1] as usize;
            write_list(number, write, element, elements, out)
        }
        (WriteForm::Map(key, write), Cells::Map(a, keys, values)) => {
            let ends = a.value_offsets();
            for place in ends[row] as usize..ends[row + 1] as usize {
                let mut entry = Vec::new();
                write_tag(1, scalar_kind(*key), &mut entry);
                write_scalar(*key, keys, place, &mut entry)?;
                if !values.is_null(place) {
                    write_tag(2, wire_kind(write), &mut entry);
                    write_value(write, values, place, &mut entry)?;
                }
                write_tag(number, LENGTH, out);
                write_bytes(&entry, out);
            }
            Ok(())
        }
        _ => Err("a list or a map has another form".to_owned()),
    }
}

/// Writes a list; numbers are packed, and a null is what is not there.
fn write_list(
    number: u32,
    write: &Write,
    cells: &Cells<'_>,
    elements: std::ops::Range<usize>,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    if elements.is_empty() {
        return Ok(());
    }
    if wire_kind(write) == LENGTH {
        for place in elements {
            write_tag(number, LENGTH, out);
            if cells.is_null(place) {
                out.push(0);
            } else {
                write_value(write, cells, place, out)?;
            }
        }
        return Ok(());
    }
    let mut packed = Vec::new();
    for place in elements {
        if cells.is_null(place) {
            packed.extend_from_slice(zeros(wire_kind(write)));
        } else {
            write_value(write, cells, place, &mut packed)?;
        }
    }
    write_tag(number, LENGTH, out);
    write_bytes(&packed, out);
    Ok(())
}

const VARINT: u8 = 0;
const FIXED64: u8 = 1;
const LENGTH: u8 = 2;
const FIXED32: u8 = 5;

fn zeros(kind: u8) -> &'static [u8] {
    match kind {
        FIXED64 => &[0; 8],
        FIXED32 => &[0; 4],
        _one => &[0],
    }
}

fn scalar_kind(scalar: Scalar) -> u8 {
    match scalar {
        Scalar::Double | Scalar::Fixed64 | Scalar::Sfixed64 => FIXED64,
        Scalar::Float | Scalar::Fixed32 | Scalar::Sfixed32 => FIXED32,
        Scalar::String | Scalar::Bytes => LENGTH,
        _varint => VARINT,
    }
}

fn wire_kind(write: &Write) -> u8 {
    match write {
        Write::Scalar(scalar) => scalar_kind(*scalar),
        Write::Symbol(_) => VARINT,
        _message => LENGTH,
    }
}

fn write_value(
    write: &Write,
    cells: &Cells<'_>,
    row: usize,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    let mut message = Vec::new();
    match (write, cells) {
        (Write::Scalar(scalar), cells) => return write_scalar(*scalar, cells, row, out),
        (Write::Symbol(values), Cells::Varchar(a)) => {
            let text = a.value(row);
            let found = values.iter().find(|(name, _)| name == text);
            let (_, number) = found.ok_or_else(|| format!("'{text}' is no value of the enum"))?;
            write_varint(*number as u64, out);
            return Ok(());
        }
        (Write::Wrapper(scalar), cells) => {
            write_tag(1, scalar_kind(*scalar), &mut message);
            let value = message.len();
            write_scalar(*scalar, cells, row, &mut message)?;
            if message[value..].iter().all(|byte| *byte == 0) {
                message.clear();
            }
        }
        (Write::Timestamp, Cells::Timestamp(a)) => {
            let millis = a.value(row);
            write_number(1, millis.div_euclid(1000), &mut message);
            write_number(2, millis.rem_euclid(1000) * 1_000_000, &mut message);
        }
        (Write::Date, Cells::Date(a)) => {
            let days = a.value(row);
            let date = days.checked_add(EPOCH_DAYS_FROM_CE);
            let date = date.and_then(NaiveDate::from_num_days_from_ce_opt);
            let date = date.ok_or_else(|| format!("day {days} is no date"))?;
            write_number(1, i64::from(date.year()), &mut message);
            write_number(2, i64::from(date.month()), &mut message);
            write_number(3, i64::from(date.day()), &mut message);
        }
        (Write::TimeOfDay, Cells::Time(a)) => {
            let millis = i64::from(a.value(row));
            write_number(1, millis / 3_600_000, &mut message);
            write_number(2, millis / 60_000 % 60, &mut message);
            write_number(3, millis / 1000 % 60, &mut message);
            write_number(4, millis % 1000 * 1_000_000, &mut message);
        }
        (Write::Decimal(digits), cells) => write_decimal(*digits, cells, row, &mut message)?,
        (Write::Message(plan), Cells::Struct(_, cells)) => {
            write_message(plan, cells, row, &mut message)?;
        }
        _ => return Err("the column has another form".to_owned()),
    }
    write_bytes(&message, out);
    Ok(())
}

fn write_number(number: u32, value: i64, out: &mut Vec<u8>) {
    if value != 0 {
        write_tag(number, VARINT, out);
        write_varint(value as u64, out);
    }
}

fn write_decimal(
    digits: Digits,
    cells: &Cells<'_>,
    row: usize,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    let (value, scale) = match cells {
        Cells::Decimal(a) => (i256::from_i128(a.value(row)), a.scale().unsigned_abs()),
        Cells::WideDecimal(a) => (a.value(row), a.scale().unsigned_abs()),
        _other => return Err("the column is no DECIMAL".to_owned()),
    };
    let value = if scale == digits.scale { value } else { rescaled(value, scale, digits)? };
    let mut bytes = Vec::new();
    write(value, &mut bytes);
    write_tag(1, LENGTH, out);
    write_bytes(&bytes, out);
    write_number(2, i64::from(digits.precision), out);
    write_number(3, i64::from(digits.scale), out);
    Ok(())
}

fn write_scalar(
    scalar: Scalar,
    cells: &Cells<'_>,
    row: usize,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    match (scalar, cells) {
        (Scalar::String, Cells::Varchar(a)) => write_bytes(a.value(row).as_bytes(), out),
        (Scalar::Bytes, Cells::Bytes(a)) => write_bytes(a.value(row), out),
        (Scalar::Bool, Cells::Boolean(a)) => out.push(u8::from(a.value(row))),
        (Scalar::Double, Cells::Double(a)) => out.extend_from_slice(&a.value(row).to_le_bytes()),
        (Scalar::Float, Cells::Double(a)) => {
            out.extend_from_slice(&(a.value(row) as f32).to_le_bytes());
        }
        (Scalar::Double, Cells::Int(a)) => {
            out.extend_from_slice(&f64::from(a.value(row)).to_le_bytes());
        }
        (Scalar::Float, Cells::Int(a)) => {
            out.extend_from_slice(&(a.value(row) as f32).to_le_bytes());
        }
        (scalar, Cells::Int(a)) => return write_whole(scalar, i64::from(a.value(row)), out),
        (scalar, Cells::Bigint(a)) => return write_whole(scalar, a.value(row), out),
        _ => return Err("the column has another form".to_owned()),
    }
    Ok(())
}

fn write_whole(scalar: Scalar, value: i64, out: &mut Vec<u8>) -> Result<(), String> {
    let too_large = || format!("{value} does not fit the field");
    let int = || i32::try_from(value).map_err(|_| too_large());
    let unsigned = || u32::try_from(value).map_err(|_| too_large());
    match scalar {
        Scalar::Int32 => write_varint(i64::from(int()?) as u64, out),
        Scalar::Int64 | Scalar::Uint64 => write_varint(value as u64, out),
        Scalar::Uint32 => write_varint(u64::from(unsigned()?), out),
        Scalar::Sint32 => write_varint(wire::zigzag(i64::from(int()?)), out),
        Scalar::Sint64 => write_varint(wire::zigzag(value), out),
        Scalar::Fixed32 => out.extend_from_slice(&unsigned()?.to_le_bytes()),
        Scalar::Sfixed32 => out.extend_from_slice(&int()?.to_le_bytes()),
        Scalar::Fixed64 | Scalar::Sfixed64 => out.extend_from_slice(&value.to_le_bytes()),
        Scalar::Double | Scalar::Float | Scalar::Bool | Scalar::String | Scalar::Bytes => {
            return Err("the column is a whole number".to_owned());
        }
    }
    Ok(())
}
