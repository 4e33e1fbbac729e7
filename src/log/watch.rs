//! Waking those who wait for records of a partition.

use std::fmt;
use std::sync::Arc;
use std::sync::Weak;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

/// Called when there is something new; it must not block.
pub type Waker = Arc<dyn Fn() + Send + Sync>;

/// Those who wait for one partition.
#[derive(Default)]
pub(super) struct Watchers {
    next: AtomicU64,
    wakers: Mutex<Arc<Vec<(u64, Waker)>>>,
}

impl Watchers {
    /// Adds a waker until the guard is dropped.
    pub(super) fn add(self: &Arc<Self>, waker: Waker) -> WatchGuard {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        Arc::make_mut(&mut self.wakers.lock()).push((number, waker));
        WatchGuard { number, watchers: Arc::downgrade(self) }
    }

    /// Calls all wakers, outside of any lock: a waker may watch, read or stop watching.
    pub(super) fn wake(&self) {
        let wakers = Arc::clone(&self.wakers.lock());
        for (_, waker) in wakers.iter() {
            waker();
        }
    }
}

impl fmt::Debug for Watchers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Watchers({})", self.wakers.lock().len())
    }
}

/// Stops the watching when it is dropped; a call that is under way may still end after that.
#[derive(Debug)]
#[must_use = "the watching ends with the guard"]
pub struct WatchGuard {
    number: u64,
    watchers: Weak<Watchers>,
}

impl Drop for WatchGuard {
    fn drop(&mut self) {
        if let Some(watchers) = self.watchers.upgrade() {
            let mut wakers = watchers.wakers.lock();
            Arc::make_mut(&mut wakers).retain(|(number, _)| *number != self.number);
        }
    }
}
