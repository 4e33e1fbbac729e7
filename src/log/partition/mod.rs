//! One partition: its segments, its writer and its readers.
//!
//! ```text
//! append ─▶ Writer (one at a time) ─▶ Segment ─▶ publish: size, open transactions, end, last stable offset
//! read   ─▶ limit (end or last stable offset) ─▶ Segment, without any lock
//! ```

mod append;
mod compact;
mod flush;
mod read;
mod retention;
mod transactions;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

use parking_lot::{Mutex, RwLock};

use self::compact::UnfinishedSwap;
use self::flush::Flushed;
use super::checkpoint::Checkpoint;
use super::environment::Environment;
use super::index::IndexProgress;
use super::producers::Producers;
use super::segment::Segment;
use super::settings::Settings;
use super::watch::Watchers;
use super::{LogError, Offset, OpenTransaction, PartitionOffsets};
use crate::disk::DiskFile;
use crate::types::TopicPartition;

pub use self::append::Appended;

/// One partition.
#[derive(Debug)]
pub(super) struct Partition {
    pub(super) name: TopicPartition,
    environment: Arc<Environment>,
    folder: PathBuf,
    settings: RwLock<Arc<Settings>>,
    writer: Mutex<Writer>,
    /// In order; the last is the one that is written to.
    segments: RwLock<Arc<Vec<Arc<Segment>>>>,
    bounds: Bounds,
    /// The open transactions: first offset to producer id.
    open: RwLock<BTreeMap<Offset, i64>>,
    flushed: Flushed,
    pub(super) watchers: Arc<Watchers>,
    checkpoint: Mutex<Checkpointed>,
    /// Held by the one who compacts.
    compaction: Mutex<()>,
    unfinished: Mutex<Option<UnfinishedSwap>>,
    /// Set once, when damage was found: nothing is appended after that, and nothing from there on is read.
    damage: OnceLock<Damage>,
    /// Set once, when the disk has failed: nothing is appended after that.
    failed: OnceLock<Arc<io::Error>>,
    is_deleted: AtomicBool,
}

/// Where the partition begins and ends, for readers that take no lock.
#[derive(Debug)]
struct Bounds {
    start: AtomicI64,
    end: AtomicI64,
    last_stable: AtomicI64,
}

/// What only the one who appends needs.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) segment: Arc<Segment>,
    pub(super) file: Arc<dyn DiskFile>,
    pub(super) size: u64,
    pub(super) next_offset: Offset,
    pub(super) producers: Producers,
    pub(super) progress: IndexProgress,
    /// The largest timestamp of the segment's first batch of records, from which its age counts.
    pub(super) first_timestamp: Option<i64>,
    /// The last time that the log gave to a batch.
    pub(super) append_time: i64,
}

/// The last checkpoint, and when it was written.
#[derive(Debug)]
struct Checkpointed {
    last: Checkpoint,
    at: std::time::Duration,
}

/// Where a partition cannot be read any further.
#[derive(Clone, Copy, Debug)]
pub(super) struct Damage {
    pub(super) offset: Offset,
    pub(super) segment: Offset,
    pub(super) position: u64,
}

/// A partition as it was found on the disk.
pub(super) struct Found {
    pub(super) writer: Writer,
    pub(super) segments: Vec<Arc<Segment>>,
    pub(super) checkpoint: Checkpoint,
    pub(super) log_start: Offset,
    /// Everything before this is known to be synced.
    pub(super) flushed: Offset,
    pub(super) damage: Option<Damage>,
}

impl Partition {
    /// Starts to serve what was found.
    pub(super) fn new(
        name: TopicPartition,
        environment: Arc<Environment>,
        settings: Arc<Settings>,
        found: Found,
    ) -> Partition {
        let Found { writer, segments, checkpoint, log_start, flushed, damage } = found;
        let end = writer.next_offset;
        let at = environment.clock.monotonic();
        Partition {
            folder: environment.folder.join(name.to_string()),
            settings: RwLock::new(settings),
            segments: RwLock::new(Arc::new(segments)),
            bounds: Bounds {
                start: AtomicI64::new(log_start),
                end: AtomicI64::new(end),
                last_stable: AtomicI64::new(writer.producers.last_stable(end)),
            },
            open: RwLock::new(writer.producers.open().clone()),
            flushed: Flushed::new(flushed),
            watchers: Arc::default(),
            checkpoint: Mutex::new(Checkpointed { last: checkpoint, at }),
            compaction: Mutex::new(()),
            unfinished: Mutex::new(None),
            damage: damage.map_or_else(OnceLock::new, OnceLock::from),
            failed: OnceLock::new(),
            is_deleted: AtomicBool::new(false),
            writer: Mutex::new(writer),
            environment,
            name,
        }
    }

    pub(super) fn offsets(&self) -> PartitionOffsets {
        // The last stable offset first: it is never beyond an end that is read later.
        let last_stable = self.bounds.last_stable.load(Ordering::Acquire);
        PartitionOffsets { start: self.start(), high_watermark: self.end(), last_stable }
    }

    /// Refuses all that comes from now on, because the topic is gone, and wakes those who wait for more.
    pub(super) fn delete(&self) {
        self.is_deleted.store(true, Ordering::Relaxed);
        // Who appends right now has the lock; who comes later sees the mark.
        drop(self.writer.lock());
        self.watchers.wake();
    }

    /// Says from where on the partition cannot be read, if it is damaged.
    pub(super) fn damage(&self) -> Option<LogError> {
        self.damage.get().map(|damage| self.damaged(*damage))
    }

    pub(super) fn set_settings(&self, settings: Arc<Settings>) {
        *self.settings.write() = settings;
    }

    pub(super) fn open_transactions(&self) -> Vec<OpenTransaction> {
        self.writer.lock().producers.open_transactions(&self.name)
    }

    fn start(&self) -> Offset {
        self.bounds.start.load(Ordering::Acquire)
    }

    fn end(&self) -> Offset {
        self.bounds.end.load(Ordering::Acquire)
    }

    fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.settings.read())
    }

    fn segments(&self) -> Arc<Vec<Arc<Segment>>> {
        Arc::clone(&self.segments.read())
    }

    /// Fails if nothing may be appended.
    fn check_writable(&self) -> Result<(), LogError> {
        if self.environment.is_closed() {
            return Err(LogError::Closed);
        }
        if self.is_deleted.load(Ordering::Relaxed) {
            return Err(LogError::UnknownPartition(self.name.clone()));
        }
        self.check_damage()?;
        self.check_storage()
    }

    fn check_damage(&self) -> Result<(), LogError> {
        self.damage().map_or(Ok(()), Err)
    }

    fn check_storage(&self) -> Result<(), LogError> {
        match self.failed.get() {
            None => Ok(()),
            Some(source) => {
                let (partition, source) = (self.name.clone(), Arc::clone(source));
                Err(LogError::StorageFailed { partition, source })
            }
        }
    }

    /// Takes note of damage, so that the partition takes nothing more, and makes it an error.
    fn quarantine(&self, damage: Damage) -> LogError {
        if self.damage.set(damage).is_ok() {
            tracing::error!(partition = %self.name, ?damage, "damaged: partition is read-only");
        }
        self.damaged(damage)
    }

    fn damaged(&self, damage: Damage) -> LogError {
        let Damage { offset, segment, position } = damage;
        LogError::Damaged { partition: self.name.clone(), offset, segment, position }
    }

    /// Stops the partition for good: after a failed sync nobody knows what is on the disk.
    fn fail(&self, error: io::Error) -> LogError {
        let source = Arc::clone(self.failed.get_or_init(|| Arc::new(error)));
        tracing::error!(partition = %self.name, error = %source, "storage failed, partition stops");
        LogError::StorageFailed { partition: self.name.clone(), source }
    }
}
