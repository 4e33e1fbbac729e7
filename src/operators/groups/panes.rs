//! Hopping windows in panes: stretches of time of which each window has all or nothing. A row is taken into its pane, once,
//! however many windows it falls into; what a window comes to is merged from its panes when it is asked for.
//!
//! ```text
//! key := the pane's start | the grouping key's row | how many of the pane's windows were closed when the row came (INT)
//! ```
//!
//! So a row that is late for some of its windows, the earliest, is kept apart from rows that count in all of them.
//!
//! In memory, panes of a key that follow each other lie side by side, in a block: its key is that of its first pane.
//!
//! Source: Li et al., "No Pane, No Gain: Efficient Evaluation of Sliding-Window Aggregates over Data Streams", 2005.

use super::{start_of, window_row};
use crate::formats::row::PRESENT;
use crate::operators::time_windows::Starts;
use crate::operators::{AggregateSpec, TimeWindows};

/// How hopping windows are cut into panes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Panes {
    windows: TimeWindows,
    pane_ms: i64,
    /// How many panes a block has, as a power of two.
    lane_bits: u32,
}

/// A pane's start stands before the key: a flag and eight bytes.
const START_SIZE: usize = 9;
/// The number of closed windows stands behind it: a flag and four bytes.
const CLOSED_SIZE: usize = 5;
/// How many panes a window may have for each window that a row falls into: with more, merging costs more than it saves.
const PANES_MAX: i64 = 4;
/// How many panes a block has at most: a key with rows in one of them has room for all.
const LANES_MAX: i64 = 8;

impl Panes {
    /// Returns how windows are cut into panes; none if they do not overlap, if too many panes were needed, or if a function
    /// depends on the order of its rows.
    pub fn of(spec: &AggregateSpec, windows: TimeWindows) -> Option<Self> {
        let TimeWindows { size_ms, advance_ms, .. } = windows;
        let pane_ms = windows.pane_ms();
        let overlaps = size_ms / advance_ms;
        let pays = 1 < overlaps && size_ms / pane_ms <= overlaps.saturating_mul(PANES_MAX);
        // Functions that cannot be made say so when the operator is opened.
        let functions = spec.accumulators().unwrap_or_default();
        let is_exact = functions.iter().all(|states| states.merges_exactly());
        let lanes = (size_ms / pane_ms).clamp(1, LANES_MAX) as u32;
        let lane_bits = lanes.next_power_of_two().trailing_zeros();
        (pays && is_exact).then_some(Panes { windows, pane_ms, lane_bits })
    }

    /// Returns the start of the block that a time is in.
    pub(in crate::operators) fn block(self, time: i64) -> i64 {
        time.saturating_sub(time.rem_euclid(self.block_ms()))
    }

    /// Returns which pane of its block a time is in.
    pub(in crate::operators) fn lane(self, time: i64) -> u8 {
        // At most `LANES_MAX`.
        (time.rem_euclid(self.block_ms()) / self.pane_ms) as u8
    }

    /// Returns the start of a pane of a block.
    pub(super) fn start_in(self, block: i64, lane: u32) -> i64 {
        block + i64::from(lane) * self.pane_ms
    }

    fn block_ms(self) -> i64 {
        self.pane_ms.saturating_mul(1 << self.lane_bits)
    }

    /// Returns how many panes a block has, as a power of two.
    pub(super) fn lane_bits(self) -> u32 {
        self.lane_bits
    }

    /// Returns the first block behind the one that a time is in.
    pub(super) fn next_block(self, time: i64) -> i64 {
        self.block(time).saturating_add(self.block_ms())
    }

    /// Returns the key of the block that a pane is in, and which pane of it it is.
    pub(super) fn block_key(self, key: &[u8]) -> (Vec<u8>, u32) {
        let start = start_of(key);
        let mut block = key.to_vec();
        put_start(self.block(start), &mut block);
        (block, u32::from(self.lane(start)))
    }

    /// Returns the starts of a window's panes.
    pub(super) fn of_window(self, start: i64) -> impl Iterator<Item = i64> {
        let count = self.windows.size_ms / self.pane_ms;
        Starts { first: start, advance_ms: self.pane_ms, count }.iter()
    }

    /// Tells whether a window has the rows of a pane for which so many of its windows were closed.
    pub(super) fn has(self, start: i64, pane: i64, closed: i32) -> bool {
        let windows = self.windows(pane, closed);
        windows.first <= start && windows.last().is_some_and(|last| start <= last)
    }

    /// Returns the start of the first window that begins at a time or later.
    pub(super) fn next_window(self, time: i64) -> i64 {
        let advance_ms = self.windows.advance_ms;
        time.saturating_add(advance_ms - 1).div_euclid(advance_ms).saturating_mul(advance_ms)
    }

    /// Returns the windows that a pane is in, but for so many, the earliest.
    pub(super) fn windows(self, pane: i64, closed: i32) -> Starts {
        self.windows.holding(pane).skip(i64::from(closed))
    }

    /// Returns the first pane behind a window.
    pub(super) fn end(self, start: i64) -> i64 {
        start.saturating_add(self.windows.size_ms)
    }

    /// Returns how many panes a window has.
    pub(super) fn per_window(self) -> usize {
        usize::try_from(self.windows.size_ms / self.pane_ms).unwrap_or(usize::MAX)
    }

    /// Returns how many windows a pane is in at most: some are in one less than others.
    pub(super) fn windows_per_pane_max(self) -> i32 {
        let TimeWindows { size_ms, advance_ms, .. } = self.windows;
        i32::try_from(size_ms.saturating_add(advance_ms - 1) / advance_ms).unwrap_or(i32::MAX)
    }

    /// Returns how many panes lie between the starts of two windows.
    pub(super) fn between(self, first: i64, second: i64) -> usize {
        usize::try_from((second - first) / self.pane_ms).unwrap_or(usize::MAX)
    }

    /// Returns how much later the next window begins.
    pub(super) fn advance_ms(self) -> i64 {
        self.windows.advance_ms
    }
}

/// What stands between a pane's start and the number of its closed windows.
pub(super) fn grouping_key(key: &[u8]) -> &[u8] {
    key.get(START_SIZE..key.len().saturating_sub(CLOSED_SIZE)).unwrap_or_default()
}

/// Returns how many of its pane's windows do not have the rows of a group.
pub(super) fn closed_of(key: &[u8]) -> i32 {
    let closed = key.last_chunk::<4>().map_or(0, |bytes| u32::from_be_bytes(*bytes) ^ (1 << 31));
    closed as i32
}

/// Makes a stored key that of a pane or block that begins at another time.
pub(super) fn put_start(start: i64, key: &mut [u8]) {
    key[..START_SIZE].copy_from_slice(&window_row(start));
}

/// Returns the stored key of a pane of which so many windows were closed.
pub(super) fn pane_key(start: i64, key: &[u8], closed: i32) -> Vec<u8> {
    let closed = ((closed as u32) ^ (1 << 31)).to_be_bytes();
    [&window_row(start)[..], key, &[PRESENT], &closed].concat()
}

/// Returns the panes of windows of so many seconds.
#[cfg(test)]
pub(super) fn seconds(size: i64, advance: i64) -> Panes {
    let panes = Panes::of(&AggregateSpec::new(&[], &[]), tests::windows(size, advance));
    panes.expect("the windows overlap")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{ArrayRef, Int64Array};

    use super::*;
    use crate::functions::{ArgumentType, Registry};
    use crate::types::SqlType;

    pub(super) fn windows(size: i64, advance: i64) -> TimeWindows {
        let (size_ms, advance_ms) = (size * 1000, advance * 1000);
        TimeWindows { size_ms, advance_ms, grace_ms: 0, retention_ms: 0, emit_final: false }
    }

    /// Tells into how many panes a window of so many seconds is cut.
    fn panes(functions: &[(&str, SqlType)], size: i64, advance: i64) -> Option<usize> {
        let registry = Registry::built_in();
        let resolved = |(name, sql_type): &(&str, SqlType)| {
            let args = [ArgumentType::Typed(sql_type.clone())];
            (registry.resolve_aggregate(name, &args, &|_| String::new()).unwrap(), Vec::new())
        };
        let calls: Vec<_> = functions.iter().map(resolved).collect();
        let spec = AggregateSpec::new(&[], &calls);
        Panes::of(&spec, windows(size, advance)).map(Panes::per_window)
    }

    #[test]
    fn panes_lie_in_blocks() {
        let check = |size, advance, time: i64, block: i64, lane: u8| {
            let panes = seconds(size, advance);
            assert_eq!((panes.block(time), panes.lane(time)), (block, lane));
            let pane = panes.start_in(block, u32::from(lane));
            assert!(pane <= time && time < pane + panes.pane_ms);
            let key = pane_key(pane, b"key", 3);
            let of_block = pane_key(block, b"key", 3);
            assert_eq!(panes.block_key(&key), (of_block, u32::from(lane)));
        };
        check(2, 1, 3_999, 2_000, 1);
        check(3, 1, 3_999, 0, 3);
        // Panes of two seconds, since ten is no multiple of four.
        check(10, 4, 17_000, 16_000, 0);
        check(60, 1, 17_000, 16_000, 1);
        check(60, 1, 0, 0, 0);
    }

    #[test]
    fn windows_share_panes_if_they_overlap_and_no_function_asks_for_an_order() {
        let exact = [
            ("COUNT", SqlType::Double),
            ("SUM", SqlType::Int),
            ("SUM", SqlType::Bigint),
            ("AVG", SqlType::Int),
            ("AVG", SqlType::Bigint),
            ("MIN", SqlType::Double),
            ("MAX", SqlType::Varchar),
            ("LATEST_BY_OFFSET", SqlType::Boolean),
            ("EARLIEST_BY_OFFSET", SqlType::Varchar),
        ];
        assert_eq!(panes(&exact, 60, 1), Some(60));
        assert_eq!(panes(&exact, 10, 4), Some(5));
        // Side by side, and in panes that are too many.
        assert_eq!(panes(&exact, 10, 10), None);
        assert_eq!(panes(&exact, 1001, 500), None);
        for function in [
            ("SUM", SqlType::Double),
            ("AVG", SqlType::Double),
            ("SUM", SqlType::Decimal { precision: 4, scale: 2 }),
            ("COLLECT_LIST", SqlType::Int),
            ("COLLECT_SET", SqlType::Int),
            ("HISTOGRAM", SqlType::Varchar),
            ("STDDEV_SAMP", SqlType::Double),
        ] {
            assert_eq!(panes(std::slice::from_ref(&function), 60, 1), None, "{function:?}");
            assert_eq!(panes(&[exact[0].clone(), function], 60, 1), None);
        }
    }

    #[test]
    fn no_pane_is_in_more_windows_than_there_may_be() {
        for (size, advance, expected) in [(2, 1, 2), (10, 4, 3), (11, 2, 6), (60, 1, 60)] {
            let panes = seconds(size, advance);
            let counts = (100..200).map(|second| panes.windows(second * 1000, 0).count);
            assert_eq!(counts.max(), Some(expected));
            assert_eq!(i64::from(panes.windows_per_pane_max()), expected);
        }
    }

    #[test]
    fn keys_are_what_rows_are_written_as() {
        use datafusion::arrow::array::Int32Array;

        use crate::formats::row::EncodedRows;

        let columns: [ArrayRef; 3] = [
            Arc::new(Int64Array::from(vec![-5, 1 << 40])),
            Arc::new(datafusion::arrow::array::StringArray::from(vec!["a\0", ""])),
            Arc::new(Int32Array::from(vec![0, 70_000])),
        ];
        let keys = EncodedRows::encode(&columns, 2);
        let grouped = EncodedRows::encode(&columns[1..2], 2);
        for (row, (start, closed)) in [(-5, 0), (1 << 40, 70_000)].into_iter().enumerate() {
            let written = pane_key(start, grouped.row(row), closed);
            assert_eq!(written, keys.row(row));
            assert_eq!((start_of(&written), closed_of(&written)), (start, closed));
            assert_eq!(grouping_key(&written), grouped.row(row));
        }
    }
}
