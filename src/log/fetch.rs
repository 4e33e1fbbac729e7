//! What a read returns.

use bytes::Bytes;

use super::{AbortedTransaction, BatchView, Offset};

/// Which records a reader sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// All that were appended.
    ReadUncommitted,
    /// Those before the first open transaction, without aborted ones.
    ReadCommitted,
    /// The same, but open transactions of these producer ids hide nothing: the reader is their owner.
    ReadCommittedAnd(Vec<i64>),
}

/// Where a partition begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionOffsets {
    /// The first offset that can be read.
    pub start: Offset,
    /// The offset after the last record.
    pub high_watermark: Offset,
    /// The first offset of an open transaction, or the high watermark.
    pub last_stable: Offset,
}

/// A part of a partition: whole batches as they are stored.
#[derive(Clone, Debug)]
pub struct Fetch {
    /// The offset after the last record of the partition.
    pub high_watermark: Offset,
    /// The first offset of an open transaction, or the high watermark.
    pub last_stable_offset: Offset,
    /// The first offset that can be read.
    pub log_start: Offset,
    /// Where to read next: after the last batch here, visible or not.
    pub next_offset: Offset,
    pub(super) from: Offset,
    pub(super) aborted: Vec<AbortedTransaction>,
    pub(super) bytes: Bytes,
}

impl Fetch {
    /// Returns the batches as they are stored, for a client that decodes them itself.
    ///
    /// The first may begin before the offset that was asked for. Control and aborted batches are among them.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Returns the aborted transactions with batches among the [`bytes`](Fetch::bytes), by their last offsets.
    pub fn aborted(&self) -> &[AbortedTransaction] {
        &self.aborted
    }

    /// Says whether no batch was read.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Returns the batches that the reader sees: no control batches, none that compaction has emptied and, if
    /// committed records were asked for, no aborted ones.
    pub fn batches(&self) -> impl Iterator<Item = BatchView<'_>> {
        let is_hidden = |batch: &BatchView<'_>| {
            let header = batch.header();
            header.is_control() || header.record_count == 0 || self.is_aborted(batch)
        };
        // One that only looks like it, because it is damaged, is given: who reads its records is told.
        self.stored_batches().filter(move |batch| !is_hidden(batch) || batch.verify().is_err())
    }

    /// Returns all batches.
    pub(super) fn stored_batches(&self) -> impl Iterator<Item = BatchView<'_>> {
        let mut rest: &[u8] = &self.bytes;
        std::iter::from_fn(move || {
            // The read has checked that the bytes are whole batches.
            let batch = BatchView::try_new(rest).ok()?;
            rest = &rest[batch.bytes().len()..];
            Some(batch.starting_at(self.from))
        })
    }

    fn is_aborted(&self, batch: &BatchView<'_>) -> bool {
        let is_part_of = |aborted: &AbortedTransaction| {
            aborted.producer_id == batch.header().producer_id
                && aborted.first_offset <= batch.base_offset()
                && batch.base_offset() <= aborted.last_offset
        };
        batch.is_transactional() && self.aborted.iter().any(is_part_of)
    }
}
