//! The threads that keep a log small and its start quick while others use it.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::{EmbeddedLog, LogError};
use crate::clock::Clock;

/// How often the chore is done.
const CHORE_EVERY: Duration = Duration::from_secs(60);

/// What is called from time to time, with the time.
pub type Chore = Box<dyn Fn(i64) + Send>;

/// Maintains a log in the background, and closes it in the end.
pub struct LogKeeper {
    log: Arc<EmbeddedLog>,
    stop: Arc<Stop>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Default)]
struct Stop {
    is_set: Mutex<bool>,
    changed: Condvar,
}

impl LogKeeper {
    /// Starts to maintain a log, and to do a chore beside.
    ///
    /// Each has a thread of its own: a compaction may take long, and must keep nobody waiting.
    pub fn start(log: Arc<EmbeddedLog>, clock: Arc<dyn Clock>, chore: Chore) -> io::Result<Self> {
        let (tidy_every, compact_every) =
            (log.config().retention_check_interval, log.config().cleaner_backoff);
        let (stop, threads) = (Arc::default(), Mutex::default());
        let keeper = LogKeeper { log, stop, threads };
        // What fails is logged where it happens, and tried again.
        let log = Arc::clone(&keeper.log);
        keeper.every(tidy_every, &clock, "log-keeper", move |now| drop(log.tidy(now)))?;
        let log = Arc::clone(&keeper.log);
        keeper
            .every(compact_every, &clock, "log-cleaner", move |now| drop(log.compact_due(now)))?;
        keeper.every(CHORE_EVERY, &clock, "log-chore", chore)?;
        Ok(keeper)
    }

    /// Does something again and again, on a thread of its own, until the log is closed.
    fn every(
        &self,
        interval: Duration,
        clock: &Arc<dyn Clock>,
        name: &str,
        act: impl Fn(i64) + Send + 'static,
    ) -> io::Result<()> {
        let (stop, clock) = (Arc::clone(&self.stop), Arc::clone(clock));
        let keep = move || {
            while stop.wait(interval) {
                act(clock.wall_ms());
            }
        };
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(keep)?;
        self.threads.lock().push(thread);
        Ok(())
    }

    /// Ends the maintenance and closes the log; the second call does nothing.
    pub fn close(&self) -> Result<(), LogError> {
        let threads = std::mem::take(&mut *self.threads.lock());
        if threads.is_empty() {
            return Ok(());
        }
        *self.stop.is_set.lock() = true;
        self.stop.changed.notify_all();
        // A compaction that is under way gives up.
        self.log.refuse_appends();
        // A thread that panicked has said so.
        threads.into_iter().for_each(|thread| drop(thread.join()));
        self.log.close()
    }
}

impl Drop for LogKeeper {
    fn drop(&mut self) {
        if let Err(error) = self.close() {
            tracing::warn!(%error, "log not closed");
        }
    }
}

impl fmt::Debug for LogKeeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogKeeper")
    }
}

impl Stop {
    /// Waits for the next time; returns false if there is none.
    fn wait(&self, interval: Duration) -> bool {
        let mut is_set = self.is_set.lock();
        if !*is_set {
            // To be woken too early does no harm.
            self.changed.wait_for(&mut is_set, interval);
        }
        !*is_set
    }
}
