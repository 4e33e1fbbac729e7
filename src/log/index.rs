//! The three indexes of a segment, in Kafka's formats, and how they grow.
//!
//! ```text
//! .index     offset - base i32 | position i32                       the last offset of the batch at the position
//! .timeindex timestamp i64 | offset - base i32                      no earlier record has a larger timestamp
//! .txnindex  version i16 = 0 | producer i64 | first offset i64 | last offset i64 | last stable offset i64
//! ```

use std::io;
use std::path::Path;

use super::index_table::{Entry, IndexTable, Mark, NotBelieved};
use super::{AbortedTransaction, BatchHeader, Offset};
use crate::disk::Disk;

/// An entry of the offset index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OffsetEntry {
    pub(super) relative_offset: u32,
    pub(super) position: u32,
}

impl Entry for OffsetEntry {
    const SIZE: usize = 8;

    fn put(&self, target: &mut Vec<u8>) {
        target.extend_from_slice(&self.relative_offset.to_be_bytes());
        target.extend_from_slice(&self.position.to_be_bytes());
    }

    fn read(bytes: &[u8]) -> Self {
        OffsetEntry {
            relative_offset: u32::from_be_bytes(field(bytes, 0)),
            position: u32::from_be_bytes(field(bytes, 4)),
        }
    }
}

/// An entry of the time index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TimeEntry {
    pub(super) timestamp: i64,
    pub(super) relative_offset: u32,
}

impl Entry for TimeEntry {
    const SIZE: usize = 12;

    fn put(&self, target: &mut Vec<u8>) {
        target.extend_from_slice(&self.timestamp.to_be_bytes());
        target.extend_from_slice(&self.relative_offset.to_be_bytes());
    }

    fn read(bytes: &[u8]) -> Self {
        TimeEntry {
            timestamp: i64::from_be_bytes(field(bytes, 0)),
            relative_offset: u32::from_be_bytes(field(bytes, 8)),
        }
    }
}

/// An entry of the aborted-transaction index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AbortedEntry {
    pub(super) transaction: AbortedTransaction,
    /// Transactions that end after this entry begin at or after this offset.
    pub(super) last_stable_offset: Offset,
}

impl Entry for AbortedEntry {
    const SIZE: usize = 34;
    const IS_OPTIONAL: bool = true;

    fn put(&self, target: &mut Vec<u8>) {
        target.extend_from_slice(&0i16.to_be_bytes());
        target.extend_from_slice(&self.transaction.producer_id.to_be_bytes());
        target.extend_from_slice(&self.transaction.first_offset.to_be_bytes());
        target.extend_from_slice(&self.transaction.last_offset.to_be_bytes());
        target.extend_from_slice(&self.last_stable_offset.to_be_bytes());
    }

    fn read(bytes: &[u8]) -> Self {
        AbortedEntry {
            transaction: AbortedTransaction {
                producer_id: i64::from_be_bytes(field(bytes, 2)),
                first_offset: i64::from_be_bytes(field(bytes, 10)),
                last_offset: i64::from_be_bytes(field(bytes, 18)),
            },
            last_stable_offset: i64::from_be_bytes(field(bytes, 26)),
        }
    }
}

/// What the files of the three indexes must hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    pub(super) offsets: Mark,
    pub(super) times: Mark,
    pub(super) aborted: Mark,
}

impl Marks {
    /// Nothing is known of the files.
    pub(super) const UNKNOWN: Marks =
        Marks { offsets: Mark::UNKNOWN, times: Mark::UNKNOWN, aborted: Mark::UNKNOWN };
}

/// The indexes of one segment.
#[derive(Debug)]
pub(super) struct Indexes {
    base: Offset,
    pub(super) offsets: IndexTable<OffsetEntry>,
    pub(super) times: IndexTable<TimeEntry>,
    pub(super) aborted: IndexTable<AbortedEntry>,
}

impl Indexes {
    /// Starts the indexes of a segment without batches.
    pub(super) fn empty(folder: &Path, base: Offset) -> Self {
        let path = |extension| folder.join(file_name(base, extension));
        Indexes {
            base,
            offsets: IndexTable::empty(path("index")),
            times: IndexTable::empty(path("timeindex")),
            aborted: IndexTable::empty(path("txnindex")),
        }
    }

    /// Trusts the files, as far as they hold what the marks say.
    pub(super) fn stored(folder: &Path, base: Offset, marks: Marks) -> Self {
        let path = |extension| folder.join(file_name(base, extension));
        Indexes {
            base,
            offsets: IndexTable::stored(path("index"), marks.offsets),
            times: IndexTable::stored(path("timeindex"), marks.times),
            aborted: IndexTable::stored(path("txnindex"), marks.aborted),
        }
    }

    /// Returns where to look for an offset: at or before the batch that has it.
    pub(super) fn position_before(
        &self,
        disk: &dyn Disk,
        offset: Offset,
    ) -> Result<Option<OffsetEntry>, NotBelieved> {
        let relative = offset - self.base;
        self.offsets.with(disk, |entries| {
            let after =
                entries.partition_point(|entry| i64::from(entry.relative_offset) <= relative);
            entries[..after].last().copied()
        })
    }

    /// Returns an offset before which every record is older than `timestamp`.
    pub(super) fn offset_before(
        &self,
        disk: &dyn Disk,
        timestamp: i64,
    ) -> Result<Offset, NotBelieved> {
        self.times.with(disk, |entries| {
            let after = entries.partition_point(|entry| entry.timestamp < timestamp);
            let before = entries[..after].last();
            before.map_or(self.base, |entry| self.base + i64::from(entry.relative_offset))
        })
    }

    /// Returns the folder of the files.
    pub(super) fn folder(&self) -> &Path {
        self.offsets.path().parent().expect("an index is in the folder of its partition")
    }

    /// Loads all three; they must be loaded before they grow.
    pub(super) fn load(&self, disk: &dyn Disk) -> Result<(), NotBelieved> {
        self.offsets.with(disk, |_| ())?;
        self.times.with(disk, |_| ())?;
        self.aborted.with(disk, |_| ())
    }

    /// Brings the files up to date, though they are not synced, and returns what they now hold.
    pub(super) fn write(&self, disk: &dyn Disk) -> io::Result<Marks> {
        Ok(Marks {
            offsets: self.offsets.write(disk)?,
            times: self.times.write(disk)?,
            aborted: self.aborted.write(disk)?,
        })
    }

    /// Makes what was written survive a power loss.
    pub(super) fn sync(&self, disk: &dyn Disk) -> io::Result<()> {
        self.offsets.sync(disk)?;
        self.times.sync(disk)?;
        self.aborted.sync(disk)
    }

    pub(super) fn unload(&self) {
        self.offsets.unload();
        self.times.unload();
        self.aborted.unload();
    }
}

/// What of a segment's batches decides the next index entry.
#[derive(Clone, Copy, Debug)]
pub(super) struct IndexProgress {
    /// The bytes since the batch that got the last entry began.
    pub(super) bytes_since_entry: u64,
    pub(super) largest: LargestTimestamp,
}

/// The largest timestamp of a segment, and the last offset of the first batch that has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LargestTimestamp {
    pub(super) timestamp: i64,
    pub(super) offset: Offset,
}

impl LargestTimestamp {
    pub(super) const NONE: LargestTimestamp = LargestTimestamp { timestamp: -1, offset: -1 };
}

impl IndexProgress {
    pub(super) fn new() -> Self {
        IndexProgress { bytes_since_entry: 0, largest: LargestTimestamp::NONE }
    }

    /// Takes note of a batch that was written at a position.
    pub(super) fn add(
        &mut self,
        indexes: &Indexes,
        batch: &BatchHeader,
        position: u64,
        interval: u64,
    ) {
        // A marker has the time of the commit, which is not that of any record.
        if !batch.is_control() && self.largest.timestamp < batch.max_timestamp {
            self.largest =
                LargestTimestamp { timestamp: batch.max_timestamp, offset: batch.last_offset() };
        }
        if interval < self.bytes_since_entry {
            let relative_offset = (batch.last_offset() - indexes.base) as u32;
            indexes.offsets.push(OffsetEntry { relative_offset, position: position as u32 });
            self.add_time(indexes);
            self.bytes_since_entry = 0;
        }
        self.bytes_since_entry += batch.size() as u64;
    }

    /// Adds the largest timestamp so far to the time index, if it is larger than the last there.
    pub(super) fn add_time(&self, indexes: &Indexes) {
        let LargestTimestamp { timestamp, offset } = self.largest;
        let last = indexes.times.last();
        if 0 <= offset && last.is_none_or(|last| last.timestamp < timestamp) {
            let relative_offset = (offset - indexes.base) as u32;
            indexes.times.push(TimeEntry { timestamp, relative_offset });
        }
    }
}

/// Names a file of a segment as Kafka does.
pub(super) fn file_name(base: Offset, extension: &str) -> String {
    format!("{base:020}.{extension}")
}

/// Reads the base offset out of a file's name.
pub(super) fn base_of(name: &str, extension: &str) -> Option<Offset> {
    let digits = name.strip_suffix(extension)?.strip_suffix('.')?;
    if digits.len() != 20 { None } else { digits.parse().ok() }
}

/// Returns `N` bytes; the caller knows they are there.
fn field<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut field = [0; N];
    field.copy_from_slice(&bytes[at..at + N]);
    field
}
