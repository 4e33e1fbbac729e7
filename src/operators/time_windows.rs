//! Windows of one size, side by side or overlapping.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Int64Array};
use datafusion::arrow::datatypes::Int64Type;

use crate::operators::groups::GroupRows;
use crate::operators::progress::Progress;
use crate::types::{Batch, Windows};

/// Windows of one size: tumbling if they advance by their size, hopping if they overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeWindows {
    /// How long each lasts.
    pub size_ms: i64,
    /// How much later the next one begins.
    pub advance_ms: i64,
    /// How long after its end a window takes late records.
    pub grace_ms: i64,
    /// How long a window is kept after its begin, in stream time; at least its size and the grace period.
    pub retention_ms: i64,
    /// Whether a window is emitted once, when it closes.
    pub emit_final: bool,
}

/// When windows begin, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Starts {
    /// When the first one begins.
    pub(super) first: i64,
    /// How much later the next one begins.
    pub(super) advance_ms: i64,
    /// How many there are.
    pub(super) count: i64,
}

impl Starts {
    /// Returns each of them, the earliest first.
    pub(super) fn iter(self) -> impl Iterator<Item = i64> {
        (0..self.count).map(move |number| self.first + number * self.advance_ms)
    }

    /// Returns all but the first so many.
    pub(super) fn skip(self, count: i64) -> Self {
        let count = count.clamp(0, self.count);
        let Starts { first, advance_ms, .. } = self;
        Starts { first: first + count * advance_ms, advance_ms, count: self.count - count }
    }

    /// Returns how many begin at a time or before.
    pub(super) fn up_to(self, start: i64) -> i64 {
        match start.checked_sub(self.first) {
            Some(ahead) if 0 <= ahead => (ahead / self.advance_ms + 1).min(self.count),
            _ => 0,
        }
    }

    /// Returns when the last one begins, if there is one.
    pub(super) fn last(self) -> Option<i64> {
        (0 < self.count).then(|| self.first + (self.count - 1) * self.advance_ms)
    }
}

impl TimeWindows {
    /// Returns how long the stretches of time are that each window has all or nothing of: they begin at multiples of that.
    pub(super) fn pane_ms(self) -> i64 {
        greatest_common_divisor(self.size_ms, self.advance_ms)
    }

    /// Arranges stored groups as the operator emits them. Their columns begin with the window's start.
    pub fn rows(self, key_count: usize, stored: GroupRows) -> Batch {
        let mut columns = stored.columns;
        let starts = columns.remove(0);
        let windows = self.windows_of(&starts);
        columns.insert(key_count, starts);
        columns.insert(key_count + 1, Arc::new(Int64Array::new(windows.ends.clone(), None)));
        Batch { windows: Some(windows), ..Batch::new(columns, stored.times) }
    }

    /// Tells whether a query sees a window that begins at a time.
    pub(super) fn sees(self, progress: &Progress, start: i64) -> bool {
        let is_kept = progress.stream_time.saturating_sub(self.retention_ms) <= start;
        let end = start.saturating_add(self.size_ms);
        is_kept && (!self.emit_final || end <= progress.closed_before)
    }

    fn windows_of(self, starts: &ArrayRef) -> Windows {
        let starts = starts.as_primitive::<Int64Type>().values().clone();
        let end = |start: &i64| start.saturating_add(self.size_ms);
        let ends = starts.iter().map(end).collect();
        Windows { starts, ends }
    }

    /// Returns the windows that hold a time. Windows begin at multiples of the advance, never before 1970.
    pub(super) fn holding(self, time: i64) -> Starts {
        let TimeWindows { size_ms, advance_ms, .. } = self;
        let first = (time.saturating_sub(size_ms)).saturating_add(advance_ms).max(0);
        let first = first / advance_ms * advance_ms;
        let all = Starts { first, advance_ms, count: i64::MAX };
        Starts { count: all.up_to(time), ..all }
    }
}

fn greatest_common_divisor(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(size_ms: i64, advance_ms: i64, time: i64, starts: &[i64]) {
        let windows =
            TimeWindows { size_ms, advance_ms, grace_ms: 0, retention_ms: 0, emit_final: false };
        assert_eq!(windows.holding(time).iter().collect::<Vec<_>>(), starts);
        assert_eq!(windows.holding(time).last(), starts.last().copied());
    }

    #[test]
    fn windows_hold_a_time_from_their_start_to_before_their_end() {
        check(10, 10, 9, &[0]);
        check(10, 10, 10, &[10]);
        check(10, 4, 0, &[0]);
        check(10, 4, 9, &[0, 4, 8]);
        check(10, 4, 10, &[4, 8]);
        check(10, 4, 13, &[4, 8, 12]);
        check(10, 4, -1, &[]);
        check(10, 4, i64::MIN, &[]);
    }

    #[test]
    fn windows_are_counted_from_the_first() {
        let starts = Starts { first: 4, advance_ms: 4, count: 3 };
        let up_to = [i64::MIN, 3, 4, 8, 11, 12, 100].map(|start| starts.up_to(start));
        assert_eq!(up_to, [0, 0, 1, 2, 2, 3, 3]);
        assert_eq!(starts.skip(2), Starts { first: 12, count: 1, ..starts });
        assert_eq!(starts.skip(9).last(), None);
    }
}
