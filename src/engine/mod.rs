//! The facade: open, execute, produce, consume, subscribe, close.
//!
//! ```text
//! Engine ─ Session ─ a statement ─▶ plan ─▶ Action ─▶ command log ─▶ catalog ─▶ runtime
//! ```
//!
//! The command log is what survives: a start replays its statements into the catalog and lets the queries go on where they
//! had committed.

mod command_log;
mod consume;
mod entity;
mod execute;
mod folder;
mod groups;
mod options;
mod outcome;
mod produce;
mod schemas;
mod session;
mod sql_test;
mod test_driver;
mod topics;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, RwLock};

use crate::catalog::Catalog;
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::disk::{Disk, RealDisk};
use crate::error::{Error, ErrorKind, Result};
use crate::functions::Registry;
use crate::log::{ConsumerOffsets, EmbeddedLog, Log, LogError, LogKeeper};
use crate::registry::SchemaRegistry;
use crate::runtime::{Runtime, RuntimeConfig};
use crate::state::{Backend, open_state};
use crate::topology::Topology;

pub use consume::{ConsumeFrom, RecordStream};
pub use entity::{
    Entity, FieldDescription, FunctionDescription, FunctionSummary, OverloadDescription, Property,
    QueryDescription, QuerySummary, SourceDescription, SourceSummary, Statistic, TopicSummary,
    Variable,
};
pub use execute::CatalogNames;
pub use options::EngineOptions;
pub use outcome::{ConsumedRecord, Outcome, Row, RowStream, rows_of};
pub use produce::ProducedRecord;
pub use session::Session;
pub use sql_test::{ComparedValue, SqlTest, SqlTestFailure};
pub use test_driver::{TestDriver, TestRecord, TestRow};
pub use topics::{PartitionDetails, TopicDetails};

/// A running engine. Clones are the same engine; it is closed with [`close`](Engine::close), or with the last clone.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<EngineInner>,
}

struct EngineInner {
    log: Arc<dyn Log>,
    backend: Arc<dyn Backend>,
    clock: Arc<dyn Clock>,
    runtime: Runtime,
    registry: Arc<Registry>,
    schemas: SchemaRegistry,
    config: Config,
    catalog: RwLock<Catalog>,
    /// What each persistent query runs as.
    topologies: RwLock<BTreeMap<String, Arc<Topology>>>,
    /// Held while a statement changes the catalog: one at a time.
    ddl: Mutex<DdlState>,
    offsets: Arc<ConsumerOffsets>,
    /// Maintains the log; none if whoever opened the log does.
    keeper: Mutex<Option<LogKeeper>>,
}

/// What the statements that change the catalog need.
#[derive(Default)]
struct DdlState {
    next_push_query: u64,
}

/// Makes the names in the data folder survive a power loss: state that is gone while the log is there would be computed, and
/// written, again.
fn sync_names(data_dir: &Path) -> Result<()> {
    let synced = RealDisk.sync_folder(data_dir);
    synced.map_err(|error| LogError::disk(data_dir, error).into())
}

impl Engine {
    /// Opens a data folder, or makes one, and lets its queries go on.
    pub fn open(options: EngineOptions) -> Result<Engine> {
        let config = options.config()?;
        let disk = Arc::new(RealDisk);
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let log_folder = options.data_dir.join("log");
        let log =
            EmbeddedLog::open(disk, Arc::clone(&clock), &log_folder, options::log_config(&config))?;
        let log = Arc::new(log);
        let memory = options::memory_parts(&config);
        let backend = open_state(&options.data_dir.join("state"), memory.backend)?;
        sync_names(&options.data_dir)?;
        folder::check_belongs(&log, &backend, &options.data_dir)?;
        let shared = Arc::clone(&log) as Arc<dyn Log>;
        let registry = options.registry;
        let engine = Engine::start(shared, Arc::new(backend), clock, config, registry)?;
        engine.keep(log)?;
        Ok(engine)
    }

    /// Lets a thread maintain the log until the engine is closed.
    fn keep(&self, log: Arc<EmbeddedLog>) -> Result<()> {
        let retention_ms = options::offsets_retention_ms(&self.inner.config);
        let offsets = Arc::clone(&self.inner.offsets);
        let expire = move |now: i64| {
            let forgotten = offsets.forget_gone();
            match forgotten.and_then(|()| offsets.expire(now - retention_ms, |_| false)) {
                Ok(0) => {}
                Ok(count) => tracing::info!(count, "committed offsets expired"),
                Err(error) => tracing::warn!(%error, "committed offsets not expired"),
            }
        };
        let clock = Arc::clone(&self.inner.clock);
        let keeper = LogKeeper::start(log, clock, Box::new(expire)).map_err(|error| {
            Error::new(ErrorKind::Storage, "cannot start a thread").caused_by(error)
        })?;
        *self.inner.keeper.lock() = Some(keeper);
        Ok(())
    }

    /// Starts an engine with these functions on a log and a state backend; maintenance of the log is the caller's.
    pub fn start(
        log: Arc<dyn Log>,
        backend: Arc<dyn Backend>,
        clock: Arc<dyn Clock>,
        config: Config,
        registry: Registry,
    ) -> Result<Engine> {
        let runtime_config = RuntimeConfig {
            worker_count: config.worker_count(),
            commit_interval: Duration::from_millis(config.commit_interval_ms()),
            purge_interval: Duration::from_millis(config.purge_interval_ms()),
            memory_bytes: options::memory_parts(&config).queries,
        };
        command_log::create_internal_topics(log.as_ref())?;
        let runtime = Runtime::open(
            Arc::clone(&log),
            Arc::clone(&backend),
            Arc::clone(&clock),
            runtime_config,
        )?;
        let offsets = ConsumerOffsets::open(Arc::clone(&log), Arc::clone(&clock))?;
        let engine = Engine {
            inner: Arc::new(EngineInner {
                log,
                backend,
                clock,
                runtime,
                registry: Arc::new(registry),
                schemas: SchemaRegistry::new(),
                config,
                catalog: RwLock::default(),
                topologies: RwLock::default(),
                ddl: Mutex::default(),
                offsets: Arc::new(offsets),
                keeper: Mutex::new(None),
            }),
        };
        engine.inner.read_schemas()?;
        engine.inner.replay_commands()?;
        Ok(engine)
    }

    /// Opens a session: settings and variables of its own.
    pub fn session(&self) -> Session {
        Session::new(self.clone())
    }

    /// Commits what has been done and stops. Queries go on at the next start.
    pub fn close(&self) -> Result<()> {
        let stopped = self.inner.runtime.close();
        let closed = self.inner.keeper.lock().as_ref().map_or(Ok(()), LogKeeper::close);
        stopped.and(closed.map_err(Error::from))
    }

    /// Waits until all queries have processed and committed all there is, or for `timeout`. Returns whether they have.
    pub fn wait_until_idle(&self, timeout: Duration) -> Result<bool> {
        self.inner.runtime.wait_until_idle(timeout)
    }
}
