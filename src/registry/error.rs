//! Why a schema is not taken.

use crate::registry::SchemaKind;

/// Why a schema is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// Its text is no schema.
    #[error("Invalid schema of type {kind}: {reason}")]
    Invalid {
        /// What it should be.
        kind: SchemaKind,
        /// What is wrong.
        reason: String,
    },
    /// It cannot read what was written by the schema before it.
    #[error(
        "Schema being registered is incompatible with an earlier schema for subject \"{subject}\", details: {reason}"
    )]
    Incompatible {
        /// The subject.
        subject: String,
        /// What differs.
        reason: String,
    },
    /// It refers to a schema that is not there.
    #[error("No schema reference found for subject \"{subject}\" and version {version}")]
    NoReference {
        /// The subject.
        subject: String,
        /// The version.
        version: u32,
    },
    /// An id is that of another schema.
    #[error("Schema id {0} belongs to another schema")]
    IdTaken(u32),
    /// All ids are taken.
    #[error("there are no schema ids left")]
    NoIds,
    /// A record of the topic of schemas cannot be read.
    #[error("a record of the topic of schemas is damaged: {0}")]
    Damaged(String),
}
