//! The columns that a registered schema stands for, and the schema that columns get.

use std::cell::Cell;
use std::sync::Arc;

use super::{FormatError, FormatKind, NullableRepresentation, Side, avro, json_sr, protobuf};
use crate::registry::{ParsedSchema, RegisteredSchema, SchemaKind};
use crate::types::SqlType;

/// What becomes of the names of fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldNames {
    /// They are put in upper case, as names without quotes are.
    Upper,
    /// They stay as they are: the schema was asked for by its id.
    AsTheyAre,
}

impl FieldNames {
    /// Returns the name of a column.
    pub(super) fn name(self, field: &str) -> Arc<str> {
        match self {
            FieldNames::Upper => field.to_uppercase().into(),
            FieldNames::AsTheyAre => field.into(),
        }
    }
}

/// How many types a schema may still come to. Types that are named once can be used many times, and each use counts.
pub(super) struct TypeBudget(Cell<usize>);

impl TypeBudget {
    /// So many types may a schema come to.
    const TYPES_MAX: usize = 10_000;

    /// Begins a schema.
    pub(super) fn new() -> Self {
        TypeBudget(Cell::new(Self::TYPES_MAX))
    }

    /// Takes one more.
    pub(super) fn take(&self) -> Result<(), String> {
        let too_many = || format!("it comes to more than {} types", Self::TYPES_MAX);
        self.0.set(self.0.get().checked_sub(1).ok_or_else(too_many)?);
        Ok(())
    }
}

/// What is known of a side before its columns are.
#[derive(Clone, Copy, Debug)]
pub struct Inference<'a> {
    /// Which side.
    pub side: Side,
    /// Its format.
    pub format: FormatKind,
    /// Whether the whole is one column.
    pub is_unwrapped: bool,
    /// `KEY_SCHEMA_FULL_NAME`, `VALUE_SCHEMA_FULL_NAME`: which message of a file it is.
    pub full_name: Option<&'a str>,
    /// What becomes of the names of fields.
    pub names: FieldNames,
}

impl FormatKind {
    /// Returns the language of its schemas; none if it has none, or none in the registry.
    pub fn schema_kind(self) -> Option<SchemaKind> {
        match self {
            FormatKind::Avro => Some(SchemaKind::Avro),
            FormatKind::JsonSr => Some(SchemaKind::Json),
            FormatKind::Protobuf => Some(SchemaKind::Protobuf),
            FormatKind::Json
            | FormatKind::ProtobufNosr
            | FormatKind::Delimited
            | FormatKind::Kafka
            | FormatKind::None => None,
        }
    }
}

/// Returns the columns that a schema stands for.
pub fn inferred_columns(
    schema: &RegisteredSchema,
    inference: &Inference<'_>,
) -> Result<Vec<(Arc<str>, SqlType)>, FormatError> {
    let wrong = |reason: String| FormatError::NotInferred { id: schema.id, reason };
    if inference.format.schema_kind() != Some(schema.schema.kind()) {
        let kind = schema.schema.kind();
        return Err(wrong(format!("it is of type {kind}, not {}", inference.format.name())));
    }
    let root = match &schema.schema.parsed {
        ParsedSchema::Avro(schema) => avro::root_type(schema, inference.names),
        ParsedSchema::Json(schema) => json_sr::root_type(schema, inference.names),
        ParsedSchema::Protobuf(schema) => {
            protobuf::root_type(schema, inference.full_name, inference.names)
        }
    };
    let root = root.map_err(wrong)?;
    match root {
        sql_type if inference.is_unwrapped => Ok(vec![(inference.side.row_name(), sql_type)]),
        SqlType::Struct(fields) => {
            let column = |field: &crate::types::StructField| {
                (Arc::clone(&field.name), field.sql_type.clone())
            };
            Ok(fields.iter().map(column).collect())
        }
        _other => Err(FormatError::Anonymous),
    }
}

impl Side {
    /// Returns the name of the column that a whole key or value becomes.
    fn row_name(self) -> Arc<str> {
        match self {
            Side::Key => "ROWKEY".into(),
            Side::Value => "ROWVAL".into(),
        }
    }
}

/// Returns the schema that columns get; the format must be one of those with schemas in the registry.
pub fn schema_text(
    format: &super::Format,
    columns: &[(Arc<str>, SqlType)],
) -> Result<String, FormatError> {
    super::support::check_columns(format, columns)?;
    let is_unwrapped = format.unwrapped && columns.len() == 1;
    let full_name = format.full_name.as_deref();
    Ok(match format.kind {
        FormatKind::Avro => avro::schema_text(columns, is_unwrapped, full_name),
        FormatKind::JsonSr => json_sr::schema_text(columns, is_unwrapped),
        FormatKind::Protobuf | FormatKind::ProtobufNosr => {
            protobuf::schema_text(columns, full_name, format.nullable)
        }
        FormatKind::Json | FormatKind::Delimited | FormatKind::Kafka | FormatKind::None => {
            return Err(FormatError::NoSchema { format: format.kind.name() });
        }
    })
}

impl NullableRepresentation {
    /// Finds one by its name, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        match name.to_ascii_uppercase().as_str() {
            "OPTIONAL" => Some(NullableRepresentation::Optional),
            "WRAPPER" => Some(NullableRepresentation::Wrapper),
            _ => None,
        }
    }
}
