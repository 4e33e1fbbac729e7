//! Which operation of a simulated disk fails, and how.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;

use super::random::Random;

/// How an operation fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It fails with `StorageFull`, once.
    DiskFull,
    /// It fails with an input/output error, once. A failed sync leaves the file's bytes unsynced for good.
    Io,
    /// The process ends in the middle of it: it is done in part, and every later operation fails.
    Stop,
}

/// What an operation is to do.
pub(super) enum Go {
    /// All it was asked for.
    On,
    /// A part, chosen by the number; then fail.
    Stopping(u64),
}

/// Counts operations and knows which fail.
#[derive(Debug, Default)]
pub(super) struct Faults {
    operations: AtomicU64,
    stopped: AtomicBool,
    planned: Mutex<BTreeMap<u64, Fault>>,
}

impl Faults {
    pub(super) fn operations(&self) -> u64 {
        self.operations.load(Ordering::Relaxed)
    }

    pub(super) fn plan(&self, nth: u64, fault: Fault) {
        self.planned.lock().insert(nth, fault);
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Fails if the process has ended; for operations that only read.
    pub(super) fn check(&self) -> io::Result<()> {
        if self.is_stopped() { Err(stopped()) } else { Ok(()) }
    }

    /// Counts an operation that changes the disk.
    pub(super) fn next(&self) -> io::Result<Go> {
        self.check()?;
        let nth = self.operations.fetch_add(1, Ordering::Relaxed) + 1;
        match self.planned.lock().remove(&nth) {
            None => Ok(Go::On),
            Some(Fault::DiskFull) => Err(io::ErrorKind::StorageFull.into()),
            Some(Fault::Io) => Err(io::Error::other("simulated input/output error")),
            Some(Fault::Stop) => {
                self.stopped.store(true, Ordering::Relaxed);
                Ok(Go::Stopping(Random::new(nth).number()))
            }
        }
    }
}

/// The error of every operation after the process has ended.
pub(super) fn stopped() -> io::Error {
    io::Error::other("the simulated process has ended")
}
