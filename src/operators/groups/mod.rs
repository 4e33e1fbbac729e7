//! The groups of an aggregate: which key has which number, the states of its functions, and how they are stored.
//!
//! ```text
//! key   := the grouping key's row, behind the start of the window or of the pane if there is one
//! value := event time (8 bytes) | state of each function
//! ""    := how far the aggregate has come
//! ```
//!
//! In memory, a key is that of a block: one group, or the groups of panes that follow each other, which lie side by side.

mod merges;
mod open_windows;
mod pane_lists;
mod pane_windows;
mod panes;
mod rows;
mod stored_panes;

use std::hash::BuildHasher;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, UInt32Array};
use datafusion::arrow::buffer::{BooleanBuffer, ScalarBuffer};
use datafusion::arrow::compute::take;
use foldhash::fast::RandomState;

use crate::formats::row::{EncodedRows, read_columns};
use crate::functions::RowFailures;
use crate::functions::aggregate::{Accumulator, GroupedRows};
use crate::operators::progress::Progress;
use crate::operators::{AggregateSpec, OperatorContext, OperatorError};
use crate::state::{
    Backend, Changes, KeyIndex, MemoryBudget, MemoryShare, StateError, StorePartition, sort_by_key,
};
use crate::types::SqlType;

use open_windows::OpenWindows;
pub(super) use open_windows::start_of;
pub use open_windows::window_row;
use pane_lists::PaneLists;
pub use panes::Panes;
use panes::put_start;
pub(super) use rows::load_states;
pub use rows::{GroupRows, read_group_rows};
pub use stored_panes::PaneReader;

/// Rows on their way into groups: update `i` takes row `rows[i]` of the arguments into the group of `keys` row `i`.
pub(super) struct Updates<'a> {
    /// The key of each update: that of its block.
    pub(super) keys: &'a EncodedRows,
    /// Which group of its block each update goes to; empty if blocks have one.
    pub(super) lanes: &'a [u8],
    /// The row of each update; none if update `i` takes row `i`.
    pub(super) rows: Option<&'a [u32]>,
    /// Which updates take their row back; none if no one does.
    pub(super) undone: Option<&'a [bool]>,
    /// Which of those are followed by the row that replaces theirs in the same group: both are one update.
    pub(super) replaced: Option<&'a BooleanBuffer>,
    /// The event time of each row.
    pub(super) times: &'a [i64],
    /// The arguments of each accumulator.
    pub(super) args: &'a [Vec<ArrayRef>],
}

/// What the groups came to.
pub(super) struct Updated {
    /// The updates that are to be emitted, in order: all, or the last of each group.
    pub(super) updates: Vec<u32>,
    /// The event time of each of them.
    pub(super) times: Vec<i64>,
    /// The functions' results for each of them.
    pub(super) results: Vec<ArrayRef>,
}

/// The groups of one partition of an aggregate.
pub(super) struct Groups {
    spec: AggregateSpec,
    partition: StorePartition,
    backend: Arc<dyn Backend>,
    accumulators: Vec<Box<dyn Accumulator>>,
    /// The blocks by their keys.
    index: KeyIndex,
    hasher: RandomState,
    /// The groups, block by block.
    slots: Vec<Slot>,
    /// How many groups a block has, as a power of two.
    lane_bits: u32,
    /// The blocks that are not used.
    free: Vec<u32>,
    changed: Vec<u32>,
    /// Groups whose updates wait to be merged, each with the stamp of the update that put it here: only the last one counts.
    held: Vec<(u32, u32)>,
    /// How many updates came since the last ones were emitted.
    next_stamp: u32,
    key_bytes: usize,
    share: MemoryShare,
    /// How far the aggregate has come.
    pub(super) progress: Progress,
    committed_progress: Progress,
    is_windowed: bool,
    /// The groups that are in the store only begin up to this time, if they have a window; none if all groups are in memory.
    stored_up_to: Option<i64>,
    /// The blocks by the start of their window or first pane, if windows are emitted when they close.
    windows: Option<OpenWindows>,
    /// The blocks by their grouping key, if they are those of panes.
    panes: Option<PaneLists>,
}

struct Slot {
    /// The key of the block; empty in all of its groups but the first.
    key: Box<[u8]>,
    /// The largest event time of its rows.
    time: i64,
    /// The stamp of the group's last update; `EMITTED` when it has been emitted.
    last_update: u32,
    /// Whether the group has rows: panes of a block may have none.
    has_rows: bool,
    /// Whether it changed in this epoch.
    is_changed: bool,
    /// A mark for whoever collects blocks, each once, at its first group.
    is_marked: bool,
}

const EMITTED: u32 = u32::MAX;
/// What a key's own allocation takes beside its bytes.
const KEY_OVERHEAD: usize = 8;

impl Slot {
    fn empty() -> Self {
        Slot {
            key: Box::default(),
            time: i64::MIN,
            last_update: EMITTED,
            has_rows: false,
            is_changed: false,
            is_marked: false,
        }
    }
}

impl Groups {
    /// Opens a partition of an aggregate's store.
    pub(super) fn open(
        spec: &AggregateSpec,
        partition: StorePartition,
        backend: Arc<dyn Backend>,
        memory: &Arc<MemoryBudget>,
    ) -> Result<Self, OperatorError> {
        let progress = Progress::load(backend.as_ref(), partition)?;
        Ok(Groups {
            spec: spec.clone(),
            partition,
            backend,
            accumulators: spec.accumulators()?,
            index: KeyIndex::default(),
            hasher: RandomState::default(),
            slots: Vec::new(),
            lane_bits: 0,
            free: Vec::new(),
            changed: Vec::new(),
            held: Vec::new(),
            next_stamp: 0,
            key_bytes: 0,
            share: memory.share(),
            progress,
            committed_progress: progress,
            is_windowed: false,
            stored_up_to: (progress != Progress::NONE).then_some(progress.stream_time),
            windows: None,
            panes: None,
        })
    }

    /// Says that keys begin with the start of a window or pane. If windows close, groups are kept by it too, so that `close` finds
    /// them.
    pub(super) fn with_windows(self, close: bool) -> Self {
        Groups { is_windowed: true, windows: close.then(OpenWindows::default), ..self }
    }

    /// Says that keys are those of panes.
    pub(super) fn with_panes(self, panes: Panes) -> Self {
        Groups { lane_bits: panes.lane_bits(), panes: Some(PaneLists::new(panes)), ..self }
    }

    /// Returns how many results to ask for at a time.
    pub(super) fn results_max(&self) -> usize {
        let each = self.accumulators.iter().map(|states| states.results_per_call_max());
        each.min().unwrap_or(usize::MAX).max(1)
    }

    /// Takes rows into their groups. `row_count` is how many rows the arguments have.
    pub(super) fn update(
        &mut self,
        updates: &Updates<'_>,
        row_count: usize,
        ctx: &mut OperatorContext<'_>,
    ) -> Result<Updated, OperatorError> {
        let groups = self.find_or_load(updates)?;
        let rows = self.grouped_rows(updates, &groups, row_count);
        let mut failures = RowFailures::default();
        let updated = if ctx.coalesce {
            self.update_together(updates, &rows, &mut failures)
        } else {
            self.update_each(updates, &rows, &mut failures)?
        };
        ctx.report_failures(failures);
        Ok(updated)
    }

    /// Takes rows into their groups; the results wait for `take_held`, so that updates of a group are merged.
    pub(super) fn hold(
        &mut self,
        updates: &Updates<'_>,
        row_count: usize,
        ctx: &mut OperatorContext<'_>,
    ) -> Result<(), OperatorError> {
        let groups = self.absorb(updates, row_count, ctx)?;
        for (update, group) in groups.iter().enumerate() {
            let stamp = self.next_stamp + update as u32;
            if self.slots[*group as usize].last_update == stamp {
                self.held.push((*group, stamp));
            }
        }
        self.next_stamp += groups.len() as u32;
        Ok(())
    }

    /// Returns the groups that wait to be emitted, in the order of their last updates.
    pub(super) fn take_held(&mut self) -> Vec<u32> {
        let mut held = std::mem::take(&mut self.held);
        held.retain(|(group, stamp)| self.slots[*group as usize].last_update == *stamp);
        self.next_stamp = 0;
        held.into_iter().map(|(group, _)| group).collect()
    }

    /// Takes rows into their groups, whose results are wanted later. Returns the group of each update.
    pub(super) fn absorb(
        &mut self,
        updates: &Updates<'_>,
        row_count: usize,
        ctx: &mut OperatorContext<'_>,
    ) -> Result<Vec<u32>, OperatorError> {
        let groups = self.find_or_load(updates)?;
        let rows = self.grouped_rows(updates, &groups, row_count);
        let mut failures = RowFailures::default();
        self.add(updates, &rows, &mut failures);
        ctx.report_failures(failures);
        Ok(groups)
    }

    /// Returns the groups whose windows begin in a range, both bounds part of it, by start and key. They are not returned again.
    pub(super) fn close(&mut self, from: i64, to: i64) -> Result<Vec<u32>, OperatorError> {
        let mut groups = self.between(from, to)?;
        if let Some(windows) = &mut self.windows {
            windows.forget_before(to.saturating_add(1));
        }
        self.sort(&mut groups);
        Ok(groups)
    }

    /// Sorts groups by their stored keys.
    fn sort(&self, groups: &mut [u32]) {
        sort_by_key(groups, self.is_windowed, |group| &self.slots[group as usize].key);
    }

    /// Returns the blocks that begin in a range, both bounds part of it; those in the store only are brought in. The range has all
    /// panes of a block or none.
    fn between(&mut self, from: i64, to: i64) -> Result<Vec<u32>, OperatorError> {
        let stored_to = self.stored_up_to.map_or(i64::MIN, |bound| bound.min(to));
        if from <= stored_to {
            let end = window_row(stored_to.saturating_add(1));
            let end = self.partition.full_key(&end);
            let start = self.partition.full_key(&window_row(from));
            let stored: Vec<_> =
                Arc::clone(&self.backend).scan(&start, &end).collect::<Result<_, _>>()?;
            for (key, value) in stored {
                self.take_stored(&key[StorePartition::PREFIX_SIZE..], &value)?;
            }
        }
        Ok(self.windows.as_ref().map_or_else(Vec::new, |windows| windows.between(from, to)))
    }

    /// Returns the columns of the stored keys, the times and the results of groups.
    pub(super) fn rows(
        &self,
        groups: &[u32],
        key_types: &[SqlType],
    ) -> Result<GroupRows, OperatorError> {
        let slots = groups.iter().map(|group| &self.slots[*group as usize]);
        let (mut keys, times): (Vec<&[u8]>, Vec<i64>) =
            slots.map(|slot| (&*slot.key, slot.time)).unzip();
        let mut columns = read_columns(&mut keys, key_types)
            .map_err(|_| StateError::Damaged("the key of a group".to_owned()))?;
        columns.extend(self.spec.results(&self.accumulators, groups));
        Ok(GroupRows { columns, times: ScalarBuffer::from(times) })
    }

    /// Removes the groups of windows and panes that begin before a time, from memory and from the store. A pane whose block has
    /// later ones stays in memory until they go.
    pub(super) fn expire(&mut self, before: i64, changes: &mut Changes) {
        let blocks_before = self.panes.as_ref().map_or(before, |lists| lists.panes.block(before));
        self.drop_blocks(|block| start_of(&block[0].key) < blocks_before);
        self.note_blocks();
        changes.delete_range(self.partition, &[0], Some(&window_row(before)));
    }

    /// Hands over this epoch's changes.
    pub(super) fn hand_over(&mut self, changes: &mut Changes) {
        if self.progress != self.committed_progress {
            self.progress.hand_over(self.partition, changes);
            self.committed_progress = self.progress;
        }
        let mut changed = std::mem::take(&mut self.changed);
        // In the order in which they lie in memory.
        changed.sort_unstable();
        let mut key = Vec::new();
        for group in &changed {
            self.stored_key(*group, &mut key);
            let slot = &self.slots[*group as usize];
            changes.put_with(self.partition, &key, |out| {
                out.extend_from_slice(&slot.time.to_be_bytes());
                self.accumulators.iter().for_each(|states| states.save(*group, out));
            });
        }
        if self.share.set(self.memory_size()) {
            self.evict();
            // What is left is what changed.
            self.slots.iter_mut().for_each(|slot| slot.is_changed = false);
        } else {
            changed.iter().for_each(|group| self.slots[*group as usize].is_changed = false);
        }
    }

    /// Drops the blocks that did not change in this epoch.
    fn evict(&mut self) {
        self.stored_up_to = Some(self.progress.stream_time);
        self.drop_blocks(|block| block.iter().all(|slot| !slot.is_changed));
        if self.slots.len() / 4 < self.free.len() << self.lane_bits {
            self.compact();
        }
        self.note_blocks();
        self.share.set(self.memory_size());
    }

    /// Writes the key under which a group is stored.
    fn stored_key(&self, group: u32, out: &mut Vec<u8>) {
        let key = self.key_of(group);
        out.clear();
        out.extend_from_slice(key);
        if let Some(lists) = &self.panes {
            let lane = group - (self.block_of(group) << self.lane_bits);
            put_start(lists.panes.start_in(start_of(key), lane), out);
        }
    }

    /// Returns the key of a group's block.
    fn key_of(&self, group: u32) -> &[u8] {
        &self.slots[self.first_of(self.block_of(group))].key
    }

    fn block_of(&self, group: u32) -> u32 {
        group >> self.lane_bits
    }

    /// Returns the place of a block's first group.
    fn first_of(&self, block: u32) -> usize {
        (block as usize) << self.lane_bits
    }

    /// Numbers the blocks anew, so that what was dropped takes no memory; they must be noted anew then.
    fn compact(&mut self) {
        let live: Vec<u32> =
            self.index.iter().flat_map(|block| groups_of(block, self.lane_bits)).collect();
        let Ok(mut accumulators) = self.spec.accumulators() else { return };
        accumulators.iter_mut().for_each(|states| states.resize(live.len()));
        let mut bytes = Vec::new();
        for (number, group) in live.iter().enumerate() {
            let Slot { time, has_rows, .. } = self.slots[*group as usize];
            if !has_rows {
                continue;
            }
            bytes.clear();
            bytes.extend_from_slice(&time.to_be_bytes());
            self.accumulators.iter().for_each(|states| states.save(*group, &mut bytes));
            if load_states(&mut accumulators, number as u32, &bytes).is_err() {
                return;
            }
        }
        let mut old = std::mem::take(&mut self.slots);
        let mut moved = |group: &u32| std::mem::replace(&mut old[*group as usize], Slot::empty());
        self.slots = live.iter().map(&mut moved).collect();
        (self.accumulators, self.free) = (accumulators, Vec::new());
        self.index.renumber();
    }

    /// Notes the blocks that are there by their windows and by their grouping keys, if that is wanted.
    fn note_blocks(&mut self) {
        let Groups { index, slots, windows, panes, lane_bits, .. } = self;
        let key_of = |block: u32| &slots[(block as usize) << *lane_bits].key;
        if let Some(windows) = windows {
            windows.clear();
            index.iter().for_each(|block| windows.add(key_of(block), block));
        }
        if let Some(panes) = panes {
            panes.clear();
            index.iter().for_each(|block| panes.add(key_of(block), block));
        }
    }

    fn memory_size(&self) -> usize {
        let states: usize = self.accumulators.iter().map(|states| states.memory_size()).sum();
        let lists = self.changed.capacity() * size_of::<u32>()
            + self.held.capacity() * size_of::<(u32, u32)>();
        let slots = self.slots.capacity() * size_of::<Slot>() + self.index.memory_size();
        let panes = self.panes.as_ref().map_or(0, PaneLists::memory_size);
        states + panes + self.key_bytes + self.index.len() * KEY_OVERHEAD + slots + lists
    }

    /// Numbers the rows of a batch.
    fn grouped_rows<'a>(
        &mut self,
        updates: &Updates<'a>,
        groups: &'a [u32],
        row_count: usize,
    ) -> GroupedRows<'a> {
        let first_sequence = self.progress.next_sequence;
        self.progress.next_sequence += row_count as u64;
        GroupedRows { groups, rows: updates.rows, undone: updates.undone, first_sequence }
    }

    /// Finds the block of a key, or the key's hash.
    #[inline]
    fn find(&self, key: &[u8]) -> Result<u32, u64> {
        let hash = self.hasher.hash_one(key);
        let found = self.index.find(hash, |block| *self.slots[self.first_of(block)].key == *key);
        found.ok_or(hash)
    }

    /// Returns the group of each update.
    fn find_or_load(&mut self, updates: &Updates<'_>) -> Result<Vec<u32>, OperatorError> {
        let mut missing = Vec::new();
        let mut groups = Vec::with_capacity(updates.keys.len());
        for key in updates.keys.iter() {
            groups.push(self.find(key).unwrap_or_else(|hash| {
                let block = self.add_block(hash, key);
                if self.may_be_stored(key) {
                    missing.push(block);
                }
                block
            }));
        }
        for (group, lane) in groups.iter_mut().zip(updates.lanes) {
            *group = (*group << self.lane_bits) + u32::from(*lane);
        }
        self.make_room();
        if self.panes.is_some() {
            let missing: Vec<_> = missing
                .into_iter()
                .map(|block| self.slots[self.first_of(block)].key.clone())
                .collect();
            self.load_panes(&missing)?;
        } else {
            self.load(missing)?;
        }
        self.share.note(self.memory_size());
        Ok(groups)
    }

    /// Tells whether the store may have groups of a block that is not in memory.
    fn may_be_stored(&self, key: &[u8]) -> bool {
        self.stored_up_to.is_some_and(|bound| !self.is_windowed || start_of(key) <= bound)
    }

    fn make_room(&mut self) {
        let group_count = self.slots.len();
        self.accumulators.iter_mut().for_each(|states| states.resize(group_count));
    }

    fn add_block(&mut self, hash: u64, key: &[u8]) -> u32 {
        self.key_bytes += key.len();
        let block = self.free.pop().unwrap_or_else(|| {
            let first = self.slots.len();
            self.slots.resize_with(first + (1 << self.lane_bits), Slot::empty);
            u32::try_from(first).expect("fewer than 2^32 groups fit in memory") >> self.lane_bits
        });
        let first = self.first_of(block);
        self.slots[first].key = key.into();
        if let Some(windows) = &mut self.windows {
            windows.add(key, block);
        }
        if let Some(panes) = &mut self.panes {
            panes.add(key, block);
        }
        self.index.insert(hash, block);
        block
    }

    /// Takes a group that was read from the store, if it is not there yet.
    fn take_stored(&mut self, key: &[u8], value: &[u8]) -> Result<(), StateError> {
        let (found, lane) = match &self.panes {
            Some(lists) => {
                let (block, lane) = lists.panes.block_key(key);
                (self.find(&block).map_err(|hash| self.add_block(hash, &block)), lane)
            }
            None => (self.find(key).map_err(|hash| self.add_block(hash, key)), 0),
        };
        let (Ok(block) | Err(block)) = found;
        self.make_room();
        let group = (block << self.lane_bits) + lane;
        if self.slots[group as usize].has_rows { Ok(()) } else { self.load_group(group, value) }
    }

    fn load_group(&mut self, group: u32, value: &[u8]) -> Result<(), StateError> {
        let time = load_states(&mut self.accumulators, group, value)?;
        let slot = &mut self.slots[group as usize];
        (slot.time, slot.has_rows) = (time, true);
        Ok(())
    }

    /// Brings the states of new groups in from the store, in one read in the order of their keys.
    fn load(&mut self, mut groups: Vec<u32>) -> Result<(), OperatorError> {
        if groups.is_empty() {
            return Ok(());
        }
        self.sort(&mut groups);
        let full_key = |group: &u32| self.partition.full_key(&self.slots[*group as usize].key);
        let keys: Vec<_> = groups.iter().map(full_key).collect();
        for (group, value) in groups.into_iter().zip(self.backend.multi_get(&keys)?) {
            if let Some(value) = value {
                self.load_group(group, &value)?;
            }
        }
        Ok(())
    }

    /// Adds the rows to the states and notes when each group changed last.
    fn add(&mut self, updates: &Updates<'_>, rows: &GroupedRows<'_>, failures: &mut RowFailures) {
        for (states, args) in self.accumulators.iter_mut().zip(updates.args) {
            states.update(args, rows, failures);
        }
        for (update, group) in rows.groups.iter().enumerate() {
            self.touch(*group, updates.times[rows.row(update)]);
            self.slots[*group as usize].last_update = self.next_stamp + update as u32;
        }
    }

    fn update_together(
        &mut self,
        updates: &Updates<'_>,
        rows: &GroupedRows<'_>,
        failures: &mut RowFailures,
    ) -> Updated {
        self.add(updates, rows, failures);
        let first = self.next_stamp;
        let is_last = |(update, group): &(usize, &u32)| {
            self.slots[**group as usize].last_update == first + *update as u32
        };
        let (emitted, groups): (Vec<u32>, Vec<u32>) = rows
            .groups
            .iter()
            .enumerate()
            .filter(is_last)
            .map(|(update, group)| (update as u32, *group))
            .unzip();
        groups.iter().for_each(|group| self.slots[*group as usize].last_update = EMITTED);
        Updated {
            updates: emitted,
            times: groups.iter().map(|group| self.slots[*group as usize].time).collect(),
            results: self.spec.results(&self.accumulators, &groups),
        }
    }

    fn update_each(
        &mut self,
        updates: &Updates<'_>,
        rows: &GroupedRows<'_>,
        failures: &mut RowFailures,
    ) -> Result<Updated, OperatorError> {
        let each = |(states, args): (&mut Box<dyn Accumulator>, &Vec<ArrayRef>)| {
            states.update_each(args, rows, failures)
        };
        let mut results =
            self.spec.columns(self.accumulators.iter_mut().zip(updates.args).map(each));
        let mut times = Vec::with_capacity(rows.groups.len());
        for (update, group) in rows.groups.iter().enumerate() {
            times.push(self.touch(*group, updates.times[rows.row(update)]));
        }
        let mut emitted: Vec<u32> = (0..rows.groups.len() as u32).collect();
        if let Some(replaced) = updates.replaced {
            emitted.retain(|update| !replaced.value(*update as usize));
            let kept = UInt32Array::from(emitted.clone());
            results = results.iter().map(|r| take(r, &kept, None)).collect::<Result<_, _>>()?;
            times = emitted.iter().map(|update| times[*update as usize]).collect();
        }
        Ok(Updated { updates: emitted, times, results })
    }

    /// Marks a group as changed at an event time and returns its time.
    fn touch(&mut self, group: u32, time: i64) -> i64 {
        let slot = &mut self.slots[group as usize];
        slot.time = slot.time.max(time);
        slot.has_rows = true;
        if !slot.is_changed {
            slot.is_changed = true;
            self.changed.push(group);
        }
        slot.time
    }

    /// Drops blocks; those that are left must be noted anew.
    fn drop_blocks(&mut self, is_dropped: impl Fn(&[Slot]) -> bool) {
        let Groups { index, slots, free, accumulators, changed, key_bytes, lane_bits, .. } = self;
        let mut dropped = Vec::new();
        index.retain(|block| {
            let first = (block as usize) << *lane_bits;
            let is_dropped = is_dropped(&slots[first..first + (1 << *lane_bits)]);
            if is_dropped {
                dropped.push(block);
            }
            !is_dropped
        });
        for group in dropped.iter().flat_map(|block| groups_of(*block, *lane_bits)) {
            let slot = std::mem::replace(&mut slots[group as usize], Slot::empty());
            *key_bytes -= slot.key.len();
            if slot.has_rows {
                accumulators.iter_mut().for_each(|states| states.reset(group));
            }
        }
        changed.retain(|group| slots[*group as usize].has_rows);
        free.extend(dropped);
    }
}

/// Returns the groups of a block.
fn groups_of(block: u32, lane_bits: u32) -> std::ops::Range<u32> {
    block << lane_bits..(block + 1) << lane_bits
}
