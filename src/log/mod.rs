//! The log: topics of partitions of records, in Kafka's own format. Stores bytes; knows nothing of SQL, schemas or Arrow.
//!
//! [`Log`] is what the engine needs of a log; [`EmbeddedLog`] keeps one on the local disk.

mod batch;
mod checkpoint;
mod compaction;
mod consumer_offsets;
mod embedded;
mod environment;
mod error;
mod fetch;
mod folder;
mod index;
mod index_table;
pub mod inspect;
mod keeper;
mod parallel;
mod partition;
mod partitioner;
mod producer;
mod producer_ids;
mod producer_snapshot;
mod producers;
mod recovery;
mod replay;
mod scan;
mod segment;
mod settings;
mod topic;
mod topics;
mod watch;

use crate::types::TopicPartition;

pub use self::batch::{
    BatchError, BatchHeader, BatchView, BytesColumn, Compression, DECOMPRESSED_BYTES_MAX,
    EncodedBatches, Header, Headers, NO_PRODUCER_EPOCH, NO_PRODUCER_ID, NO_SEQUENCE,
    RecordBatchBuilder, RecordBuffer, RecordView, Records, TimestampType, VarintError,
};
pub use self::consumer_offsets::{
    CommittedOffset, ConsumerOffsets, METADATA_BYTES_MAX, OFFSETS_TOPIC,
};
pub use self::embedded::EmbeddedLog;
pub use self::error::LogError;
pub use self::fetch::{Fetch, Isolation, PartitionOffsets};
pub use self::keeper::{Chore, LogKeeper};
pub use self::partition::Appended;
pub use self::partitioner::{StickyPartitioner, murmur2, partition_for_key};
pub use self::producer::{AbortedTransaction, OpenTransaction, Outcome, Producer};
pub use self::recovery::Dropped;
pub use self::settings::{Flush, LogConfig, TopicConfig};
pub use self::topic::{TopicDescription, TopicId};
pub use self::watch::{Waker, WatchGuard};

/// The position of a record in its partition.
pub type Offset = i64;

/// When an append is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acks {
    /// It is written when the append returns, as with [`Acks::Leader`]; nothing is promised.
    None,
    /// When it is written: it survives a kill of the process.
    Leader,
    /// When it survives a power loss: one sync answers all who wait for it.
    All,
}

/// A partitioned log.
///
/// # Contract
///
/// - A record can be read as soon as its append has returned, and may be lost in a power loss until a sync covers it.
///   Who stores how far it has read must [`flush`](Log::flush) what it has read first: otherwise other records may
///   one day have the same offsets.
/// - One producer id has at most one open transaction in a partition. Who goes on with the next transaction before
///   the marker of the last is written needs a second id.
/// - Nobody may assume that one process sees all partitions, or that an append is a local call.
/// - Records of one partition are read in the order in which their appends returned.
/// - All methods may be called from any thread; none waits for a reader.
pub trait Log: Send + Sync {
    /// Creates a topic; fails with `LogError::TopicExists` if there is one of that name.
    fn create_topic(&self, topic: &str, config: &TopicConfig) -> Result<(), LogError>;
    /// Deletes a topic and its records.
    fn delete_topic(&self, topic: &str) -> Result<(), LogError>;
    /// Sets the properties of a topic, all of them; the number of partitions stays.
    fn alter_topic(&self, topic: &str, config: &TopicConfig) -> Result<(), LogError>;
    /// Describes a topic, if there is one of that name.
    fn topic(&self, topic: &str) -> Option<TopicDescription>;
    /// Describes all topics, in order of their names.
    fn topics(&self) -> Vec<TopicDescription>;

    /// Appends record batches to a partition and returns the offset of their first record.
    ///
    /// Offsets, the leader epoch and, for a batch that names a producer without a sequence, the sequence are filled in here.
    fn append(
        &self,
        partition: &TopicPartition,
        batches: EncodedBatches,
        acks: Acks,
    ) -> Result<Offset, LogError>;
    /// Reads from an offset on: whole batches, at least one if there is one, then no more than `max_bytes`.
    fn read(
        &self,
        partition: &TopicPartition,
        from: Offset,
        max_bytes: usize,
        isolation: &Isolation,
    ) -> Result<Fetch, LogError>;
    /// Returns where a partition begins and ends.
    fn offsets(&self, partition: &TopicPartition) -> Result<PartitionOffsets, LogError>;
    /// Returns the first offset whose timestamp is at least `timestamp_ms`, with that timestamp.
    fn offset_for_time(
        &self,
        partition: &TopicPartition,
        timestamp_ms: i64,
    ) -> Result<Option<(Offset, i64)>, LogError>;
    /// Drops the records before an offset, for good before it returns.
    fn delete_records(&self, partition: &TopicPartition, before: Offset) -> Result<(), LogError>;
    /// Calls `waker` after each append and each transaction end of a partition, until the guard is dropped.
    fn watch(&self, partition: &TopicPartition, waker: Waker) -> Result<WatchGuard, LogError>;
    /// Makes all that was appended to these partitions survive a power loss.
    fn flush(&self, partitions: &[TopicPartition]) -> Result<(), LogError>;

    /// Hands out a producer id that was never used, with epoch 0.
    fn allocate_producer(&self) -> Result<Producer, LogError>;
    /// Ends a producer's transaction on these partitions with a marker on each; on partitions where it has none open
    /// this is a no-op.
    ///
    /// The producer's epoch may be higher than that of its batches: this fences what is still under way of the old
    /// epoch (KIP-890). The markers are written, not synced: who decided the outcome decides it again after a crash.
    fn end_transaction(
        &self,
        producer: Producer,
        partitions: &[TopicPartition],
        outcome: Outcome,
    ) -> Result<(), LogError>;
    /// Lists the transactions that have neither a commit nor an abort marker yet.
    fn open_transactions(&self) -> Vec<OpenTransaction>;
}
