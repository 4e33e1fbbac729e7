//! The registry as one statement sees it: what it looks up stays the same, and what it registers is kept apart until it succeeds.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::registry::contents::Contents;
use crate::registry::{
    Reference, RegisteredSchema, Registration, RegistryError, Schema, SchemaKind, SchemaRegistry,
};

/// The registry as one statement sees it.
///
/// The statement is planned by the schemas it finds. A replay of the statement must find the same ones, whatever has been
/// registered since: the ids are written down with the statement.
pub struct StatementSchemas {
    registry: SchemaRegistry,
    is_replay: bool,
    state: RefCell<SchemaChanges>,
}

/// What a statement has found and registered.
#[derive(Clone, Debug, Default)]
pub struct SchemaChanges {
    /// The id it goes by, for each subject.
    pub ids: BTreeMap<String, u32>,
    /// What it registers.
    pub added: Vec<Registration>,
}

impl StatementSchemas {
    /// Begins a statement.
    pub fn new(registry: &SchemaRegistry) -> Self {
        StatementSchemas { registry: registry.clone(), is_replay: false, state: RefCell::default() }
    }

    /// Begins a statement again that has succeeded with these ids.
    pub fn replay(registry: &SchemaRegistry, ids: BTreeMap<String, u32>) -> Self {
        StatementSchemas {
            registry: registry.clone(),
            is_replay: true,
            state: RefCell::new(SchemaChanges { ids, added: Vec::new() }),
        }
    }

    /// Returns the registry.
    pub fn registry(&self) -> &SchemaRegistry {
        &self.registry
    }

    /// Returns the schema of an id.
    pub fn by_id(&self, id: u32) -> Option<Arc<RegisteredSchema>> {
        let added = || {
            let state = self.state.borrow();
            let found = state.added.iter().find(|added| added.schema.id == id);
            found.map(|added| Arc::clone(&added.schema))
        };
        self.registry.by_id(id).or_else(added)
    }

    /// Returns the latest schema of a subject.
    pub fn latest(&self, subject: &str) -> Option<Arc<RegisteredSchema>> {
        let known = self.state.borrow().ids.get(subject).copied();
        if let Some(id) = known {
            return self.by_id(id);
        }
        let latest = self.registry.latest(subject).filter(|_| !self.is_replay)?;
        self.state.borrow_mut().ids.insert(subject.to_owned(), latest.schema.id);
        Some(latest.schema)
    }

    /// Registers a schema; in a replay it is the one that was registered then.
    pub fn register(
        &self,
        subject: &str,
        kind: SchemaKind,
        text: &str,
        references: Vec<Reference>,
    ) -> Result<Arc<RegisteredSchema>, RegistryError> {
        if self.is_replay
            && let Some(known) = self.latest(subject)
        {
            return Ok(known);
        }
        let schema = self.registry.parse(kind, text, references)?;
        let registration = self.plan(subject, schema)?;
        let mut state = self.state.borrow_mut();
        let registered = Arc::clone(&registration.schema);
        state.ids.insert(subject.to_owned(), registered.id);
        state.added.push(registration);
        Ok(registered)
    }

    /// Says what registering comes to, with what this statement has registered before.
    fn plan(&self, subject: &str, schema: Schema) -> Result<Registration, RegistryError> {
        let contents: Contents = self.registry.contents.read().with(&self.state.borrow().added);
        contents.plan(subject, schema, None)
    }

    /// Ends the statement; returns what it has found and registered.
    pub fn into_changes(self) -> SchemaChanges {
        self.state.into_inner()
    }
}
