//! What an engine is opened with.

use std::path::PathBuf;

use crate::config::{Config, LogFlush};
use crate::error::Result;
use crate::log::{Flush, LogConfig};

/// What an engine is opened with.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// The folder that holds the log and the state; it is made if it is not there.
    pub data_dir: PathBuf,
    /// Options by their names, as in `config`; an unknown one is an error that names the nearest.
    pub properties: Vec<(String, String)>,
}

impl EngineOptions {
    /// Opens a folder with default options.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        EngineOptions { data_dir: data_dir.into(), properties: Vec::new() }
    }

    /// Sets an option.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.properties.push((name.into(), value.into()));
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
    LogConfig { flush, ..LogConfig::default() }
}

/// What caches and memtables may take when nobody says: enough to be fast, little enough for a laptop.
const DEFAULT_MEMORY_BYTES: u64 = 512 << 20;

pub(super) fn memory_bytes(config: &Config) -> usize {
    let limit = match config.memory_limit_bytes() {
        0 => DEFAULT_MEMORY_BYTES,
        limit => limit,
    };
    usize::try_from(limit).unwrap_or(usize::MAX)
}
