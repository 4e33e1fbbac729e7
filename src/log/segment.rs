//! One segment of a partition: a file of batches and its indexes.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use bytes::Bytes;
use parking_lot::Mutex;

use super::batch::HEADER_SIZE;
use super::error::AtPath;
use super::index::{IndexProgress, Indexes, LargestTimestamp, Marks, OffsetEntry, file_name};
use super::index_table::NotBelieved;
use super::scan::{BatchScanner, ScanError};
use super::{BatchHeader, LogError, Offset, RecordBuffer};
use crate::disk::{Disk, DiskFile};

/// The most that one read returns, whatever was asked for.
const READ_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Read beyond what was asked for, since the index points a little before the batch that is wanted.
const READ_BYTES_SLACK: usize = 8 * 1024;

/// Why a segment could not be read.
#[derive(Debug)]
pub(super) enum SegmentError {
    /// There is no valid batch where one must be.
    Damaged { position: u64 },
    /// An index must be built anew first.
    IndexNotBelieved,
    /// The disk failed.
    Disk(LogError),
}

impl From<NotBelieved> for SegmentError {
    fn from(_: NotBelieved) -> Self {
        SegmentError::IndexNotBelieved
    }
}

impl From<LogError> for SegmentError {
    fn from(error: LogError) -> Self {
        SegmentError::Disk(error)
    }
}

/// Whole batches out of a segment.
#[derive(Debug)]
pub(super) struct Chunk {
    pub(super) bytes: Bytes,
    pub(super) next_offset: Offset,
}

/// A file of batches and its indexes.
#[derive(Debug)]
pub(super) struct Segment {
    /// No batch has a lower offset.
    pub(super) base: Offset,
    pub(super) indexes: Indexes,
    path: PathBuf,
    /// Opened when it is first used.
    file: Mutex<Option<Arc<dyn DiskFile>>>,
    /// Only what is before this has been written and may be read.
    size: AtomicU64,
    largest_timestamp: AtomicI64,
    /// When the last batch was appended, by the wall clock.
    appended_at: AtomicI64,
    /// Whether it was used since the last look.
    is_used: AtomicBool,
    /// Whether its names belong to another segment, so that file and indexes must stay as they are in memory.
    is_pinned: AtomicBool,
}

impl Segment {
    /// Creates a segment without batches; its name is not synced yet.
    pub(super) fn create(disk: &dyn Disk, folder: &Path, base: Offset) -> Result<Self, LogError> {
        let path = folder.join(file_name(base, "log"));
        let file = disk.create(&path).at(&path)?;
        Ok(Segment {
            base,
            indexes: Indexes::empty(folder, base),
            path,
            file: Mutex::new(Some(file)),
            size: AtomicU64::new(0),
            largest_timestamp: AtomicI64::new(LargestTimestamp::NONE.timestamp),
            appended_at: AtomicI64::new(0),
            is_used: AtomicBool::new(false),
            is_pinned: AtomicBool::new(false),
        })
    }

    /// Takes a segment that is there; `marks` is none if its indexes are to be built.
    pub(super) fn existing(folder: &Path, base: Offset, marks: Option<Marks>) -> Self {
        Segment {
            base,
            indexes: match marks {
                Some(marks) => Indexes::stored(folder, base, marks),
                None => Indexes::empty(folder, base),
            },
            path: folder.join(file_name(base, "log")),
            file: Mutex::new(None),
            size: AtomicU64::new(0),
            largest_timestamp: AtomicI64::new(LargestTimestamp::NONE.timestamp),
            appended_at: AtomicI64::new(0),
            is_used: AtomicBool::new(false),
            is_pinned: AtomicBool::new(false),
        }
    }

    /// Takes a segment that was written aside, and pins it until it has its name.
    pub(super) fn cleaned(base: Offset, indexes: Indexes, file: Arc<dyn DiskFile>) -> Self {
        let folder = indexes.folder().to_path_buf();
        Segment {
            indexes,
            file: Mutex::new(Some(file)),
            is_pinned: AtomicBool::new(true),
            ..Segment::existing(&folder, base, None)
        }
    }

    /// Keeps file and indexes open, because their names are about to belong to another segment.
    pub(super) fn pin(&self, disk: &dyn Disk) -> Result<(), SegmentError> {
        {
            // Who frees them at the same time has done so before this, or sees it.
            let _file = self.file.lock();
            self.is_pinned.store(true, Ordering::Relaxed);
        }
        self.file(disk)?;
        Ok(self.indexes.load(disk)?)
    }

    /// Takes back a [`pin`](Segment::pin).
    pub(super) fn unpin(&self) {
        self.is_pinned.store(false, Ordering::Relaxed);
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn size(&self) -> u64 {
        self.size.load(Ordering::Acquire)
    }

    pub(super) fn largest_timestamp(&self) -> i64 {
        self.largest_timestamp.load(Ordering::Relaxed)
    }

    /// Returns when the last batch was appended.
    pub(super) fn appended_at(&self) -> i64 {
        self.appended_at.load(Ordering::Relaxed)
    }

    /// Takes note that a batch was appended at a time.
    pub(super) fn note_append(&self, now: i64) {
        self.appended_at.fetch_max(now, Ordering::Relaxed);
    }

    /// Makes what was written up to `size` readable.
    pub(super) fn publish(&self, size: u64, largest: LargestTimestamp) {
        self.largest_timestamp.store(largest.timestamp, Ordering::Relaxed);
        self.size.store(size, Ordering::Release);
    }

    /// Returns the file, opening it if needed.
    pub(super) fn file(&self, disk: &dyn Disk) -> Result<Arc<dyn DiskFile>, LogError> {
        self.is_used.store(true, Ordering::Relaxed);
        let mut file = self.file.lock();
        if let Some(file) = &*file {
            return Ok(Arc::clone(file));
        }
        let opened = disk.open(&self.path).at(&self.path)?;
        Ok(Arc::clone(file.insert(opened)))
    }

    /// Frees the file and the memory of the indexes until they are used again, if they were not since the last call.
    pub(super) fn rest(&self) {
        let mut file = self.file.lock();
        let is_used = self.is_used.swap(false, Ordering::Relaxed);
        if !is_used && !self.is_pinned.load(Ordering::Relaxed) {
            *file = None;
            self.indexes.unload();
        }
    }

    /// Closes the file until it is used again.
    pub(super) fn close(&self) {
        let mut file = self.file.lock();
        if !self.is_pinned.load(Ordering::Relaxed) {
            *file = None;
        }
    }

    /// Removes all files of the segment; those who read it go on.
    pub(super) fn remove(&self, disk: &dyn Disk) -> Result<(), LogError> {
        disk.remove(&self.path).at(&self.path)?;
        let Indexes { offsets, times, aborted, .. } = &self.indexes;
        for path in [offsets.path(), times.path(), aborted.path()] {
            match disk.remove(path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(LogError::disk(path, error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Reads whole batches of a range of offsets, which is not empty and begins in this segment: the first, then no
    /// more than `bytes_max`.
    pub(super) fn read(
        &self,
        disk: &dyn Disk,
        range: Range<Offset>,
        bytes_max: usize,
    ) -> Result<Chunk, SegmentError> {
        let (file, size) = (self.file(disk)?, self.size());
        let bytes_max = bytes_max.min(READ_BYTES_MAX);
        let (mut position, mut expected) = self.place_before(disk, range.start)?;
        let mut wanted = bytes_max + READ_BYTES_SLACK;
        loop {
            let wanted_now = wanted.min((size - position) as usize);
            let bytes = file.read_vec_at(wanted_now, position).at(&self.path)?;
            match select(&bytes, &range, expected, bytes_max) {
                Selected::Batches { place, next_offset } => {
                    let bytes = Bytes::from(bytes).slice(place);
                    return Ok(Chunk { bytes, next_offset });
                }
                Selected::Later { skipped, next, size: batch_size } => {
                    position += skipped as u64;
                    if size - position < batch_size as u64 {
                        return Err(SegmentError::Damaged { position });
                    }
                    (expected, wanted) = (next, batch_size.max(bytes_max));
                }
                Selected::Damaged { at } => {
                    return Err(SegmentError::Damaged { position: position + at as u64 });
                }
            }
        }
    }

    /// Returns the first record whose timestamp is at least `timestamp`, of offset `from` or later.
    pub(super) fn find_time(
        &self,
        disk: &dyn Disk,
        timestamp: i64,
        from: Offset,
    ) -> Result<Option<(Offset, i64)>, SegmentError> {
        let start = self.indexes.offset_before(disk, timestamp)?.max(from);
        let (file, size) = (self.file(disk)?, self.size());
        let (position, _) = self.place_before(disk, start)?;
        let mut scanner = BatchScanner::new(&*file, position, size);
        let mut buffer = RecordBuffer::new();
        loop {
            let damaged = SegmentError::Damaged { position: scanner.position() };
            let batch = match scanner.next() {
                Ok(None) => return Ok(None),
                Ok(Some((_, batch))) => batch,
                Err(ScanError::NoBatch) => return Err(damaged),
                Err(ScanError::Disk(error)) => {
                    return Err(LogError::disk(&self.path, error).into());
                }
            };
            if batch.max_timestamp() < timestamp || batch.header().is_control() {
                continue;
            }
            let Ok(records) = batch.records(&mut buffer) else { return Err(damaged) };
            for record in records {
                let Ok(record) = record else { return Err(damaged) };
                if timestamp <= record.timestamp && from <= record.offset {
                    return Ok(Some((record.offset, record.timestamp)));
                }
            }
        }
    }

    /// Returns a place at or before the batch of an offset, and what batch must be there.
    fn place_before(
        &self,
        disk: &dyn Disk,
        offset: Offset,
    ) -> Result<(u64, Expected), SegmentError> {
        Ok(match self.indexes.position_before(disk, offset)? {
            None => (0, Expected::Base(self.base)),
            Some(OffsetEntry { relative_offset, position }) => {
                (position.into(), Expected::Last(self.base + i64::from(relative_offset)))
            }
        })
    }

    /// Returns the largest timestamp of the first batch that has records.
    pub(super) fn first_timestamp(&self, disk: &dyn Disk) -> Result<Option<i64>, LogError> {
        let file = self.file(disk)?;
        let mut scanner = BatchScanner::new(&*file, 0, self.size());
        loop {
            match scanner.next() {
                Ok(Some((_, batch))) if batch.header().is_control() => {}
                Ok(Some((_, batch))) if batch.record_count() == 0 => {}
                Ok(Some((_, batch))) => return Ok(Some(batch.max_timestamp())),
                // What is damaged is found, and reported, by the reader who gets there.
                Ok(None) | Err(ScanError::NoBatch) => return Ok(None),
                Err(ScanError::Disk(error)) => return Err(LogError::disk(&self.path, error)),
            }
        }
    }

    /// Builds the offset and the time index from the batches, because their files were not believed.
    pub(super) fn rebuild(&self, disk: &dyn Disk, interval: u64) -> Result<(), LogError> {
        let folder = self.path.parent().expect("a segment is in the folder of its partition");
        let fresh = Indexes::empty(folder, self.base);
        let file = self.file(disk)?;
        let mut scanner = BatchScanner::new(&*file, 0, self.size());
        let mut progress = IndexProgress::new();
        // What is damaged is found again, and reported, by the reader who gets there.
        while let Ok(Some((position, batch))) = scanner.next() {
            progress.add(&fresh, batch.header(), position, interval);
        }
        progress.add_time(&fresh);
        self.indexes.offsets.replace(fresh.offsets);
        self.indexes.times.replace(fresh.times);
        Ok(())
    }
}

/// What batch must be at a place. A batch's checksum does not cover its offset, but its neighbours and the index do.
#[derive(Clone, Copy, Debug)]
enum Expected {
    /// The one with this first offset.
    Base(Offset),
    /// The one with this last offset.
    Last(Offset),
}

impl Expected {
    fn is(self, batch: &BatchHeader) -> bool {
        match self {
            Expected::Base(offset) => batch.base_offset == offset,
            Expected::Last(offset) => batch.last_offset() == offset,
        }
    }
}

/// What of the bytes that were read is wanted.
enum Selected {
    /// These bytes.
    Batches { place: Range<usize>, next_offset: Offset },
    /// Nothing: the first batch that is wanted begins after `skipped` bytes or later, and needs `size`.
    Later { skipped: usize, next: Expected, size: usize },
    /// There is no batch where one must begin.
    Damaged { at: usize },
}

/// Selects the whole batches of a range of offsets.
fn select(
    bytes: &[u8],
    range: &Range<Offset>,
    mut expected: Expected,
    bytes_max: usize,
) -> Selected {
    let (mut at, mut start, mut next_offset, mut size) = (0, None, range.start, HEADER_SIZE);
    while HEADER_SIZE <= bytes.len() - at && next_offset < range.end {
        let batch = BatchHeader::try_decode(&bytes[at..]).ok();
        let Some(batch) = batch.filter(|batch| expected.is(batch)) else {
            // What is whole before it is returned first.
            if start.is_none() {
                return Selected::Damaged { at };
            }
            break;
        };
        size = batch.size();
        if bytes.len() - at < size || start.is_some_and(|start| bytes_max < at + size - start) {
            break;
        }
        if range.start <= batch.last_offset() {
            start.get_or_insert(at);
            next_offset = batch.next_offset();
        }
        (at, expected, size) = (at + size, Expected::Base(batch.next_offset()), HEADER_SIZE);
    }
    match start {
        Some(start) => Selected::Batches { place: start..at, next_offset },
        None => Selected::Later { skipped: at, next: expected, size },
    }
}
