//! The groups of an aggregate: which key has which number, the states of its functions, and how they are stored.
//!
//! ```text
//! key   := the grouping key's row, behind the window's start if there is one
//! value := event time (8 bytes) | state of each function
//! ""    := next sequence number (8 bytes) | stream time (8 bytes)
//! ```

use std::fmt;
use std::hash::BuildHasher;
use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::buffer::ScalarBuffer;
use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::expr::{Expr, Projection, Rows};
use crate::formats::row::{EncodedRows, builders, read_row};
use crate::functions::aggregate::{Accumulator, GroupedRows};
use crate::functions::{FunctionError, ResolvedAggregate, RowFailures};
use crate::operators::{OperatorContext, OperatorError};
use crate::state::{Backend, Changes, StateError, StorePartition};
use crate::types::{Batch, ColumnBuilder, SqlType};

/// What an aggregate computes.
#[derive(Clone)]
pub struct AggregateSpec {
    /// The types of the grouping columns.
    pub key_types: Vec<SqlType>,
    /// The functions.
    pub functions: Vec<ResolvedAggregate>,
    /// The grouping columns, then the arguments of each function in turn.
    inputs: Projection,
    /// How many arguments each function has.
    arg_counts: Vec<usize>,
}

impl AggregateSpec {
    /// Describes an aggregate: the grouping expressions, and each function with its arguments.
    pub fn new(group_by: &[Expr], calls: &[(ResolvedAggregate, Vec<Expr>)]) -> Self {
        let args = calls.iter().flat_map(|(_, args)| args.iter());
        AggregateSpec {
            key_types: group_by.iter().map(|expr| expr.sql_type().clone()).collect(),
            functions: calls.iter().map(|(function, _)| function.clone()).collect(),
            inputs: Projection::new(group_by.iter().chain(args).cloned().collect()),
            arg_counts: calls.iter().map(|(_, args)| args.len()).collect(),
        }
    }

    /// Computes the grouping columns and the arguments for a batch.
    pub(super) fn evaluate(
        &self,
        batch: &Batch,
        ctx: &mut OperatorContext<'_>,
    ) -> Result<AggregateInput, OperatorError> {
        let rows =
            Rows { columns: &batch.columns, row_count: batch.row_count(), now_ms: ctx.now_ms };
        let mut failures = RowFailures::default();
        let mut columns = self.inputs.evaluate(&rows, &mut failures)?.into_iter();
        ctx.report_failures(failures);
        let keys = columns.by_ref().take(self.key_types.len()).collect();
        let args =
            self.arg_counts.iter().map(|count| columns.by_ref().take(*count).collect()).collect();
        Ok(AggregateInput { keys, args })
    }

    fn accumulators(&self) -> Result<Vec<Box<dyn Accumulator>>, FunctionError> {
        self.functions.iter().map(ResolvedAggregate::accumulator).collect()
    }
}

impl fmt::Debug for AggregateSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AggregateSpec").field("inputs", &self.inputs).finish_non_exhaustive()
    }
}

/// What an aggregate takes from a batch.
pub(super) struct AggregateInput {
    /// The grouping columns.
    pub(super) keys: Vec<ArrayRef>,
    /// The arguments of each function.
    pub(super) args: Vec<Vec<ArrayRef>>,
}

/// Rows on their way into groups: update `i` takes row `rows[i]` of the arguments into the group of `keys` row `i`.
pub(super) struct Updates<'a> {
    /// The key of each update, as stored.
    pub(super) keys: &'a EncodedRows,
    /// The row of each update; none if update `i` takes row `i`.
    pub(super) rows: Option<&'a [u32]>,
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
    partition: StorePartition,
    backend: Arc<dyn Backend>,
    accumulators: Vec<Box<dyn Accumulator>>,
    index: HashTable<u32>,
    hasher: RandomState,
    slots: Vec<Slot>,
    free: Vec<u32>,
    changed: Vec<u32>,
    epoch: u64,
    key_bytes: usize,
    bytes_max: usize,
    next_sequence: u64,
    /// The largest event time that the aggregate has seen; `i64::MIN` before the first.
    pub(super) stream_time: i64,
}

struct Slot {
    key: Box<[u8]>,
    time: i64,
    changed_in: u64,
    /// The place in the batch at hand of the group's last update.
    last_update: u32,
}

const META_KEY: &[u8] = b"";

impl Groups {
    /// Opens a partition of an aggregate's store.
    pub(super) fn open(
        spec: &AggregateSpec,
        partition: StorePartition,
        backend: Arc<dyn Backend>,
        bytes_max: usize,
    ) -> Result<Self, OperatorError> {
        let meta = backend.get(&partition.full_key(META_KEY))?;
        let (next_sequence, stream_time) = read_meta(meta.as_deref())?;
        Ok(Groups {
            partition,
            backend,
            accumulators: spec.accumulators()?,
            index: HashTable::new(),
            hasher: RandomState::default(),
            slots: Vec::new(),
            free: Vec::new(),
            changed: Vec::new(),
            epoch: 1,
            key_bytes: 0,
            bytes_max,
            next_sequence,
            stream_time,
        })
    }

    /// Takes rows into their groups. `row_count` is how many rows the arguments have.
    pub(super) fn update(
        &mut self,
        updates: &Updates<'_>,
        row_count: usize,
        ctx: &mut OperatorContext<'_>,
    ) -> Result<Updated, OperatorError> {
        let groups = self.find_or_load(updates.keys)?;
        let rows = GroupedRows {
            groups: &groups,
            rows: updates.rows,
            undone: None,
            first_sequence: self.next_sequence,
        };
        self.next_sequence += row_count as u64;
        let mut failures = RowFailures::default();
        let updated = if ctx.coalesce {
            self.update_together(updates, &rows, &mut failures)
        } else {
            self.update_each(updates, &rows, &mut failures)
        };
        ctx.report_failures(failures);
        Ok(updated)
    }

    /// Removes the groups whose stored keys are below `horizon`, from memory and from the store.
    pub(super) fn expire(&mut self, horizon: &[u8], changes: &mut Changes) {
        let expired = |slot: &Slot| !slot.key.is_empty() && *slot.key < *horizon;
        self.drop_slots(expired);
        changes.delete_range(self.partition, &[0], Some(horizon));
    }

    /// Hands over this epoch's changes, sorted by key.
    pub(super) fn hand_over(&mut self, changes: &mut Changes) {
        if !self.changed.is_empty() {
            let mut meta = [0; 16];
            meta[..8].copy_from_slice(&self.next_sequence.to_be_bytes());
            meta[8..].copy_from_slice(&self.stream_time.to_be_bytes());
            changes.put(self.partition, META_KEY, &meta);
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
        changed.clear();
        self.changed = changed;
        if self.bytes_max < self.memory_size() {
            let epoch = self.epoch;
            self.drop_slots(|slot| slot.changed_in < epoch);
        }
        self.epoch += 1;
    }

    fn memory_size(&self) -> usize {
        let states: usize = self.accumulators.iter().map(|states| states.memory_size()).sum();
        states + self.key_bytes + self.slots.len() * size_of::<Slot>()
    }

    fn find_or_load(&mut self, keys: &EncodedRows) -> Result<Vec<u32>, OperatorError> {
        let mut missing = Vec::new();
        let mut groups = Vec::with_capacity(keys.len());
        for key in keys.iter() {
            let hash = self.hasher.hash_one(key);
            let found = self.index.find(hash, |group| *self.slots[*group as usize].key == *key);
            groups.push(found.copied().unwrap_or_else(|| {
                let group = self.add_slot(hash, key);
                missing.push(group);
                group
            }));
        }
        let group_count = self.slots.len();
        self.accumulators.iter_mut().for_each(|states| states.resize(group_count));
        self.load(missing)?;
        Ok(groups)
    }

    fn add_slot(&mut self, hash: u64, key: &[u8]) -> u32 {
        self.key_bytes += key.len();
        let slot = Slot { key: key.into(), time: i64::MIN, changed_in: 0, last_update: u32::MAX };
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
        let Groups { index, slots, hasher, .. } = self;
        index.insert_unique(hash, group, |group| hasher.hash_one(&*slots[*group as usize].key));
        group
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

    fn update_together(
        &mut self,
        updates: &Updates<'_>,
        rows: &GroupedRows<'_>,
        failures: &mut RowFailures,
    ) -> Updated {
        for (states, args) in self.accumulators.iter_mut().zip(updates.args) {
            states.update(args, rows, failures);
        }
        for (update, group) in rows.groups.iter().enumerate() {
            self.touch(*group, updates.times[rows.row(update)]);
            self.slots[*group as usize].last_update = update as u32;
        }
        let is_last = |(update, group): &(usize, &u32)| {
            self.slots[**group as usize].last_update == *update as u32
        };
        let (emitted, groups): (Vec<u32>, Vec<u32>) = rows
            .groups
            .iter()
            .enumerate()
            .filter(is_last)
            .map(|(update, group)| (update as u32, *group))
            .unzip();
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
    ) -> Updated {
        let each = |(states, args): (&mut Box<dyn Accumulator>, &Vec<ArrayRef>)| {
            states.update_each(args, rows, failures)
        };
        let results = self.accumulators.iter_mut().zip(updates.args).map(each).collect();
        let mut times = Vec::with_capacity(rows.groups.len());
        for (update, group) in rows.groups.iter().enumerate() {
            times.push(self.touch(*group, updates.times[rows.row(update)]));
        }
        Updated { updates: (0..rows.groups.len() as u32).collect(), times, results }
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
        let Groups { index, slots, free, accumulators, changed, key_bytes, .. } = self;
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
    }
}

fn read_meta(meta: Option<&[u8]>) -> Result<(u64, i64), StateError> {
    let Some(meta) = meta else { return Ok((0, i64::MIN)) };
    let parts = meta.split_first_chunk::<8>().and_then(|(sequence, rest)| {
        Some((u64::from_be_bytes(*sequence), i64::from_be_bytes(rest.try_into().ok()?)))
    });
    parts.ok_or_else(|| StateError::Damaged("the stream time of an aggregate".to_owned()))
}

fn load_states(
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
        if key == META_KEY {
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
