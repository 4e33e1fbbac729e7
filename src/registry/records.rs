//! Schemas as the records of a topic, in the layout that Confluent's registry uses.
//!
//! ```text
//! key   {"keytype":"SCHEMA","subject":"orders-value","version":1,"magic":1}
//! value {"subject":"orders-value","version":1,"id":3,"schemaType":"PROTOBUF","references":[…],"schema":"…","deleted":false}
//! ```

use serde::{Deserialize, Serialize};

use crate::registry::{Reference, Registration, RegistryError, SchemaKind};

/// The topic that keeps schemas.
pub const SCHEMAS_TOPIC: &str = "_schemas";

#[derive(Debug, Serialize, Deserialize)]
struct RecordKey {
    keytype: String,
    subject: String,
    version: u32,
    magic: u32,
}

/// A schema as a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaRecord {
    /// The subject.
    pub subject: String,
    /// The version.
    pub version: u32,
    /// The id.
    pub id: u32,
    /// The language; Avro has none.
    #[serde(rename = "schemaType", default, skip_serializing_if = "Option::is_none")]
    pub schema_type: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    references: Vec<ReferenceRecord>,
    /// The text.
    pub schema: String,
    /// Whether the subject has been deleted.
    #[serde(default)]
    pub deleted: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ReferenceRecord {
    name: String,
    subject: String,
    version: u32,
}

fn damaged(error: serde_json::Error) -> RegistryError {
    RegistryError::Damaged(error.to_string())
}

impl SchemaRecord {
    /// Describes a registration.
    pub fn new(registration: &Registration) -> Self {
        let schema = &registration.schema.schema;
        let kind = schema.kind();
        let reference = |reference: &Reference| ReferenceRecord {
            name: reference.name.clone(),
            subject: reference.subject.clone(),
            version: reference.version,
        };
        SchemaRecord {
            subject: registration.subject.to_string(),
            version: registration.version,
            id: registration.schema.id,
            schema_type: (kind != SchemaKind::Avro).then(|| kind.name().to_owned()),
            references: schema.references.iter().map(reference).collect(),
            schema: schema.text.to_string(),
            deleted: false,
        }
    }

    /// Describes a registration whose subject is deleted.
    pub fn deletion(registration: &Registration) -> Self {
        SchemaRecord { deleted: true, ..SchemaRecord::new(registration) }
    }

    /// Reads a record's key and value; none if it is about something else than a schema.
    pub fn read(key: &[u8], value: &[u8]) -> Result<Option<Self>, RegistryError> {
        let key: serde_json::Value = serde_json::from_slice(key).map_err(damaged)?;
        if key.get("keytype").and_then(|keytype| keytype.as_str()) != Some("SCHEMA") {
            return Ok(None);
        }
        serde_json::from_slice(value).map(Some).map_err(damaged)
    }

    /// Writes key and value.
    pub fn write(&self) -> Result<(Vec<u8>, Vec<u8>), RegistryError> {
        let key = RecordKey {
            keytype: "SCHEMA".to_owned(),
            subject: self.subject.clone(),
            version: self.version,
            magic: 1,
        };
        let key = serde_json::to_vec(&key).map_err(damaged)?;
        Ok((key, serde_json::to_vec(self).map_err(damaged)?))
    }

    pub(super) fn kind(&self) -> Result<SchemaKind, RegistryError> {
        let name = self.schema_type.as_deref();
        let unknown = || RegistryError::Damaged(format!("unknown type {}", name.unwrap_or("")));
        SchemaKind::from_name(name).ok_or_else(unknown)
    }

    pub(super) fn references(&self) -> Vec<Reference> {
        let reference = |reference: &ReferenceRecord| Reference {
            name: reference.name.clone(),
            subject: reference.subject.clone(),
            version: reference.version,
        };
        self.references.iter().map(reference).collect()
    }
}
