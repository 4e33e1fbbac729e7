//! What columns an Avro schema stands for, as Connect and ksqlDB see it.
//!
//! | Avro | SQL |
//! |---|---|
//! | boolean, int, long | BOOLEAN, INT, BIGINT |
//! | float, double | DOUBLE |
//! | string, enum | VARCHAR |
//! | bytes, fixed | BYTES; with `decimal` DECIMAL |
//! | int with `date`, `time-millis`; long with `timestamp-millis` | DATE, TIME; TIMESTAMP |
//! | array, map, record | ARRAY, MAP, STRUCT |
//! | array of entries that Connect made of a map | MAP |
//! | union with null | the other type |
//! | union of more types | STRUCT with a field for each |

use std::sync::Arc;

use crate::formats::FormatError;
use crate::formats::inference::{FieldNames, TypeBudget};
use crate::registry::avro::{AvroField, AvroKind, AvroLogical, AvroSchema, NodeId, check_name};
use crate::types::SqlType;

/// A schema can hold itself; a type cannot.
const DEPTH_MAX: usize = 32;

/// Returns the type of the whole schema.
pub(in crate::formats) fn root_type(
    schema: &AvroSchema,
    names: FieldNames,
) -> Result<SqlType, String> {
    sql_type((schema, names), schema.root(), 0, &TypeBudget::new())
}

fn sql_type(
    (schema, names): (&AvroSchema, FieldNames),
    node: NodeId,
    depth: usize,
    budget: &TypeBudget,
) -> Result<SqlType, String> {
    budget.take()?;
    if DEPTH_MAX <= depth {
        return Err("Avro schemas that hold themselves have no SQL type".to_owned());
    }
    let inner = |node| sql_type((schema, names), node, depth + 1, budget);
    let node = schema.without_null(node);
    let found = schema.node(node);
    Ok(match (&found.kind, found.logical) {
        (_, Some(AvroLogical::Decimal { precision, scale })) => {
            SqlType::Decimal { precision, scale }
        }
        (_, Some(AvroLogical::Date)) => SqlType::Date,
        (_, Some(AvroLogical::TimeMillis)) => SqlType::Time,
        (_, Some(AvroLogical::TimestampMillis)) => SqlType::Timestamp,
        (AvroKind::Boolean, _) => SqlType::Boolean,
        (AvroKind::Int, _) => SqlType::Int,
        (AvroKind::Long, _) => SqlType::Bigint,
        (AvroKind::Float | AvroKind::Double, _) => SqlType::Double,
        (AvroKind::String | AvroKind::Enum { .. }, _) => SqlType::Varchar,
        (AvroKind::Bytes | AvroKind::Fixed { .. }, _) => SqlType::Bytes,
        (AvroKind::Array(items), _) => match entry_parts(schema, *items, true) {
            Some((key, value)) => SqlType::map(inner(key.node)?, inner(value.node)?),
            None => SqlType::array(inner(*items)?),
        },
        (AvroKind::Map(values), _) => SqlType::map(SqlType::Varchar, inner(*values)?),
        (AvroKind::Record(record), _) => {
            let field = |field: &AvroField| Ok((names.name(&field.name), inner(field.node)?));
            let fields: Vec<(Arc<str>, SqlType)> =
                record.fields.iter().map(field).collect::<Result<_, String>>()?;
            SqlType::structure(fields)
        }
        (AvroKind::Union(branches), _) => {
            let mut fields = Vec::new();
            for branch in branches {
                let kind = &schema.node(*branch).kind;
                if !matches!(kind, AvroKind::Null) {
                    fields.push((names.name(branch_name(kind)), inner(*branch)?));
                }
            }
            SqlType::structure(fields)
        }
        (AvroKind::Null, _) => return Err("the Avro type null has no SQL type".to_owned()),
    })
}

/// Returns the name of the field that a branch of a union becomes.
pub(super) fn branch_name(kind: &AvroKind) -> &str {
    kind.name().rsplit('.').next().unwrap_or_default()
}

/// Returns key and value of a record that is the entry of a map; `marked` if it must say so.
pub(super) fn entry_parts(
    schema: &AvroSchema,
    node: NodeId,
    marked: bool,
) -> Option<(&AvroField, &AvroField)> {
    let AvroKind::Record(record) = &schema.node(schema.without_null(node)).kind else {
        return None;
    };
    match record.fields.as_slice() {
        [key, value] if record.is_map_entry || !marked => {
            (key.name == "key" && value.name == "value").then_some((key, value))
        }
        _ => None,
    }
}

/// Checks that Avro can hold columns: maps have text as keys, and names are of its kind.
pub(in crate::formats) fn check_columns(
    columns: &[(Arc<str>, SqlType)],
    is_unwrapped: bool,
) -> Result<(), FormatError> {
    for (name, sql_type) in columns {
        if !is_unwrapped {
            check_field(name)?;
        }
        check_type(sql_type)?;
    }
    Ok(())
}

fn check_field(name: &str) -> Result<(), FormatError> {
    check_name(name).map_err(|reason| FormatError::AvroName { reason })
}

fn check_type(sql_type: &SqlType) -> Result<(), FormatError> {
    match sql_type {
        SqlType::Array(element) => check_type(element),
        SqlType::Map(key, _) if **key != SqlType::Varchar => Err(FormatError::AvroMapKey),
        SqlType::Map(_, value) => check_type(value),
        SqlType::Struct(fields) => fields.iter().try_for_each(|field| {
            check_field(&field.name)?;
            check_type(&field.sql_type)
        }),
        _scalar => Ok(()),
    }
}
