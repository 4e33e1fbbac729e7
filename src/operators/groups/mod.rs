//! The groups of an aggregate: which key has which number, the states of its functions, and how they are stored.
//!
//! ```text
//! key   := the grouping key's row, behind the start of the window or of the pane if there is one
//! value := event time (8 bytes) | state of each function
//! ""    := how far the aggregate has come
//! ```

mod open_windows;
mod pane_lists;
mod panes;
mod stored_panes;

use std::hash::BuildHasher;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, UInt32Array};
use datafusion::arrow::buffer::{BooleanBuffer, ScalarBuffer};
use datafusion::arrow::compute::take;
use foldhash::fast::RandomState;

use crate::formats::row::{EncodedRows, builders, read_columns, read_row};
use crate::functions::RowFailures;
use crate::functions::aggregate::{Accumulator, GroupedRows};
use crate::operators::progress::{PROGRESS_KEY, Progress};
use crate::operators::{AggregateSpec, OperatorContext, OperatorError};
use crate::state::{
    Backend, Changes, KeyIndex, MemoryBudget, MemoryShare, StateError, StorePartition, sort_by_key,
};
use crate::types::{ColumnBuilder, SqlType};

use open_windows::OpenWindows;
pub(super) use open_windows::start_of;
pub use open_windows::window_row;
use pane_lists::PaneLists;
pub use panes::Panes;
pub use stored_panes::PaneReader;

/// Rows on their way into groups: update `i` takes row `rows[i]` of the arguments into the group of `keys` row `i`.
pub(super) struct Updates<'a> {
    /// The key of each update, as stored.
    pub(super) keys: &'a EncodedRows,
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
    index: KeyIndex,
    hasher: RandomState,
    slots: Vec<Slot>,
    free: Vec<u32>,
    changed: Vec<u32>,
    /// Groups whose updates wait to be merged, each with the stamp of the update that put it here: only the last one counts.
    held: Vec<(u32, u32)>,
    /// How many updates came since the last ones were emitted.
    next_stamp: u32,
    epoch: u64,
    key_bytes: usize,
    share: MemoryShare,
    /// How far the aggregate has come.
    pub(super) progress: Progress,
    committed_progress: Progress,
    is_windowed: bool,
    /// The groups that are in the store only begin up to this time, if they have a window; none if all groups are in memory.
    stored_up_to: Option<i64>,
    /// The groups by the start of their window or pane, if windows are emitted when they close.
    windows: Option<OpenWindows>,
    /// The groups by their key, if they are those of panes.
    panes: Option<PaneLists>,
}

struct Slot {
    key: Box<[u8]>,
    time: i64,
    changed_in: u64,
    /// The stamp of the group's last update; `EMITTED` when it has been emitted.
    last_update: u32,
    /// The number of its key among the lists of panes, if there are any.
    list: u32,
}

const EMITTED: u32 = u32::MAX;
/// What a key's own allocation takes beside its bytes.
const KEY_OVERHEAD: usize = 8;

impl Slot {
    fn new(key: &[u8]) -> Self {
        Slot { key: key.into(), time: i64::MIN, changed_in: 0, last_update: EMITTED, list: 0 }
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
            free: Vec::new(),
            changed: Vec::new(),
            held: Vec::new(),
            next_stamp: 0,
            epoch: 1,
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
    pub(super) fn with_panes(self) -> Self {
        Groups { panes: Some(PaneLists::default()), ..self }
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
        let groups = self.find_or_load(updates.keys)?;
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
        self.take_stamped().into_iter().map(|(group, _)| group).collect()
    }

    /// Returns the groups that wait to be emitted with the stamps of their last updates, in the order of those.
    fn take_stamped(&mut self) -> Vec<(u32, u32)> {
        let mut held = std::mem::take(&mut self.held);
        held.retain(|(group, stamp)| self.slots[*group as usize].last_update == *stamp);
        self.next_stamp = 0;
        held
    }

    /// Takes rows into their groups, whose results are wanted later. Returns the group of each update.
    pub(super) fn absorb(
        &mut self,
        updates: &Updates<'_>,
        row_count: usize,
        ctx: &mut OperatorContext<'_>,
    ) -> Result<Vec<u32>, OperatorError> {
        let groups = self.find_or_load(updates.keys)?;
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

    /// Returns the groups of windows or panes that begin in a range, both bounds part of it; those in the store only are brought in.
    fn between(&mut self, from: i64, to: i64) -> Result<Vec<u32>, OperatorError> {
        let stored_to = self.stored_up_to.map_or(i64::MIN, |bound| bound.min(to));
        if from <= stored_to {
            let end = window_row(stored_to.saturating_add(1));
            let end = self.partition.full_key(&end);
            let start = self.partition.full_key(&window_row(from));
            let stored: Vec<_> =
                Arc::clone(&self.backend).scan(&start, &end).collect::<Result<_, _>>()?;
            for (key, value) in stored {
                let key = &key[StorePartition::PREFIX_SIZE..];
                if let Err(hash) = self.find(key) {
                    self.add_stored(hash, key, &value)?;
                }
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

    /// Removes the groups whose stored keys are below `horizon`, from memory and from the store.
    pub(super) fn expire(&mut self, horizon: &[u8], changes: &mut Changes) {
        let expired = |slot: &Slot| !slot.key.is_empty() && *slot.key < *horizon;
        self.drop_slots(expired);
        self.note_groups();
        changes.delete_range(self.partition, &[0], Some(horizon));
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
        for group in &changed {
            let slot = &self.slots[*group as usize];
            changes.put_with(self.partition, &slot.key, |out| {
                out.extend_from_slice(&slot.time.to_be_bytes());
                self.accumulators.iter().for_each(|states| states.save(*group, out));
            });
        }
        if self.share.set(self.memory_size()) {
            let epoch = self.epoch;
            self.stored_up_to = Some(self.progress.stream_time);
            self.drop_slots(|slot| slot.changed_in < epoch);
            if self.slots.len() / 4 < self.free.len() {
                self.compact();
            }
            self.note_groups();
            self.share.set(self.memory_size());
        }
        self.epoch += 1;
    }

    /// Numbers the groups anew, so that what was dropped takes no memory; they must be noted anew then.
    fn compact(&mut self) {
        let live: Vec<u32> = self.index.iter().collect();
        let Ok(mut accumulators) = self.spec.accumulators() else { return };
        accumulators.iter_mut().for_each(|states| states.resize(live.len()));
        let mut bytes = Vec::new();
        for (number, group) in live.iter().enumerate() {
            bytes.clear();
            bytes.extend_from_slice(&self.slots[*group as usize].time.to_be_bytes());
            self.accumulators.iter().for_each(|states| states.save(*group, &mut bytes));
            if load_states(&mut accumulators, number as u32, &bytes).is_err() {
                return;
            }
        }
        let mut old = std::mem::take(&mut self.slots);
        let mut moved = |group: &u32| std::mem::replace(&mut old[*group as usize], Slot::new(&[]));
        self.slots = live.iter().map(&mut moved).collect();
        (self.accumulators, self.free) = (accumulators, Vec::new());
        self.index.renumber();
    }

    /// Notes the groups that are there by their windows and by their keys, if that is wanted.
    fn note_groups(&mut self) {
        let Groups { index, slots, windows, panes, .. } = self;
        if let Some(windows) = windows {
            windows.clear();
            index.iter().for_each(|group| windows.add(&slots[group as usize].key, group));
        }
        if let Some(panes) = panes {
            panes.clear();
            for group in index.iter() {
                let slot = &mut slots[group as usize];
                slot.list = panes.add(&slot.key, group);
            }
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

    /// Finds the group of a key, or the key's hash.
    fn find(&self, key: &[u8]) -> Result<u32, u64> {
        let hash = self.hasher.hash_one(key);
        let found = self.index.find(hash, |group| *self.slots[group as usize].key == *key);
        found.ok_or(hash)
    }

    fn find_or_load(&mut self, keys: &EncodedRows) -> Result<Vec<u32>, OperatorError> {
        let mut missing = Vec::new();
        let mut groups = Vec::with_capacity(keys.len());
        for key in keys.iter() {
            groups.push(self.find(key).unwrap_or_else(|hash| {
                let group = self.add_slot(hash, key);
                if self.may_be_stored(key) {
                    missing.push(group);
                }
                group
            }));
        }
        self.make_room();
        self.load(missing)?;
        self.share.note(self.memory_size());
        Ok(groups)
    }

    /// Tells whether the store may have a group that is not in memory.
    fn may_be_stored(&self, key: &[u8]) -> bool {
        self.stored_up_to.is_some_and(|bound| !self.is_windowed || start_of(key) <= bound)
    }

    fn make_room(&mut self) {
        let group_count = self.slots.len();
        self.accumulators.iter_mut().for_each(|states| states.resize(group_count));
    }

    fn add_slot(&mut self, hash: u64, key: &[u8]) -> u32 {
        self.key_bytes += key.len();
        let slot = Slot::new(key);
        let group = match self.free.pop() {
            Some(group) => {
                self.slots[group as usize] = slot;
                group
            }
            None => {
                self.slots.push(slot);
                u32::try_from(self.slots.len() - 1).expect("fewer than 2^32 groups fit in memory")
            }
        };
        if let Some(windows) = &mut self.windows {
            windows.add(key, group);
        }
        if let Some(panes) = &mut self.panes {
            self.slots[group as usize].list = panes.add(key, group);
        }
        self.index.insert(hash, group);
        group
    }

    /// Brings a group in that a scan of the store found.
    fn add_stored(&mut self, hash: u64, key: &[u8], value: &[u8]) -> Result<u32, StateError> {
        let group = self.add_slot(hash, key);
        self.make_room();
        self.slots[group as usize].time = load_states(&mut self.accumulators, group, value)?;
        Ok(group)
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
                self.slots[group as usize].time =
                    load_states(&mut self.accumulators, group, &value)?;
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
        if slot.changed_in != self.epoch {
            slot.changed_in = self.epoch;
            self.changed.push(group);
        }
        slot.time
    }

    /// Drops groups; those that are left must be noted anew.
    fn drop_slots(&mut self, is_dropped: impl Fn(&Slot) -> bool) {
        let Groups { index, slots, free, accumulators, changed, key_bytes, .. } = self;
        let mut dropped = Vec::new();
        index.retain(|group| {
            let is_dropped = is_dropped(&slots[group as usize]);
            if is_dropped {
                dropped.push(group);
            }
            !is_dropped
        });
        for group in &dropped {
            *key_bytes -= slots[*group as usize].key.len();
            slots[*group as usize].key = Box::default();
            accumulators.iter_mut().for_each(|states| states.reset(*group));
        }
        changed.retain(|group| !slots[*group as usize].key.is_empty());
        free.extend(dropped);
    }
}

/// Takes the states of a group off stored bytes, and returns its event time.
pub(super) fn load_states(
    accumulators: &mut [Box<dyn Accumulator>],
    group: u32,
    value: &[u8],
) -> Result<i64, StateError> {
    let (time, mut states) = value
        .split_first_chunk::<8>()
        .ok_or_else(|| StateError::Damaged("a group of an aggregate".to_owned()))?;
    for accumulator in accumulators {
        accumulator
            .load(group, &mut states)
            .map_err(|error| StateError::Damaged(error.to_string()))?;
    }
    Ok(i64::from_be_bytes(*time))
}

/// The groups that an aggregate has committed.
pub struct GroupRows {
    /// The window starts, if the aggregate is windowed; the grouping columns; the functions' results.
    pub columns: Vec<ArrayRef>,
    /// The event time of each group.
    pub times: ScalarBuffer<i64>,
}

/// Reads groups that an aggregate has committed. A windowed one's keys begin with a window start.
pub fn read_group_rows(
    spec: &AggregateSpec,
    is_windowed: bool,
    entries: impl Iterator<Item = Result<(Box<[u8]>, Box<[u8]>), StateError>>,
) -> Result<GroupRows, OperatorError> {
    let start = is_windowed.then_some(&SqlType::Bigint);
    let mut keys = builders(start.into_iter().chain(&spec.key_types));
    let mut accumulators = spec.accumulators()?;
    let (mut times, mut groups) = (Vec::new(), Vec::new());
    for entry in entries {
        let (full_key, value) = entry?;
        let key = &full_key[StorePartition::PREFIX_SIZE..];
        if key == PROGRESS_KEY {
            continue;
        }
        read_row(key, &mut keys)
            .map_err(|_| StateError::Damaged("the key of a group".to_owned()))?;
        let group = u32::try_from(groups.len()).expect("fewer than 2^32 groups fit in memory");
        groups.push(group);
        accumulators.iter_mut().for_each(|states| states.resize(groups.len()));
        times.push(load_states(&mut accumulators, group, &value)?);
    }
    let mut columns: Vec<_> = keys.iter_mut().map(ColumnBuilder::finish).collect();
    columns.extend(spec.results(&accumulators, &groups));
    Ok(GroupRows { columns, times: ScalarBuffer::from(times) })
}
