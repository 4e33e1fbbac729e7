//! Which sessions close next: for aggregates that emit a session once, when it closes.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use crate::operators::sessions::Bounds;

/// The open sessions in memory by their end: those that end soon one by one, the rest in buckets.
///
/// A session is added again when it grows. What was added before then stays, so whoever takes a session out has to look
/// whether it is still as it was.
pub(super) struct SessionClosing {
    /// The sessions that end before `due_until`, the earliest end first.
    due: BinaryHeap<Reverse<(i64, i64, u32)>>,
    due_until: i64,
    /// The others, by the bucket of their end.
    waiting: BTreeMap<i64, Vec<u32>>,
    /// The sessions that ended before this time have been taken.
    closed_before: i64,
}

impl SessionClosing {
    /// Begins with no session in memory, behind what is closed already.
    pub(super) fn new(closed_before: i64) -> Self {
        let closed_before = closed_before.max(0);
        SessionClosing {
            due: BinaryHeap::new(),
            due_until: closed_before,
            waiting: BTreeMap::new(),
            closed_before,
        }
    }

    /// Adds a session that is new or has grown; tells whether it waits in its bucket now. `bucket` is that of its end, and the
    /// one it waits in already.
    pub(super) fn add(&mut self, number: u32, bounds: Bounds, bucket: (i64, i64)) -> bool {
        let Bounds { start, end } = bounds;
        if end < self.due_until {
            if self.closed_before <= end {
                self.due.push(Reverse((end, start, number)));
            }
            return false;
        }
        let (bucket, waits_in) = bucket;
        if bucket != waits_in {
            self.waiting.entry(bucket).or_default().push(number);
        }
        bucket != waits_in
    }

    /// Forgets all sessions, which have other numbers from now on.
    pub(super) fn clear(&mut self) {
        self.due.clear();
        self.waiting.clear();
    }

    /// Tells whether sessions that end at a time are taken one by one.
    pub(super) fn is_due(&self, end: i64) -> bool {
        end < self.due_until
    }

    /// Makes sure that all sessions that end before a time are taken one by one. Returns the range of buckets whose sessions are
    /// to be added for that, the end not part of it, if there is one.
    pub(super) fn advance(&mut self, before: i64, bucket_ms: i64) -> Option<(i64, i64)> {
        if before <= self.due_until {
            return None;
        }
        let from = self.due_until.div_euclid(bucket_ms);
        let to = before.div_euclid(bucket_ms).saturating_add(1);
        self.due_until = to.saturating_mul(bucket_ms);
        Some((from, to))
    }

    /// Takes the sessions that wait in buckets before one, each once.
    pub(super) fn take_waiting(&mut self, before_bucket: i64) -> Vec<u32> {
        let later = self.waiting.split_off(&before_bucket);
        let taken = std::mem::replace(&mut self.waiting, later);
        let mut numbers: Vec<u32> = taken.into_values().flatten().collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// Takes what ends before a time.
    pub(super) fn take_due(&mut self, before: i64) -> Vec<(Bounds, u32)> {
        let mut taken = Vec::new();
        while let Some(Reverse((end, start, number))) = self.due.peek().copied()
            && end < before
        {
            self.due.pop();
            taken.push((Bounds { start, end }, number));
        }
        self.closed_before = before;
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_come_out_by_their_end() {
        let mut closing = SessionClosing::new(i64::MIN);
        let bounds = |start, end| Bounds { start, end };
        assert!(closing.add(1, bounds(0, 25), (2, i64::MIN)));
        assert!(!closing.add(1, bounds(0, 26), (2, 2)));
        assert!(closing.add(2, bounds(3, 13), (1, i64::MIN)));
        assert_eq!(closing.advance(20, 10), Some((0, 3)));
        assert_eq!(closing.take_waiting(3), [1, 2]);
        closing.add(1, bounds(0, 26), (2, i64::MIN));
        closing.add(2, bounds(3, 13), (1, i64::MIN));
        assert_eq!(closing.take_due(20), [(bounds(3, 13), 2)]);
        assert_eq!(closing.advance(30, 10), None);
        assert_eq!(closing.take_due(27), [(bounds(0, 26), 1)]);
    }
}
