//! Statements that change the catalog: CREATE, INSERT INTO … SELECT, DROP, ALTER.

use tidemill_grammar::ast::ParsedStatement;

use crate::engine::command_log::Command;
use crate::engine::execute::apply::{Effects, apply, command};
use crate::engine::{EngineInner, Outcome, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::log::{LogError, TopicConfig};
use crate::plan::{Action, TopicSpec};
use crate::registry::{SchemaChanges, StatementSchemas};

impl Session {
    /// Carries out a statement that changes the catalog. It is carried out when it is in the command log: until then nothing
    /// but empty topics has come of it.
    pub(super) fn change_catalog(&mut self, parsed: &ParsedStatement) -> Result<Outcome> {
        let inner = &self.engine.inner;
        let _ddl = inner.ddl.lock();
        let schemas = StatementSchemas::new(&inner.schemas);
        let mut action = self.analyze_with(parsed, &schemas)?;
        action.set_partitions(|topic| inner.partition_count(topic));
        if let Action::Unchanged(message) = action {
            return Ok(Outcome::Done(message));
        }
        let mut catalog = inner.catalog.read().clone();
        let effects = apply(&action, &parsed.text, &mut catalog, &self.config)?;
        inner.create_topics(&action)?;
        if let Some(start) = &effects.start {
            inner.runtime.check_start(&start.topology)?;
        }
        let replaced = effects.replaced();
        if let Some(id) = replaced {
            inner.runtime.prepare_replacement(id)?;
        }
        let deleted = action.deleted_topic().and_then(|topic| inner.log.topic(topic));
        let deleted_topic = deleted.as_ref().map(|topic| topic.id.to_string());
        let SchemaChanges { ids, added } = schemas.into_changes();
        let command = Command { deleted_topic, schemas: ids, ..command(parsed, &self.config) };
        // Schemas come first: a command without them could not be replayed.
        let added = inner.add_schemas(&added);
        added.and_then(|()| inner.append_command(&command)).inspect_err(|_| {
            replaced.into_iter().for_each(|id| inner.runtime.cancel_replacement(id));
        })?;
        *inner.catalog.write() = catalog;
        inner.carry_out(&effects)?;
        if let Some(topic) = deleted {
            inner.log.delete_topic(&topic.name)?;
            if let Action::DropSource(drop) = &action {
                inner.delete_schemas(&drop.source)?;
            }
        }
        Ok(Outcome::Done(effects.message))
    }
}

impl EngineInner {
    /// Ends and starts the queries that a change of the catalog ends and starts.
    pub(in crate::engine) fn carry_out(&self, effects: &Effects) -> Result<()> {
        self.note_topologies(effects);
        let replaced = effects.replaced();
        for id in effects.stop.iter().filter(|id| Some(&***id) != replaced) {
            self.runtime.terminate_query(id)?;
        }
        match &effects.start {
            Some(start) if replaced.is_some() => self.runtime.replace_query(start.clone()),
            Some(start) => self.runtime.start_query(start.clone()),
            None => Ok(()),
        }
    }

    /// Returns how many partitions a topic has, if it is there.
    pub(super) fn partition_count(&self, topic: &str) -> Option<u32> {
        self.log.topic(topic).map(|topic| topic.config.partitions)
    }

    /// Makes the topic of a new stream or table, if it is not there.
    fn create_topics(&self, action: &Action) -> Result<()> {
        match action {
            Action::CreateSource(create) => {
                let missing = || {
                    Error::new(
                        ErrorKind::NotFound,
                        format!(
                            "Topic '{0}' does not exist. If you want to create a new topic for the stream/table please re-run the statement providing the required 'PARTITIONS' configuration in the WITH clause (and optionally 'REPLICAS'). For example: ... WITH (KAFKA_TOPIC='{0}', PARTITIONS=1);",
                            create.topic.name
                        ),
                    )
                };
                if self.log.topic(&create.topic.name).is_some() {
                    return self.check_partitions(&create.topic);
                }
                let partitions = create.topic.partitions.ok_or_else(missing)?;
                self.create_topic(&create.topic, TopicConfig::new(partitions))
            }
            Action::CreateAs(create) => {
                if self.log.topic(&create.topic.name).is_some() {
                    return self.check_partitions(&create.topic);
                }
                let first = create.plan.sources.first();
                let partitions = first.and_then(|name| {
                    let source = std::sync::Arc::clone(self.catalog.read().source(name)?);
                    Some(self.log.topic(&source.topic)?.config.partitions)
                });
                let partitions = create.topic.partitions.or(partitions).unwrap_or(1);
                self.create_topic(&create.topic, TopicConfig::of_query(partitions))
            }
            Action::InsertInto(_)
            | Action::InsertValues(_)
            | Action::Push(_)
            | Action::Pull(_)
            | Action::DropSource(_)
            | Action::AlterSource(_)
            | Action::CreateType { .. }
            | Action::DropType(_)
            | Action::Explain(_)
            | Action::Unchanged(_)
            | Action::Unplanned => Ok(()),
        }
    }

    fn create_topic(&self, topic: &TopicSpec, mut config: TopicConfig) -> Result<()> {
        for (name, value) in &topic.properties {
            config.set(name, value)?;
        }
        match self.log.create_topic(&topic.name, &config) {
            Ok(()) | Err(LogError::TopicExists(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn check_partitions(&self, topic: &TopicSpec) -> Result<()> {
        let Some(existing) = self.log.topic(&topic.name) else { return Ok(()) };
        match topic.partitions {
            Some(wanted) if wanted != existing.config.partitions => Err(Error::statement(format!(
                "A Kafka topic with the name '{}' already exists, with different partition/replica configuration than required. KSQL expects {wanted} partitions (topic has {})",
                topic.name, existing.config.partitions
            ))),
            _ => Ok(()),
        }
    }
}
