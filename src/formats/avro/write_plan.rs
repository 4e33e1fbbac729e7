//! How cells of columns become values of a schema.

use std::sync::Arc;

use serde_json::Value;

use crate::formats::avro::types::entry_parts;
use crate::formats::avro::wire::{write_bytes, write_long};
use crate::formats::draft::Digits;
use crate::formats::inference::TypeBudget;
use crate::formats::wanted::matching;
use crate::registry::avro::{AvroField, AvroKind, AvroLogical, AvroNode, AvroSchema, NodeId};
use crate::types::SqlType;

/// How a cell is written.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// Which of the columns it is, none if there is none.
    pub(super) source: Option<usize>,
    /// What stands for no column.
    pub(super) missing: Absent,
    /// What stands for a null.
    pub(super) null: Absent,
    /// Which branch of a union the value is.
    pub(super) branch: Option<usize>,
    /// The value.
    pub(super) write: Write,
}

/// What stands for a value that is not there.
#[derive(Clone, Debug)]
pub(super) enum Absent {
    /// Those bytes.
    Bytes(Arc<[u8]>),
    /// Nothing can.
    Refuse,
}

/// How a value is written.
#[derive(Clone, Debug)]
pub(super) enum Write {
    Nothing,
    Boolean,
    /// A whole number, times that.
    Long(i64),
    /// A whole number that must fit 32 bits.
    Int,
    Float,
    Double,
    Text,
    Symbol(Arc<[String]>),
    Bytes,
    Fixed(usize),
    /// In bytes, or in so many of them.
    Decimal(Digits, Option<usize>),
    Array(Box<Slot>),
    Map(Box<Slot>),
    Entries(Box<Slot>, Box<Slot>),
    Record(Vec<(Slot, String)>),
}

/// Plans how rows become records.
pub(super) fn plan_row(
    schema: &AvroSchema,
    columns: &[(Arc<str>, SqlType)],
) -> Result<Slot, String> {
    let structure = SqlType::structure(columns.iter().cloned());
    slot(schema, schema.root(), Some(&structure), None)
}

/// Plans how the cells of one column become bare values.
pub(super) fn plan_value(schema: &AvroSchema, sql_type: &SqlType) -> Result<Slot, String> {
    slot(schema, schema.root(), Some(sql_type), None)
}

fn slot(
    schema: &AvroSchema,
    node: NodeId,
    sql_type: Option<&SqlType>,
    default: Option<&Value>,
) -> Result<Slot, String> {
    let own = [node];
    let (branches, is_union) = match &schema.node(node).kind {
        AvroKind::Union(branches) => (branches.as_slice(), true),
        _ => (&own[..], false),
    };
    let is_null = |branch: &NodeId| matches!(schema.node(*branch).kind, AvroKind::Null);
    let budget = TypeBudget::new();
    let default = default.and_then(|default| default_bytes(schema, (node, default), 0, &budget));
    let null_branch = branches.iter().position(is_null).filter(|_| is_union).map(|branch| {
        let mut bytes = Vec::new();
        write_long(branch as i64, &mut bytes);
        bytes
    });
    let absent = |bytes: Option<&Vec<u8>>| match bytes {
        Some(bytes) => Absent::Bytes(bytes.as_slice().into()),
        None => Absent::Refuse,
    };
    let missing = absent(default.as_ref().or(null_branch.as_ref()));
    let null = absent(null_branch.as_ref().or(default.as_ref()));
    let Some(sql_type) = sql_type else {
        return Ok(Slot { source: None, missing, null, branch: None, write: Write::Nothing });
    };
    let mut refused = format!("no type of the schema holds {sql_type}");
    for (branch, node) in branches.iter().enumerate().filter(|(_, branch)| !is_null(branch)) {
        match plan(schema, *node, sql_type) {
            Ok(write) => {
                let branch = is_union.then_some(branch);
                return Ok(Slot { source: Some(0), missing, null, branch, write });
            }
            Err(reason) => refused = reason,
        }
    }
    Err(refused)
}

fn plan(schema: &AvroSchema, node: NodeId, sql_type: &SqlType) -> Result<Write, String> {
    use SqlType::{Bigint, Boolean, Bytes, Date, Double, Int, Time, Timestamp, Varchar};
    let found = schema.node(node);
    Ok(match (&found.kind, sql_type) {
        (AvroKind::Boolean, Boolean) => Write::Boolean,
        (AvroKind::Int, Int | Bigint | Date | Time) => Write::Int,
        (AvroKind::Long, Time | Timestamp) => match found.logical {
            Some(AvroLogical::TimeMicros | AvroLogical::TimestampMicros) => Write::Long(1000),
            _millis => Write::Long(1),
        },
        (AvroKind::Long, Int | Bigint) => Write::Long(1),
        (AvroKind::Float, Int | Double) => Write::Float,
        (AvroKind::Double, Int | Bigint | Double) => Write::Double,
        (AvroKind::String, Varchar) => Write::Text,
        (AvroKind::Enum { symbols, .. }, Varchar) => Write::Symbol(Arc::clone(symbols)),
        (AvroKind::Bytes, Bytes) => Write::Bytes,
        (AvroKind::Fixed { size, .. }, Bytes) => Write::Fixed(*size),
        (AvroKind::Bytes, SqlType::Decimal { .. }) => Write::Decimal(digits(found)?, None),
        (AvroKind::Fixed { size, .. }, SqlType::Decimal { .. }) => {
            Write::Decimal(digits(found)?, Some(*size))
        }
        (AvroKind::Array(items), SqlType::Array(element)) => {
            Write::Array(Box::new(slot(schema, *items, Some(element), None)?))
        }
        (AvroKind::Map(values), SqlType::Map(key, value)) if **key == Varchar => {
            Write::Map(Box::new(slot(schema, *values, Some(value), None)?))
        }
        (AvroKind::Array(items), SqlType::Map(key, value)) => {
            let (key_field, value_field) = entry_parts(schema, *items, false)
                .ok_or_else(|| format!("an array holds no {sql_type}"))?;
            Write::Entries(
                Box::new(slot(schema, key_field.node, Some(key), None)?),
                Box::new(slot(schema, value_field.node, Some(value), None)?),
            )
        }
        (AvroKind::Record(record), SqlType::Struct(fields)) => {
            let names = || fields.iter().map(|field| &*field.name);
            let part = |field: &AvroField| {
                let source = matching(&field.name, names());
                let sql_type = source.map(|source| &fields[source].sql_type);
                let slot = slot(schema, field.node, sql_type, field.default.as_ref())
                    .map_err(|reason| format!("field {}: {reason}", field.name))?;
                Ok((Slot { source, ..slot }, field.name.clone()))
            };
            let parts: Vec<(Slot, String)> =
                record.fields.iter().map(part).collect::<Result<_, String>>()?;
            let is_written =
                |place: usize| parts.iter().any(|(slot, _)| slot.source == Some(place));
            match names().enumerate().find(|(place, _)| !is_written(*place)) {
                Some((_, name)) => return Err(format!("it has no field for `{name}`")),
                None => Write::Record(parts),
            }
        }
        (kind, _) => return Err(format!("the Avro type {} holds no {sql_type}", kind.name())),
    })
}

fn digits(node: &AvroNode) -> Result<Digits, String> {
    match node.logical {
        Some(AvroLogical::Decimal { precision, scale }) => Ok(Digits { precision, scale }),
        _plain => Err("bytes hold no DECIMAL".to_owned()),
    }
}

/// Returns a field's default as bytes; none if it is no value of the field.
fn default_bytes(
    schema: &AvroSchema,
    (node, default): (NodeId, &Value),
    depth: usize,
    budget: &TypeBudget,
) -> Option<Vec<u8>> {
    const DEPTH_MAX: usize = 32;
    budget.take().ok()?;
    let mut out = Vec::new();
    let inner = |node, value: &Value| match depth < DEPTH_MAX {
        true => default_bytes(schema, (node, value), depth + 1, budget),
        false => None,
    };
    match (&schema.node(node).kind, default) {
        (AvroKind::Null, Value::Null) => {}
        (AvroKind::Boolean, Value::Bool(value)) => out.push(u8::from(*value)),
        (AvroKind::Int | AvroKind::Long, Value::Number(value)) => {
            write_long(value.as_i64()?, &mut out);
        }
        (AvroKind::Float, Value::Number(value)) => {
            out.extend_from_slice(&(value.as_f64()? as f32).to_le_bytes());
        }
        (AvroKind::Double, Value::Number(value)) => {
            out.extend_from_slice(&value.as_f64()?.to_le_bytes());
        }
        (AvroKind::String, Value::String(text)) => write_bytes(text.as_bytes(), &mut out),
        (AvroKind::Bytes, Value::String(text)) => write_bytes(&latin1(text)?, &mut out),
        (AvroKind::Fixed { size, .. }, Value::String(text)) => {
            out = latin1(text).filter(|bytes| bytes.len() == *size)?;
        }
        (AvroKind::Enum { symbols, .. }, Value::String(text)) => {
            let place = symbols.iter().position(|symbol| symbol == text)?;
            write_long(place as i64, &mut out);
        }
        (AvroKind::Array(items), Value::Array(values)) => {
            write_block(values.len(), &mut out);
            for value in values {
                out.extend(inner(*items, value)?);
            }
            end_block(&mut out);
        }
        (AvroKind::Map(values), Value::Object(entries)) => {
            write_block(entries.len(), &mut out);
            for (key, value) in entries {
                write_bytes(key.as_bytes(), &mut out);
                out.extend(inner(*values, value)?);
            }
            end_block(&mut out);
        }
        (AvroKind::Union(branches), value) => {
            let found = branches.iter().enumerate();
            let mut found =
                found.filter_map(|(place, branch)| Some((place, inner(*branch, value)?)));
            let (place, bytes) = found.next()?;
            write_long(place as i64, &mut out);
            out.extend(bytes);
        }
        (AvroKind::Record(record), Value::Object(entries)) => {
            for field in &record.fields {
                let value = entries.get(&field.name).or(field.default.as_ref())?;
                out.extend(inner(field.node, value)?);
            }
        }
        _ => return None,
    }
    Some(out)
}

/// Bytes in a default are text whose characters are their values.
fn latin1(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}

/// Writes how many elements follow.
pub(super) fn write_block(count: usize, out: &mut Vec<u8>) {
    if 0 < count {
        write_long(count as i64, out);
    }
}

/// Writes that no more elements follow.
pub(super) fn end_block(out: &mut Vec<u8>) {
    out.push(0);
}
