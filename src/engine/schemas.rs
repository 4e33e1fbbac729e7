//! The topic of schemas: what the registry holds, in the layout of Confluent's registry.

use crate::catalog::Source;
use crate::engine::{Engine, EngineInner};
use crate::error::{Error, ErrorKind, Result};
use crate::log::{Acks, Compression, LogError, RecordBatchBuilder};
use crate::registry::{
    Reference, Registration, RegistryError, SCHEMAS_TOPIC, SchemaKind, SchemaRecord,
    StatementSchemas,
};
use crate::types::TopicPartition;

impl From<RegistryError> for Error {
    fn from(error: RegistryError) -> Self {
        let kind = match error {
            RegistryError::Damaged(_) => ErrorKind::Storage,
            RegistryError::Invalid { .. }
            | RegistryError::Incompatible { .. }
            | RegistryError::NoReference { .. }
            | RegistryError::IdTaken(_)
            | RegistryError::NoIds => ErrorKind::Statement,
        };
        Error::new(kind, error.to_string())
    }
}

impl Engine {
    /// Registers a schema under a subject, `<topic>-key` or `<topic>-value`; when this returns its id, it is durable.
    pub fn register_schema(
        &self,
        subject: &str,
        kind: SchemaKind,
        text: &str,
        references: Vec<Reference>,
    ) -> Result<u32> {
        let _ddl = self.inner.ddl.lock();
        let statement = StatementSchemas::new(&self.inner.schemas);
        let registered = statement.register(subject, kind, text, references)?;
        self.inner.add_schemas(&statement.into_changes().added)?;
        Ok(registered.id)
    }

    /// Returns all schemas, by subject and version.
    pub fn schemas(&self) -> Vec<Registration> {
        self.inner.schemas.registrations()
    }
}

impl EngineInner {
    /// Takes over what the topic holds.
    pub(super) fn read_schemas(&self) -> Result<()> {
        self.read_topic(SCHEMAS_TOPIC, |record| {
            let (Some(key), Some(value)) = (record.key, record.value) else { return Ok(()) };
            if let Some(found) = SchemaRecord::read(key, value)? {
                self.schemas.replay(&found)?;
            }
            Ok(())
        })
    }

    /// Registers schemas; when this returns they are durable.
    pub(super) fn add_schemas(&self, added: &[Registration]) -> Result<()> {
        let records: Vec<SchemaRecord> = added.iter().map(SchemaRecord::new).collect();
        self.append_schemas(&records)?;
        self.schemas.add(added);
        Ok(())
    }

    /// Forgets the schemas of a stream's or table's topic.
    pub(super) fn delete_schemas(&self, source: &Source) -> Result<()> {
        let mut records = Vec::new();
        for subject in source.subjects() {
            let deleted = self.schemas.delete_subject(&subject);
            records.extend(deleted.iter().map(SchemaRecord::deletion));
        }
        self.append_schemas(&records)
    }

    fn append_schemas(&self, records: &[SchemaRecord]) -> Result<()> {
        if records.is_empty() {
            return Ok(());
        }
        let mut batch = RecordBatchBuilder::new(Compression::None);
        for record in records {
            let (key, value) = record.write()?;
            let now = self.clock.wall_ms();
            batch.push(now, Some(&key), Some(&value), &[]).map_err(LogError::from)?;
        }
        let partition = TopicPartition::new(SCHEMAS_TOPIC, 0);
        self.log.append(&partition, batch.finish(), Acks::All)?;
        Ok(())
    }
}
