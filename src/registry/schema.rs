//! A schema: its text, and what the text says.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::registry::RegistryError;
use crate::registry::avro::AvroSchema;
use crate::registry::json;
use crate::registry::protobuf::ProtoSchema;

/// A language of schemas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "named as the languages are")]
pub enum SchemaKind {
    Avro,
    Json,
    Protobuf,
}

impl SchemaKind {
    /// Returns the name, as the registry's API has it.
    pub fn name(self) -> &'static str {
        match self {
            SchemaKind::Avro => "AVRO",
            SchemaKind::Json => "JSON",
            SchemaKind::Protobuf => "PROTOBUF",
        }
    }

    /// Finds a language by its name; no name is Avro.
    pub fn from_name(name: Option<&str>) -> Option<Self> {
        match name {
            None | Some("AVRO") => Some(SchemaKind::Avro),
            Some("JSON") => Some(SchemaKind::Json),
            Some("PROTOBUF") => Some(SchemaKind::Protobuf),
            Some(_) => None,
        }
    }
}

impl fmt::Display for SchemaKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A schema that another one uses, by the name it has there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reference {
    /// The name: a file to import in Protobuf, a type in Avro.
    pub name: String,
    /// The subject it is registered under.
    pub subject: String,
    /// The version of it.
    pub version: u32,
}

/// A schema.
#[derive(Clone, Debug)]
pub struct Schema {
    /// Its text.
    pub text: Arc<str>,
    /// What it refers to.
    pub references: Vec<Reference>,
    /// What it says.
    pub parsed: ParsedSchema,
}

/// What a schema says.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "named as the languages are")]
pub enum ParsedSchema {
    Avro(AvroSchema),
    Json(Value),
    Protobuf(ProtoSchema),
}

/// A schema with its id.
#[derive(Clone, Debug)]
pub struct RegisteredSchema {
    /// The id, which records carry.
    pub id: u32,
    /// The schema.
    pub schema: Schema,
}

/// So many bytes a schema may have.
const TEXT_BYTES_MAX: usize = 1 << 20;

impl Schema {
    /// Reads a text; `used` are the schemas it refers to, by their names in it.
    pub(super) fn parse(
        kind: SchemaKind,
        text: &str,
        references: Vec<Reference>,
        used: &[(String, Arc<RegisteredSchema>)],
    ) -> Result<Self, RegistryError> {
        let invalid = |reason: String| RegistryError::Invalid { kind, reason };
        if TEXT_BYTES_MAX < text.len() {
            return Err(invalid(format!("it has more than {TEXT_BYTES_MAX} bytes")));
        }
        let parsed = match kind {
            SchemaKind::Avro => {
                let texts: Vec<&str> = used.iter().map(|(_, used)| &*used.schema.text).collect();
                ParsedSchema::Avro(AvroSchema::parse(text, &texts).map_err(invalid)?)
            }
            SchemaKind::Json => ParsedSchema::Json(json::parse(text).map_err(invalid)?),
            SchemaKind::Protobuf => {
                let texts: Vec<(&str, &str)> =
                    used.iter().map(|(name, used)| (name.as_str(), &*used.schema.text)).collect();
                ParsedSchema::Protobuf(ProtoSchema::parse(text, &texts).map_err(invalid)?)
            }
        };
        Ok(Schema { text: text.into(), references, parsed })
    }

    /// Returns its language.
    pub fn kind(&self) -> SchemaKind {
        match self.parsed {
            ParsedSchema::Avro(_) => SchemaKind::Avro,
            ParsedSchema::Json(_) => SchemaKind::Json,
            ParsedSchema::Protobuf(_) => SchemaKind::Protobuf,
        }
    }

    /// Tells whether two schemas are the same but for white space and the order of properties.
    pub fn is_same(&self, other: &Schema) -> bool {
        if self.kind() != other.kind() || self.references != other.references {
            return false;
        }
        if self.text == other.text {
            return true;
        }
        match self.kind() {
            SchemaKind::Avro | SchemaKind::Json => {
                let value = |text: &str| serde_json::from_str::<Value>(text).ok();
                value(&self.text).is_some() && value(&self.text) == value(&other.text)
            }
            SchemaKind::Protobuf => words(&self.text).eq(words(&other.text)),
        }
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_ascii_whitespace()
}
