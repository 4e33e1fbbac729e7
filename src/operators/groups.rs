//! The groups of an aggregate: which key has which number, the states of its functions, and how they are stored.
//!
//! ```text
//! key   := the grouping key's row, behind the window's start if there is one
//! value := event time (8 bytes) | state of each function
//! ""    := how far the aggregate has come
//! ```

use std::hash::BuildHasher;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, UInt32Array};
use datafusion::arrow::buffer::{BooleanBuffer, ScalarBuffer};
use datafusion::arrow::compute::take;
use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::formats::row::{EncodedRows, builders, read_row};
use crate::functions::RowFailures;
use crate::functions::aggregate::{Accumulator, GroupedRows};
use crate::operators::open_windows::OpenWindows;
use crate::operators::progress::{PROGRESS_KEY, Progress};
use crate::operators::{AggregateSpec, OperatorContext, OperatorError};
use crate::state::{Backend, Changes, MemoryBudget, MemoryShare, StateError, StorePartition};
use crate::types::{ColumnBuilder, SqlType};

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
    /// The arguments of each function.
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
    index: HashTable<u32>,
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
    /// The groups by the start of their window, if windows are emitted when they close.
    windows: Option<OpenWindows>,
}

struct Slot {
    key: Box<[u8]>,
    time: i64,
    changed_in: u64,
    /// The stamp of the group's last update; `EMITTED` when it has been emitted.
    last_update: u32,
}

const EMITTED: u32 = u32::MAX;
/// What a key's own allocation takes beside its bytes.
const KEY_OVERHEAD: usize = 8;

impl Slot {
    fn new(key: &[u8]) -> Self {
        Slot { key: key.into(), time: i64::MIN, changed_in: 0, last_update: EMITTED }
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
            index: HashTable::new(),
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
            windows: None,
        })
    }

    /// Keeps groups by the start of their window too, so that `close` finds them.
    pub(super) fn with_closing(self) -> Self {
        let windows = Some(OpenWindows::new(self.progress.newest_start));
        Groups { windows, ..self }
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
        let groups = self.find_or_load(updates.keys)?;
        let rows = self.grouped_rows(updates, &groups, row_count);
        let mut failures = RowFailures::default();
        self.add(updates, &rows, &mut failures);
        ctx.report_failures(failures);
        Ok(groups)
    }

    /// Returns the groups whose windows begin in a range, both bounds part of it, by start and key. They are not returned again.
    pub(super) fn close(&mut self, from: i64, to: i64) -> Result<Vec<u32>, OperatorError> {
        let Some(windows) = &mut self.windows else { return Ok(Vec::new()) };
        let mut groups = windows.take(from, to);
        if let Some((from, to)) = windows.stored(from, to) {
            let (from, to) = (self.partition.full_key(&from), self.partition.full_key(&to));
            let stored: Vec<_> =
                Arc::clone(&self.backend).scan(&from, &to).collect::<Result<_, _>>()?;
            for (key, value) in stored {
                let key = &key[StorePartition::PREFIX_SIZE..];
                if self.find(key).is_err() {
                    groups.push(self.add_stored(key, &value)?);
                }
            }
        }
        groups.sort_by(|a, b| self.slots[*a as usize].key.cmp(&self.slots[*b as usize].key));
        Ok(groups)
    }

    /// Returns the columns of the stored keys, the times and the results of groups.
    pub(super) fn rows(
        &self,
        groups: &[u32],
        key_types: &[SqlType],
    ) -> Result<GroupRows, OperatorError> {
        let mut keys = builders(key_types);
        let mut times = Vec::with_capacity(groups.len());
        for group in groups {
            let slot = &self.slots[*group as usize];
            read_row(&slot.key, &mut keys)
                .map_err(|_| StateError::Damaged("the key of a group".to_owned()))?;
            times.push(slot.time);
        }
        let mut columns: Vec<_> = keys.iter_mut().map(ColumnBuilder::finish).collect();
        columns.extend(self.accumulators.iter().map(|states| states.evaluate(groups)));
        Ok(GroupRows { columns, times: ScalarBuffer::from(times) })
    }

    /// Removes the groups whose stored keys are below `horizon`, from memory and from the store.
    pub(super) fn expire(&mut self, horizon: &[u8], changes: &mut Changes) {
        let expired = |slot: &Slot| !slot.key.is_empty() && *slot.key < *horizon;
        self.drop_slots(expired);
        changes.delete_range(self.partition, &[0], Some(horizon));
    }

    /// Hands over this epoch's changes, sorted by key.
    pub(super) fn hand_over(&mut self, changes: &mut Changes) {
        if self.progress != self.committed_progress {
            self.progress.hand_over(self.partition, changes);
            self.committed_progress = self.progress;
        }
        let mut changed = std::mem::take(&mut self.changed);
        changed
            .sort_unstable_by(|a, b| self.slots[*a as usize].key.cmp(&self.slots[*b as usize].key));
        for group in &changed {
            let slot = &self.slots[*group as usize];
            changes.put_with(self.partition, &slot.key, |out| {
                out.extend_from_slice(&slot.time.to_be_bytes());
                self.accumulators.iter().for_each(|states| states.save(*group, out));
            });
        }
        if self.share.set(self.memory_size()) {
            let epoch = self.epoch;
            if let Some(windows) = &mut self.windows {
                windows.stored_up_to = self.progress.newest_start;
            }
            self.drop_slots(|slot| slot.changed_in < epoch);
            if self.slots.len() / 4 < self.free.len() {
                self.compact();
            }
            self.share.set(self.memory_size());
        }
        self.epoch += 1;
    }

    /// Numbers the groups anew, so that what was dropped takes no memory.
    fn compact(&mut self) {
        let live: Vec<u32> = self.index.iter().copied().collect();
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
        let Groups { index, slots, hasher, windows, .. } = self;
        index.clear();
        index.shrink_to(slots.len(), |group| hasher.hash_one(&*slots[*group as usize].key));
        windows.iter_mut().for_each(OpenWindows::clear);
        for (number, slot) in slots.iter().enumerate() {
            let number = number as u32;
            let hash = hasher.hash_one(&*slot.key);
            index
                .insert_unique(hash, number, |group| hasher.hash_one(&*slots[*group as usize].key));
            windows.iter_mut().for_each(|windows| windows.add(&slot.key, number));
        }
    }

    fn memory_size(&self) -> usize {
        let states: usize = self.accumulators.iter().map(|states| states.memory_size()).sum();
        let lists = self.changed.capacity() * size_of::<u32>()
            + self.held.capacity() * size_of::<(u32, u32)>();
        let slots = self.slots.capacity() * size_of::<Slot>() + self.index.allocation_size();
        states + self.key_bytes + self.index.len() * KEY_OVERHEAD + slots + lists
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
        let found = self.index.find(hash, |group| *self.slots[*group as usize].key == *key);
        found.copied().ok_or(hash)
    }

    fn find_or_load(&mut self, keys: &EncodedRows) -> Result<Vec<u32>, OperatorError> {
        let mut missing = Vec::new();
        let mut groups = Vec::with_capacity(keys.len());
        for key in keys.iter() {
            groups.push(self.find(key).unwrap_or_else(|hash| {
                let group = self.add_slot(hash, key);
                missing.push(group);
                group
            }));
        }
        self.make_room();
        self.load(missing)?;
        self.share.note(self.memory_size());
        Ok(groups)
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
        let Groups { index, slots, hasher, .. } = self;
        index.insert_unique(hash, group, |group| hasher.hash_one(&*slots[*group as usize].key));
        group
    }

    /// Brings a group in that a scan of the store found.
    fn add_stored(&mut self, key: &[u8], value: &[u8]) -> Result<u32, OperatorError> {
        let group = self.add_slot(self.hasher.hash_one(key), key);
        self.make_room();
        self.slots[group as usize].time = load_states(&mut self.accumulators, group, value)?;
        Ok(group)
    }

    /// Brings the states of new groups in from the store, in one read in the order of their keys.
    fn load(&mut self, mut groups: Vec<u32>) -> Result<(), OperatorError> {
        if groups.is_empty() {
            return Ok(());
        }
        groups
            .sort_unstable_by(|a, b| self.slots[*a as usize].key.cmp(&self.slots[*b as usize].key));
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
            results: self.accumulators.iter().map(|states| states.evaluate(&groups)).collect(),
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
        let mut results: Vec<ArrayRef> =
            self.accumulators.iter_mut().zip(updates.args).map(each).collect();
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

    fn drop_slots(&mut self, is_dropped: impl Fn(&Slot) -> bool) {
        let Groups { index, slots, free, accumulators, changed, key_bytes, windows, .. } = self;
        let mut dropped = Vec::new();
        index.retain(|group| {
            let is_dropped = is_dropped(&slots[*group as usize]);
            if is_dropped {
                dropped.push(*group);
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
        if let Some(windows) = windows {
            windows.clear();
            index.iter().for_each(|group| windows.add(&slots[*group as usize].key, *group));
        }
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
    columns.extend(accumulators.iter().map(|states| states.evaluate(&groups)));
    Ok(GroupRows { columns, times: ScalarBuffer::from(times) })
}
