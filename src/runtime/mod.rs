//! Runs queries: tasks on a pool of workers, woken by appends, committed together in epochs.
//!
//! A commit, every `commit.interval.ms` when something has been done, and sooner when all there was to read has been read:
//!
//! 1. Each task hands over its store changes and input offsets and goes on in the next epoch.
//! 2. The epoch's output is flushed to the log.
//! 3. One synced write to the backend holds the changes, the offsets and the transaction's id. This is the commit point.
//! 4. Commit markers go to the output's partitions.
//!
//! After a crash between 3 and 4 the markers are written at the next start; any other open transaction is aborted.

mod commit;
mod decode;
mod encode;
mod epochs;
mod input;
mod metrics;
mod offsets;
mod pace;
mod pipeline;
mod processing_log;
mod queries;
mod replace;
mod requests;
mod rows;
mod shared_input;
mod sweep;
mod task;
mod workers;
mod writer;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::{Mutex, RwLock};

use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::log::{Log, LogError};
use crate::runtime::epochs::Epochs;
use crate::runtime::queries::RunningQuery;
use crate::runtime::requests::CommitRequests;
use crate::runtime::shared_input::SharedInputs;
use crate::runtime::task::Shared;
use crate::runtime::workers::Workers;
use crate::state::{Backend, MemoryBudget, StateError};
use crate::types::TopicPartition;

pub(crate) use decode::{RawRecords, RecordDecoder};
pub(crate) use encode::{EncodedRecords, RecordEncoder};
pub use metrics::MetricsReading;
pub(crate) use pipeline::Pipeline;
pub use processing_log::{PROCESSING_LOG_STATEMENT, PROCESSING_LOG_STREAM, PROCESSING_LOG_TOPIC};
pub use queries::{QueryStart, QueryState, StartAt};

/// How a runtime works.
#[derive(Clone, Copy, Debug)]
pub struct RuntimeConfig {
    /// How many threads run tasks.
    pub worker_count: usize,
    /// How long an epoch lasts at most. It ends sooner when tasks have read all there is.
    pub commit_interval: Duration,
    /// How often what was worked off is removed from the topics between sub-topologies.
    pub purge_interval: Duration,
    /// How many bytes stores, changes that are not committed and batches at work may take together.
    pub memory_bytes: usize,
}

/// Runs queries.
pub struct Runtime {
    inner: Arc<RuntimeInner>,
    committer: Mutex<Option<JoinHandle<()>>>,
}

/// What the committer's thread shares with the runtime.
struct RuntimeInner {
    shared: Arc<Shared>,
    workers: Workers,
    config: RuntimeConfig,
    inputs: SharedInputs,
    queries: RwLock<BTreeMap<String, Arc<RunningQuery>>>,
    /// Held while an epoch is committed or rolled back, and while queries come and go.
    commit: Mutex<CommitState>,
}

/// What a commit leaves for the next.
#[derive(Default)]
struct CommitState {
    /// Why nothing can be committed any more: storage failed, and trying again could only hide it.
    broken: Option<String>,
    /// The partitions that the last commit wrote markers to, which may not be durable yet.
    marked: Vec<TopicPartition>,
    /// The epoch of the last commit, if its markers are not all written.
    unmarked: Option<u64>,
    /// Whether what tasks have done since the last commit must be undone before anything else.
    must_roll_back: bool,
    /// Whether all tasks are gone. What they have not handed over is lost, and their output of that epoch must not be committed.
    is_closed: bool,
}

impl From<StateError> for Error {
    fn from(error: StateError) -> Self {
        Error::new(ErrorKind::Storage, error.to_string()).caused_by(error)
    }
}

impl From<LogError> for Error {
    fn from(error: LogError) -> Self {
        let kind = match &error {
            LogError::TopicExists(_) => ErrorKind::AlreadyExists,
            LogError::UnknownTopic(_)
            | LogError::UnknownPartition(_)
            | LogError::UnknownGroup(_) => ErrorKind::NotFound,
            error if error.is_retriable() => ErrorKind::Retry,
            LogError::StorageFailed { .. }
            | LogError::Damaged { .. }
            | LogError::DamagedFile { .. }
            | LogError::Disk { .. }
            | LogError::Incomplete { .. } => ErrorKind::Storage,
            LogError::Closed => ErrorKind::Closed,
            _ => ErrorKind::Input,
        };
        Error::new(kind, error.to_string()).caused_by(error)
    }
}

impl Runtime {
    /// Starts the workers and ends what a crash left open: of the engine's transactions, the committed one gets its markers,
    /// the others are aborted.
    pub fn open(
        log: Arc<dyn Log>,
        backend: Arc<dyn Backend>,
        clock: Arc<dyn Clock>,
        config: RuntimeConfig,
    ) -> Result<Self> {
        commit::recover(log.as_ref(), backend.as_ref())?;
        let memory = MemoryBudget::new(config.memory_bytes);
        let epochs = Epochs::new(log.as_ref(), &memory)?;
        commit::note_producers(&epochs, backend.as_ref())?;
        let (has_progress, has_backlog) = (AtomicBool::new(false), AtomicBool::new(false));
        let requests = CommitRequests::default();
        let inputs = SharedInputs::new(&memory);
        let shared =
            Shared { log, clock, backend, memory, epochs, requests, has_progress, has_backlog };
        let shared = Arc::new(shared);
        let workers = Workers::start(config.worker_count).map_err(no_thread)?;
        let inner = Arc::new(RuntimeInner {
            shared,
            workers,
            config,
            inputs,
            queries: RwLock::default(),
            commit: Mutex::default(),
        });
        let thread = {
            let inner = Arc::clone(&inner);
            let name = "committer".to_owned();
            std::thread::Builder::new().name(name).spawn(move || inner.commit_until_stopped())
        };
        Ok(Runtime { inner, committer: Mutex::new(Some(thread.map_err(no_thread)?)) })
    }

    /// Commits what has been done and stops. What has not been read stays in the log. If that fails, what is not committed is done
    /// again after the next start; a second call ends what the first had begun.
    pub fn close(&self) -> Result<()> {
        self.inner.shared.requests.stop();
        if let Some(thread) = self.committer.lock().take() {
            // A committer that panicked has said so.
            let _ = thread.join();
        }
        let result = self.inner.commit_epoch().map(|_| ());
        self.inner.commit.lock().is_closed = true;
        self.inner.workers.stop();
        let queries = std::mem::take(&mut *self.inner.queries.write());
        // A task and the log that wakes it hold each other until the task is closed.
        queries.values().for_each(|query| query.close_tasks());
        result
    }

    /// Commits what has been done so far. Returns whether there was anything.
    pub fn commit(&self) -> Result<bool> {
        self.inner.commit_epoch()
    }

    /// Waits until all queries have processed and committed all there is to read, or for `timeout`. Returns whether they have.
    pub fn wait_until_idle(&self, timeout: Duration) -> Result<bool> {
        let clock = Arc::clone(&self.inner.shared.clock);
        let deadline = clock.monotonic() + timeout;
        loop {
            let was_idle = self.inner.is_caught_up();
            let had_progress = self.inner.commit_epoch()?;
            if was_idle && !had_progress && self.inner.is_caught_up() {
                return Ok(true);
            }
            if deadline <= clock.monotonic() {
                return Ok(false);
            }
            clock.wait(Duration::from_millis(1));
        }
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        if self.committer.lock().is_some() {
            // There is no one to tell of an error here; who wants to know calls `close`.
            let _ = self.close();
        }
    }
}

fn no_thread(error: std::io::Error) -> Error {
    Error::new(ErrorKind::Storage, format!("cannot start a thread: {error}")).caused_by(error)
}
