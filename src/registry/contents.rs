//! What is registered.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::registry::{
    Compatibility, ParsedSchema, Reference, RegisteredSchema, Registration, RegistryError, Schema,
    SchemaKind, SchemaRecord,
};

/// What is registered: all schemas by id, and the ids of each subject by version.
#[derive(Clone, Debug, Default)]
pub(super) struct Contents {
    pub(super) compatibility: Compatibility,
    by_id: BTreeMap<u32, Arc<RegisteredSchema>>,
    subjects: BTreeMap<Arc<str>, Vec<Version>>,
}

#[derive(Clone, Copy, Debug)]
struct Version {
    number: u32,
    id: u32,
    is_deleted: bool,
}

impl Contents {
    pub(super) fn by_id(&self, id: u32) -> Option<Arc<RegisteredSchema>> {
        self.by_id.get(&id).cloned()
    }

    pub(super) fn latest(&self, subject: &str) -> Option<Registration> {
        let (subject, versions) = self.subjects.get_key_value(subject)?;
        let version = versions.iter().rev().find(|version| !version.is_deleted)?;
        self.registration(subject, version)
    }

    fn registration(&self, subject: &Arc<str>, version: &Version) -> Option<Registration> {
        let schema = self.by_id(version.id)?;
        Some(Registration { subject: Arc::clone(subject), version: version.number, schema })
    }

    pub(super) fn registrations(&self) -> Vec<Registration> {
        let all = self.subjects.iter().flat_map(|(subject, versions)| {
            let there = versions.iter().filter(|version| !version.is_deleted);
            there.filter_map(move |version| self.registration(subject, version))
        });
        all.collect()
    }

    pub(super) fn parse(
        &self,
        kind: SchemaKind,
        text: &str,
        references: Vec<Reference>,
    ) -> Result<Schema, RegistryError> {
        let mut used = Vec::new();
        self.collect(&references, &mut used, 0)?;
        Schema::parse(kind, text, references, &used)
    }

    /// Collects what references lead to, what that refers to first.
    fn collect(
        &self,
        references: &[Reference],
        used: &mut Vec<(String, Arc<RegisteredSchema>)>,
        depth: usize,
    ) -> Result<(), RegistryError> {
        const DEPTH_MAX: usize = 32;
        for reference in references {
            let (subject, version) = (reference.subject.clone(), reference.version);
            let missing = RegistryError::NoReference { subject, version };
            let found = self.version(reference).filter(|_| depth < DEPTH_MAX).ok_or(missing)?;
            if used.iter().all(|(name, _)| *name != reference.name) {
                self.collect(&found.schema.references, used, depth + 1)?;
                used.push((reference.name.clone(), found));
            }
        }
        Ok(())
    }

    fn version(&self, reference: &Reference) -> Option<Arc<RegisteredSchema>> {
        let versions = self.subjects.get(reference.subject.as_str())?;
        let version = versions.iter().find(|version| version.number == reference.version)?;
        self.by_id(version.id)
    }

    /// Says what registering a schema comes to; nothing has changed.
    pub(super) fn plan(
        &self,
        subject: &str,
        schema: Schema,
        id: Option<u32>,
    ) -> Result<Registration, RegistryError> {
        let versions = self.subjects.get(subject).map_or(&[][..], Vec::as_slice);
        for version in versions.iter().filter(|version| !version.is_deleted) {
            if let Some(known) = self.by_id(version.id)
                && known.schema.is_same(&schema)
                && id.is_none_or(|id| id == version.id)
            {
                let subject = subject.into();
                return Ok(Registration { subject, version: version.number, schema: known });
            }
        }
        let last = versions.iter().rfind(|version| !version.is_deleted);
        if let Some(last) = last.and_then(|version| self.by_id(version.id)) {
            self.check_compatible(subject, &schema, &last.schema)?;
        }
        let number = versions.last().map_or(0, |version| version.number) + 1;
        let registered = self.with_id(schema, id)?;
        Ok(Registration { subject: subject.into(), version: number, schema: registered })
    }

    /// Gives a schema the id it has under another subject, or the next one.
    fn with_id(
        &self,
        schema: Schema,
        id: Option<u32>,
    ) -> Result<Arc<RegisteredSchema>, RegistryError> {
        if let Some(id) = id {
            return match self.by_id(id) {
                Some(known) if known.schema.is_same(&schema) => Ok(known),
                Some(_) => Err(RegistryError::IdTaken(id)),
                None => Ok(Arc::new(RegisteredSchema { id, schema })),
            };
        }
        if let Some(known) = self.by_id.values().find(|known| known.schema.is_same(&schema)) {
            return Ok(Arc::clone(known));
        }
        let last = self.by_id.keys().next_back().copied().unwrap_or(0);
        // Ids are 31 bits wide in the registry's own clients.
        let id = last.checked_add(1).filter(|id| *id <= i32::MAX as u32);
        let id = id.ok_or(RegistryError::NoIds)?;
        Ok(Arc::new(RegisteredSchema { id, schema }))
    }

    fn check_compatible(
        &self,
        subject: &str,
        new: &Schema,
        old: &Schema,
    ) -> Result<(), RegistryError> {
        let incompatible =
            |reason: String| RegistryError::Incompatible { subject: subject.to_owned(), reason };
        if self.compatibility == Compatibility::None {
            return Ok(());
        }
        if new.kind() != old.kind() {
            let reason = format!("a schema of type {} follows one of {}", new.kind(), old.kind());
            return Err(incompatible(reason));
        }
        match (&new.parsed, &old.parsed) {
            (ParsedSchema::Avro(reader), ParsedSchema::Avro(writer)) => {
                reader.check_reads(writer).map_err(incompatible)
            }
            _not_looked_at => Ok(()),
        }
    }

    /// Returns the same with more in it.
    pub(super) fn with(&self, added: &[Registration]) -> Contents {
        let mut contents = self.clone();
        added.iter().for_each(|registration| contents.insert(registration.clone()));
        contents
    }

    pub(super) fn insert(&mut self, registration: Registration) {
        let Registration { subject, version, schema } = registration;
        let id = schema.id;
        self.by_id.entry(id).or_insert(schema);
        let versions = self.subjects.entry(subject).or_default();
        let new = Version { number: version, id, is_deleted: false };
        match versions.binary_search_by_key(&version, |known| known.number) {
            Ok(place) => versions[place] = new,
            Err(place) => versions.insert(place, new),
        }
    }

    pub(super) fn delete_subject(&mut self, subject: &str) -> Vec<Registration> {
        let Some((subject, versions)) = self.subjects.get_key_value(subject) else {
            return Vec::new();
        };
        let there = versions.iter().filter(|version| !version.is_deleted);
        let deleted = there.filter_map(|version| self.registration(subject, version)).collect();
        let subject = Arc::clone(subject);
        let versions = self.subjects.entry(subject).or_default();
        versions.iter_mut().for_each(|version| version.is_deleted = true);
        deleted
    }

    pub(super) fn replay(&mut self, record: &SchemaRecord) -> Result<(), RegistryError> {
        let kind = record.kind()?;
        let schema = match self.by_id(record.id) {
            Some(known) => known,
            None => {
                let schema = self.parse(kind, &record.schema, record.references())?;
                Arc::new(RegisteredSchema { id: record.id, schema })
            }
        };
        let subject: Arc<str> = record.subject.as_str().into();
        self.insert(Registration {
            subject: Arc::clone(&subject),
            version: record.version,
            schema,
        });
        let versions = self.subjects.entry(subject).or_default();
        let replayed = versions.iter_mut().find(|version| version.number == record.version);
        if let Some(version) = replayed {
            version.is_deleted = record.deleted;
        }
        Ok(())
    }
}
