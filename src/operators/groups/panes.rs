//! Hopping windows in panes: stretches of time of which each window has all or nothing. A row is taken into its pane, once,
//! however many windows it falls into; what a window comes to is merged from its panes when it is asked for.
//!
//! ```text
//! key := the pane's start | the grouping key's row | how many of the pane's windows were closed when the row came (INT)
//! ```
//!
//! So a row that is late for some of its windows, the earliest, is kept apart from rows that count in all of them.
//!
//! Source: Li et al., "No Pane, No Gain: Efficient Evaluation of Sliding-Window Aggregates over Data Streams", 2005. Windows one
//! after the other are merged in blocks of a window's length, from both ends: van Herk, 1992; Gil and Werman, 1993.

use std::hash::BuildHasher;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int64Array};
use datafusion::arrow::buffer::ScalarBuffer;

use super::pane_lists::Pane;
use super::{GroupRows, Groups, Slot, start_of, window_row};
use crate::formats::row::{PRESENT, read_columns};
use crate::functions::aggregate::Merge;
use crate::operators::time_windows::Starts;
use crate::operators::{AggregateSpec, OperatorError, TimeWindows};
use crate::state::{StateError, StorePartition};

/// How hopping windows are cut into panes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Panes {
    windows: TimeWindows,
    pane_ms: i64,
}

/// A pane's start stands before the key: a flag and eight bytes.
const START_SIZE: usize = 9;
/// The number of closed windows stands behind it: a flag and four bytes.
const CLOSED_SIZE: usize = 5;
/// How many panes a window may have for each window that a row falls into: with more, merging costs more than it saves.
const PANES_MAX: i64 = 4;

impl Panes {
    /// Returns how windows are cut into panes; none if they do not overlap, if too many panes were needed, or if a function
    /// depends on the order of its rows.
    pub fn of(spec: &AggregateSpec, windows: TimeWindows) -> Option<Self> {
        let TimeWindows { size_ms, advance_ms, .. } = windows;
        let pane_ms = greatest_common_divisor(size_ms, advance_ms);
        let overlaps = size_ms / advance_ms;
        let pays = 1 < overlaps && size_ms / pane_ms <= overlaps.saturating_mul(PANES_MAX);
        // Functions that cannot be made say so when the operator is opened.
        let functions = spec.accumulators().unwrap_or_default();
        let is_exact = functions.iter().all(|states| states.merges_exactly());
        (pays && is_exact).then_some(Panes { windows, pane_ms })
    }

    /// Returns the start of the pane that a time is in.
    pub(in crate::operators) fn start(self, time: i64) -> i64 {
        time - time.rem_euclid(self.pane_ms)
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
    fn per_window(self) -> usize {
        usize::try_from(self.windows.size_ms / self.pane_ms).unwrap_or(usize::MAX)
    }

    /// Returns how many panes lie between the starts of two windows.
    fn between(self, first: i64, second: i64) -> usize {
        usize::try_from((second - first) / self.pane_ms).unwrap_or(usize::MAX)
    }
}

fn greatest_common_divisor(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
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

/// Returns the stored key of a pane of which so many windows were closed.
pub(super) fn pane_key(start: i64, key: &[u8], closed: i32) -> Vec<u8> {
    let closed = ((closed as u32) ^ (1 << 31)).to_be_bytes();
    [&window_row(start)[..], key, &[PRESENT], &closed].concat()
}

/// Rows of a pane: a group, and what it is asked for.
#[derive(Clone, Copy, Debug)]
struct Part {
    /// The number of its key.
    list: u32,
    pane: Pane,
    /// The windows that have it are asked for, and this stamp is what they are ordered by; none if it only belongs to such windows.
    stamp: Option<u32>,
}

/// States that are merged already, with what is known beside them.
#[derive(Clone, Copy, Debug)]
struct Node {
    group: u32,
    time: i64,
    stamp: Option<u32>,
}

/// What a window of a key comes to.
struct PaneWindow {
    start: i64,
    /// The number of its key.
    list: u32,
    merged: Node,
}

/// The merges that lead from panes to windows, in order. What they make is numbered behind the groups.
struct Merges {
    steps: Vec<Merge>,
    next: u32,
    /// What came of them.
    windows: Vec<PaneWindow>,
}

impl Merges {
    fn join(&mut self, left: Option<Node>, right: Option<Node>) -> Option<Node> {
        let (Some(left), Some(right)) = (left, right) else { return left.or(right) };
        let group = self.next;
        self.next += 1;
        self.steps.push(Merge { into: group, left: left.group, right: right.group });
        let time = left.time.max(right.time);
        Some(Node { group, time, stamp: left.stamp.max(right.stamp) })
    }

    /// Merges windows of panes that stand one after the other: each begins `step` panes after the one before it and has `size`.
    fn slide(&mut self, panes: &[Option<Node>], size: usize, step: usize) -> Vec<Option<Node>> {
        let last = panes.len() - size;
        // From each pane to the end of its block, and from the begin of a block to each pane.
        let mut tails = panes[..=last].to_vec();
        let mut tail = None;
        for at in (0..panes.len().min(last / size * size + size)).rev() {
            tail =
                if (at + 1).is_multiple_of(size) { panes[at] } else { self.join(panes[at], tail) };
            if let Some(place) = tails.get_mut(at) {
                *place = tail;
            }
        }
        let mut heads = panes.to_vec();
        for at in size..panes.len() {
            if !at.is_multiple_of(size) {
                heads[at] = self.join(heads[at - 1], panes[at]);
            }
        }
        let window = |at: usize| match at.is_multiple_of(size) {
            true => tails[at],
            false => self.join(tails[at], heads[at + size - 1]),
        };
        (0..=last).step_by(step).map(window).collect()
    }
}

impl Groups {
    /// Returns the windows that changed since they were returned last, in the order of their last updates.
    pub(in crate::operators) fn take_held_windows(
        &mut self,
        panes: Panes,
    ) -> Result<Vec<GroupRows>, OperatorError> {
        let held = self.take_stamped().into_iter();
        let parts = held.map(|(group, stamp)| self.part(group, Some(stamp))).collect();
        let parts = self.with_others(panes, by_key(parts))?;
        self.windows_of(panes, &parts, (i64::MIN, i64::MAX))
    }

    /// Returns the windows that begin in a range, both bounds part of it, by start and key. They are not returned again.
    pub(in crate::operators) fn close_windows(
        &mut self,
        panes: Panes,
        from: i64,
        to: i64,
    ) -> Result<Vec<GroupRows>, OperatorError> {
        let groups = self.between(from, panes.end(to).saturating_sub(1))?;
        let parts = groups.into_iter().map(|group| self.part(group, Some(0))).collect();
        let parts = by_key(parts);
        if let Some(windows) = &mut self.windows {
            // The panes of the next window are asked for again.
            windows.forget_before(panes.next_window(to.saturating_add(1)));
        }
        self.windows_of(panes, &parts, (from, to))
    }

    fn part(&self, group: u32, stamp: Option<u32>) -> Part {
        let Slot { key, list, .. } = &self.slots[group as usize];
        let pane = Pane { start: start_of(key), closed: closed_of(key), group };
        Part { list: *list, pane, stamp }
    }

    /// Adds the other parts of the windows that parts are in. All are by key.
    fn with_others(&mut self, panes: Panes, parts: Vec<Part>) -> Result<Vec<Part>, OperatorError> {
        let Some(lists) = &self.panes else { return Ok(parts) };
        let mut all = Vec::with_capacity(2 * parts.len());
        let mut stored: Vec<Vec<u8>> = Vec::new();
        for of_key in parts.chunk_by(|a, b| a.list == b.list) {
            let list = of_key[0].list;
            let mut known = of_key.iter().peekable();
            let starts = asked_for(panes, of_key, (i64::MIN, i64::MAX));
            for run in starts.chunk_by(|a, b| *b <= panes.end(*a)) {
                let (from, to) = (run[0], panes.end(run[run.len() - 1]));
                let here = lists.between(list, from, to);
                all.extend(here.iter().map(|pane| {
                    let stamp = known.next_if(|part| part.pane == *pane);
                    Part { list, pane: *pane, stamp: stamp.and_then(|part| part.stamp) }
                }));
                if self.stored_up_to.is_some_and(|bound| from <= bound) {
                    self.note_stored(panes, list, (from, to), &mut stored);
                }
            }
        }
        let loaded = self.load_stored(stored)?;
        if !loaded.is_empty() {
            all.extend(loaded.into_iter().map(|group| self.part(group, None)));
            all = by_key(all);
        }
        Ok(all)
    }

    /// Notes which parts of a key's panes may be in the store only.
    fn note_stored(
        &self,
        panes: Panes,
        list: u32,
        (from, to): (i64, i64),
        stored: &mut Vec<Vec<u8>>,
    ) {
        let (Some(lists), Some(bound)) = (&self.panes, self.stored_up_to) else { return };
        let here = lists.between(list, from, to);
        let mut start = from;
        while start < to && start <= bound {
            let versions = match start <= self.progress.split_up_to {
                true => panes.windows(start, 0).count as i32,
                false => 1,
            };
            for closed in 0..versions {
                let place = here.binary_search_by_key(&(start, closed), |p| (p.start, p.closed));
                if place.is_err() {
                    let key = pane_key(start, lists.key(list), closed);
                    stored.push(self.partition.full_key(&key));
                }
            }
            start += panes.pane_ms;
        }
    }

    /// Brings groups in from the store, those of them that are there.
    fn load_stored(&mut self, mut keys: Vec<Vec<u8>>) -> Result<Vec<u32>, StateError> {
        keys.sort_unstable();
        let mut loaded = Vec::new();
        for (key, value) in keys.iter().zip(self.backend.multi_get(&keys)?) {
            let Some(value) = value else { continue };
            let key = &key[StorePartition::PREFIX_SIZE..];
            loaded.push(self.add_stored(self.hasher.hash_one(key), key, &value)?);
        }
        Ok(loaded)
    }

    /// Merges the windows in a range that stamped parts are in, and returns them by stamp, start and key. Parts are by key; all
    /// that the windows have are there.
    fn windows_of(
        &mut self,
        panes: Panes,
        parts: &[Part],
        range: (i64, i64),
    ) -> Result<Vec<GroupRows>, OperatorError> {
        let next = self.slots.len() as u32;
        let mut merges = Merges { steps: Vec::new(), next, windows: Vec::new() };
        for of_key in parts.chunk_by(|a, b| a.list == b.list) {
            self.windows_of_key(panes, of_key, range, &mut merges);
        }
        let mut found = std::mem::take(&mut merges.windows);
        found.sort_unstable_by(|a, b| {
            let by_time = (a.merged.stamp, a.start).cmp(&(b.merged.stamp, b.start));
            by_time.then_with(|| self.key_of(a).cmp(self.key_of(b)))
        });
        let (results_max, group_count) = (self.results_max(), self.slots.len());
        for states in &mut self.accumulators {
            states.resize(merges.next as usize);
            states.merge_copies(&merges.steps);
        }
        let rows = found.chunks(results_max).map(|windows| self.window_rows(windows)).collect();
        self.accumulators.iter_mut().for_each(|states| states.resize(group_count));
        rows
    }

    fn windows_of_key(&self, panes: Panes, parts: &[Part], range: (i64, i64), merges: &mut Merges) {
        let starts = asked_for(panes, parts, range);
        let advance_ms = panes.windows.advance_ms;
        let (size, step) = (panes.per_window(), panes.between(0, advance_ms));
        let node = |part: &Part| {
            let Part { pane: Pane { group, .. }, stamp, .. } = *part;
            Node { group, time: self.slots[group as usize].time, stamp }
        };
        for run in starts.chunk_by(|a, b| b - a == advance_ms) {
            let end = panes.end(run[run.len() - 1]);
            let first = parts.partition_point(|part| part.pane.start < run[0]);
            let here = parts[first..].iter().take_while(|part| part.pane.start < end);
            let mut places = vec![None; size + (run.len() - 1) * step];
            let mut late = Vec::new();
            for part in here {
                match part.pane.closed {
                    0 => places[panes.between(run[0], part.pane.start)] = Some(node(part)),
                    _ => late.push(part),
                }
            }
            let windows = merges.slide(&places, size, step);
            for (start, mut merged) in run.iter().zip(windows) {
                let counted = |part: &&&Part| panes.has(*start, part.pane.start, part.pane.closed);
                for part in late.iter().filter(counted) {
                    merged = merges.join(merged, Some(node(part)));
                }
                // A window that is asked for has the part that it is asked for by.
                let Some(merged) = merged else { continue };
                merges.windows.push(PaneWindow { start: *start, list: parts[0].list, merged });
            }
        }
    }

    fn key_of(&self, window: &PaneWindow) -> &[u8] {
        self.panes.as_ref().map_or(&[], |lists| lists.key(window.list))
    }

    fn window_rows(&self, windows: &[PaneWindow]) -> Result<GroupRows, OperatorError> {
        let mut keys: Vec<&[u8]> = windows.iter().map(|window| self.key_of(window)).collect();
        let keys = read_columns(&mut keys, &self.spec.key_types)
            .map_err(|_| StateError::Damaged("the key of a pane".to_owned()))?;
        let starts: Vec<i64> = windows.iter().map(|window| window.start).collect();
        let groups: Vec<u32> = windows.iter().map(|window| window.merged.group).collect();
        let times: Vec<i64> = windows.iter().map(|window| window.merged.time).collect();
        let mut columns: Vec<ArrayRef> = vec![Arc::new(Int64Array::from(starts))];
        columns.extend(keys);
        columns.extend(self.spec.results(&self.accumulators, &groups));
        Ok(GroupRows { columns, times: ScalarBuffer::from(times) })
    }
}

/// Puts the parts of a key side by side, by time.
fn by_key(mut parts: Vec<Part>) -> Vec<Part> {
    parts.sort_unstable_by_key(|part| (part.list, part.pane));
    parts
}

/// Returns the starts of the windows in a range that stamped parts of a key are in, the earliest first.
fn asked_for(panes: Panes, parts: &[Part], (from, to): (i64, i64)) -> Vec<i64> {
    let mut starts: Vec<i64> = Vec::new();
    let stamped = || parts.iter().filter(|part| part.stamp.is_some()).map(|part| part.pane);
    for pane in stamped().filter(|pane| pane.closed == 0) {
        let windows = panes.windows(pane.start, 0);
        let begun = windows.up_to(starts.last().copied().unwrap_or(i64::MIN));
        let begun = begun.max(windows.up_to(from.saturating_sub(1)));
        starts.extend(windows.skip(begun).iter().take_while(|start| *start <= to));
    }
    let late = stamped().filter(|pane| 0 < pane.closed);
    let mut late = late.flat_map(|pane| panes.windows(pane.start, pane.closed).iter()).peekable();
    if late.peek().is_some() {
        starts.extend(late.filter(|start| (from..=to).contains(start)));
        starts.sort_unstable();
        starts.dedup();
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::{ArgumentType, Registry};
    use crate::types::SqlType;

    /// Merges sets of panes, each a bit; `present` says which panes have rows.
    fn check(present: u64, pane_count: usize, size: usize, step: usize) {
        let node = |pane: usize| {
            let is_present = present >> pane & 1 == 1;
            let time = pane as i64;
            is_present.then_some(Node { group: pane as u32, time, stamp: Some(99 - pane as u32) })
        };
        let panes: Vec<_> = (0..pane_count).map(node).collect();
        let mut merges = Merges { steps: Vec::new(), next: pane_count as u32, windows: Vec::new() };
        let windows = merges.slide(&panes, size, step);
        let mut sets: Vec<u64> = (0..pane_count).map(|pane| 1 << pane).collect();
        for Merge { into, left, right } in &merges.steps {
            assert_eq!(*into as usize, sets.len());
            let (left, right) = (sets[*left as usize], sets[*right as usize]);
            assert_eq!(left & right, 0, "a row would count twice");
            sets.push(left | right);
        }
        for (number, window) in windows.iter().enumerate() {
            let expected = (present >> (number * step)) & ((1 << size) - 1);
            let found = window.map_or(0, |node| sets[node.group as usize] >> (number * step));
            assert_eq!(found, expected, "window {number} of {size} panes, {present:b}");
            let Some(node) = window else { continue };
            let panes = sets[node.group as usize];
            assert_eq!(node.time, i64::from(63 - panes.leading_zeros()), "the latest pane's time");
            assert_eq!(node.stamp, Some(99 - panes.trailing_zeros()), "the largest stamp");
        }
        assert_eq!(windows.len(), (pane_count - size) / step + 1);
        assert!(merges.steps.len() <= 3 * pane_count, "{} steps", merges.steps.len());
    }

    #[test]
    fn windows_are_merged_from_their_panes() {
        let mut random = fastrand::Rng::with_seed(1);
        for _ in 0..20_000 {
            let (size, step) = (random.usize(1..9), random.usize(1..4));
            let pane_count = size + step * random.usize(0..9);
            check(random.u64(..) | random.u64(..), pane_count, size, step);
            check(random.u64(..) & random.u64(..) & random.u64(..), pane_count, size, step);
        }
    }

    /// Tells into how many panes a window of so many seconds is cut.
    fn panes(functions: &[(&str, SqlType)], size: i64, advance: i64) -> Option<usize> {
        let registry = Registry::built_in();
        let resolved = |(name, sql_type): &(&str, SqlType)| {
            let args = [ArgumentType::Typed(sql_type.clone())];
            (registry.resolve_aggregate(name, &args, &|_| String::new()).unwrap(), Vec::new())
        };
        let calls: Vec<_> = functions.iter().map(resolved).collect();
        let windows = TimeWindows {
            size_ms: size * 1000,
            advance_ms: advance * 1000,
            grace_ms: 0,
            retention_ms: 0,
            emit_final: false,
        };
        Panes::of(&AggregateSpec::new(&[], &calls), windows).map(Panes::per_window)
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
