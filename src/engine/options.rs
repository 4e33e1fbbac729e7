//! What an engine is opened with.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::{Config, LogFlush};
use crate::error::Result;
use crate::functions::Registry;
use crate::log::{Flush, LogConfig};

/// What an engine is opened with.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// The folder that holds the log and the state; it is made if it is not there.
    pub data_dir: PathBuf,
    /// Options by their names, as in `config`; an unknown one is an error that names the nearest.
    pub properties: Vec<(String, String)>,
    /// The functions that statements can call.
    pub registry: Registry,
}

impl EngineOptions {
    /// Opens a folder with default options and the functions that come with Tidemill.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        EngineOptions {
            data_dir: data_dir.into(),
            properties: Vec::new(),
            registry: Registry::built_in(),
        }
    }

    /// Sets an option.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.properties.push((name.into(), value.into()));
        self
    }

    /// Lets statements call the functions of a registry: those of one's own, and those that come with Tidemill if it began as
    /// [`Registry::built_in`].
    ///
    /// The same functions must be there at the next start, under the same names: its queries go on.
    #[must_use]
    pub fn with_registry(mut self, registry: Registry) -> Self {
        self.registry = registry;
        self
    }

    pub(super) fn config(&self) -> Result<Config> {
        let mut config = Config::default();
        for (name, value) in &self.properties {
            config.set_engine(name, value)?;
        }
        Ok(config)
    }
}

pub(super) fn log_config(config: &Config) -> LogConfig {
    let flush = match config.log_flush() {
        LogFlush::Fsync => Flush::Fsync,
        LogFlush::Os => Flush::Os,
    };
    LogConfig {
        flush,
        cluster_id: config.cluster_id().map(str::to_owned),
        headroom_bytes: config.log_headroom_bytes(),
        producer_expiration: Duration::from_millis(config.producer_expiration_ms()),
        cleaner_backoff: interval(config.cleaner_backoff_ms()),
        retention_check_interval: interval(config.retention_check_interval_ms()),
        compaction_bytes: memory_parts(config).compaction,
        ..LogConfig::default()
    }
}

/// Returns a time that passes between two looks: never none.
fn interval(ms: u64) -> Duration {
    Duration::from_millis(ms.max(1))
}

/// How long what a consumer group committed is remembered.
pub(super) fn offsets_retention_ms(config: &Config) -> i64 {
    i64::try_from(config.offsets_retention_minutes().saturating_mul(60_000)).unwrap_or(i64::MAX)
}

/// What `memory.limit` is when nobody says: enough to be fast, little enough for a laptop.
const DEFAULT_MEMORY_BYTES: u64 = 512 << 20;

/// What `memory.limit` is divided into, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MemoryParts {
    /// What queries take: stores, changes that are not committed, batches at work. One half.
    pub(super) queries: usize,
    /// What committed state takes: the last commits, and the cache of RocksDB. Three eighths.
    pub(super) backend: usize,
    /// What the log's compaction takes for keys: at the most one eighth.
    pub(super) compaction: usize,
}

pub(super) fn memory_parts(config: &Config) -> MemoryParts {
    let limit = match config.memory_limit_bytes() {
        0 => DEFAULT_MEMORY_BYTES,
        limit => limit,
    };
    let bytes = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
    MemoryParts {
        queries: bytes(limit / 2),
        backend: bytes(limit / 8 * 3),
        compaction: bytes(config.cleaner_buffer_bytes().min(limit / 8)),
    }
}
