//! What columns a message stands for, as Connect and ksqlDB see it.
//!
//! | Protobuf | SQL |
//! |---|---|
//! | bool | BOOLEAN |
//! | int32, sint32, sfixed32 | INT |
//! | int64, sint64, sfixed64, uint32, fixed32, uint64, fixed64 | BIGINT |
//! | float, double | DOUBLE |
//! | string, enum | VARCHAR |
//! | bytes | BYTES |
//! | google.protobuf.Timestamp, google.type.Date, google.type.TimeOfDay | TIMESTAMP, DATE, TIME |
//! | confluent.type.Decimal | DECIMAL |
//! | google.protobuf.Int32Value and the like | as what they hold |
//! | repeated, map, message | ARRAY, MAP, STRUCT |
//! | oneof | STRUCT with a field for each |

use std::sync::Arc;

use crate::formats::FormatError;
use crate::formats::inference::{FieldNames, TypeBudget};
use crate::formats::support::base_name;
use crate::registry::protobuf::{Field, FieldKind, Known, Label, MessageId, ProtoSchema, Scalar};
use crate::types::SqlType;

/// A message can hold itself; a type cannot.
const DEPTH_MAX: usize = 32;
/// The digits of a DECIMAL whose options do not give them.
pub(super) const DEFAULT_DIGITS: (u8, u8) = (64, 0);

/// Returns the type of a message of the file: the one of that name, or the first.
pub(in crate::formats) fn root_type(
    schema: &ProtoSchema,
    full_name: Option<&str>,
    names: FieldNames,
) -> Result<SqlType, String> {
    let message = schema.find(full_name).ok_or_else(|| no_message(full_name))?;
    Types { schema, names, budget: TypeBudget::new() }.message(message, 0)
}

/// Says that a file has no such message.
pub(super) fn no_message(full_name: Option<&str>) -> String {
    format!("the file has no message {}", full_name.unwrap_or_default())
}

struct Types<'a> {
    schema: &'a ProtoSchema,
    names: FieldNames,
    budget: TypeBudget,
}

impl Types<'_> {
    fn message(&self, message: MessageId, depth: usize) -> Result<SqlType, String> {
        if DEPTH_MAX <= depth {
            return Err("Protobuf messages that hold themselves have no SQL type".to_owned());
        }
        let fields = &self.schema.message(message).fields;
        let mut columns: Vec<(Arc<str>, SqlType)> = Vec::new();
        for (name, members) in oneofs(fields) {
            let member =
                |field: &&Field| Ok((self.names.name(&field.name), self.field(field, depth)?));
            let members: Vec<_> = members.iter().map(member).collect::<Result<_, String>>()?;
            columns.push((self.names.name(&name), SqlType::structure(members)));
        }
        for field in fields.iter().filter(|field| field.oneof.is_none()) {
            columns.push((self.names.name(&field.name), self.field(field, depth)?));
        }
        Ok(SqlType::structure(columns))
    }

    fn field(&self, field: &Field, depth: usize) -> Result<SqlType, String> {
        self.budget.take()?;
        let element = self.kind(&field.kind, field.digits, depth)?;
        let is_list = field.label == Label::Repeated && !matches!(field.kind, FieldKind::Map(_, _));
        Ok(if is_list { SqlType::array(element) } else { element })
    }

    fn kind(
        &self,
        kind: &FieldKind,
        digits: Option<(u8, u8)>,
        depth: usize,
    ) -> Result<SqlType, String> {
        Ok(match kind {
            FieldKind::Scalar(scalar) | FieldKind::Known(Known::Wrapper(scalar)) => {
                scalar_type(*scalar)
            }
            FieldKind::Enum(_) => SqlType::Varchar,
            FieldKind::Known(Known::Timestamp) => SqlType::Timestamp,
            FieldKind::Known(Known::Date) => SqlType::Date,
            FieldKind::Known(Known::TimeOfDay) => SqlType::Time,
            FieldKind::Known(Known::Decimal) => {
                let (precision, scale) = digits.unwrap_or(DEFAULT_DIGITS);
                if precision == 0 || 76 < precision || precision < scale {
                    return Err(format!("there is no DECIMAL({precision}, {scale})"));
                }
                SqlType::Decimal { precision, scale }
            }
            FieldKind::Message(message) => self.message(*message, depth + 1)?,
            FieldKind::Map(key, value) => {
                SqlType::map(scalar_type(*key), self.kind(value, None, depth + 1)?)
            }
        })
    }
}

/// Returns the groups of fields of which one is there, each by the name that Connect gives it.
pub(super) fn oneofs(fields: &[Field]) -> Vec<(String, Vec<&Field>)> {
    let mut groups: Vec<(&str, Vec<&Field>)> = Vec::new();
    for field in fields {
        let Some(name) = field.oneof.as_deref() else { continue };
        match groups.iter_mut().find(|(group, _)| *group == name) {
            Some((_, members)) => members.push(field),
            None => groups.push((name, vec![field])),
        }
    }
    let named =
        |(place, (name, members)): (usize, (&str, Vec<_>))| (format!("{name}_{place}"), members);
    groups.into_iter().enumerate().map(named).collect()
}

/// Returns the type of a scalar.
pub(super) fn scalar_type(scalar: Scalar) -> SqlType {
    match scalar {
        Scalar::Double | Scalar::Float => SqlType::Double,
        Scalar::Int32 | Scalar::Sint32 | Scalar::Sfixed32 => SqlType::Int,
        Scalar::Int64
        | Scalar::Sint64
        | Scalar::Sfixed64
        | Scalar::Uint32
        | Scalar::Fixed32
        | Scalar::Uint64
        | Scalar::Fixed64 => SqlType::Bigint,
        Scalar::Bool => SqlType::Boolean,
        Scalar::String => SqlType::Varchar,
        Scalar::Bytes => SqlType::Bytes,
    }
}

/// Checks that Protobuf can hold columns: maps have text as keys, no list stands in a list, and names are of its kind.
pub(in crate::formats) fn check_columns(
    columns: &[(Arc<str>, SqlType)],
    format: &'static str,
) -> Result<(), FormatError> {
    columns.iter().try_for_each(|(name, sql_type)| {
        check_name(name)?;
        check_type(sql_type, format)
    })
}

fn check_type(sql_type: &SqlType, format: &'static str) -> Result<(), FormatError> {
    let in_list = |element: &SqlType| match element {
        SqlType::Array(_) | SqlType::Map(_, _) => Err(FormatError::NestedList {
            format,
            inner: base_name(element),
            outer: base_name(sql_type),
        }),
        other => check_type(other, format),
    };
    match sql_type {
        SqlType::Map(key, _) if **key != SqlType::Varchar => {
            Err(FormatError::ProtobufMapKey { format })
        }
        SqlType::Array(element) | SqlType::Map(_, element) => in_list(element),
        SqlType::Struct(fields) => fields.iter().try_for_each(|field| {
            check_name(&field.name)?;
            check_type(&field.sql_type, format)
        }),
        _scalar => Ok(()),
    }
}

fn check_name(name: &str) -> Result<(), FormatError> {
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let is_valid = name.chars().next().is_some_and(is_first)
        && name.chars().all(|c| is_first(c) || c.is_ascii_digit());
    if is_valid {
        return Ok(());
    }
    Err(FormatError::ProtobufName { reason: format!("Illegal name: {name}") })
}
