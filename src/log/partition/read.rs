//! Reading batches, without a lock.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use super::{Damage, Partition};
use crate::log::segment::{Chunk, Segment, SegmentError};
use crate::log::{AbortedTransaction, Fetch, Isolation, LogError, Offset};

impl Partition {
    /// Reads whole batches from an offset on.
    pub(in crate::log) fn read(
        &self,
        from: Offset,
        bytes_max: usize,
        isolation: &Isolation,
    ) -> Result<Fetch, LogError> {
        // The limit first: everything before it is there for the rest of this read.
        let limit = self.limit(isolation);
        let limit = self.check_readable(from, limit)?;
        let chunk = match self.read_chunk(from..limit, bytes_max) {
            Ok(chunk) => chunk,
            Err(error) => {
                // Perhaps the segment was removed meanwhile: then the offset is out of range, not unreadable.
                self.check_readable(from, limit)?;
                return Err(error);
            }
        };
        let aborted = match isolation {
            Isolation::ReadUncommitted => Vec::new(),
            Isolation::ReadCommitted | Isolation::ReadCommittedAnd(_) => {
                self.aborted(from..chunk.next_offset)?
            }
        };
        let offsets = self.offsets();
        Ok(Fetch {
            high_watermark: offsets.high_watermark,
            last_stable_offset: offsets.last_stable,
            log_start: offsets.start,
            next_offset: chunk.next_offset,
            from,
            aborted,
            bytes: chunk.bytes,
        })
    }

    /// Returns the first record whose timestamp is at least `timestamp`.
    pub(in crate::log) fn offset_for_time(
        &self,
        timestamp: i64,
    ) -> Result<Option<(Offset, i64)>, LogError> {
        let start = self.start();
        let segments = self.segments();
        for (number, segment) in segments.iter().enumerate() {
            if segment.largest_timestamp() < timestamp {
                continue;
            }
            let disk = &*self.environment.disk;
            let find = || segment.find_time(disk, timestamp, start);
            if let Some(found) = self.with_indexes(&segments, number, start, find)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Returns the largest timestamp there is, and the first offset that has it.
    pub(in crate::log) fn max_timestamp(&self) -> Result<Option<(Offset, i64)>, LogError> {
        // Compaction may have taken the record that had a segment's largest timestamp: then an older one is it.
        let mut largest: Vec<_> =
            self.segments().iter().map(|segment| segment.largest_timestamp()).collect();
        largest.sort_unstable();
        for timestamp in largest.into_iter().rev().filter(|timestamp| 0 <= *timestamp) {
            if let Some((_, found)) = self.offset_for_time(timestamp)? {
                return self.last_time_from(found);
            }
        }
        self.last_time_from(0)
    }

    /// Returns the largest timestamp, which is at least `timestamp`, and the first offset that has it.
    fn last_time_from(&self, timestamp: i64) -> Result<Option<(Offset, i64)>, LogError> {
        let mut last = None;
        let mut timestamp = timestamp;
        while let Some(found) = self.offset_for_time(timestamp)? {
            (timestamp, last) = (found.1 + 1, Some(found));
        }
        Ok(last)
    }

    /// Returns the offset that a reader must not reach.
    fn limit(&self, isolation: &Isolation) -> Offset {
        match isolation {
            Isolation::ReadUncommitted => self.end(),
            Isolation::ReadCommitted => self.offsets().last_stable,
            Isolation::ReadCommittedAnd(own) => {
                // The end first: a transaction that begins after this look begins after the end too.
                let end = self.end();
                let open = self.open.read();
                let foreign = open.iter().find(|(_, producer)| !own.contains(producer));
                foreign.map_or(end, |(offset, _)| end.min(*offset))
            }
        }
    }

    /// Fails if an offset cannot be read; lowers the limit to what can.
    fn check_readable(&self, from: Offset, limit: Offset) -> Result<Offset, LogError> {
        let (start, end) = (self.start(), self.end());
        if let Some(damage) = self.damage.get()
            && damage.offset <= from
        {
            return Err(self.damaged(*damage));
        }
        if from < start || end < from {
            let (partition, offset) = (self.name.clone(), from);
            return Err(LogError::OffsetOutOfRange { partition, offset, start, end });
        }
        // After a failed sync only what was synced before it can be relied on.
        if self.failed.get().is_some() {
            let flushed = self.flushed.offset();
            if flushed <= from {
                self.check_storage()?;
            }
            return Ok(limit.min(flushed));
        }
        Ok(limit)
    }

    fn read_chunk(&self, range: Range<Offset>, bytes_max: usize) -> Result<Chunk, LogError> {
        if range.end <= range.start {
            return Ok(Chunk { bytes: Bytes::new(), next_offset: range.start });
        }
        let segments = self.segments();
        let number = first_of(&segments, range.start);
        let disk = &*self.environment.disk;
        let read = || segments[number].read(disk, range.clone(), bytes_max);
        self.with_indexes(&segments, number, range.start, read)
    }

    /// Returns the aborted transactions with records in a range.
    fn aborted(&self, range: Range<Offset>) -> Result<Vec<AbortedTransaction>, LogError> {
        let mut found = Vec::new();
        if range.is_empty() {
            return Ok(found);
        }
        let segments = self.segments();
        // The marker may be in a later segment than the records.
        for (number, segment) in segments.iter().enumerate().skip(first_of(&segments, range.start))
        {
            if segment.indexes.aborted.is_empty() {
                continue;
            }
            let disk = &*self.environment.disk;
            let look = || {
                segment.indexes.aborted.with(disk, |entries| entries.to_vec()).map_err(Into::into)
            };
            for entry in self.with_indexes(&segments, number, range.start, look)? {
                let transaction = entry.transaction;
                if range.start <= transaction.last_offset && transaction.first_offset < range.end {
                    found.push(transaction);
                }
                if range.end <= entry.last_stable_offset {
                    return Ok(found);
                }
            }
        }
        Ok(found)
    }

    /// Uses a segment; if its indexes are not to be believed, builds them anew and tries again.
    pub(super) fn with_indexes<T>(
        &self,
        segments: &[Arc<Segment>],
        number: usize,
        offset: Offset,
        act: impl Fn() -> Result<T, SegmentError>,
    ) -> Result<T, LogError> {
        let segment = &segments[number];
        let mut done = act();
        if matches!(done, Err(SegmentError::IndexNotBelieved)) {
            tracing::warn!(partition = %self.name, segment = segment.base, "index rebuilt");
            let interval = self.settings().index_interval_bytes;
            segment.rebuild(&*self.environment.disk, interval)?;
            self.rebuild_aborted(segments, number)?;
            done = act();
        }
        done.map_err(|error| match error {
            SegmentError::Disk(error) => error,
            SegmentError::Damaged { position } => {
                self.quarantine(Damage { offset, segment: segment.base, position })
            }
            SegmentError::IndexNotBelieved => {
                unreachable!("an index that was just built is in memory")
            }
        })
    }
}

/// Returns the number of the segment that an offset is in, or would be.
fn first_of(segments: &[Arc<Segment>], offset: Offset) -> usize {
    segments.partition_point(|segment| segment.base <= offset).saturating_sub(1)
}
