//! A fixed pool of threads that run what has been woken.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread::JoinHandle;

use parking_lot::{Condvar, Mutex};

/// Something that workers run.
pub(crate) trait Runnable: Send + Sync {
    /// Does a slice of work. Returns whether there is more to do at once.
    fn run(&self) -> bool;
}

const IDLE: u8 = 0;
const QUEUED: u8 = 1;
const RUNNING: u8 = 2;
const RUNNING_AND_WOKEN: u8 = 3;

/// A runnable and where it stands: idle, in the queue, or with a worker.
struct Entry {
    work: Arc<dyn Runnable>,
    status: AtomicU8,
}

/// Wakes one runnable; cheap to clone, may be called from any thread and at any time.
#[derive(Clone)]
pub(crate) struct Wake {
    entry: Arc<Entry>,
    queue: Arc<Queue>,
}

impl Wake {
    /// Has a worker run it soon. A wake during a run leads to another run.
    pub(crate) fn wake(&self) {
        let woken = self.entry.status.fetch_update(Ordering::AcqRel, Ordering::Acquire, |status| {
            match status {
                IDLE => Some(QUEUED),
                RUNNING => Some(RUNNING_AND_WOKEN),
                _ => None,
            }
        });
        if woken == Ok(IDLE) {
            self.queue.push(Arc::clone(&self.entry));
        }
    }
}

#[derive(Default)]
struct Queue {
    state: Mutex<QueueState>,
    not_empty: Condvar,
}

#[derive(Default)]
struct QueueState {
    entries: VecDeque<Arc<Entry>>,
    is_closed: bool,
}

impl Queue {
    fn push(&self, entry: Arc<Entry>) {
        self.state.lock().entries.push_back(entry);
        self.not_empty.notify_one();
    }

    /// Waits for an entry; none when the pool is closed.
    fn pop(&self) -> Option<Arc<Entry>> {
        let mut state = self.state.lock();
        loop {
            if state.is_closed {
                return None;
            }
            if let Some(entry) = state.entries.pop_front() {
                return Some(entry);
            }
            self.not_empty.wait(&mut state);
        }
    }
}

/// A fixed pool of threads.
pub(crate) struct Workers {
    queue: Arc<Queue>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Workers {
    /// Starts so many threads.
    pub(crate) fn start(count: usize) -> std::io::Result<Self> {
        let queue = Arc::new(Queue::default());
        let start = |number: usize| {
            let queue = Arc::clone(&queue);
            let name = format!("worker-{number}");
            std::thread::Builder::new().name(name).spawn(move || work(&queue))
        };
        let threads = (0..count).map(start).collect::<Result<_, _>>()?;
        Ok(Workers { queue, threads: Mutex::new(threads) })
    }

    /// Makes a runnable known to the pool.
    pub(crate) fn register(&self, work: Arc<dyn Runnable>) -> Wake {
        let entry = Arc::new(Entry { work, status: AtomicU8::new(IDLE) });
        Wake { entry, queue: Arc::clone(&self.queue) }
    }

    /// Lets the slices that are running end, and stops.
    pub(crate) fn stop(&self) {
        self.queue.state.lock().is_closed = true;
        self.queue.not_empty.notify_all();
        for thread in self.threads.lock().drain(..) {
            // A worker that panicked has said so; the others still have to be waited for.
            let _ = thread.join();
        }
    }
}

fn work(queue: &Queue) {
    while let Some(entry) = queue.pop() {
        entry.status.store(RUNNING, Ordering::Release);
        let has_more = entry.work.run();
        let next = if has_more { QUEUED } else { IDLE };
        let was_woken = entry
            .status
            .compare_exchange(RUNNING, next, Ordering::AcqRel, Ordering::Acquire)
            .is_err();
        if was_woken {
            entry.status.store(QUEUED, Ordering::Release);
        }
        if was_woken || has_more {
            queue.push(entry);
        }
    }
}
