//! Producers and their transactions, as callers see them.

use super::Offset;
use crate::types::TopicPartition;

/// A producer that the log recognises again.
///
/// One id has at most one open transaction in a partition. A higher epoch of an id fences the lower ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Producer {
    /// Who it is.
    pub id: i64,
    /// Which of its lives.
    pub epoch: i16,
}

/// How a transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its records become visible to those who read committed records only.
    Commit,
    /// They never do.
    Abort,
}

/// A transaction that has neither a commit nor an abort marker yet, in one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenTransaction {
    /// Whose it is.
    pub producer: Producer,
    /// Where.
    pub partition: TopicPartition,
    /// Its first record.
    pub first_offset: Offset,
}

/// A transaction that ended with an abort marker, in one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbortedTransaction {
    /// Whose it was.
    pub producer_id: i64,
    /// Its first record.
    pub first_offset: Offset,
    /// Its marker.
    pub last_offset: Offset,
}
