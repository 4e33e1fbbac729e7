//! Reading everything that a partition has.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::{Closed, Damage, PartitionReport};
use crate::disk::{Disk, DiskFile};
use crate::log::batch::HEADER_SIZE;
use crate::log::checkpoint::Checkpoint;
use crate::log::compaction::cleaned_segments;
use crate::log::error::AtPath;
use crate::log::index::{Indexes, base_of, file_name};
use crate::log::recovery::never_reached_the_disk;
use crate::log::scan::{BatchScanner, ScanError, find_batch};
use crate::log::{BatchError, BatchHeader, BatchView, LogError, Offset, RecordBuffer};
use crate::types::TopicPartition;

/// Verifies all partitions, those of a topic, or one (`orders-0`), of a data folder that no process has open.
///
/// Nothing is changed.
pub fn verify(
    disk: &dyn Disk,
    folder: &Path,
    only: Option<&str>,
) -> Result<Vec<PartitionReport>, LogError> {
    let closed = Closed::take(disk, folder)?;
    let partitions = closed.partitions(only)?;
    partitions.iter().map(|name| verify_partition(disk, folder, name)).collect()
}

/// A file of batches that the next start would serve.
pub(super) struct Source {
    pub(super) base: Offset,
    pub(super) path: PathBuf,
}

/// Lists what the next start would serve, in order.
pub(super) fn sources(
    disk: &dyn Disk,
    folder: &Path,
    checkpoint: &Checkpoint,
) -> Result<Vec<Source>, LogError> {
    let names: Vec<_> = disk.list(folder).at(folder)?.into_iter().map(|it| it.name).collect();
    let mut bases: Vec<_> = names.iter().filter_map(|name| base_of(name, "log")).collect();
    let mut sources = Vec::new();
    for (range, path) in cleaned_segments(disk, folder, &names)? {
        bases.retain(|base| !range.contains(base));
        sources.push(Source { base: range.start, path });
    }
    let source = |base: Offset| Source { base, path: folder.join(file_name(base, "log")) };
    sources.extend(bases.into_iter().map(source));
    sources.sort_by_key(|source| source.base);
    let past = sources.windows(2).take_while(|pair| pair[1].base <= checkpoint.log_start).count();
    Ok(sources.split_off(past))
}

pub(super) fn verify_partition(
    disk: &dyn Disk,
    root: &Path,
    name: &TopicPartition,
) -> Result<PartitionReport, LogError> {
    let folder = root.join(name.to_string());
    let stored = Checkpoint::load(disk, &folder);
    let checkpoint = stored.clone().unwrap_or_default();
    let sources = sources(disk, &folder, &checkpoint)?;
    let first = sources.first().map_or(checkpoint.log_start, |source| source.base);
    let mut look = Look::at(first, checkpoint.log_start);
    if checkpoint.log_start < first {
        let range = checkpoint.log_start..first;
        look.lose(range, None, 0..0, "no segment has them");
    }
    for (number, source) in sources.iter().enumerate() {
        let next = sources.get(number + 1).map(|next| next.base);
        look.source(disk, source, next, checkpoint.recovery_point)?;
    }
    if look.next < checkpoint.recovery_point {
        let (range, segment) = (look.next..checkpoint.recovery_point, sources.last());
        let (segment, at) = (segment.map(|source| source.base), look.last_size);
        look.lose(range, segment, at..at, "the file once went further");
    }
    if stored.is_none() {
        look.notes.push("no checkpoint: the next start reads all".to_owned());
    }
    look.indexes(disk, &folder, &checkpoint);
    Ok(PartitionReport {
        partition: name.clone(),
        segment_count: sources.len(),
        bytes: look.bytes,
        start: first.max(checkpoint.log_start),
        end: look.next,
        record_count: look.record_count,
        damages: look.damages,
        notes: look.notes,
    })
}

/// What was seen so far.
struct Look {
    next: Offset,
    log_start: Offset,
    bytes: u64,
    last_size: u64,
    record_count: u64,
    damages: Vec<Damage>,
    notes: Vec<String>,
    buffer: RecordBuffer,
}

impl Look {
    fn at(next: Offset, log_start: Offset) -> Look {
        Look {
            next,
            log_start,
            bytes: 0,
            last_size: 0,
            record_count: 0,
            damages: Vec::new(),
            notes: Vec::new(),
            buffer: RecordBuffer::new(),
        }
    }

    fn lose(
        &mut self,
        offsets: Range<Offset>,
        segment: Option<Offset>,
        place: Range<u64>,
        reason: &str,
    ) {
        self.damages.push(Damage {
            from: offsets.start,
            to: offsets.end,
            segment,
            position: place.start,
            bytes: place.end - place.start,
            reason: reason.to_owned(),
        });
        self.next = offsets.end;
    }

    /// Reads a file; `next_base` is where the next one begins.
    fn source(
        &mut self,
        disk: &dyn Disk,
        source: &Source,
        next_base: Option<Offset>,
        recovery_point: Offset,
    ) -> Result<(), LogError> {
        let file = disk.open(&source.path).at(&source.path)?;
        let size = file.len().at(&source.path)?;
        if self.next < source.base {
            let (range, at) = (self.next..source.base, self.last_size);
            self.lose(range, Some(source.base), at..at, "no segment has them");
        }
        (self.bytes, self.last_size) = (self.bytes + size, size);
        let mut position = 0;
        while position < size {
            let (bad, reason) = self.batches(&*file, position, size).at(&source.path)?;
            let Some(reason) = reason else { return Ok(()) };
            let is_tail = next_base.is_none() && recovery_point <= self.next;
            if is_tail && never_reached_the_disk(&*file, bad..size, self.next).at(&source.path)? {
                let bytes = size - bad;
                self.notes
                    .push(format!("a torn end of {bytes} bytes is cut off at the next start"));
                return Ok(());
            }
            let known_end = next_base.or((self.next < recovery_point).then_some(recovery_point));
            let limit = known_end.unwrap_or(i64::MAX);
            let found = resumes(&*file, bad..size, self.next, limit).at(&source.path)?;
            // Without one, how far it went is known from what comes next.
            let (end, next) = found.unwrap_or((size, self.next));
            self.lose(self.next..next, Some(source.base), bad..end, &reason);
            position = end;
        }
        Ok(())
    }

    /// Reads batches until one is bad, and says where and why.
    fn batches(
        &mut self,
        file: &dyn DiskFile,
        from: u64,
        size: u64,
    ) -> io::Result<(u64, Option<String>)> {
        let mut scanner = BatchScanner::new(file, from, size);
        loop {
            let position = scanner.position();
            let batch = match scanner.next() {
                Ok(None) => return Ok((position, None)),
                Ok(Some((_, batch))) => batch,
                Err(ScanError::NoBatch) => {
                    return Ok((position, Some("no record batch begins here".to_owned())));
                }
                Err(ScanError::Disk(error)) => return Err(error),
            };
            if batch.base_offset() != self.next {
                let reason = format!("the batch says it has offset {}", batch.base_offset());
                return Ok((position, Some(reason)));
            }
            match count_records(&batch, self.log_start, &mut self.buffer) {
                Ok(count) => self.record_count += count,
                Err(error) => return Ok((position, Some(error.to_string()))),
            }
            self.next = batch.next_offset();
        }
    }

    /// Notes the indexes that the next reader builds anew.
    fn indexes(&mut self, disk: &dyn Disk, folder: &Path, checkpoint: &Checkpoint) {
        for known in &checkpoint.segments {
            let indexes = Indexes::stored(folder, known.base, known.marks);
            if indexes.load(disk).is_err() {
                let base = known.base;
                self.notes
                    .push(format!("an index of segment {base} is built anew when it is used"));
            }
        }
    }
}

/// Decodes all records of a batch; counts those from an offset on, without markers.
fn count_records(
    batch: &BatchView<'_>,
    from: Offset,
    buffer: &mut RecordBuffer,
) -> Result<u64, BatchError> {
    let mut count = 0;
    for record in batch.records(buffer)? {
        let record = record?;
        for header in record.headers {
            header?;
        }
        count += u64::from(!batch.header().is_control() && from <= record.offset);
    }
    Ok(count)
}

/// Finds where a segment goes on after what is bad: a whole batch, of an offset that can be. Returns its position and
/// its offset.
fn resumes(
    file: &dyn DiskFile,
    bytes: Range<u64>,
    next_offset: Offset,
    limit: Offset,
) -> io::Result<Option<(u64, Offset)>> {
    // A whole batch right where the bad bytes begin has a wrong offset: no checksum covers it.
    let mut from = bytes.start + 1;
    while let Some(position) = find_batch(file, from, bytes.end, next_offset)? {
        let batch = header_at(file, position)?.expect("a batch was found here");
        let end = position + batch.size() as u64;
        let after = if end < bytes.end { header_at(file, end)? } else { None };
        let is_followed = after.is_none_or(|after| after.base_offset == batch.next_offset());
        if is_followed && batch.next_offset() <= limit {
            return Ok(Some((position, batch.base_offset)));
        }
        from = position + 1;
    }
    Ok(None)
}

fn header_at(file: &dyn DiskFile, position: u64) -> io::Result<Option<BatchHeader>> {
    let mut header = [0; HEADER_SIZE];
    file.read_at(&mut header, position)?;
    Ok(BatchHeader::try_decode(&header).ok())
}
