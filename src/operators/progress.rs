//! How far a partition of an aggregate has come; it is stored with its groups.
//!
//! ```text
//! "" := next sequence number | stream time | closed before | newest start | split up to      (8 bytes each)
//! ```

use crate::state::{Backend, Changes, StateError, StorePartition};

/// How far a partition of an aggregate has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Progress {
    /// The number of the next row.
    pub(super) next_sequence: u64,
    /// The largest event time seen; `i64::MIN` before the first.
    pub(super) stream_time: i64,
    /// The windows that were closed before this time have been emitted, if only final results are; `i64::MIN` if none was.
    pub(super) closed_before: i64,
    /// When the newest window begins; `i64::MIN` if there is none.
    pub(super) newest_start: i64,
    /// Of the panes that begin up to this time some have rows that were late for some of their windows; `i64::MIN` if none has.
    pub(super) split_up_to: i64,
}

/// The key of the progress: no group has it.
pub(super) const PROGRESS_KEY: &[u8] = b"";

impl Progress {
    /// Before the first row.
    pub(super) const NONE: Progress = Progress {
        next_sequence: 0,
        stream_time: i64::MIN,
        closed_before: i64::MIN,
        newest_start: i64::MIN,
        split_up_to: i64::MIN,
    };

    /// Reads what is committed.
    pub(super) fn load(
        backend: &dyn Backend,
        partition: StorePartition,
    ) -> Result<Self, StateError> {
        match backend.get(&partition.full_key(PROGRESS_KEY))? {
            Some(stored) => Progress::read(&stored)
                .ok_or_else(|| StateError::Damaged("the stream time of an aggregate".to_owned())),
            None => Ok(Progress::NONE),
        }
    }

    fn read(stored: &[u8]) -> Option<Self> {
        let (parts, []) = stored.as_chunks::<8>() else { return None };
        let [sequence, stream_time, closed_before, newest_start, split_up_to] =
            parts.try_into().ok()?;
        Some(Progress {
            next_sequence: u64::from_be_bytes(sequence),
            stream_time: i64::from_be_bytes(stream_time),
            closed_before: i64::from_be_bytes(closed_before),
            newest_start: i64::from_be_bytes(newest_start),
            split_up_to: i64::from_be_bytes(split_up_to),
        })
    }

    /// Hands it over.
    pub(super) fn hand_over(self, partition: StorePartition, changes: &mut Changes) {
        changes.put_with(partition, PROGRESS_KEY, |out| {
            out.extend_from_slice(&self.next_sequence.to_be_bytes());
            let times = [self.stream_time, self.closed_before, self.newest_start, self.split_up_to];
            for time in times {
                out.extend_from_slice(&time.to_be_bytes());
            }
        });
    }

    /// Takes a time into account and returns the stream time then.
    pub(super) fn advance(&mut self, time: i64) -> i64 {
        self.stream_time = self.stream_time.max(time);
        self.stream_time
    }
}
