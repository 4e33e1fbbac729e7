//! Finding a partition on the disk: what is whole is served, what was torn is cut off, what is damaged is kept.
//!
//! Up to the recovery point of its checkpoint a partition is known to be whole, and nothing is read. From there on
//! every batch is read and verified:
//!
//! - At the first that is not whole, with no valid batch after it, the log ended when the machine did: it is cut off.
//! - So it is if whole sectors of the bad bytes are zero. They never reached the disk, so no sync covered them, and
//!   nothing from there on was ever promised to survive a power loss.
//! - Otherwise something that was written has been damaged. Nothing is cut off; what comes before it can be read.

use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::checkpoint::{Checkpoint, KnownSegment};
use super::compaction::finish_swaps;
use super::environment::Environment;
use super::error::AtPath;
use super::index::{IndexProgress, base_of};
use super::index_table::NotBelieved;
use super::partition::{Damage, Found, Writer};
use super::producers::Producers;
use super::replay::add_batch;
use super::scan::{BatchScanner, ScanError, find_batch};
use super::segment::Segment;
use super::settings::Settings;
use super::{BatchView, LogError, Offset, producer_snapshot};
use crate::disk::{Disk, DiskFile};
use crate::types::TopicPartition;

/// The unit that a disk writes whole or not at all.
const SECTOR: u64 = 512;

/// What recovery had to leave out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// The partition.
    pub partition: TopicPartition,
    /// The offset of the first record that is not there any more.
    pub offset: Offset,
    /// How many bytes were cut off.
    pub bytes: u64,
}

/// Finds a partition.
pub(super) struct Recovery<'a> {
    pub(super) environment: &'a Environment,
    pub(super) name: &'a TopicPartition,
    pub(super) folder: &'a Path,
    pub(super) settings: &'a Settings,
}

/// What was found so far.
struct Progress {
    segments: Vec<Arc<Segment>>,
    next_offset: Offset,
    producers: Producers,
    index: IndexProgress,
    damage: Option<Damage>,
    dropped: Option<Dropped>,
}

impl Recovery<'_> {
    /// Finds the partition; also says what had to be left out.
    pub(super) fn run(&self) -> Result<(Found, Option<Dropped>), LogError> {
        let mut checkpoint = Checkpoint::load(self.disk(), self.folder).unwrap_or_default();
        let now = self.environment.clock.wall_ms();
        finish_swaps(self.disk(), self.folder, &mut checkpoint, now)?;
        let bases = self.tidy(&checkpoint)?;
        let Some(first) = bases.first() else { return self.begin(checkpoint) };
        let log_start = checkpoint.log_start.max(*first);
        let trusted = self.trust(&checkpoint, &bases)?;
        let mut progress = trusted.unwrap_or_else(|| Progress::at(*first));
        let (known, unknown) = bases.split_at(progress.segments.len());
        if let Some(segment) = progress.segments.last().cloned() {
            self.scan(&segment, unknown, &checkpoint, &mut progress)?;
        } else if known.is_empty() && checkpoint.log_start < *first && !checkpoint.is_new() {
            progress.damage = Some(Damage { offset: log_start, segment: *first, position: 0 });
        }
        for (number, base) in unknown.iter().enumerate() {
            if progress.damage.is_some() || progress.dropped.is_some() {
                break;
            }
            let segment = Arc::new(Segment::existing(self.folder, *base, None));
            progress.index = IndexProgress::new();
            if self.follows(*base, &mut progress) {
                progress.segments.push(Arc::clone(&segment));
                self.scan(&segment, &unknown[number + 1..], &checkpoint, &mut progress)?;
                segment.close();
            }
        }
        let synced = checkpoint.recovery_point.max(log_start);
        if progress.damage.is_none() && progress.next_offset < synced {
            // The log is whole as far as it goes, but it once went further.
            let (offset, last) = (progress.next_offset, progress.segments.last());
            let segment = last.map_or(*first, |segment| segment.base);
            let position = last.map_or(0, |segment| segment.size());
            progress.damage = Some(Damage { offset, segment, position });
        }
        self.finish(progress, checkpoint, log_start, *first)
    }

    fn disk(&self) -> &dyn Disk {
        &*self.environment.disk
    }

    /// Removes what earlier crashes left behind and returns the segments that are there, in order.
    fn tidy(&self, checkpoint: &Checkpoint) -> Result<Vec<Offset>, LogError> {
        let names = self.disk().list(self.folder).at(self.folder)?;
        let names: Vec<_> = names.into_iter().map(|entry| entry.name).collect();
        let mut bases: Vec<_> = names.iter().filter_map(|name| base_of(name, "log")).collect();
        bases.sort_unstable();
        let past = bases.windows(2).take_while(|pair| pair[1] <= checkpoint.log_start).count();
        let kept = bases.split_off(past);
        for name in names.iter().filter(|name| self.is_leftover(name, &kept, checkpoint)) {
            let path = self.folder.join(name);
            self.disk().remove(&path).at(&path)?;
        }
        Ok(kept)
    }

    fn is_leftover(&self, name: &str, kept: &[Offset], checkpoint: &Checkpoint) -> bool {
        if let Some(offset) = base_of(name, "snapshot") {
            return checkpoint.producers == 0 || offset != checkpoint.recovery_point;
        }
        let base = ["log", "index", "timeindex", "txnindex"]
            .into_iter()
            .find_map(|extension| base_of(name, extension));
        name.ends_with(".tmp")
            || name.ends_with(".cleaned")
            || base.is_some_and(|base| !kept.contains(&base))
    }

    /// Takes over what the checkpoint says; none if the disk does not bear it out.
    fn trust(
        &self,
        checkpoint: &Checkpoint,
        bases: &[Offset],
    ) -> Result<Option<Progress>, LogError> {
        let Some((last, _)) = checkpoint.segments.split_last() else { return Ok(None) };
        let are_there = checkpoint.segments.len() <= bases.len()
            && checkpoint.segments.iter().zip(bases).all(|(known, base)| known.base == *base);
        let producers = match checkpoint.producers {
            0 => Some(Producers::default()),
            _ => producer_snapshot::load(self.disk(), self.folder, checkpoint.recovery_point),
        };
        let (true, Some(producers)) = (are_there, producers) else { return Ok(None) };
        let mut segments = Vec::with_capacity(bases.len());
        for known in &checkpoint.segments {
            let segment = Segment::existing(self.folder, known.base, Some(known.marks));
            let size = segment.file(self.disk())?.len().at(segment.path())?;
            if size < known.size || known != last && size != known.size {
                return Ok(None);
            }
            segment.publish(known.size, known.largest);
            segment.note_append(known.appended_at);
            segment.close();
            segments.push(Arc::new(segment));
        }
        let written = segments.last().expect("the checkpoint has a last segment");
        let Ok(index) = resume(written, last, self.disk()) else { return Ok(None) };
        let next_offset = checkpoint.recovery_point;
        let (damage, dropped) = (None, None);
        Ok(Some(Progress { segments, next_offset, producers, index, damage, dropped }))
    }

    /// Says whether a segment begins where the one before it ended.
    fn follows(&self, base: Offset, progress: &mut Progress) -> bool {
        let is_next = base == progress.next_offset;
        if !is_next {
            let offset = progress.next_offset;
            progress.damage = Some(Damage { offset, segment: base, position: 0 });
        }
        is_next
    }

    /// Reads a segment from where it is known to be whole.
    fn scan(
        &self,
        segment: &Segment,
        later: &[Offset],
        checkpoint: &Checkpoint,
        progress: &mut Progress,
    ) -> Result<(), LogError> {
        let file = segment.file(self.disk())?;
        let size = file.len().at(segment.path())?;
        let mut scanner = BatchScanner::new(&*file, segment.size(), size);
        let mut end = segment.size();
        loop {
            match scanner.next() {
                Ok(Some((position, batch))) if self.accepts(&batch, progress) => {
                    let interval = self.settings.index_interval_bytes;
                    progress.index.add(&segment.indexes, batch.header(), position, interval);
                    let noted = add_batch(&mut progress.producers, &segment.indexes, &batch);
                    progress.next_offset = batch.next_offset();
                    end = position + batch.bytes().len() as u64;
                    if noted.is_err() {
                        tracing::warn!(partition = %self.name, position, "control batch not understood");
                    }
                }
                Err(ScanError::Disk(error)) => return Err(LogError::disk(segment.path(), error)),
                Ok(_) | Err(ScanError::NoBatch) => break,
            }
        }
        if segment.size() < end {
            // Nobody knows when it was appended, only that it was before now.
            segment.note_append(self.environment.clock.wall_ms());
        }
        segment.publish(end, progress.index.largest);
        if end < size {
            let bad = Bad { segment, file: &*file, from: end, to: size };
            self.resolve(&bad, later, checkpoint, progress)?;
        } else if !later.is_empty() {
            progress.index.add_time(&segment.indexes);
        }
        Ok(())
    }

    fn accepts(&self, batch: &BatchView<'_>, progress: &Progress) -> bool {
        // The checksum does not cover the offset.
        batch.base_offset() == progress.next_offset && batch.verify().is_ok()
    }

    /// Decides what to do with bytes that are no batch.
    fn resolve(
        &self,
        bad: &Bad<'_>,
        later: &[Offset],
        checkpoint: &Checkpoint,
        progress: &mut Progress,
    ) -> Result<(), LogError> {
        let offset = progress.next_offset;
        let is_tail = checkpoint.recovery_point <= offset && self.are_empty(later)?;
        let is_torn = || never_reached_the_disk(bad.file, bad.from..bad.to, offset);
        if !is_tail || !is_torn().at(bad.segment.path())? {
            let damage = Damage { offset, segment: bad.segment.base, position: bad.from };
            tracing::error!(partition = %self.name, ?damage, "damaged: partition is read-only");
            progress.damage = Some(damage);
            return Ok(());
        }
        bad.file.truncate(bad.from).at(bad.segment.path())?;
        bad.file.sync_data().at(bad.segment.path())?;
        for base in later {
            Segment::existing(self.folder, *base, None).remove(self.disk())?;
        }
        let bytes = bad.to - bad.from;
        tracing::warn!(partition = %self.name, offset, bytes, "torn end of the log cut off");
        progress.dropped = Some(Dropped { partition: self.name.clone(), offset, bytes });
        Ok(())
    }

    fn are_empty(&self, bases: &[Offset]) -> Result<bool, LogError> {
        for base in bases {
            let segment = Segment::existing(self.folder, *base, None);
            if segment.file(self.disk())?.len().at(segment.path())? != 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn finish(
        &self,
        mut progress: Progress,
        checkpoint: Checkpoint,
        log_start: Offset,
        first: Offset,
    ) -> Result<(Found, Option<Dropped>), LogError> {
        if progress.segments.is_empty() {
            // Damaged from its very beginning: nothing is read from this segment.
            progress.segments.push(Arc::new(Segment::existing(self.folder, first, None)));
        }
        let segment = Arc::clone(progress.segments.last().expect("there is a segment"));
        let file = segment.file(self.disk())?;
        let has_known_name = checkpoint.segments.iter().any(|known| known.base == segment.base);
        if !has_known_name && segment.base != first {
            // A kill may have come between the creation of the segment and the sync of its name.
            self.disk().sync_folder(self.folder).at(self.folder)?;
        }
        let writer = Writer {
            size: segment.size(),
            first_timestamp: segment.first_timestamp(self.disk())?,
            append_time: progress.index.largest.timestamp,
            next_offset: progress.next_offset,
            producers: progress.producers,
            progress: progress.index,
            segment,
            file,
        };
        // Nobody knows whether the last process synced what was read just now.
        let flushed = checkpoint.recovery_point.min(progress.next_offset);
        let (segments, damage) = (progress.segments, progress.damage);
        Ok((Found { writer, segments, checkpoint, log_start, flushed, damage }, progress.dropped))
    }

    /// Begins a partition that has no segment yet.
    fn begin(&self, checkpoint: Checkpoint) -> Result<(Found, Option<Dropped>), LogError> {
        if !checkpoint.is_new() {
            let (folder, missing) = (self.folder.to_path_buf(), "its segments".to_owned());
            return Err(LogError::Incomplete { folder, missing });
        }
        let log_start = checkpoint.log_start;
        let segment = Segment::create(self.disk(), self.folder, log_start)?;
        self.disk().sync_folder(self.folder).at(self.folder)?;
        let mut progress = Progress::at(log_start);
        progress.segments.push(Arc::new(segment));
        self.finish(progress, checkpoint, log_start, log_start)
    }
}

impl Progress {
    fn at(next_offset: Offset) -> Progress {
        Progress {
            segments: Vec::new(),
            next_offset,
            producers: Producers::default(),
            index: IndexProgress::new(),
            damage: None,
            dropped: None,
        }
    }
}

/// Bytes of a segment that are no batch.
struct Bad<'a> {
    segment: &'a Segment,
    file: &'a dyn DiskFile,
    from: u64,
    to: u64,
}

/// Says whether bytes that are no batch are what is left of writes that no sync covered.
pub(super) fn never_reached_the_disk(
    file: &dyn DiskFile,
    bytes: Range<u64>,
    next_offset: Offset,
) -> io::Result<bool> {
    match find_batch(file, bytes.start, bytes.end, next_offset)? {
        None => Ok(true),
        Some(batch) => has_hole(file, bytes.start..batch, next_offset),
    }
}

/// Says whether a whole sector of the bytes, or the rest of the first one, is zero though it cannot have been.
fn has_hole(file: &dyn DiskFile, bytes: Range<u64>, next_offset: Offset) -> io::Result<bool> {
    let mut from = bytes.start;
    loop {
        let to = (from / SECTOR + 1) * SECTOR;
        if bytes.end < to {
            return Ok(false);
        }
        let mut sector = vec![0; (to - from) as usize];
        file.read_at(&mut sector, from)?;
        let was_zero = from == bytes.start && may_begin_with_zeros(sector.len(), next_offset);
        if !was_zero && sector.iter().all(|byte| *byte == 0) {
            return Ok(true);
        }
        from = to;
    }
}

/// Says whether the first `len` bytes of the batch of an offset may all be zero.
fn may_begin_with_zeros(len: usize, offset: Offset) -> bool {
    // The length, up to byte 11, is never zero, and the offset is known.
    len < 12 && offset.to_be_bytes().iter().take(len).all(|byte| *byte == 0)
}

/// Takes up the indexing of a segment where the checkpoint left it.
fn resume(
    segment: &Segment,
    known: &KnownSegment,
    disk: &dyn Disk,
) -> Result<IndexProgress, NotBelieved> {
    segment.indexes.load(disk)?;
    let last = segment.indexes.offsets.last().map_or(0, |entry| u64::from(entry.position));
    Ok(IndexProgress { bytes_since_entry: known.size - last, largest: known.largest })
}
