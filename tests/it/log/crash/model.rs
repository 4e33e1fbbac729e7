//! What a log was told and what it promised.

use std::collections::BTreeMap;

use tidemill::log::*;

/// A key and a value; none is a tombstone.
pub(super) type Pair = (String, Option<String>);

/// A record that a reader sees.
pub(super) type Seen = (Offset, String, Option<String>);

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Plain,
    Numbered { sequence: i32 },
    Transactional(i64),
    Marker(i64, Outcome),
}

/// A batch that was appended, or was about to be.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) base: Offset,
    pub(super) pairs: Vec<Pair>,
    pub(super) kind: Kind,
}

impl Entry {
    pub(super) fn next(&self) -> Offset {
        self.base + self.pairs.len() as i64
    }
}

/// The transactions of a model.
#[derive(Default)]
pub(super) struct Transactions {
    /// Producer to first offset.
    pub(super) open: BTreeMap<i64, Offset>,
    /// Producer, first offset, marker.
    aborted: Vec<(i64, Offset, Offset)>,
}

/// What was promised so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Promises {
    /// What was answered: it survives a kill.
    pub(super) written: Offset,
    /// What was answered after a sync: it survives a power loss.
    pub(super) synced: Offset,
    /// Where the log begins at least.
    pub(super) start: Offset,
    /// Topics: whether they must be there, if that is known.
    pub(super) topics: BTreeMap<String, Option<bool>>,
    /// What a consumer group has committed, and may have committed.
    pub(super) committed: (Offset, Offset),
}

/// What the log was told and what it promised.
#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) entries: Vec<Entry>,
    pub(super) promises: Promises,
    /// Where the log begins at most.
    pub(super) start_max: Offset,
    /// Whether records may go that have a later one of their key.
    pub(super) is_compacted: bool,
    pub(super) sequence: i32,
}

impl Model {
    pub(super) fn end(&self) -> Offset {
        self.entries.last().map_or(0, Entry::next)
    }

    /// Returns the open transactions and the ended ones that were aborted, up to an offset.
    pub(super) fn transactions(&self, end: Offset) -> Transactions {
        let Transactions { mut open, mut aborted } = Transactions::default();
        for entry in self.entries.iter().filter(|entry| entry.next() <= end) {
            match &entry.kind {
                Kind::Transactional(id) => {
                    open.entry(*id).or_insert(entry.base);
                }
                Kind::Marker(id, outcome) => {
                    let first = open.remove(id).unwrap();
                    if *outcome == Outcome::Abort {
                        aborted.push((*id, first, entry.base));
                    }
                }
                Kind::Plain | Kind::Numbered { .. } => {}
            }
        }
        Transactions { open, aborted }
    }

    /// Returns what a reader must see of a log that ends at an offset and was never compacted.
    pub(super) fn visible(&self, start: Offset, end: Offset, isolation: &Isolation) -> Vec<Seen> {
        let Transactions { open, aborted } = self.transactions(end);
        let own: &[i64] = if let Isolation::ReadCommittedAnd(own) = isolation { own } else { &[] };
        let limit = match isolation {
            Isolation::ReadUncommitted => end,
            _ => {
                let foreign = open.iter().filter(|(id, _)| !own.contains(id));
                foreign.map(|(_, first)| *first).min().unwrap_or(end)
            }
        };
        let is_aborted = |entry: &Entry| match &entry.kind {
            Kind::Transactional(id) if *isolation != Isolation::ReadUncommitted => {
                aborted.iter().any(|(aborted, first, last)| {
                    aborted == id && *first <= entry.base && entry.base < *last
                })
            }
            _ => false,
        };
        let entries = self.entries.iter().filter(|entry| entry.next() <= limit);
        let entries =
            entries.filter(|entry| !matches!(entry.kind, Kind::Marker(..)) && !is_aborted(entry));
        let records = entries.flat_map(|entry| (entry.base..).zip(&entry.pairs));
        let records = records.filter(|(offset, _)| start <= *offset);
        records.map(|(offset, (key, value))| (offset, key.clone(), value.clone())).collect()
    }

    /// Checks what a reader saw; returns how many records compaction has taken.
    pub(super) fn check_seen(
        &self,
        seen: &[Seen],
        bounds: (Offset, Offset),
        isolation: &Isolation,
    ) -> usize {
        let visible = self.visible(bounds.0, bounds.1, isolation);
        if !self.is_compacted {
            assert_eq!(seen, visible, "{isolation:?}");
            return 0;
        }
        let mut rest = visible.iter();
        for record in seen {
            assert!(
                rest.any(|visible| visible == record),
                "{record:?} was not written, or is out of order"
            );
        }
        if *isolation == Isolation::ReadCommitted {
            let latest: BTreeMap<&str, &Seen> =
                visible.iter().map(|record| (record.1.as_str(), record)).collect();
            for record in latest.values().filter(|record| record.2.is_some()) {
                assert!(seen.contains(record), "the latest of its key is gone: {record:?}");
            }
        }
        visible.len() - seen.len()
    }
}
