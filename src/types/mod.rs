//! What flows: SQL types and their Arrow form, values, schemas, batches, windows.

mod topic_partition;

pub use topic_partition::TopicPartition;
