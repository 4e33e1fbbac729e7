//! Compacting a partition: when, which segments, and how the result takes their place.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Damage, Partition};
use crate::log::checkpoint::KnownSegment;
use crate::log::compaction::{
    CleanError, Cleaned, Cleaner, KeyMap, Plan, Removed, Swap, Transactions,
};
use crate::log::error::AtPath;
use crate::log::index::LargestTimestamp;
use crate::log::scan::{BatchScanner, ScanError};
use crate::log::segment::Segment;
use crate::log::settings::Settings;
use crate::log::{BatchView, LogError, Offset, RecordBuffer};

/// A swap whose last steps failed: they are tried again.
#[derive(Debug)]
pub(super) struct UnfinishedSwap {
    swap: Swap,
    replaced: Vec<Offset>,
    segment: Arc<Segment>,
}

/// What of a partition can be compacted.
struct Cleanable {
    /// Sealed, and without open transactions and records that are too new.
    segments: Vec<Arc<Segment>>,
    /// Compaction has been through everything before this.
    first_dirty: Offset,
    /// The offset after the last of the segments.
    end: Offset,
}

impl Partition {
    /// Says how urgent a compaction is: the share of what is dirty; none if it is not due.
    pub(in crate::log) fn compaction_due(&self, now: i64) -> Result<Option<f64>, LogError> {
        let settings = self.settings();
        if !settings.is_compacted || self.check_writable().is_err() {
            return Ok(None);
        }
        self.roll_if_lagging(now, &settings)?;
        let cleanable = self.cleanable(now, &settings);
        let size = |is_dirty: bool| {
            let segments = cleanable.segments.windows(2).map(|pair| (&pair[0], pair[1].base));
            let last = cleanable.segments.last().map(|segment| (segment, cleanable.end));
            let all = segments.chain(last);
            let wanted = all.filter(|(_, end)| (cleanable.first_dirty < *end) == is_dirty);
            wanted.map(|(segment, _)| segment.size()).sum::<u64>()
        };
        let (clean, dirty) = (size(false) as f64, size(true) as f64);
        if dirty == 0.0 {
            return Ok(None);
        }
        let share = dirty / (clean + dirty);
        let is_due = settings.dirty_share_min < share || self.lags(&cleanable, now, &settings)?;
        Ok(is_due.then_some(share))
    }

    /// Compacts what can be compacted, once, as far as the memory for keys takes it.
    pub(in crate::log) fn compact(&self, now: i64) -> Result<Removed, LogError> {
        let _turn = self.compaction.lock();
        self.check_writable()?;
        self.finish_swap()?;
        // So that no record after the recovery point is in a segment that is replaced.
        self.checkpoint_if_changed()?;
        let settings = self.settings();
        let cleanable = self.cleanable(now, &settings);
        self.compact_segments(cleanable, now, &settings)
    }

    fn compact_segments(
        &self,
        cleanable: Cleanable,
        now: i64,
        settings: &Settings,
    ) -> Result<Removed, LogError> {
        let transactions = self.transactions()?;
        let map = self.map_keys(&cleanable, &transactions)?;
        let end = map.end();
        let plan = Plan {
            map,
            producers: self.writer.lock().producers.clone(),
            last_offset: self.end() - 1,
            now,
            delete_horizon: now.saturating_add(settings.delete_retention_ms),
            index_interval: settings.index_interval_bytes,
        };
        let mut cleaner = Cleaner::new(plan, transactions);
        // A group is let go as soon as another segment is in its place: its files are open, and the disk has their room until then.
        for group in groups(cleanable, end, settings.segment_bytes) {
            if !self.compact_group(&group, &mut cleaner)? {
                return Ok(cleaner.removed());
            }
        }
        let mut checkpoint = self.checkpoint.lock();
        let mut next = checkpoint.last.clone();
        next.cleaned = end;
        next.store(&*self.environment.disk, &self.folder).at(&self.folder)?;
        checkpoint.last = next;
        let removed = cleaner.removed();
        let Removed { records, without_key } = removed;
        tracing::debug!(partition = %self.name, end, records, "compacted");
        if 0 < without_key {
            tracing::warn!(partition = %self.name, without_key, "records without key removed");
        }
        Ok(removed)
    }

    /// Tries the last steps of a swap again that failed before.
    pub(super) fn finish_swap(&self) -> Result<(), LogError> {
        let mut unfinished = self.unfinished.lock();
        if let Some(UnfinishedSwap { swap, replaced, segment }) = &*unfinished {
            swap.finish(&*self.environment.disk, replaced)?;
            segment.unpin();
            segment.close();
            *unfinished = None;
        }
        Ok(())
    }

    /// Returns the segments that can be compacted.
    fn cleanable(&self, now: i64, settings: &Settings) -> Cleanable {
        let last_stable = self.offsets().last_stable;
        let cleaned = self.checkpoint.lock().last.cleaned;
        let all = self.segments();
        let is_cleanable = |pair: &&[Arc<Segment>]| {
            let age = now.saturating_sub(pair[0].largest_timestamp());
            let is_old = settings.min_lag_ms == 0 || settings.min_lag_ms <= age;
            pair[1].base <= last_stable && is_old
        };
        let count = all.windows(2).take_while(is_cleanable).count();
        let first_dirty = cleaned.max(self.start());
        Cleanable { segments: all[..count].to_vec(), first_dirty, end: all[count].base }
    }

    /// Says whether a record has been dirty for too long.
    fn lags(&self, cleanable: &Cleanable, now: i64, settings: &Settings) -> Result<bool, LogError> {
        if settings.max_lag_ms == i64::MAX {
            return Ok(false);
        }
        let is_dirty = |segment: &&Arc<Segment>| cleanable.first_dirty <= segment.base;
        let Some(first) = cleanable.segments.iter().find(is_dirty) else { return Ok(false) };
        let first = first.first_timestamp(&*self.environment.disk)?;
        Ok(first.is_some_and(|first| settings.max_lag_ms < now.saturating_sub(first)))
    }

    /// Seals the last segment if its first record must be compacted by now.
    fn roll_if_lagging(&self, now: i64, settings: &Settings) -> Result<(), LogError> {
        let mut writer = self.writer.lock();
        let first = writer.first_timestamp;
        let is_due = first.is_some_and(|first| settings.max_lag_ms < now.saturating_sub(first));
        if is_due && 0 < writer.size { self.roll(&mut writer) } else { Ok(()) }
    }

    /// Collects the aborted transactions of all segments: some end after what is compacted.
    fn transactions(&self) -> Result<Transactions, LogError> {
        let disk = &*self.environment.disk;
        let mut transactions = Transactions::default();
        let all = self.segments();
        for (number, segment) in all.iter().enumerate() {
            let look = || {
                segment.indexes.aborted.with(disk, |entries| entries.to_vec()).map_err(Into::into)
            };
            transactions.add(&self.with_indexes(&all, number, segment.base, look)?);
        }
        Ok(transactions)
    }

    /// Goes through what is dirty and notes the latest offset of each key.
    fn map_keys(
        &self,
        cleanable: &Cleanable,
        transactions: &Transactions,
    ) -> Result<KeyMap, LogError> {
        let bytes_max = self.environment.config.compaction_bytes;
        let mut map = KeyMap::new(bytes_max, cleanable.first_dirty);
        let mut buffer = RecordBuffer::new();
        for (number, segment) in cleanable.segments.iter().enumerate() {
            let end = cleanable.segments.get(number + 1).map_or(cleanable.end, |next| next.base);
            if end <= cleanable.first_dirty {
                continue;
            }
            let is_whole = self.each_batch(segment, |batch| {
                let header = batch.header();
                if header.next_offset() <= map.end() {
                    return Ok(true);
                }
                if !header.is_control() && !transactions.is_aborted(header) {
                    for record in batch.records(&mut buffer)? {
                        let record = record?;
                        let key = record.key.filter(|_| map.end() <= record.offset);
                        if key.is_some_and(|key| !map.put(key, record.offset)) {
                            return Ok(false);
                        }
                    }
                }
                map.advance(header.next_offset());
                Ok(true)
            })?;
            if !is_whole {
                break;
            }
        }
        Ok(map)
    }

    /// Calls `act` with every batch of a sealed segment until it returns false; returns whether it never did.
    fn each_batch(
        &self,
        segment: &Segment,
        act: impl FnMut(&BatchView<'_>) -> Result<bool, CleanError>,
    ) -> Result<bool, LogError> {
        let is_whole = self.read_batches(segment, act);
        // There may be more segments than files may be open.
        segment.close();
        is_whole
    }

    fn read_batches(
        &self,
        segment: &Segment,
        mut act: impl FnMut(&BatchView<'_>) -> Result<bool, CleanError>,
    ) -> Result<bool, LogError> {
        let file = segment.file(&*self.environment.disk)?;
        let mut scanner = BatchScanner::new(&*file, 0, segment.size());
        let mut expected = segment.base;
        loop {
            let position = scanner.position();
            let damage = Damage { offset: expected, segment: segment.base, position };
            let acted = match scanner.next() {
                Ok(None) => return Ok(true),
                Err(ScanError::NoBatch) => return Err(self.quarantine(damage)),
                Err(ScanError::Disk(error)) => return Err(LogError::disk(segment.path(), error)),
                Ok(Some((_, batch))) => {
                    if batch.base_offset() != expected || batch.verify().is_err() {
                        return Err(self.quarantine(damage));
                    }
                    expected = batch.next_offset();
                    act(&batch)
                }
            };
            match acted {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(CleanError::Batch) => return Err(self.quarantine(damage)),
                Err(CleanError::Disk(error)) => return Err(error),
            }
        }
    }

    /// Writes a group of segments as one, and puts it in their place. Returns false if the log is being closed.
    fn compact_group(
        &self,
        group: &[Arc<Segment>],
        cleaner: &mut Cleaner,
    ) -> Result<bool, LogError> {
        let disk = &*self.environment.disk;
        let base = group[0].base;
        let swap = Swap::new(&self.folder, base);
        let size: u64 = group.iter().map(|segment| segment.size()).sum();
        if !self.environment.has_room(size as usize) {
            return Err(LogError::DiskFull(self.name.clone()));
        }
        let written = self.clean_group(group, cleaner, &swap);
        let cleaned = match written {
            Ok(Some(cleaned)) if cleaned.is_changed || 1 < group.len() => cleaned,
            other => {
                swap.abandon(disk);
                return Ok(other?.is_some());
            }
        };
        self.swap_in(group, cleaned, swap)?;
        Ok(true)
    }

    fn clean_group(
        &self,
        group: &[Arc<Segment>],
        cleaner: &mut Cleaner,
        swap: &Swap,
    ) -> Result<Option<Cleaned>, LogError> {
        let mut output = cleaner.begin(&*self.environment.disk, swap)?;
        for segment in group {
            let is_whole = self.each_batch(segment, |batch| {
                cleaner.clean(batch, &mut output)?;
                Ok(!self.environment.is_closed() && !self.is_deleted.load(Ordering::Relaxed))
            })?;
            if !is_whole {
                return Ok(None);
            }
        }
        output.finish(group[0].base).map(Some)
    }

    /// Puts a cleaned segment in the place of others.
    fn swap_in(
        &self,
        group: &[Arc<Segment>],
        cleaned: Cleaned,
        swap: Swap,
    ) -> Result<(), LogError> {
        let disk = &*self.environment.disk;
        // Nobody may write a checkpoint meanwhile, or take out segments that it names.
        let mut checkpoint = self.checkpoint.lock();
        let Some(place) = self.pin(group)? else {
            // Retention was faster.
            swap.abandon(disk);
            return Ok(());
        };
        swap.decide(disk)?;
        let Cleaned { segment, progress, .. } = cleaned;
        let marks = segment.indexes.write(disk).at(segment.path())?;
        segment.indexes.sync(disk).at(segment.path())?;
        let LargestTimestamp { timestamp, .. } = progress.largest;
        let largest = LargestTimestamp { timestamp, offset: LargestTimestamp::NONE.offset };
        let appended_at = group.iter().map(|segment| segment.appended_at()).max().unwrap_or(0);
        segment.note_append(appended_at);
        let (base, size) = (segment.base, segment.size());
        let known = KnownSegment { base, size, largest, appended_at, marks };
        let mut next = checkpoint.last.clone();
        next.replace(group[group.len() - 1].base + 1, known);
        next.store(disk, &self.folder).at(&self.folder)?;
        checkpoint.last = next;
        let segment = Arc::new(segment);
        {
            let mut segments = self.segments.write();
            let range = place..place + group.len();
            Arc::make_mut(&mut segments).splice(range, [Arc::clone(&segment)]);
        }
        let replaced = group.iter().map(|segment| segment.base).collect();
        *self.unfinished.lock() = Some(UnfinishedSwap { swap, replaced, segment });
        self.finish_swap()
    }

    /// Keeps the files of a group's segments open for those who read them, and returns where the group is; none if
    /// it is not there any more.
    fn pin(&self, group: &[Arc<Segment>]) -> Result<Option<usize>, LogError> {
        let all = self.segments();
        let Some(place) = all.iter().position(|segment| Arc::ptr_eq(segment, &group[0])) else {
            return Ok(None);
        };
        for (number, segment) in all.iter().enumerate().skip(place).take(group.len()) {
            let pin = || segment.pin(&*self.environment.disk);
            self.with_indexes(&all, number, segment.base, pin)?;
        }
        Ok(Some(place))
    }
}

/// How many segments are put together at the most: their files are open at the same time.
const GROUP_MAX: usize = 64;

/// Puts neighbours that begin before an offset together, as long as they are no more than one segment.
fn groups(cleanable: Cleanable, before: Offset, size_max: u64) -> Vec<Vec<Arc<Segment>>> {
    let Cleanable { segments, end, .. } = cleanable;
    let mut ends: Vec<_> = segments.iter().skip(1).map(|segment| segment.base).collect();
    ends.push(end);
    let mut groups: Vec<Vec<Arc<Segment>>> = Vec::new();
    let mut size = 0;
    let wanted = segments.into_iter().zip(ends).take_while(|(segment, _)| segment.base < before);
    for (segment, end) in wanted {
        size += segment.size();
        let fits = |group: &Vec<Arc<Segment>>| {
            size <= size_max
                && end - group[0].base <= i64::from(i32::MAX)
                && group.len() < GROUP_MAX
        };
        match groups.last_mut() {
            Some(group) if fits(group) => group.push(segment),
            _ => {
                size = segment.size();
                groups.push(vec![segment]);
            }
        }
    }
    groups
}
