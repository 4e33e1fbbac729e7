//! Keeping a partition small and its start quick: deletion, retention, checkpoints.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Checkpointed, Partition};
use crate::log::checkpoint::{Checkpoint, KnownSegment};
use crate::log::error::AtPath;
use crate::log::index::{Indexes, LargestTimestamp};
use crate::log::producers::Producers;
use crate::log::replay::add_batch;
use crate::log::scan::BatchScanner;
use crate::log::segment::Segment;
use crate::log::settings::Settings;
use crate::log::{LogError, Offset, producer_snapshot};

/// A partition at one moment.
struct Look {
    producers: Producers,
    checkpoint: Checkpoint,
    segments: Arc<Vec<Arc<Segment>>>,
}

impl Partition {
    /// Drops the records before an offset, for good before it returns.
    pub(in crate::log) fn delete_records(&self, before: Offset) -> Result<(), LogError> {
        self.check_writable()?;
        let (start, end) = (self.start(), self.end());
        // The start that is stored: one that could not be stored is no answer to the next who asks for it.
        if before <= self.checkpoint.lock().last.log_start {
            return Ok(());
        }
        if end < before {
            let (partition, offset) = (self.name.clone(), before);
            return Err(LogError::OffsetOutOfRange { partition, offset, start, end });
        }
        self.advance_start(before)
    }

    /// Drops what is too old or too much, forgets idle producers, and writes a checkpoint if one is due.
    pub(in crate::log) fn maintain(&self, now: i64) -> Result<(), LogError> {
        if self.check_writable().is_err() {
            return Ok(());
        }
        self.finish_swap()?;
        let settings = self.settings();
        self.flush_if_due(&settings)?;
        if let Some(start) = self.expired_before(now, &settings)? {
            self.advance_start(start)?;
        }
        let expiration = self.environment.config.producer_expiration.as_millis() as i64;
        let forgotten = self.writer.lock().producers.expire(now.saturating_sub(expiration));
        if 0 < forgotten {
            tracing::debug!(partition = %self.name, producers = forgotten, "idle producers forgotten");
        }
        if self.is_checkpoint_due() {
            self.checkpoint()?;
        }
        let segments = self.segments();
        let sealed = segments.split_last().map_or(&[][..], |(_, sealed)| sealed);
        sealed.iter().for_each(|segment| segment.rest());
        Ok(())
    }

    /// Syncs everything and remembers it, so that the next start need not read it.
    pub(in crate::log) fn checkpoint(&self) -> Result<(), LogError> {
        self.write_checkpoint(&mut self.checkpoint.lock())
    }

    fn write_checkpoint(&self, checkpoint: &mut Checkpointed) -> Result<(), LogError> {
        let disk = &*self.environment.disk;
        let Look { producers, checkpoint: mut next, segments } = self.look()?;
        next.cleaned = checkpoint.last.cleaned;
        self.flush_to(next.recovery_point)?;
        for segment in segments.iter() {
            segment.indexes.sync(disk).at(segment.path())?;
        }
        if !producers.is_empty() {
            let stored =
                producer_snapshot::store(disk, &self.folder, next.recovery_point, &producers);
            next.producers = stored.at(&self.folder)?;
        }
        next.store(disk, &self.folder).at(&self.folder)?;
        let previous = &checkpoint.last;
        if previous.recovery_point != next.recovery_point && 0 < previous.producers {
            // If it stays, the next start removes it.
            drop(disk.remove(&producer_snapshot::path(&self.folder, previous.recovery_point)));
        }
        *checkpoint = Checkpointed { last: next, at: self.environment.clock.monotonic() };
        Ok(())
    }

    /// Writes a checkpoint if something happened since the last.
    pub(in crate::log) fn checkpoint_if_changed(&self) -> Result<(), LogError> {
        let last = self.checkpoint.lock().last.recovery_point;
        let is_serving = self.check_damage().is_ok() && self.check_storage().is_ok();
        if is_serving && last != self.end() { self.checkpoint() } else { Ok(()) }
    }

    /// Takes down what a checkpoint of this moment says.
    fn look(&self) -> Result<Look, LogError> {
        let disk = &*self.environment.disk;
        let writer = self.writer.lock();
        let segments = self.segments();
        let known = |segment: &Arc<Segment>| -> Result<KnownSegment, LogError> {
            let timestamp = segment.largest_timestamp();
            let is_written_to = segment.base == writer.segment.base;
            let sealed = LargestTimestamp { timestamp, offset: LargestTimestamp::NONE.offset };
            let largest = if is_written_to { writer.progress.largest } else { sealed };
            let marks = segment.indexes.write(disk).at(segment.path())?;
            let (base, size, appended_at) = (segment.base, segment.size(), segment.appended_at());
            Ok(KnownSegment { base, size, largest, appended_at, marks })
        };
        let checkpoint = Checkpoint {
            log_start: self.start(),
            recovery_point: writer.next_offset,
            producers: 0,
            cleaned: 0,
            segments: segments.iter().map(known).collect::<Result<_, _>>()?,
        };
        Ok(Look { producers: writer.producers.clone(), checkpoint, segments })
    }

    fn is_checkpoint_due(&self) -> bool {
        let config = &self.environment.config;
        let checkpoint = self.checkpoint.lock();
        let known = checkpoint.last.segments.iter().map(|segment| segment.size).sum::<u64>();
        let size = self.segments().iter().map(|segment| segment.size()).sum::<u64>();
        let age = self.environment.clock.monotonic().saturating_sub(checkpoint.at);
        checkpoint.last.recovery_point < self.end()
            && (config.checkpoint_bytes <= size.saturating_sub(known)
                || config.checkpoint_interval <= age)
    }

    /// Hides the records before an offset and removes the segments that have no others.
    fn advance_start(&self, before: Offset) -> Result<(), LogError> {
        // A start that is stored must not be beyond an end that a power loss can take back.
        self.flush_to(before)?;
        let mut checkpoint = self.checkpoint.lock();
        let start = self.bounds.start.fetch_max(before, Ordering::AcqRel).max(before);
        let removed = self.detach_before(start);
        if removed.is_empty() {
            let mut next = checkpoint.last.clone();
            next.log_start = start;
            next.store(&*self.environment.disk, &self.folder).at(&self.folder)?;
            checkpoint.last = next;
            return Ok(());
        }
        // The files go only when it is known for good that they are not missed.
        self.write_checkpoint(&mut checkpoint)?;
        removed.iter().try_for_each(|segment| segment.remove(&*self.environment.disk))
    }

    /// Takes the segments out of service whose records are all before an offset.
    fn detach_before(&self, start: Offset) -> Vec<Arc<Segment>> {
        let mut segments = self.segments.write();
        let is_past = |pair: &[Arc<Segment>]| pair[1].base <= start;
        let count = segments.windows(2).take_while(|pair| is_past(pair)).count();
        Arc::make_mut(&mut segments).drain(..count).collect()
    }

    /// Returns where the partition begins when what is too old or too much is dropped.
    fn expired_before(&self, now: i64, settings: &Settings) -> Result<Option<Offset>, LogError> {
        if !settings.is_deleted {
            return Ok(None);
        }
        self.roll_if_expired(now, settings)?;
        let segments = self.segments();
        let mut size: u64 = segments.iter().map(|segment| segment.size()).sum();
        let mut start = None;
        for pair in segments.windows(2) {
            size -= pair[0].size();
            let is_too_much =
                0 <= settings.retention_bytes && settings.retention_bytes as u64 <= size;
            let is_due = is_too_much || is_expired(&pair[0], now, settings);
            // What an open transaction wrote is kept until it has ended.
            if !is_due || self.offsets().last_stable < pair[1].base {
                break;
            }
            start = Some(pair[1].base);
        }
        Ok(start)
    }

    /// Seals the last segment if even its newest record is too old, so that it can be dropped.
    fn roll_if_expired(&self, now: i64, settings: &Settings) -> Result<(), LogError> {
        let mut writer = self.writer.lock();
        if 0 < writer.size && is_expired(&writer.segment, now, settings) {
            self.roll(&mut writer)?;
        }
        Ok(())
    }

    /// Builds the index of aborted transactions of a segment anew, from the beginning of the log.
    pub(super) fn rebuild_aborted(
        &self,
        segments: &[Arc<Segment>],
        number: usize,
    ) -> Result<(), LogError> {
        let mut producers = Producers::default();
        for (at, segment) in segments.iter().enumerate().take(number + 1) {
            let fresh = Indexes::empty(&self.folder, segment.base);
            let file = segment.file(&*self.environment.disk)?;
            let mut scanner = BatchScanner::new(&*file, 0, segment.size());
            // What is damaged is found again, and reported, by the reader who gets there.
            while let Ok(Some((_, batch))) = scanner.next() {
                if add_batch(&mut producers, &fresh, &batch).is_err() {
                    break;
                }
            }
            segment.close();
            if at == number {
                segment.indexes.aborted.replace(fresh.aborted);
            }
        }
        Ok(())
    }
}

/// Says whether the newest record of a segment is too old.
///
/// Its age counts from its timestamp or from its arrival, whichever is later. With the timestamp alone, as Kafka has
/// it, records of last year would be gone as soon as they are written.
fn is_expired(segment: &Segment, now: i64, settings: &Settings) -> bool {
    let newest = segment.largest_timestamp().max(segment.appended_at());
    0 <= settings.retention_ms && settings.retention_ms < now.saturating_sub(newest)
}
