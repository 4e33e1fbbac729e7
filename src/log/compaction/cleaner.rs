//! Writing segments again without what is superseded.

use std::path::PathBuf;
use std::sync::Arc;

use super::{KeyMap, Swap, Transactions};
use crate::disk::{Disk, DiskFile};
use crate::log::batch::{empty_batch, filler_batch, marker_outcome, pruned_batch};
use crate::log::error::AtPath;
use crate::log::index::{IndexProgress, Indexes};
use crate::log::producers::{ProducerState, Producers};
use crate::log::segment::Segment;
use crate::log::{BatchError, BatchHeader, BatchView, LogError, Offset, RecordBuffer};

/// How much is written at once.
const WRITE_BYTES: usize = 256 * 1024;

/// What one pass decides by.
#[derive(Debug)]
pub(in crate::log) struct Plan {
    pub(in crate::log) map: KeyMap,
    /// The producers whose last batches stay.
    pub(in crate::log) producers: Producers,
    /// The last record of the partition, which stays.
    pub(in crate::log) last_offset: Offset,
    pub(in crate::log) now: i64,
    /// Until when tombstones and markers stay that have no delete horizon yet.
    pub(in crate::log) delete_horizon: i64,
    pub(in crate::log) index_interval: u64,
}

/// What a pass left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::log) struct Removed {
    pub(in crate::log) records: u64,
    /// Of these, records without a key: no client should have been able to send them.
    pub(in crate::log) without_key: u64,
}

/// A segment that is ready to take the place of others.
#[derive(Debug)]
pub(in crate::log) struct Cleaned {
    pub(in crate::log) segment: Segment,
    pub(in crate::log) progress: IndexProgress,
    /// Whether it differs from what it was made of.
    pub(in crate::log) is_changed: bool,
}

/// What becomes of a batch.
enum Fate {
    /// It is written as it is.
    Keep,
    /// This is written instead.
    Change(Vec<u8>),
    /// Nothing is left but its place.
    Drop,
}

/// Goes through segments, from the first on, and writes them again.
#[derive(Debug)]
pub(in crate::log) struct Cleaner {
    plan: Plan,
    transactions: Transactions,
    buffer: RecordBuffer,
    removed: Removed,
}

/// The segment that is being written.
#[derive(Debug)]
pub(in crate::log) struct Output {
    file: Arc<dyn DiskFile>,
    path: PathBuf,
    indexes: Indexes,
    progress: IndexProgress,
    position: u64,
    pending: Vec<u8>,
    /// Where batches were dropped, and the largest timestamp of theirs.
    gap: Option<(Offset, Offset, i64)>,
    is_changed: bool,
    interval: u64,
}

impl Cleaner {
    pub(in crate::log) fn new(plan: Plan, transactions: Transactions) -> Self {
        let (buffer, removed) = (RecordBuffer::new(), Removed::default());
        Cleaner { plan, transactions, buffer, removed }
    }

    pub(in crate::log) fn removed(&self) -> Removed {
        self.removed
    }

    /// Begins the segment that takes the place of some, the first of which has this base.
    pub(in crate::log) fn begin(&self, disk: &dyn Disk, swap: &Swap) -> Result<Output, LogError> {
        let path = swap.cleaned_path();
        Ok(Output {
            file: disk.create(&path).at(&path)?,
            path,
            indexes: Indexes::empty(swap.folder(), swap.base()),
            progress: IndexProgress::new(),
            position: 0,
            pending: Vec::new(),
            gap: None,
            is_changed: false,
            interval: self.plan.index_interval,
        })
    }

    /// Writes what is left of a batch.
    pub(in crate::log) fn clean(
        &mut self,
        batch: &BatchView<'_>,
        output: &mut Output,
    ) -> Result<(), CleanError> {
        let has_data = batch.header().is_control() && self.transactions.end(batch.header());
        match self.fate(batch, has_data)? {
            Fate::Keep => output.write(batch.header(), batch.bytes())?,
            Fate::Change(bytes) => {
                output.is_changed = true;
                output.write(&BatchHeader::try_decode(&bytes)?, &bytes)?;
            }
            Fate::Drop => return Ok(output.skip(batch.header())?),
        }
        if has_data && let Some(entry) = self.transactions.entry(batch.header()) {
            output.indexes.aborted.push(entry);
        }
        Ok(())
    }

    fn fate(&mut self, batch: &BatchView<'_>, has_data: bool) -> Result<Fate, BatchError> {
        let header = batch.header();
        let state = self.plan.producers.get(header.producer_id);
        let is_remembered = state.is_some_and(|state| is_last_of(state, header));
        if header.is_control() {
            return self.fate_of_marker(batch, is_remembered || has_data);
        }
        self.transactions.see(header);
        let emptied = || match (is_remembered, header.record_count) {
            (true, 0) => Fate::Keep,
            (true, _) => Fate::Change(empty_batch(header)),
            (false, _) => Fate::Drop,
        };
        if header.record_count == 0 {
            return Ok(emptied());
        }
        if self.transactions.is_aborted(header) {
            self.removed.records += header.record_count as u64;
            return Ok(emptied());
        }
        let (is_kept, has_tombstone) = self.select(batch)?;
        if !is_kept.contains(&true) {
            return Ok(emptied());
        }
        let needs_horizon = has_tombstone && header.delete_horizon().is_none();
        if !needs_horizon && !is_kept.contains(&false) {
            return Ok(Fate::Keep);
        }
        let horizon = needs_horizon.then_some(self.plan.delete_horizon);
        Ok(Fate::Change(pruned_batch(batch, &is_kept, horizon, &mut self.buffer)?))
    }

    fn fate_of_marker(&mut self, marker: &BatchView<'_>, stays: bool) -> Result<Fate, BatchError> {
        if stays || marker_outcome(marker)?.is_none() {
            return Ok(Fate::Keep);
        }
        match marker.header().delete_horizon() {
            Some(horizon) if horizon <= self.plan.now => Ok(Fate::Drop),
            Some(_) => Ok(Fate::Keep),
            None => {
                let horizon = Some(self.plan.delete_horizon);
                Ok(Fate::Change(pruned_batch(marker, &[true], horizon, &mut self.buffer)?))
            }
        }
    }

    /// Says of each record whether it stays, and whether a tombstone is among those.
    fn select(&mut self, batch: &BatchView<'_>) -> Result<(Vec<bool>, bool), BatchError> {
        let Plan { map, last_offset, now, .. } = &self.plan;
        let may_lose_tombstones = batch.header().delete_horizon().is_some_and(|at| at <= *now);
        let mut has_tombstone = false;
        let mut is_kept = Vec::with_capacity(batch.record_count());
        for record in batch.records(&mut self.buffer)? {
            let record = record?;
            let is_known = record.offset < map.end() && record.offset < *last_offset;
            let stays = match record.key {
                _ if !is_known => true,
                None => {
                    self.removed.without_key += 1;
                    false
                }
                Some(key) => {
                    let is_value = record.value.is_some();
                    map.is_latest(key, record.offset) && (is_value || !may_lose_tombstones)
                }
            };
            self.removed.records += u64::from(!stays);
            has_tombstone |= stays && record.value.is_none();
            is_kept.push(stays);
        }
        Ok((is_kept, has_tombstone))
    }
}

/// Says whether what is known of a producer comes from a batch.
fn is_last_of(state: &ProducerState, batch: &BatchHeader) -> bool {
    if batch.is_control() {
        // Nothing but a marker tells of the epoch then.
        return state.batches.is_empty() && state.epoch == batch.producer_epoch;
    }
    state.batches.iter().any(|kept| kept.last_offset == batch.last_offset())
}

/// Why a batch could not be cleaned.
#[derive(Debug)]
pub(in crate::log) enum CleanError {
    /// The batch is damaged.
    Batch,
    /// The disk failed.
    Disk(LogError),
}

impl From<BatchError> for CleanError {
    fn from(_: BatchError) -> Self {
        CleanError::Batch
    }
}

impl From<LogError> for CleanError {
    fn from(error: LogError) -> Self {
        CleanError::Disk(error)
    }
}

impl Output {
    /// Ends the segment: it is synced, its name is not.
    pub(in crate::log) fn finish(mut self, base: Offset) -> Result<Cleaned, LogError> {
        self.fill_gap()?;
        self.flush()?;
        self.file.sync_data().at(&self.path)?;
        self.progress.add_time(&self.indexes);
        let segment = Segment::cleaned(base, self.indexes, self.file);
        segment.publish(self.position, self.progress.largest);
        Ok(Cleaned { segment, progress: self.progress, is_changed: self.is_changed })
    }

    fn write(&mut self, header: &BatchHeader, bytes: &[u8]) -> Result<(), LogError> {
        self.fill_gap()?;
        self.put(header, bytes)
    }

    /// Leaves a batch out.
    fn skip(&mut self, batch: &BatchHeader) -> Result<(), LogError> {
        // A filler that stays alone stays what it is.
        let is_filler = batch.record_count == 0 && !batch.has_producer();
        self.is_changed |= !is_filler || self.gap.is_some();
        let next = batch.next_offset();
        match &mut self.gap {
            Some((base, end, largest)) if next - *base <= i64::from(i32::MAX) => {
                (*end, *largest) = (next, (*largest).max(batch.max_timestamp));
            }
            _ => {
                self.fill_gap()?;
                self.gap = Some((batch.base_offset, next, batch.max_timestamp));
            }
        }
        Ok(())
    }

    /// Writes the empty batch that stands where batches were left out.
    fn fill_gap(&mut self) -> Result<(), LogError> {
        let Some((base, next, largest)) = self.gap.take() else { return Ok(()) };
        let filler = filler_batch(base, next, largest);
        let header = BatchHeader::try_decode(&filler).expect("a filler is a whole batch");
        self.put(&header, &filler)
    }

    fn put(&mut self, header: &BatchHeader, bytes: &[u8]) -> Result<(), LogError> {
        self.progress.add(&self.indexes, header, self.position, self.interval);
        self.position += bytes.len() as u64;
        self.pending.extend_from_slice(bytes);
        if WRITE_BYTES <= self.pending.len() { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), LogError> {
        let written = self.position - self.pending.len() as u64;
        self.file.write_at(&self.pending, written).at(&self.path)?;
        self.pending.clear();
        Ok(())
    }
}
