//! The command log: a topic of the statements that made the catalog what it is.
//!
//! A statement is carried out when its record is in this topic; a start replays the records, in order, into an empty catalog.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::engine::{Engine, EngineInner};
use crate::error::{Error, ErrorKind, Result};
use crate::log::{
    Acks, Compression, Isolation, Log, LogError, RecordBatchBuilder, RecordBuffer, RecordView,
    TopicConfig, TopicDescription,
};
use crate::registry::SCHEMAS_TOPIC;
use crate::runtime::{PROCESSING_LOG_STATEMENT, PROCESSING_LOG_TOPIC};
use crate::types::TopicPartition;

/// The topic of the command log.
pub(super) const COMMAND_TOPIC: &str = "_tidemill-commands";

/// What internal topics' names begin with: the engine's own, and Kafka's.
const INTERNAL_PREFIXES: [&str; 2] = ["_tidemill-", "__"];

/// A statement that was carried out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Command {
    /// The version of this form.
    pub(super) version: u32,
    /// The statement's text, its variables substituted.
    pub(super) statement: String,
    /// The session's settings at the time.
    pub(super) settings: Vec<(String, String)>,
    /// The id of the topic that goes with the stream or table that it drops.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) deleted_topic: Option<String>,
    /// The ids of the schemas it went by, for each subject.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) schemas: BTreeMap<String, u32>,
}

const VERSION: u32 = 1;

/// Makes the topics that the engine itself writes.
pub(super) fn create_internal_topics(log: &dyn Log) -> Result<()> {
    let commands = TopicConfig::new(1).with("retention.ms", "-1")?;
    let schemas = TopicConfig::new(1).with("cleanup.policy", "compact")?;
    let reports = TopicConfig::new(1);
    let topics =
        [(COMMAND_TOPIC, commands), (SCHEMAS_TOPIC, schemas), (PROCESSING_LOG_TOPIC, reports)];
    for (topic, config) in topics {
        match log.create_topic(topic, &config) {
            Ok(()) | Err(LogError::TopicExists(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

impl Command {
    /// Describes a statement of a session.
    pub(super) fn new(statement: &str, config: &Config) -> Self {
        let setting = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let settings = config.session_values().map(setting).collect();
        let (version, statement) = (VERSION, statement.to_owned());
        let schemas = BTreeMap::new();
        Command { version, statement, settings, deleted_topic: None, schemas }
    }

    /// Returns the settings under which the statement was carried out.
    fn config(&self, engine: &Config) -> Result<Config> {
        let mut config = engine.clone();
        for (name, value) in &self.settings {
            config.set_session(name, value)?;
        }
        Ok(config)
    }
}

impl EngineInner {
    /// Appends a command; when this returns, the statement is carried out.
    pub(super) fn append_command(&self, command: &Command) -> Result<()> {
        let bytes = serde_json::to_vec(command)
            .map_err(|error| Error::new(ErrorKind::Input, error.to_string()))?;
        let mut batch = RecordBatchBuilder::new(Compression::None);
        batch.push(self.clock.wall_ms(), None, Some(&bytes), &[]).map_err(LogError::from)?;
        let partition = TopicPartition::new(COMMAND_TOPIC, 0);
        self.log.append(&partition, batch.finish(), Acks::All)?;
        Ok(())
    }

    /// Replays all commands into the catalog and starts the queries that are left.
    pub(super) fn replay_commands(&self) -> Result<()> {
        let mut starts = Vec::new();
        let processing_log = Command::new(PROCESSING_LOG_STATEMENT, &Config::default());
        self.replay(&processing_log, &self.config, &mut starts)?;
        let commands = self.read_commands()?;
        let mut replaced = None;
        for command in &commands {
            let config = command.config(&self.config)?;
            replaced = self
                .replay(command, &config, &mut starts)
                .map_err(|error| cannot_replay(&command.statement, &error))?;
        }
        // Only the last command can have been cut off between its record and its effect.
        if let Some(start) = starts.iter().find(|start| Some(&start.id) == replaced.as_ref()) {
            self.runtime.finish_replacement(start)?;
        }
        starts.into_iter().for_each(|start| self.runtime.resume_query(start));
        self.runtime.sweep()?;
        let deleted: BTreeSet<&String> =
            commands.iter().filter_map(|command| command.deleted_topic.as_ref()).collect();
        let is_left = |topic: &TopicDescription| deleted.contains(&topic.id.to_string());
        for topic in self.log.topics().iter().filter(|topic| is_left(topic)) {
            self.log.delete_topic(&topic.name)?;
        }
        Ok(())
    }

    fn read_commands(&self) -> Result<Vec<Command>> {
        let mut commands = Vec::new();
        self.read_topic(COMMAND_TOPIC, |record| {
            commands.push(parse(record.value.unwrap_or_default(), record.offset)?);
            Ok(())
        })?;
        Ok(commands)
    }

    /// Reads all records of a topic of one partition.
    pub(super) fn read_topic(
        &self,
        topic: &str,
        mut read: impl FnMut(&RecordView<'_>) -> Result<()>,
    ) -> Result<()> {
        let partition = TopicPartition::new(topic, 0);
        let mut from = self.log.offsets(&partition)?.start;
        loop {
            let fetch = self.log.read(&partition, from, 1 << 20, &Isolation::ReadCommitted)?;
            if fetch.next_offset <= from {
                return Ok(());
            }
            for batch in fetch.batches() {
                let mut buffer = RecordBuffer::new();
                for record in batch.records(&mut buffer).map_err(LogError::from)? {
                    read(&record.map_err(LogError::from)?)?;
                }
            }
            from = fetch.next_offset;
        }
    }
}

/// Says which statement a start could not carry out again.
fn cannot_replay(statement: &str, error: &Error) -> Error {
    let hint = match error.kind() {
        ErrorKind::NotFound => {
            "\nA function of your own must be registered before every start: see EngineOptions::with_registry."
        }
        _ => "",
    };
    let message =
        format!("the command log cannot be replayed: {error}{hint}\nIt says: {statement}");
    Error::new(error.kind(), message).in_statement(statement)
}

fn parse(bytes: &[u8], offset: i64) -> Result<Command> {
    let damaged = |why: String| {
        Error::new(ErrorKind::Storage, format!("record {offset} of the command log: {why}"))
    };
    let command: Command = serde_json::from_slice(bytes).map_err(|e| damaged(e.to_string()))?;
    if VERSION < command.version {
        return Err(damaged(format!(
            "version {} is newer than this Tidemill knows; start a newer one",
            command.version
        )));
    }
    Ok(command)
}

impl Engine {
    /// Tells whether a topic is the engine's own.
    pub(super) fn is_internal(topic: &str) -> bool {
        topic == SCHEMAS_TOPIC || INTERNAL_PREFIXES.iter().any(|prefix| topic.starts_with(prefix))
    }
}
