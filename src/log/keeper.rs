//! The thread that keeps a log small and its start quick while others use it.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::{EmbeddedLog, LogError};
use crate::clock::Clock;

/// How often the log is looked at: `flush.ms` and `segment.ms` are kept as exactly as this.
const INTERVAL: Duration = Duration::from_secs(1);

/// What is called at each look, with the time.
pub type Chore = Box<dyn Fn(i64) + Send>;

/// Maintains a log in the background, and closes it in the end.
pub struct LogKeeper {
    log: Arc<EmbeddedLog>,
    stop: Arc<Stop>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Stop {
    is_set: Mutex<bool>,
    changed: Condvar,
}

impl LogKeeper {
    /// Starts to maintain a log, and to do a chore beside.
    pub fn start(log: Arc<EmbeddedLog>, clock: Arc<dyn Clock>, chore: Chore) -> io::Result<Self> {
        let stop = Arc::<Stop>::default();
        let thread = {
            let (log, stop) = (Arc::clone(&log), Arc::clone(&stop));
            let keep = move || {
                while stop.wait() {
                    let now = clock.wall_ms();
                    // What failed was logged where it happened, and is tried again.
                    drop(log.maintain(now));
                    chore(now);
                }
            };
            std::thread::Builder::new().name("log-keeper".to_owned()).spawn(keep)?
        };
        Ok(LogKeeper { log, stop, thread: Mutex::new(Some(thread)) })
    }

    /// Ends the maintenance and closes the log; the second call does nothing.
    pub fn close(&self) -> Result<(), LogError> {
        let Some(thread) = self.thread.lock().take() else { return Ok(()) };
        *self.stop.is_set.lock() = true;
        self.stop.changed.notify_all();
        // A compaction that is under way gives up.
        self.log.refuse_appends();
        // A thread that panicked has said so.
        drop(thread.join());
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
    /// Waits until the next look; returns false if there is none.
    fn wait(&self) -> bool {
        let mut is_set = self.is_set.lock();
        if !*is_set {
            self.changed.wait_for(&mut is_set, INTERVAL);
        }
        !*is_set
    }
}
