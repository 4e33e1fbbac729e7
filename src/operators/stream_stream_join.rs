//! Joins two streams on their keys within a time distance.

use std::sync::Arc;

use datafusion::arrow::array::{Array, BooleanArray};
use datafusion::arrow::buffer::BooleanBuffer;
use foldhash::fast::RandomState;

use crate::formats::row::EncodedRows;
use crate::operators::joined_rows::{InputRow, JoinedRows};
use crate::operators::materialize::write_table_keys;
use crate::operators::unmatched::{Closed, Unmatched};
use crate::operators::{Operator, OperatorContext, OperatorError, Report};
use crate::plan::{JoinKind, WithinSpec};
use crate::state::{
    Backend, Changes, MemoryBudget, OrderedStore, StoreId, StorePartition, WindowRetention,
    WindowStore,
};
use crate::types::{Batch, Schema};

/// What a join of two streams does.
#[derive(Clone, Debug)]
pub struct StreamStreamSpec {
    /// The columns of each side, left first.
    pub sides: [Schema; 2],
    /// Which rows without a match come out.
    pub kind: JoinKind,
    /// How far apart two rows may be.
    pub within: WithinSpec,
    /// Where each side's rows are kept.
    pub stores: [StoreId; 2],
    /// Where those of each side are kept that wait for a match.
    pub unmatched_stores: [StoreId; 2],
    /// Whether keys are windowed.
    pub is_windowed: bool,
    /// Whether results may be held back for a moment, so that they leave in larger batches: nothing else may come between them and
    /// the end of the sub-topology.
    pub may_hold_back: bool,
}

/// Joins two streams (ports 0 and 1) on their keys. A row is joined with the rows of the other side that are near enough in time,
/// in the order of their times; the later time is the result's.
///
/// Stream time is the largest event time of both sides. With a grace period, a row that found no match comes out alone when its
/// window is closed: when stream time is past the last time that a match could have plus the grace period. If that last time is past
/// already when the row comes, it comes out at once. Without a grace period it always comes out at once, and a match later on
/// comes in addition.
///
/// A row stays joinable until it is older than window and grace period together, by the stream time of its own side. One that comes
/// even later is joined with what is there, but not kept, which is reported.
///
/// Source: Kafka Streams' `KStreamKStreamJoin` and `KStreamJoinWindow`.
pub struct StreamStreamJoin {
    sides: [Side; 2],
    out: JoinedRows,
    may_hold_back: bool,
    keys: EncodedRows,
    rows: EncodedRows,
}

struct Side {
    schema: Schema,
    /// Whether its rows come out without a match.
    is_outer: bool,
    /// How much earlier and how much later than its rows those of the other side may be.
    before_ms: i64,
    after_ms: i64,
    rows: WindowStore,
    /// Those of its rows that wait for a match, if they come out without one and there is a grace period.
    unmatched: Option<Unmatched>,
}

/// How many results are held back at the most.
const HELD_BACK_MAX: usize = 4096;

/// How long a join without GRACE waits for late rows: this, less its window.
const DEFAULT_GRACE_MS: i64 = 24 * 60 * 60 * 1000;

impl StreamStreamSpec {
    /// Returns how long it waits for late rows.
    fn grace_ms(&self) -> i64 {
        let WithinSpec { before_ms, grace_ms, .. } = self.within;
        let default = DEFAULT_GRACE_MS.saturating_sub(before_ms.saturating_mul(2)).max(0);
        grace_ms.unwrap_or(default)
    }

    /// Returns how far stream time may be ahead of a row without making a difference for it: it is not late, and if it comes out
    /// without a match, it waits for one first.
    pub fn ahead_ms(&self) -> i64 {
        let WithinSpec { before_ms, after_ms, grace_ms } = self.within;
        let waits = [after_ms, before_ms].into_iter().enumerate();
        let waits = waits.filter(|(side, _)| grace_ms.is_some() && self.kind.is_outer(*side));
        waits.map(|(_, ms)| ms).fold(self.grace_ms(), i64::min)
    }

    /// Returns how long after its time a row is kept.
    fn retention_ms(&self) -> i64 {
        let WithinSpec { before_ms, after_ms, .. } = self.within;
        before_ms.saturating_add(after_ms).saturating_add(self.grace_ms())
    }
}

impl Side {
    fn open(
        spec: &StreamStreamSpec,
        side: usize,
        (before_ms, after_ms): (i64, i64),
        (partition, backend, memory): (u32, &Arc<dyn Backend>, &Arc<MemoryBudget>),
        hasher: RandomState,
    ) -> Result<Self, OperatorError> {
        let is_outer = spec.kind.is_outer(side);
        let at = |store: StoreId| StorePartition::new(store, partition);
        let retention = WindowRetention {
            look_up_ms: before_ms.saturating_add(after_ms),
            retention_ms: spec.retention_ms(),
        };
        let backend = || Arc::clone(backend);
        let store = at(spec.stores[side]);
        let rows = WindowStore::open(store, backend(), hasher, retention, memory)?;
        let unmatched = match spec.within.grace_ms.filter(|_| is_outer) {
            Some(grace_ms) => {
                let store = at(spec.unmatched_stores[side]);
                let store = OrderedStore::open(store, backend(), memory)?;
                Some(Unmatched::new(store, after_ms.saturating_add(grace_ms)))
            }
            None => None,
        };
        let schema = spec.sides[side].clone();
        Ok(Side { schema, is_outer, before_ms, after_ms, rows, unmatched })
    }
}

impl StreamStreamJoin {
    /// Opens the operator on its state.
    pub fn open(
        spec: &StreamStreamSpec,
        partition: u32,
        backend: &Arc<dyn Backend>,
        memory: &Arc<MemoryBudget>,
    ) -> Result<Self, OperatorError> {
        let hasher = RandomState::default();
        let WithinSpec { before_ms, after_ms, .. } = spec.within;
        let open = |side: usize, before_ms, after_ms| {
            Side::open(
                spec,
                side,
                (before_ms, after_ms),
                (partition, backend, memory),
                hasher.clone(),
            )
        };
        Ok(StreamStreamJoin {
            out: JoinedRows::new(&spec.sides, spec.is_windowed),
            may_hold_back: spec.may_hold_back,
            // Seen from the right, earlier and later change places.
            sides: [open(0, before_ms, after_ms)?, open(1, after_ms, before_ms)?],
            keys: EncodedRows::default(),
            rows: EncodedRows::default(),
        })
    }

    fn stream_time(&self) -> i64 {
        self.sides[0].rows.stream_time().max(self.sides[1].rows.stream_time())
    }

    /// Brings into memory what the rows of a batch may meet.
    fn load(&mut self, port: usize, batch: &Batch) -> Result<(), OperatorError> {
        let [left, right] = &mut self.sides;
        let (own, other) = if port == 0 { (left, right) } else { (right, left) };
        let each = || self.keys.iter().zip(batch.times.iter());
        let (before, after) = (own.before_ms, own.after_ms);
        other
            .rows
            .load(each().map(|(key, time)| {
                (key, time.saturating_sub(before), time.saturating_add(after))
            }))?;
        if let Some(unmatched) = &mut own.unmatched {
            unmatched.load(each().map(|(key, time)| (*time, key)))?;
        }
        Ok(())
    }

    /// Emits the rows that have found no match when a row moves stream time on: by time, the right side's first, then by key.
    fn emit_closed(&mut self, row: usize, stream_time: i64) -> Result<(), OperatorError> {
        let mut closed: Vec<(usize, Closed)> = Vec::new();
        for side in [1, 0] {
            if let Some(unmatched) = &mut self.sides[side].unmatched {
                closed.extend(unmatched.take_closed(stream_time)?.into_iter().map(|c| (side, c)));
            }
        }
        closed.sort_by_key(|(_, closed)| closed.time);
        closed.iter().try_for_each(|(side, closed)| self.out.push_closed(row, *side, closed))
    }

    /// Joins one row and keeps it.
    fn join(
        &mut self,
        (port, row, time): (usize, usize, i64),
        ctx: &mut OperatorContext<'_>,
    ) -> Result<(), OperatorError> {
        let stream_time = self.stream_time().max(time);
        let [left, right] = &mut self.sides;
        let (own, other) = if port == 0 { (left, right) } else { (right, left) };
        let (key, bytes) = (self.keys.row(row), self.rows.row(row));
        let input = InputRow { side: port, row, key, bytes };
        let hash = own.rows.hash(key);
        let (from, to) = (time.saturating_sub(own.before_ms), time.saturating_add(own.after_ms));
        // Both first: memory is slow, and neither waits for the other.
        let (found, place) =
            (other.rows.find(hash, key, from, to), own.rows.place(hash, key, time));
        let mut has_match = false;
        let mut matched_time = None;
        for (other_time, other_row) in other.rows.rows(found) {
            has_match = true;
            self.out.push(input, time.max(other_time), Some(other_row))?;
            if let Some(unmatched) = &mut other.unmatched
                && matched_time != Some(other_time)
            {
                unmatched.remove(other_time, key);
            }
            matched_time = Some(other_time);
        }
        if own.is_outer && !has_match {
            match &mut own.unmatched {
                Some(unmatched) if stream_time <= to => unmatched.add(time, key, bytes),
                Some(_) | None => self.out.push(input, time, None)?,
            }
        }
        if !own.rows.put(place, key, time, bytes) {
            ctx.reports.push(Report::Late {
                time_ms: time,
                stream_time_ms: own.rows.stream_time(),
                window_start_ms: from,
                window_end_ms: to,
            });
        }
        Ok(())
    }
}

impl Operator for StreamStreamJoin {
    fn process(
        &mut self,
        port: usize,
        batch: Batch,
        ctx: &mut OperatorContext<'_>,
        emit: &mut Vec<Batch>,
    ) -> Result<(), OperatorError> {
        let batch =
            keyed_rows(batch, self.sides[port].schema.key_count(), "StreamStreamJoin", ctx)?;
        if batch.is_empty() {
            return Ok(());
        }
        if batch.headers.is_some() {
            // Headers go with their batch: what is held back has none.
            self.flush(ctx, emit)?;
        }
        write_table_keys(&self.sides[port].schema, &batch, &mut self.keys);
        self.rows.encode_again(&batch.columns, batch.row_count());
        self.load(port, &batch)?;
        for (row, time) in batch.times.iter().enumerate() {
            if self.stream_time() < *time {
                self.emit_closed(row, *time)?;
            }
            self.join((port, row, *time), ctx)?;
        }
        let is_held_back =
            self.may_hold_back && batch.headers.is_none() && self.out.len() < HELD_BACK_MAX;
        if 0 < self.out.len() && !is_held_back {
            emit.push(self.out.take(batch.headers.as_ref())?);
        }
        Ok(())
    }

    fn flush(
        &mut self,
        _ctx: &mut OperatorContext<'_>,
        emit: &mut Vec<Batch>,
    ) -> Result<(), OperatorError> {
        if 0 < self.out.len() {
            emit.push(self.out.take(None)?);
        }
        Ok(())
    }

    fn hand_over(&mut self, changes: &mut Changes) {
        for side in &mut self.sides {
            side.rows.hand_over(changes);
            if let Some(unmatched) = &mut side.unmatched {
                unmatched.hand_over(changes);
            }
        }
    }
}

/// Drops the rows that cannot be joined: those without a value, and those with a null in their key, which are reported.
fn keyed_rows(
    batch: Batch,
    key_count: usize,
    operator: &'static str,
    ctx: &mut OperatorContext<'_>,
) -> Result<Batch, OperatorError> {
    let batch = match &batch.deleted {
        Some(deleted) => batch.filter(&BooleanArray::new(!deleted, None))?,
        None => batch,
    };
    let mut keep: Option<BooleanBuffer> = None;
    for nulls in batch.columns[..key_count].iter().filter_map(|column| column.logical_nulls()) {
        if 0 < nulls.null_count() {
            let valid = nulls.inner();
            keep = Some(keep.map_or_else(|| valid.clone(), |keep| &keep & valid));
        }
    }
    let Some(keep) = keep else { return Ok(batch) };
    let row_count = batch.row_count() - keep.count_set_bits();
    ctx.reports.push(Report::NullKey { operator, row_count });
    Ok(batch.filter(&BooleanArray::new(keep, None))?)
}
