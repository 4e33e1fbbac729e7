//! What compaction must know of transactions: which batches were aborted, and whether a marker still has batches.

use hashbrown::{HashMap, HashSet};

use crate::log::index::AbortedEntry;
use crate::log::{AbortedTransaction, BatchHeader, Offset};

/// The transactions of the segments that one pass goes through, from the first on.
#[derive(Debug, Default)]
pub(in crate::log) struct Transactions {
    /// By producer, in order of their offsets.
    aborted: HashMap<i64, Vec<AbortedTransaction>>,
    /// The entries of the indexes, by the offset of the marker.
    entries: HashMap<Offset, AbortedEntry>,
    /// The producers with batches since their last marker.
    open: HashSet<i64>,
}

impl Transactions {
    /// Takes note of the aborted transactions of an index.
    pub(in crate::log) fn add(&mut self, entries: &[AbortedEntry]) {
        for entry in entries {
            let transaction = entry.transaction;
            self.aborted.entry(transaction.producer_id).or_default().push(transaction);
            self.entries.insert(transaction.last_offset, *entry);
        }
    }

    /// Says whether a batch belongs to an aborted transaction.
    pub(in crate::log) fn is_aborted(&self, batch: &BatchHeader) -> bool {
        let Some(transactions) = self.aborted.get(&batch.producer_id) else { return false };
        let after = transactions.partition_point(|it| it.first_offset <= batch.base_offset);
        let last = transactions[..after].last();
        batch.is_transactional() && last.is_some_and(|it| batch.base_offset <= it.last_offset)
    }

    /// Takes note of a batch that is not a marker.
    pub(super) fn see(&mut self, batch: &BatchHeader) {
        if batch.is_transactional() {
            self.open.insert(batch.producer_id);
        }
    }

    /// Takes note of a marker, and says whether batches of its transaction were seen.
    pub(super) fn end(&mut self, marker: &BatchHeader) -> bool {
        self.open.remove(&marker.producer_id)
    }

    /// Returns the index entry of a marker that aborted a transaction.
    pub(super) fn entry(&self, marker: &BatchHeader) -> Option<AbortedEntry> {
        self.entries.get(&marker.last_offset()).copied()
    }
}
