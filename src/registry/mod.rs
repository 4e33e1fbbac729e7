//! The schema registry: schemas under subjects, each in versions, each with an id that records carry.
//!
//! ```text
//! subject (orders-value) ── version 1, 2, 3 ──▶ id ──▶ schema (Avro, JSON Schema, Protobuf)
//!                                                ▲
//!                  a record's first bytes: 0 id(4)
//! ```
//!
//! What a schema says is known here; how values are read and written by it is known in `formats`.

mod contents;
mod error;
mod records;
mod schema;
mod statement;
pub mod avro;
pub mod json;
pub mod protobuf;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use parking_lot::RwLock;

use contents::Contents;

pub use error::RegistryError;
pub use records::{SCHEMAS_TOPIC, SchemaRecord};
pub use schema::{ParsedSchema, Reference, RegisteredSchema, Schema, SchemaKind};
pub use statement::{SchemaChanges, StatementSchemas};

/// Which schemas a subject takes after the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compatibility {
    /// Those that read what was written by the last one. Looked at in Avro alone.
    #[default]
    Backward,
    /// Any.
    None,
}

/// The schemas of all topics. Clones are the same registry.
#[derive(Clone, Debug, Default)]
pub struct SchemaRegistry {
    contents: Arc<RwLock<Contents>>,
}

/// A schema under a subject.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The subject.
    pub subject: Arc<str>,
    /// Which of the subject's schemas it is, from 1.
    pub version: u32,
    /// The schema.
    pub schema: Arc<RegisteredSchema>,
}

impl SchemaRegistry {
    /// Makes an empty registry.
    pub fn new() -> Self {
        SchemaRegistry::default()
    }

    /// Says which schemas subjects take from now on.
    pub fn set_compatibility(&self, compatibility: Compatibility) {
        self.contents.write().compatibility = compatibility;
    }

    /// Returns the schema of an id.
    pub fn by_id(&self, id: u32) -> Option<Arc<RegisteredSchema>> {
        self.contents.read().by_id(id)
    }

    /// Returns the latest schema of a subject.
    pub fn latest(&self, subject: &str) -> Option<Registration> {
        self.contents.read().latest(subject)
    }

    /// Returns all that is registered, by subject and version.
    pub fn registrations(&self) -> Vec<Registration> {
        self.contents.read().registrations()
    }

    /// Registers a schema and returns its id; the one it has if the subject knows it already.
    pub fn register(&self, subject: &str, schema: Schema) -> Result<u32, RegistryError> {
        let mut contents = self.contents.write();
        let registration = contents.plan(subject, schema, None)?;
        let id = registration.schema.id;
        contents.insert(registration);
        Ok(id)
    }

    /// Registers a schema under an id that the caller knows to be free, or to be that of the same schema.
    pub fn register_with_id(
        &self,
        subject: &str,
        schema: Schema,
        id: u32,
    ) -> Result<(), RegistryError> {
        let mut contents = self.contents.write();
        let registration = contents.plan(subject, schema, Some(id))?;
        contents.insert(registration);
        Ok(())
    }

    /// Reads a schema's text; what it refers to must be registered.
    pub fn parse(
        &self,
        kind: SchemaKind,
        text: &str,
        references: Vec<Reference>,
    ) -> Result<Schema, RegistryError> {
        self.contents.read().parse(kind, text, references)
    }

    /// Adds what statements have registered.
    pub fn add(&self, added: &[Registration]) {
        let mut contents = self.contents.write();
        added.iter().for_each(|registration| contents.insert(registration.clone()));
    }

    /// Forgets the schemas of a subject; their ids go on to stand for them. Returns what was there.
    pub fn delete_subject(&self, subject: &str) -> Vec<Registration> {
        self.contents.write().delete_subject(subject)
    }

    /// Takes over a record of the topic of schemas.
    pub fn replay(&self, record: &SchemaRecord) -> Result<(), RegistryError> {
        self.contents.write().replay(record)
    }
}
