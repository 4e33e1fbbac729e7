//! The engine's facade, for as long as the engine has none.
#![allow(
    dead_code,
    missing_docs,
    unused_variables,
    clippy::unused_self,
    reason = "replaced by the engine's own"
)]

use std::path::PathBuf;
use std::time::Duration;

pub(crate) use tidemill::engine::{
    FunctionSummary, Outcome, QuerySummary, RecordStream, TopicSummary,
};
use tidemill::error::{Error, ErrorKind, Result};
use tidemill_grammar::ast::ParsedStatement;

fn none<T>() -> Result<T> {
    Err(Error::new(ErrorKind::Closed, "this build has no engine yet"))
}

pub(crate) struct EngineOptions {
    pub(crate) data_dir: PathBuf,
    pub(crate) properties: Vec<(String, String)>,
}

#[derive(Clone)]
pub(crate) struct Engine;

pub(crate) struct Session;

pub(crate) struct TopicConfig {
    pub(crate) partitions: u32,
    pub(crate) properties: Vec<(String, String)>,
}

pub(crate) struct TopicDetails {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) partitions: Vec<PartitionDetails>,
    pub(crate) config: Vec<(String, String, bool)>,
}

pub(crate) struct PartitionDetails {
    pub(crate) partition: u32,
    pub(crate) start: i64,
    pub(crate) end: i64,
    pub(crate) last_stable: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ProducedRecord {
    pub(crate) partition: Option<u32>,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) timestamp_ms: Option<i64>,
    pub(crate) headers: Vec<(String, Option<Vec<u8>>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConsumeFrom {
    Beginning,
    End,
    Offset(i64),
    Time(i64),
}

pub(crate) struct QueryProgress {
    pub(crate) id: String,
    pub(crate) records_in: u64,
    pub(crate) records_out: u64,
    pub(crate) late: u64,
    pub(crate) errors: u64,
    pub(crate) lag: u64,
}

#[derive(Default)]
pub(crate) struct CatalogNames {
    pub(crate) sources: Vec<(String, Vec<String>)>,
    pub(crate) topics: Vec<String>,
    pub(crate) queries: Vec<String>,
    pub(crate) types: Vec<String>,
}

impl Engine {
    pub(crate) fn open(options: EngineOptions) -> Result<Engine> {
        Ok(Engine)
    }
    pub(crate) fn session(&self) -> Session {
        Session
    }
    pub(crate) fn close(&self) -> Result<()> {
        Ok(())
    }
    pub(crate) fn create_topic(&self, name: &str, config: &TopicConfig) -> Result<()> {
        none()
    }
    pub(crate) fn delete_topic(&self, name: &str) -> Result<()> {
        none()
    }
    pub(crate) fn topics(&self) -> Vec<TopicSummary> {
        Vec::new()
    }
    pub(crate) fn topic(&self, name: &str) -> Result<TopicDetails> {
        none()
    }
    pub(crate) fn produce(&self, topic: &str, records: &[ProducedRecord]) -> Result<()> {
        none()
    }
    pub(crate) fn consume(&self, topic: &str, from: ConsumeFrom) -> Result<RecordStream> {
        none()
    }
    pub(crate) fn consume_available(&self, topic: &str, from: ConsumeFrom) -> Result<RecordStream> {
        none()
    }
    pub(crate) fn wait_until_idle(&self, timeout: Duration) -> Result<bool> {
        Ok(true)
    }
    pub(crate) fn queries(&self) -> Vec<QuerySummary> {
        Vec::new()
    }
    pub(crate) fn progress(&self) -> Vec<QueryProgress> {
        Vec::new()
    }
    pub(crate) fn catalog_names(&self) -> CatalogNames {
        CatalogNames::default()
    }
    pub(crate) fn functions(&self) -> Vec<FunctionSummary> {
        Vec::new()
    }
}

impl Session {
    pub(crate) fn execute(&mut self, sql: &str) -> Result<Vec<Outcome>> {
        none()
    }
    pub(crate) fn parse(&self, sql: &str) -> Result<ParsedStatement> {
        none()
    }
    pub(crate) fn execute_one(&mut self, statement: &ParsedStatement) -> Result<Outcome> {
        none()
    }
}
