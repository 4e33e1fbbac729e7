//! Messages into columns.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};
use datafusion::arrow::datatypes::i256;

use crate::formats::draft::{Draft, DraftCells};
use crate::formats::numbers::{time_of_day, write_long};
use crate::formats::protobuf::Schemas;
use crate::formats::protobuf::read_plan::{Read, ReadColumn, ReadField, ReadMessage, plan_message};
use crate::formats::protobuf::types::no_message;
use crate::formats::protobuf::wire::{self, Wire};
use crate::formats::unscaled::read_decimal;
use crate::formats::wanted::WantedColumns;
use crate::formats::{Decoded, Decoder, FormatError, Serde, framing};
use crate::registry::protobuf::Scalar;
use crate::registry::{ParsedSchema, SchemaRegistry};
use crate::types::SqlType;

/// Decodes columns out of messages.
pub(in crate::formats) struct ProtobufDecoder {
    columns: WantedColumns,
    writers: Writers,
}

enum Writers {
    /// All messages are of one kind.
    One(Box<ReadMessage>),
    /// By the id of the schema, and the message's place in it.
    ById {
        registry: SchemaRegistry,
        plans: HashMap<(u32, Vec<usize>), Result<Arc<ReadMessage>, String>>,
    },
}

impl ProtobufDecoder {
    /// Makes a decoder of some of a side's columns.
    pub(in crate::formats) fn new(
        serde: &Serde,
        wanted: &[usize],
        schemas: &Schemas,
    ) -> Result<Self, FormatError> {
        let columns = WantedColumns::new(serde, wanted);
        let writers = match schemas {
            Schemas::Registry(registry) => {
                Writers::ById { registry: registry.clone(), plans: HashMap::new() }
            }
            Schemas::Columns(schema) => {
                let message = schema.find(None);
                let message = message
                    .ok_or_else(|| FormatError::ProtobufName { reason: no_message(None) })?;
                Writers::One(Box::new(plan_message(schema, message, columns.columns())))
            }
        };
        Ok(ProtobufDecoder { columns, writers })
    }
}

impl Decoder for ProtobufDecoder {
    fn decode(&mut self, payloads: &[Option<&[u8]>]) -> Decoded {
        let columns = self.columns.columns().to_vec();
        let writers = &mut self.writers;
        self.columns.decode(payloads, |payload, drafts| match writers {
            Writers::One(plan) => read_message(plan, payload, drafts),
            Writers::ById { registry, plans } => {
                let (id, mut body) = framing::split(payload)?;
                let path = wire::path(&mut body)?;
                let key = (id, path);
                let plan = match plans.get(&key) {
                    Some(known) => known.clone()?,
                    None => {
                        let made = writer(registry, id, &key.1, &columns)?;
                        plans.insert(key, made.clone());
                        made?
                    }
                };
                read_message(&plan, body, drafts)
            }
        })
    }
}

/// Plans how the messages of a schema are read. A schema that is not there yet may come: that is the outer error.
fn writer(
    registry: &SchemaRegistry,
    id: u32,
    path: &[usize],
    columns: &[(Arc<str>, SqlType)],
) -> Result<Result<Arc<ReadMessage>, String>, String> {
    let found = registry.by_id(id).ok_or_else(|| {
        format!("Error retrieving Protobuf schema for id {id}: Schema {id} not found")
    })?;
    let ParsedSchema::Protobuf(schema) = &found.schema.parsed else {
        return Ok(Err(format!("Schema {id} is of type {}, not PROTOBUF", found.schema.kind())));
    };
    let plan = schema.at_path(path).map(|message| plan_message(schema, message, columns));
    let missing = || format!("Schema {id} has no message at {path:?}");
    Ok(plan.map(Arc::new).ok_or_else(missing))
}

fn read_message(plan: &ReadMessage, bytes: &[u8], drafts: &mut [Draft]) -> Result<(), String> {
    let mut rest = bytes;
    let mut found: Vec<(usize, Wire<'_>)> = Vec::with_capacity(plan.fields.len());
    while let Some((number, value)) = wire::field(&mut rest)? {
        found.extend(plan.find(number).map(|field| (field, value)));
    }
    // What belongs to a field stays in order.
    found.sort_by_key(|(field, _)| *field);
    let of = |field: usize| {
        let from = found.partition_point(|(known, _)| *known < field);
        let to = found.partition_point(|(known, _)| *known <= field);
        &found[from..to]
    };
    for (column, draft) in plan.columns.iter().zip(drafts) {
        match column {
            ReadColumn::Missing => draft.push_null(),
            ReadColumn::Field(field) => read_field(&plan.fields[*field], of(*field), draft)?,
            ReadColumn::Oneof(members) => {
                let DraftCells::Struct(cells) = &mut draft.cells else {
                    return Err("a oneof is a STRUCT".to_owned());
                };
                let is_there = |field: &Option<usize>| field.is_some_and(|f| !of(f).is_empty());
                if !members.iter().any(is_there) {
                    draft.push_null();
                    continue;
                }
                for (member, draft) in members.iter().zip(&mut cells.fields) {
                    match member {
                        Some(field) => read_field(&plan.fields[*field], of(*field), draft)?,
                        None => draft.push_null(),
                    }
                }
                cells.finish_row();
            }
        }
    }
    Ok(())
}

type Found<'a, 'b> = &'a [(usize, Wire<'b>)];

fn read_field(field: &ReadField, found: Found<'_, '_>, draft: &mut Draft) -> Result<(), String> {
    match field {
        ReadField::One(read, is_null) => match found {
            [] if *is_null => draft.push_null(),
            [] => push(read, zero(read), draft)?,
            [(_, value)] => push(read, *value, draft)?,
            [.., (_, last)] => match last {
                // Messages that come in parts are one message.
                Wire::Bytes(_) if !matches!(read, Read::Scalar(_)) => {
                    let parts = found.iter().filter_map(|(_, part)| match part {
                        Wire::Bytes(bytes) => Some(*bytes),
                        _ => None,
                    });
                    push(read, Wire::Bytes(&parts.collect::<Vec<_>>().concat()), draft)?;
                }
                last => push(read, *last, draft)?,
            },
        },
        ReadField::List(read) => {
            let DraftCells::Array(cells) = &mut draft.cells else {
                return Err("a repeated field is an ARRAY".to_owned());
            };
            for (_, value) in found {
                push_elements(read, *value, &mut cells.element)?;
            }
            cells.finish_row();
        }
        ReadField::Map(key, value) => read_map(key, value, found, draft)?,
    }
    Ok(())
}

/// Reads a map; of entries with the same key the last one counts.
fn read_map(
    key: &Read,
    value: &Read,
    found: Found<'_, '_>,
    draft: &mut Draft,
) -> Result<(), String> {
    let DraftCells::Map(cells) = &mut draft.cells else {
        return Err("a map field is a MAP".to_owned());
    };
    let mut entries = Vec::with_capacity(found.len());
    let mut places: HashMap<Vec<u8>, usize> = HashMap::new();
    for (_, entry) in found {
        let Wire::Bytes(entry) = entry else { return Err(wrong_wire()) };
        let mut rest = *entry;
        let (mut key_part, mut value_part) = (zero(key), zero(value));
        while let Some((number, part)) = wire::field(&mut rest)? {
            match number {
                1 => key_part = part,
                2 => value_part = part,
                _ => {}
            }
        }
        let name = match key_part {
            Wire::Bytes(bytes) => bytes.to_vec(),
            Wire::Varint(number) => number.to_be_bytes().to_vec(),
            Wire::Fixed64(bytes) => bytes.to_vec(),
            Wire::Fixed32(bytes) => bytes.to_vec(),
        };
        match places.get(&name) {
            Some(place) => entries[*place] = (key_part, value_part),
            None => {
                places.insert(name, entries.len());
                entries.push((key_part, value_part));
            }
        }
    }
    for (key_part, value_part) in entries {
        push(key, key_part, &mut cells.key)?;
        push(value, value_part, &mut cells.value)?;
    }
    cells.finish_row();
    Ok(())
}

fn wrong_wire() -> String {
    "a field is not written as its type is".to_owned()
}

/// Returns the value of a field that is not there.
fn zero(read: &Read) -> Wire<'static> {
    match read {
        Read::Scalar(scalar) => match scalar {
            Scalar::Double | Scalar::Fixed64 | Scalar::Sfixed64 => Wire::Fixed64([0; 8]),
            Scalar::Float | Scalar::Fixed32 | Scalar::Sfixed32 => Wire::Fixed32([0; 4]),
            Scalar::String | Scalar::Bytes => Wire::Bytes(&[]),
            _varint => Wire::Varint(0),
        },
        Read::Symbol(values) => {
            Wire::Varint(values.first().map_or(0, |(_, number)| *number as u64))
        }
        _message => Wire::Bytes(&[]),
    }
}

/// Pushes the elements of a list: one, or as many as are packed in one value.
fn push_elements(read: &Read, value: Wire<'_>, draft: &mut Draft) -> Result<(), String> {
    let (Wire::Bytes(mut packed), Read::Scalar(_) | Read::Symbol(_)) = (value, read) else {
        return push(read, value, draft);
    };
    let one = match zero(read) {
        Wire::Bytes(_) => return push(read, value, draft),
        one => one,
    };
    while !packed.is_empty() {
        let element = match one {
            Wire::Fixed64(_) => Wire::Fixed64(wire::fixed(&mut packed)?),
            Wire::Fixed32(_) => Wire::Fixed32(wire::fixed(&mut packed)?),
            Wire::Varint(_) | Wire::Bytes(_) => Wire::Varint(wire::varint(&mut packed)?),
        };
        push(read, element, draft)?;
    }
    Ok(())
}

fn push(read: &Read, value: Wire<'_>, draft: &mut Draft) -> Result<(), String> {
    match (read, value) {
        (Read::Refuse(reason), _) => Err(reason.to_string()),
        (Read::Scalar(scalar), value) => push_scalar(*scalar, value, draft),
        (Read::Wrapper(scalar), Wire::Bytes(bytes)) => {
            let value = number_of(bytes, 1)?.unwrap_or_else(|| zero(&Read::Scalar(*scalar)));
            push_scalar(*scalar, value, draft)
        }
        (Read::Symbol(values), Wire::Varint(number)) => {
            let DraftCells::Varchar(cells) = &mut draft.cells else { return Err(wrong_wire()) };
            let found = values.iter().find(|(_, known)| *known == number as i32);
            match found {
                Some((name, _)) => cells.push(name.as_bytes()),
                None => cells.push((number as i32).to_string().as_bytes()),
            }
            Ok(())
        }
        (Read::Timestamp, Wire::Bytes(bytes)) => {
            let (seconds, nanos) = (long_of(bytes, 1)?, long_of(bytes, 2)?);
            let millis = i128::from(seconds) * 1000 + i128::from(nanos.div_euclid(1_000_000));
            let DraftCells::Timestamp(cells) = &mut draft.cells else { return Err(wrong_wire()) };
            let millis = i64::try_from(millis);
            cells.push(millis.map_err(|_| "a timestamp is out of range".to_owned())?);
            Ok(())
        }
        (Read::Date, Wire::Bytes(bytes)) => push_date(bytes, draft),
        (Read::TimeOfDay, Wire::Bytes(bytes)) => push_time(bytes, draft),
        (Read::Decimal(scale), Wire::Bytes(bytes)) => push_decimal(bytes, *scale, draft),
        (Read::Message(plan), Wire::Bytes(bytes)) => {
            let DraftCells::Struct(cells) = &mut draft.cells else { return Err(wrong_wire()) };
            read_message(plan, bytes, &mut cells.fields)?;
            cells.finish_row();
            Ok(())
        }
        _ => Err(wrong_wire()),
    }
}

/// Returns the last field of a number.
fn number_of(mut bytes: &[u8], wanted: u32) -> Result<Option<Wire<'_>>, String> {
    let mut found = None;
    while let Some((number, value)) = wire::field(&mut bytes)? {
        if number == wanted {
            found = Some(value);
        }
    }
    Ok(found)
}

fn long_of(bytes: &[u8], number: u32) -> Result<i64, String> {
    match number_of(bytes, number)? {
        None => Ok(0),
        Some(Wire::Varint(value)) => Ok(value as i64),
        Some(_) => Err(wrong_wire()),
    }
}

/// A date without year, month and day is none.
fn push_date(bytes: &[u8], draft: &mut Draft) -> Result<(), String> {
    let part = |number| long_of(bytes, number);
    let (year, month, day) = (part(1)?, part(2)?, part(3)?);
    if (year, month, day) == (0, 0, 0) {
        draft.push_null();
        return Ok(());
    }
    let DraftCells::Date(cells) = &mut draft.cells else { return Err(wrong_wire()) };
    let small = |value: i64| u32::try_from(value).unwrap_or(0);
    let year_number = i32::try_from(year).map_err(|_| format!("there is no year {year}"))?;
    let date = NaiveDate::from_ymd_opt(year_number, small(month), small(day));
    let date = date.ok_or_else(|| format!("there is no date {year}-{month}-{day}"))?;
    cells.push(date.num_days_from_ce() - EPOCH_DAYS_FROM_CE);
    Ok(())
}

/// The days from the first of January of the year 1, counted from 1, to 1970.
pub(super) const EPOCH_DAYS_FROM_CE: i32 = 719_163;

fn push_time(bytes: &[u8], draft: &mut Draft) -> Result<(), String> {
    let DraftCells::Time(cells) = &mut draft.cells else { return Err(wrong_wire()) };
    let part = |number| long_of(bytes, number);
    let seconds = part(1)?
        .checked_mul(3600)
        .and_then(|seconds| seconds.checked_add(part(2).ok()?.checked_mul(60)?))
        .and_then(|seconds| seconds.checked_add(part(3).ok()?));
    let millis = seconds.and_then(|seconds| seconds.checked_mul(1000));
    let millis = millis.and_then(|ms| ms.checked_add(part(4).ok()? / 1_000_000));
    cells.push(time_of_day(millis.unwrap_or(-1))?);
    Ok(())
}

fn push_decimal(bytes: &[u8], scale: u8, draft: &mut Draft) -> Result<(), String> {
    let value = match number_of(bytes, 1)? {
        Some(Wire::Bytes(value)) if !value.is_empty() => value,
        _none => &[0],
    };
    let scale = match number_of(bytes, 3)? {
        Some(Wire::Varint(scale)) => {
            u8::try_from(scale).map_err(|_| format!("there is no scale {scale}"))?
        }
        _none => scale,
    };
    match &mut draft.cells {
        DraftCells::Decimal(cells, digits) => {
            let value = read_decimal(value, scale, *digits)?;
            cells.push(i256::to_i128(value).ok_or("a decimal has too many digits")?);
        }
        DraftCells::WideDecimal(cells, digits) => cells.push(read_decimal(value, scale, *digits)?),
        _other => return Err(wrong_wire()),
    }
    Ok(())
}

fn push_scalar(scalar: Scalar, value: Wire<'_>, draft: &mut Draft) -> Result<(), String> {
    match (scalar, value) {
        (Scalar::Double, Wire::Fixed64(bytes)) => push_double(f64::from_le_bytes(bytes), draft),
        (Scalar::Float, Wire::Fixed32(bytes)) => {
            push_double(f64::from(f32::from_le_bytes(bytes)), draft)
        }
        (Scalar::Int32, Wire::Varint(value)) => push_long(i64::from(value as i32), draft),
        (Scalar::Int64 | Scalar::Uint64, Wire::Varint(value)) => push_long(value as i64, draft),
        (Scalar::Uint32, Wire::Varint(value)) => push_long(i64::from(value as u32), draft),
        (Scalar::Sint32, Wire::Varint(value)) => {
            push_long(i64::from(wire::unzigzag(value) as i32), draft)
        }
        (Scalar::Sint64, Wire::Varint(value)) => push_long(wire::unzigzag(value), draft),
        (Scalar::Fixed32, Wire::Fixed32(bytes)) => {
            push_long(i64::from(u32::from_le_bytes(bytes)), draft)
        }
        (Scalar::Sfixed32, Wire::Fixed32(bytes)) => {
            push_long(i64::from(i32::from_le_bytes(bytes)), draft)
        }
        (Scalar::Fixed64 | Scalar::Sfixed64, Wire::Fixed64(bytes)) => {
            push_long(i64::from_le_bytes(bytes), draft)
        }
        (Scalar::Bool, Wire::Varint(value)) => {
            match &mut draft.cells {
                DraftCells::Boolean(cells) => cells.push(value != 0),
                DraftCells::Varchar(cells) => {
                    cells.push(if value == 0 { b"false" } else { b"true" });
                }
                _other => return Err(wrong_wire()),
            }
            Ok(())
        }
        (Scalar::String, Wire::Bytes(bytes)) => {
            std::str::from_utf8(bytes).map_err(|_| "a string is not UTF-8".to_owned())?;
            let DraftCells::Varchar(cells) = &mut draft.cells else { return Err(wrong_wire()) };
            cells.push(bytes);
            Ok(())
        }
        (Scalar::Bytes, Wire::Bytes(bytes)) => {
            let DraftCells::Bytes(cells) = &mut draft.cells else { return Err(wrong_wire()) };
            cells.push(bytes);
            Ok(())
        }
        _ => Err(wrong_wire()),
    }
}

fn push_double(value: f64, draft: &mut Draft) -> Result<(), String> {
    let DraftCells::Double(cells) = &mut draft.cells else { return Err(wrong_wire()) };
    cells.push(value);
    Ok(())
}

fn push_long(value: i64, draft: &mut Draft) -> Result<(), String> {
    match &mut draft.cells {
        DraftCells::Int(cells) => {
            let int =
                i32::try_from(value).map_err(|_| format!("Numeric value out of range: {value}"))?;
            cells.push(int);
        }
        DraftCells::Bigint(cells) => cells.push(value),
        DraftCells::Varchar(cells) => {
            write_long(value, &mut cells.bytes);
            cells.finish_row();
        }
        _other => return Err(wrong_wire()),
    }
    Ok(())
}
