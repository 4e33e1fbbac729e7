//! What the windows of an aggregate that keeps panes come to.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int64Array};
use datafusion::arrow::buffer::ScalarBuffer;

use super::merges::{Merges, Node};
use super::pane_lists::{Block, KeyBlock};
use super::panes::{pane_key, put_start};
use super::{EMITTED, GroupRows, Groups, Panes, Slot, groups_of, start_of};
use crate::formats::row::read_columns;
use crate::operators::OperatorError;
use crate::state::{StateError, StorePartition};

/// Which windows are asked for.
#[derive(Clone, Copy)]
enum Asked {
    /// Those that have panes with updates that were not emitted.
    Updated,
    /// Those that begin in a range, both bounds part of it.
    Between(i64, i64),
}

impl Asked {
    /// Returns the stamp of a pane that windows are asked for by; none if they are not.
    fn stamp(self, panes: Panes, pane: &Pane<'_>) -> Option<u32> {
        match self {
            Asked::Updated => Some(pane.slot.last_update).filter(|stamp| *stamp != EMITTED),
            Asked::Between(from, to) => {
                (from <= pane.start && pane.start < panes.end(to)).then_some(0)
            }
        }
    }

    /// Returns when the windows begin, both bounds part of it.
    fn range(self) -> (i64, i64) {
        match self {
            Asked::Updated => (i64::MIN, i64::MAX),
            Asked::Between(from, to) => (from, to),
        }
    }
}

/// A pane that has rows.
struct Pane<'a> {
    start: i64,
    group: u32,
    slot: &'a Slot,
}

/// What a window of a key comes to.
#[derive(Clone, Copy)]
struct PaneWindow {
    start: i64,
    /// The number of its grouping key.
    list: u32,
    merged: Node,
}

/// The windows that were found, and the merges that lead to them.
struct Found {
    merges: Merges,
    windows: Vec<PaneWindow>,
    /// The panes of one key, with a place for each that may have rows.
    places: Vec<Option<Node>>,
    /// Those whose rows do not count in all of their windows.
    late: Vec<(i64, i32, Node)>,
}

impl Groups {
    /// Returns the windows that changed since they were returned last, in the order of their last updates.
    pub(in crate::operators) fn take_held_windows(
        &mut self,
        panes: Panes,
    ) -> Result<Vec<GroupRows>, OperatorError> {
        let held = self.take_held();
        let blocks = self.sorted_blocks(held.iter().map(|group| group >> self.lane_bits).collect());
        self.load_others(panes, &blocks)?;
        let rows = self.windows_of(panes, &blocks, Asked::Updated);
        held.iter().for_each(|group| self.slots[*group as usize].last_update = EMITTED);
        rows
    }

    /// Returns the windows that begin in a range, both bounds part of it, by start and key. They are not returned again.
    pub(in crate::operators) fn close_windows(
        &mut self,
        panes: Panes,
        from: i64,
        to: i64,
    ) -> Result<Vec<GroupRows>, OperatorError> {
        let last_pane = panes.end(to).saturating_sub(1);
        let last = panes.next_block(last_pane).saturating_sub(1);
        let blocks = self.between(panes.block(from), last)?;
        if let Some(windows) = &mut self.windows {
            // The panes of the next window are asked for again.
            windows.forget_before(panes.block(panes.next_window(to.saturating_add(1))));
        }
        let blocks = self.sorted_blocks(blocks);
        self.windows_of(panes, &blocks, Asked::Between(from, to))
    }

    /// Returns each block once: those of a key side by side, by time.
    fn sorted_blocks(&mut self, mut numbers: Vec<u32>) -> Vec<KeyBlock> {
        let Groups { panes: Some(lists), slots, lane_bits, .. } = self else { return Vec::new() };
        let mut mark = |block: u32, is_marked: bool| {
            let first = &mut slots[(block as usize) << *lane_bits];
            std::mem::replace(&mut first.is_marked, is_marked)
        };
        numbers.retain(|number| !mark(*number, true));
        numbers.iter().for_each(|number| _ = mark(*number, false));
        let mut blocks: Vec<_> = numbers.into_iter().map(|number| lists.block(number)).collect();
        blocks.sort_unstable();
        blocks
    }

    /// Brings in what the store has of the windows that are asked for.
    fn load_others(&mut self, panes: Panes, blocks: &[KeyBlock]) -> Result<(), OperatorError> {
        let (Some(lists), Some(bound)) = (&self.panes, self.stored_up_to) else { return Ok(()) };
        let mut missing = Vec::new();
        let mut starts = Vec::new();
        for of_key in blocks.chunk_by(|a, b| a.list == b.list) {
            self.asked_for(panes, of_key, Asked::Updated, &mut starts);
            for run in starts.chunk_by(|a, b| *b <= panes.end(*a)) {
                let to = panes.end(run[run.len() - 1]).min(bound.saturating_add(1));
                let here = lists.between(of_key[0].list, run[0], to);
                let mut start = panes.block(run[0]);
                while start < to {
                    for closed in 0..self.versions(panes, start) {
                        let place = here.binary_search_by_key(&(start, closed), Block::place);
                        if place.is_err() {
                            missing.push(pane_key(start, lists.key(of_key[0].list), closed));
                        }
                    }
                    start = panes.next_block(start);
                }
            }
        }
        self.load_panes(&missing)
    }

    /// Returns how many blocks of a key that begin at a time there may be: with more and more of their panes' windows closed.
    fn versions(&self, panes: Panes, start: i64) -> i32 {
        match start <= self.progress.split_up_to {
            true => panes.windows_per_pane_max(),
            false => 1,
        }
    }

    /// Brings the panes of blocks in from the store, those of them that are there, in one read in the order of their keys.
    pub(super) fn load_panes(&mut self, blocks: &[impl AsRef<[u8]>]) -> Result<(), OperatorError> {
        let (Some(lists), Some(bound)) = (&self.panes, self.stored_up_to) else { return Ok(()) };
        let panes = lists.panes;
        let mut keys: Vec<Vec<u8>> = Vec::new();
        for block in blocks.iter().map(AsRef::as_ref) {
            let lanes = groups_of(0, self.lane_bits);
            let starts = lanes.map(|lane| panes.start_in(start_of(block), lane));
            keys.extend(starts.take_while(|start| *start <= bound).map(|start| {
                let mut key = self.partition.full_key(block);
                put_start(start, &mut key[StorePartition::PREFIX_SIZE..]);
                key
            }));
        }
        keys.sort_unstable();
        for (key, value) in keys.iter().zip(self.backend.multi_get(&keys)?) {
            if let Some(value) = value {
                self.take_stored(&key[StorePartition::PREFIX_SIZE..], &value)?;
            }
        }
        Ok(())
    }

    /// Returns the panes of a block that have rows.
    fn panes_of(&self, panes: Panes, block: Block) -> impl Iterator<Item = Pane<'_>> {
        let groups = groups_of(block.number, self.lane_bits);
        let slots = &self.slots[groups.start as usize..groups.end as usize];
        let pane = move |(slot, lane)| {
            let (start, group) = (panes.start_in(block.start, lane), groups.start + lane);
            Pane { start, group, slot }
        };
        slots.iter().zip(0..).map(pane).filter(|pane| pane.slot.has_rows)
    }

    /// Collects the starts of the windows of a key that are asked for by panes of some of its blocks, the earliest first.
    fn asked_for(&self, panes: Panes, of_key: &[KeyBlock], asked: Asked, starts: &mut Vec<i64>) {
        starts.clear();
        let (from, to) = asked.range();
        let has_late = of_key.iter().any(|of_key| 0 < of_key.block.closed);
        for KeyBlock { block, .. } in of_key {
            for pane in self.panes_of(panes, *block) {
                if asked.stamp(panes, &pane).is_none() {
                    continue;
                }
                let windows = panes.windows(pane.start, block.closed);
                let begun = windows.up_to(from.saturating_sub(1));
                let begun = match starts.last() {
                    Some(last) if !has_late => begun.max(windows.up_to(*last)),
                    _ => begun,
                };
                starts.extend(windows.skip(begun).iter().take_while(|start| *start <= to));
            }
        }
        if has_late {
            starts.sort_unstable();
            starts.dedup();
        }
    }

    /// Merges the windows that are asked for by panes of blocks, and returns them in order. All that they have is in memory.
    fn windows_of(
        &mut self,
        panes: Panes,
        blocks: &[KeyBlock],
        asked: Asked,
    ) -> Result<Vec<GroupRows>, OperatorError> {
        let group_count = self.slots.len();
        let merges = Merges::new(group_count as u32);
        let mut found = Found { merges, windows: vec![], places: vec![], late: vec![] };
        let mut starts = Vec::new();
        for of_key in blocks.chunk_by(|a, b| a.list == b.list) {
            self.asked_for(panes, of_key, asked, &mut starts);
            for run in starts.chunk_by(|a, b| b - a == panes.advance_ms()) {
                self.merge_run(panes, asked, (of_key[0].list, run), &mut found);
            }
        }
        let windows = self.in_order(asked, found.windows);
        for states in &mut self.accumulators {
            states.resize(found.merges.next as usize);
            states.merge_copies(&found.merges.steps);
        }
        let chunks = windows.chunks(self.results_max());
        let rows = chunks.map(|windows| self.window_rows(windows)).collect();
        self.accumulators.iter_mut().for_each(|states| states.resize(group_count));
        rows
    }

    /// Merges windows of a key that follow each other.
    fn merge_run(&self, panes: Panes, asked: Asked, (list, run): (u32, &[i64]), found: &mut Found) {
        let Some(lists) = &self.panes else { return };
        let (size, step) = (panes.per_window(), panes.between(0, panes.advance_ms()));
        let (from, to) = (run[0], panes.end(run[run.len() - 1]));
        let Found { merges, windows, places, late } = found;
        places.clear();
        places.resize(size + (run.len() - 1) * step, None);
        late.clear();
        for block in lists.between(list, from, to) {
            let inside = |pane: &Pane<'_>| from <= pane.start && pane.start < to;
            for pane in self.panes_of(panes, *block).filter(inside) {
                let stamp = asked.stamp(panes, &pane);
                let node = Node { group: pane.group, time: pane.slot.time, stamp };
                match block.closed {
                    0 => places[panes.between(from, pane.start)] = Some(node),
                    closed => late.push((pane.start, closed, node)),
                }
            }
        }
        let mut starts = run.iter();
        merges.slide(places, (size, step), |merges, mut merged| {
            let Some(start) = starts.next().copied() else { return };
            for (pane, closed, node) in late.iter() {
                if panes.has(start, *pane, *closed) {
                    merged = merges.join(merged, Some(*node));
                }
            }
            // A window that is asked for has the pane that it is asked for by.
            windows.extend(merged.map(|merged| PaneWindow { start, list, merged }));
        });
    }

    /// Returns windows, which are by key and start, in the order in which they are emitted.
    fn in_order(&self, asked: Asked, mut windows: Vec<PaneWindow>) -> Vec<PaneWindow> {
        match asked {
            // Windows of different keys have different stamps.
            Asked::Updated => {
                let stamps =
                    windows.iter().map(|window| u64::from(window.merged.stamp.unwrap_or(0)));
                let mut order: Vec<u64> =
                    stamps.zip(0..).map(|(stamp, at)| stamp << 32 | at).collect();
                order.sort_unstable();
                order.into_iter().map(|place| windows[place as u32 as usize]).collect()
            }
            Asked::Between(..) => {
                windows.sort_unstable_by(|a, b| {
                    let by_start = a.start.cmp(&b.start);
                    by_start.then_with(|| self.key_of_list(a.list).cmp(self.key_of_list(b.list)))
                });
                windows
            }
        }
    }

    fn key_of_list(&self, list: u32) -> &[u8] {
        self.panes.as_ref().map_or(&[], |lists| lists.key(list))
    }

    fn window_rows(&self, windows: &[PaneWindow]) -> Result<GroupRows, OperatorError> {
        let keys = windows.iter().map(|window| self.key_of_list(window.list));
        let keys = read_columns(&mut keys.collect::<Vec<_>>(), &self.spec.key_types)
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
