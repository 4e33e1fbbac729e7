//! Why the log refused something, and what to do about it.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::{BatchError, Offset};
use crate::types::TopicPartition;

/// Why the log refused something.
///
/// Each variant says what the caller should do. [`is_retriable`](LogError::is_retriable) tells those that go away
/// without anybody doing anything but waiting.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LogError {
    /// Choose another name, or use the topic that is there.
    #[error("topic {0} already exists")]
    TopicExists(String),
    /// Create the topic, or correct the name.
    #[error("topic {0} does not exist")]
    UnknownTopic(String),
    /// Correct the partition number.
    #[error("partition {0} does not exist")]
    UnknownPartition(TopicPartition),
    /// Choose a name of letters, digits, `.`, `_` and `-`, at most 249 long.
    #[error("topic name {0:?} is not allowed: letters, digits, '.', '_' and '-', at most 249")]
    InvalidTopicName(String),
    /// Use the name that is suggested.
    #[error("topic has no property {name:?}{}", did_you_mean(.nearest))]
    UnknownProperty {
        /// What was given.
        name: String,
        /// The known name that is most like it, if one is.
        nearest: Option<&'static str>,
    },
    /// Correct the value.
    #[error("property {name} cannot be {value:?}: {reason}")]
    InvalidProperty {
        /// The property.
        name: String,
        /// What was given.
        value: String,
        /// What is allowed.
        reason: &'static str,
    },
    /// Go on from the start or the end.
    #[error("offset {offset} of partition {partition} is not between {start} and {end}")]
    OffsetOutOfRange {
        /// The partition.
        partition: TopicPartition,
        /// What was asked for.
        offset: Offset,
        /// The first offset there is.
        start: Offset,
        /// The offset after the last.
        end: Offset,
    },
    /// Correct the batch; sending it again does not help.
    #[error("record batch refused")]
    InvalidBatch(#[from] BatchError),
    /// Send smaller batches, or raise `max.message.bytes`.
    #[error(
        "record batch of {size} bytes is larger than the {max} that partition {partition} takes"
    )]
    BatchTooLarge {
        /// The partition.
        partition: TopicPartition,
        /// The batch.
        size: usize,
        /// The limit.
        max: usize,
    },
    /// Correct the timestamp or the clock; see `message.timestamp.after.max.ms`.
    #[error("timestamp {timestamp} is too far from the time of the append, {now}")]
    InvalidTimestamp {
        /// The record's.
        timestamp: i64,
        /// The log's.
        now: i64,
    },
    /// Records of this producer are missing before these: the producer must give up or start anew.
    #[error(
        "producer {producer_id} sent sequence {sequence}, but {expected} comes next in partition {partition}"
    )]
    OutOfOrderSequence {
        /// The partition.
        partition: TopicPartition,
        /// The producer.
        producer_id: i64,
        /// What was sent.
        sequence: i32,
        /// What was expected.
        expected: i32,
    },
    /// A newer producer of the same id has taken over: this one must stop.
    #[error(
        "producer {producer_id} has epoch {epoch}, but partition {partition} knows epoch {current}"
    )]
    ProducerFenced {
        /// The partition.
        partition: TopicPartition,
        /// The producer.
        producer_id: i64,
        /// What was sent.
        epoch: i16,
        /// What is current.
        current: i16,
    },
    /// The producer mixes transactional and other batches, or begins a transaction before it ended the last.
    #[error(
        "producer {producer_id} has an open transaction in partition {partition} that this batch is not part of"
    )]
    InvalidTransactionState {
        /// The partition.
        partition: TopicPartition,
        /// The producer.
        producer_id: i64,
    },
    /// Choose a name that is not empty and has at most 32767 bytes.
    #[error("consumer group name {0:?} is not allowed: 1 to 32767 bytes")]
    InvalidGroup(String),
    /// Correct the name: the group has committed nothing.
    #[error("consumer group {0} does not exist")]
    UnknownGroup(String),
    /// Commit less beside an offset.
    #[error("metadata of {size} bytes is larger than the {max} that an offset may have")]
    MetadataTooLarge {
        /// The metadata.
        size: usize,
        /// The limit.
        max: usize,
    },
    /// Wait, then try again: it works as soon as there is room, without a restart.
    #[error("disk is full: partition {0} takes no records until there is room")]
    DiskFull(TopicPartition),
    /// Nothing was answered that is lost; restart after repairing the disk. Reading of what was flushed goes on.
    #[error("storage of partition {partition} failed")]
    StorageFailed {
        /// The partition.
        partition: TopicPartition,
        /// What the disk answered.
        source: Arc<io::Error>,
    },
    /// Stored bytes are not those that were written. Records before the offset can be read; the rest needs repair.
    #[error(
        "partition {partition} is damaged from offset {offset} on, at byte {position} of segment {segment}"
    )]
    Damaged {
        /// The partition.
        partition: TopicPartition,
        /// The first offset that cannot be read.
        offset: Offset,
        /// The segment, by its base offset.
        segment: Offset,
        /// Where in the segment.
        position: u64,
    },
    /// A stored batch is not what was written: skip it, at the price of its records, or repair the partition.
    #[error("record batch at offset {offset} of partition {partition} is damaged")]
    DamagedBatch {
        /// The partition.
        partition: TopicPartition,
        /// The batch's first offset.
        offset: Offset,
        /// What is wrong with it.
        source: BatchError,
    },
    /// Wait for the other process to end, or choose another folder.
    #[error("folder {0} is in use by another process")]
    Locked(PathBuf),
    /// Restore the folder, or choose an empty one: starting here would lose what is gone.
    #[error("folder {folder} is not whole: {missing} is missing")]
    Incomplete {
        /// The folder.
        folder: PathBuf,
        /// What should be there.
        missing: String,
    },
    /// Choose the folder of this cluster.
    #[error("folder {folder} belongs to cluster {found}, not {expected}")]
    WrongCluster {
        /// The folder.
        folder: PathBuf,
        /// The cluster in the folder.
        found: String,
        /// The cluster that was asked for.
        expected: String,
    },
    /// A file of the log is not what the log wrote: restore it.
    #[error("file {path} is damaged: {reason}")]
    DamagedFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Look at the cause; what was asked for has not happened, or not whole.
    #[error("file {path} cannot be used")]
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// What the disk answered.
        source: Arc<io::Error>,
    },
    /// Open the log again.
    #[error("log is closed")]
    Closed,
}

impl LogError {
    /// Says whether the same call may succeed later without anybody changing it.
    pub fn is_retriable(&self) -> bool {
        matches!(self, LogError::DiskFull(_))
    }

    /// Names the place of a batch whose records could not be read.
    pub fn damaged_batch(partition: &TopicPartition, offset: Offset, source: BatchError) -> Self {
        LogError::DamagedBatch { partition: partition.clone(), offset, source }
    }

    pub(crate) fn disk(path: impl Into<PathBuf>, source: io::Error) -> LogError {
        LogError::Disk { path: path.into(), source: Arc::new(source) }
    }
}

/// Adds the path to what a disk answers.
pub(super) trait AtPath<T> {
    /// Names the file or folder that the operation was about.
    fn at(self, path: &std::path::Path) -> Result<T, LogError>;
}

impl<T> AtPath<T> for io::Result<T> {
    fn at(self, path: &std::path::Path) -> Result<T, LogError> {
        self.map_err(|source| LogError::disk(path, source))
    }
}

fn did_you_mean(nearest: &Option<&'static str>) -> String {
    nearest.map_or_else(String::new, |name| format!("; did you mean {name}?"))
}
