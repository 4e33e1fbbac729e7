//! Aggregates a stream by key and session.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, Int64Array, UInt32Array, new_null_array};
use datafusion::arrow::buffer::{BooleanBuffer, NullBuffer, ScalarBuffer};
use datafusion::arrow::compute::{concat, take};

use crate::formats::row::EncodedRows;
use crate::functions::RowFailures;
use crate::functions::aggregate::GroupedRows;
use crate::operators::aggregate_spec::Grouped;
use crate::operators::progress::Progress;
use crate::operators::sessions::{Bounds, Sessions};
use crate::operators::stored_sessions::SessionRows;
use crate::operators::{AggregateSpec, Operator, OperatorContext, OperatorError, Report};
use crate::state::{Backend, Changes, MemoryBudget, StorePartition};
use crate::types::{Batch, SqlType, Windows};

/// Sessions: a key's records of which each is not further than the gap from the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionWindows {
    /// How far two records of a session may be apart.
    pub gap_ms: i64,
    /// How long after its end and the gap a session takes late records.
    pub grace_ms: i64,
    /// How long a session is kept after its end, in stream time; at least the gap and the grace period.
    pub retention_ms: i64,
    /// Whether a session is emitted once, when it closes.
    pub emit_final: bool,
}

impl SessionWindows {
    /// Returns before which time a session must have ended to be closed.
    fn closed_before(self, stream_time: i64) -> i64 {
        stream_time.saturating_sub(self.grace_ms).saturating_sub(self.gap_ms)
    }

    /// Returns how long a session may still change after its end: a late record may reach back from an open session by a gap.
    pub fn kept_ms(self) -> i64 {
        let reach = self.grace_ms.saturating_add(self.gap_ms.saturating_mul(2));
        self.retention_ms.max(reach)
    }

    /// Returns before which time a session must have ended to be forgotten.
    fn forgotten_before(self, stream_time: i64) -> i64 {
        stream_time.saturating_sub(self.kept_ms())
    }

    /// Tells whether a query sees a session that ended at a time.
    pub(super) fn sees(self, progress: &Progress, end: i64) -> bool {
        let is_kept = self.forgotten_before(progress.stream_time) <= end;
        is_kept && (!self.emit_final || end < progress.closed_before)
    }

    /// Returns how long the buckets are in which sessions wait: so short that a session in use is not in the next to close.
    fn bucket_ms(self) -> i64 {
        (self.gap_ms.saturating_add(self.grace_ms) / 4).max(1)
    }

    /// Arranges stored sessions as the operator emits them.
    pub fn rows(self, stored: SessionRows) -> Batch {
        let SessionRows { starts, ends, keys, results } = stored;
        let windows = Windows { starts: starts.into(), ends: ends.into() };
        let mut columns = keys;
        columns.push(Arc::new(Int64Array::new(windows.starts.clone(), None)));
        columns.push(Arc::new(Int64Array::new(windows.ends.clone(), None)));
        columns.extend(results);
        let times = windows.ends.clone();
        Batch { windows: Some(windows), ..Batch::new(columns, times) }
    }
}

/// Aggregates a stream by key and session. A row joins the sessions that it is not further than the gap from: they become one,
/// which it extends to its own time. A tombstone comes out for each session that is no more, as it was, then the new one; the
/// event time of both is the session's end. A row is late if its session would have ended before stream time less grace and
/// gap.
///
/// If only final results are emitted, the row that closes sessions emits them, by end, start and key. What is emitted is final:
/// a row that reaches back to a closed session begins a new one, or is late if it is older than what is closed.
///
/// Source: Kafka Streams' `KStreamSessionWindowAggregate`.
pub struct SessionAggregate {
    spec: AggregateSpec,
    windows: SessionWindows,
    sessions: Sessions,
    /// What waits to be emitted, so that updates of a session are merged.
    held: Held,
    /// Rises whenever what waits has been emitted.
    generation: u64,
}

/// Sessions whose updates wait to be merged.
#[derive(Default)]
struct Held {
    /// Those that were touched; some may be gone by now, and some stand twice.
    sessions: Vec<u32>,
    /// The keys and bounds of those that were emitted before and went into others.
    absorbed: Vec<(u32, Bounds)>,
    update_count: u32,
}

/// What is done with the sessions that rows change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Emission {
    /// Each change is emitted.
    Each,
    /// Changes wait to be merged.
    Merged,
    /// Sessions are emitted when they close.
    Final,
}

impl SessionAggregate {
    /// Opens the operator on its state.
    pub fn open(
        spec: AggregateSpec,
        windows: SessionWindows,
        partition: StorePartition,
        backend: Arc<dyn Backend>,
        memory: &Arc<MemoryBudget>,
    ) -> Result<Self, OperatorError> {
        let limits = (memory, windows.bucket_ms());
        let sessions = Sessions::open(&spec, partition, backend, limits)?;
        let sessions = if windows.emit_final { sessions.with_closing() } else { sessions };
        Ok(SessionAggregate { spec, windows, sessions, held: Held::default(), generation: 1 })
    }

    fn process_piece(
        &mut self,
        input: &Grouped,
        ctx: &mut OperatorContext<'_>,
        emit: &mut Vec<Batch>,
    ) -> Result<(), OperatorError> {
        let Grouped { batch, keys, args } = input;
        let encoded = EncodedRows::encode(keys, batch.row_count());
        let numbers = self.sessions.find_or_load(&encoded)?;
        let emission = self.emission(batch, ctx);
        if emission == Emission::Each {
            self.emit_held(emit)?;
        }
        let mut pending = Pending::new(args, emission, self.sessions.progress.next_sequence);
        self.sessions.progress.next_sequence += batch.row_count() as u64;
        let mut out = Changed::default();
        let mut closed = Vec::new();
        let mut joined = Vec::new();
        for (row, time) in batch.times.iter().enumerate() {
            let stream_time = self.sessions.progress.advance(*time);
            let close = self.windows.closed_before(stream_time);
            let is_late = !self.join(numbers[row], *time, &mut joined);
            let bounds = self.joined_bounds(*time, &joined);
            if is_late || bounds.end < close {
                ctx.reports.push(Report::Late {
                    time_ms: *time,
                    stream_time_ms: stream_time,
                    window_start_ms: bounds.start,
                    window_end_ms: bounds.end,
                });
            } else {
                let place = Place { row: row as u32, key: numbers[row], time: *time, bounds };
                self.take(&place, &joined, &mut pending, &mut out);
            }
            if self.windows.emit_final {
                let sessions = self.sessions.close(close)?;
                closed.extend(sessions.into_iter().map(|session| (row as u32, session)));
            }
        }
        pending.flush(&mut self.sessions);
        ctx.report_failures(std::mem::take(&mut pending.failures));
        match emission {
            Emission::Final => self.emit_closed(&closed, batch, emit)?,
            Emission::Each if !out.rows.is_empty() => {
                let results = self.spec.columns(pending.results()?.into_iter());
                emit.push(out.finish(batch, keys, &results)?);
            }
            Emission::Each | Emission::Merged => {}
        }
        Ok(())
    }

    fn emission(&self, batch: &Batch, ctx: &OperatorContext<'_>) -> Emission {
        match self.windows.emit_final {
            true => Emission::Final,
            false if ctx.holds(batch) => Emission::Merged,
            false => Emission::Each,
        }
    }

    /// Finds the sessions that a row joins. Returns false if it is late because one of them is closed.
    fn join(&self, key: u32, time: i64, joined: &mut Vec<u32>) -> bool {
        let progress = &self.sessions.progress;
        let kept_from = self.windows.forgotten_before(progress.stream_time);
        let range = Bounds {
            start: time.saturating_sub(self.windows.gap_ms).max(kept_from),
            end: time.saturating_add(self.windows.gap_ms),
        };
        self.sessions.overlapping(key, range, joined);
        let count = joined.len();
        if self.windows.emit_final {
            let is_open = |session: &u32| {
                progress.closed_before <= self.sessions.slots[*session as usize].bounds.end
            };
            joined.retain(is_open);
        }
        joined.len() == count || progress.closed_before <= time
    }

    fn joined_bounds(&self, time: i64, joined: &[u32]) -> Bounds {
        let mut bounds = Bounds { start: time, end: time };
        for session in joined {
            let joined = self.sessions.slots[*session as usize].bounds;
            bounds.start = bounds.start.min(joined.start);
            bounds.end = bounds.end.max(joined.end);
        }
        bounds
    }

    /// Takes a row into the sessions that it joins, or into a new one.
    fn take(
        &mut self,
        place: &Place,
        joined: &[u32],
        pending: &mut Pending<'_>,
        out: &mut Changed,
    ) {
        let Place { row, key, time, bounds } = *place;
        let is_as_new = bounds == Bounds { start: time, end: time };
        let session = match joined.split_first() {
            None => {
                let session = self.sessions.add(key, bounds);
                self.hold(session, None, pending.emission);
                session
            }
            Some((first, rest)) => {
                for session in joined {
                    let old = self.sessions.slots[*session as usize].bounds;
                    self.hold(*session, Some(old), pending.emission);
                    if pending.emission == Emission::Each && !is_as_new {
                        out.push(row, old, None);
                    }
                }
                if !rest.is_empty() {
                    pending.flush(&mut self.sessions);
                }
                for session in rest {
                    self.absorb(*first, *session, row, pending);
                }
                self.sessions.extend(*first, bounds);
                *first
            }
        };
        let update = pending.push(row, session);
        if pending.emission == Emission::Each {
            out.push(row, bounds, Some(update));
        }
        self.sessions.slots[session as usize].last_update = self.held.update_count;
        self.held.update_count = self.held.update_count.wrapping_add(1);
    }

    /// Has a session wait to be emitted; `before` are the bounds it was emitted with, if it was.
    fn hold(&mut self, session: u32, before: Option<Bounds>, emission: Emission) {
        let slot = &mut self.sessions.slots[session as usize];
        if emission == Emission::Merged && slot.generation != self.generation {
            slot.generation = self.generation;
            slot.before = before;
            self.held.sessions.push(session);
        }
    }

    /// Merges a session into an earlier one of its key.
    fn absorb(&mut self, into: u32, from: u32, row: u32, pending: &mut Pending<'_>) {
        for states in &mut self.sessions.accumulators {
            if let Err(reason) = states.merge(into, from) {
                pending.failures.push(row as usize, reason);
            }
        }
        if pending.emission == Emission::Merged {
            let slot = &self.sessions.slots[from as usize];
            self.held.absorbed.extend(slot.before.map(|before| (slot.key, before)));
        }
        self.sessions.remove(from);
    }

    /// Emits what the updates that wait came to: a tombstone for each session that is no more as it was, then the sessions that
    /// changed as they are now, in the order of their last updates.
    fn emit_held(&mut self, emit: &mut Vec<Batch>) -> Result<(), OperatorError> {
        let Held { mut sessions, absorbed: mut gone, .. } = std::mem::take(&mut self.held);
        let slots = &self.sessions.slots;
        sessions.retain(|number| {
            let slot = &slots[*number as usize];
            slot.is_live() && slot.generation == self.generation
        });
        sessions.sort_unstable_by_key(|number| slots[*number as usize].last_update);
        sessions.dedup();
        self.generation += 1;
        for number in &sessions {
            let slot = &slots[*number as usize];
            gone.extend(slot.before.filter(|b| *b != slot.bounds).map(|before| (slot.key, before)));
        }
        if !gone.is_empty() {
            emit.push(self.tombstones(&gone)?);
        }
        for sessions in sessions.chunks(self.sessions.results_max()) {
            emit.push(self.windows.rows(self.sessions.rows(sessions, &self.spec.key_types)?));
        }
        Ok(())
    }

    fn tombstones(&self, gone: &[(u32, Bounds)]) -> Result<Batch, OperatorError> {
        let keys = gone.iter().map(|(key, _)| *key);
        let mut columns = self.sessions.key_columns(keys, &self.spec.key_types)?;
        let bigint = SqlType::Bigint;
        let results = self.spec.functions.iter().map(|function| &function.return_type);
        for sql_type in [&bigint, &bigint].into_iter().chain(results) {
            columns.push(new_null_array(&sql_type.arrow(), gone.len()));
        }
        let windows = Windows {
            starts: gone.iter().map(|(_, bounds)| bounds.start).collect(),
            ends: gone.iter().map(|(_, bounds)| bounds.end).collect(),
        };
        let mut out = Batch::new(columns, windows.ends.clone());
        out.windows = Some(windows);
        out.deleted = Some(BooleanBuffer::new_set(gone.len()));
        Ok(out)
    }

    /// Emits the sessions that rows of a batch closed.
    fn emit_closed(
        &self,
        closed: &[(u32, u32)],
        batch: &Batch,
        emit: &mut Vec<Batch>,
    ) -> Result<(), OperatorError> {
        for closed in closed.chunks(self.sessions.results_max()) {
            let (rows, numbers): (Vec<u32>, Vec<u32>) = closed.iter().copied().unzip();
            let mut out = self.windows.rows(self.sessions.rows(&numbers, &self.spec.key_types)?);
            if let Some(headers) = &batch.headers {
                out.headers = Some(take(headers, &UInt32Array::from(rows), None)?);
            }
            emit.push(out);
        }
        Ok(())
    }
}

/// Where a row goes: its key's number, its time, and the bounds of the session with it.
#[derive(Clone, Copy)]
struct Place {
    row: u32,
    key: u32,
    time: i64,
    bounds: Bounds,
}

/// Updates that the functions have not seen yet: many are taken at once, as far as no two sessions merge in between.
struct Pending<'a> {
    args: &'a [Vec<ArrayRef>],
    rows: Vec<u32>,
    sessions: Vec<u32>,
    emission: Emission,
    first_sequence: u64,
    /// The results of the updates that were flushed, by accumulator.
    flushed: Vec<Vec<ArrayRef>>,
    flushed_count: u32,
    failures: RowFailures,
}

impl<'a> Pending<'a> {
    fn new(args: &'a [Vec<ArrayRef>], emission: Emission, first_sequence: u64) -> Self {
        Pending {
            args,
            rows: Vec::new(),
            sessions: Vec::new(),
            emission,
            first_sequence,
            flushed: vec![Vec::new(); args.len()],
            flushed_count: 0,
            failures: RowFailures::default(),
        }
    }

    /// Adds an update and returns its place.
    fn push(&mut self, row: u32, session: u32) -> u32 {
        self.rows.push(row);
        self.sessions.push(session);
        self.flushed_count + self.rows.len() as u32 - 1
    }

    fn flush(&mut self, sessions: &mut Sessions) {
        if self.rows.is_empty() {
            return;
        }
        let rows = GroupedRows {
            groups: &self.sessions,
            rows: Some(&self.rows),
            undone: None,
            first_sequence: self.first_sequence,
        };
        let functions = sessions.accumulators.iter_mut().zip(self.args).zip(&mut self.flushed);
        for ((states, args), flushed) in functions {
            match self.emission == Emission::Each {
                true => flushed.push(states.update_each(args, &rows, &mut self.failures)),
                false => states.update(args, &rows, &mut self.failures),
            }
        }
        self.flushed_count += self.rows.len() as u32;
        self.rows.clear();
        self.sessions.clear();
    }

    /// Returns the result of each update, by accumulator.
    fn results(&self) -> Result<Vec<ArrayRef>, OperatorError> {
        let together = |results: &Vec<ArrayRef>| match results.as_slice() {
            [only] => Ok(Arc::clone(only)),
            several => {
                concat(&several.iter().map(|r| r.as_ref() as &dyn Array).collect::<Vec<_>>())
            }
        };
        if self.flushed_count == 0 {
            return Ok(Vec::new());
        }
        Ok(self.flushed.iter().map(together).collect::<Result<_, _>>()?)
    }
}

/// The sessions that go out: their bounds, the row that each came with, and where its results are; none for those that are no
/// more.
#[derive(Default)]
struct Changed {
    rows: Vec<u32>,
    starts: Vec<i64>,
    ends: Vec<i64>,
    results: Vec<Option<u32>>,
}

impl Changed {
    fn push(&mut self, row: u32, bounds: Bounds, result: Option<u32>) {
        self.rows.push(row);
        self.starts.push(bounds.start);
        self.ends.push(bounds.end);
        self.results.push(result);
    }

    fn finish(
        self,
        batch: &Batch,
        keys: &[ArrayRef],
        results: &[ArrayRef],
    ) -> Result<Batch, OperatorError> {
        let is_live: BooleanBuffer = self.results.iter().map(Option::is_some).collect();
        let has_gone = is_live.count_set_bits() < is_live.len();
        let rows = UInt32Array::from(self.rows);
        let windows = Windows { starts: self.starts.into(), ends: self.ends.into() };
        let mut columns: Vec<ArrayRef> =
            keys.iter().map(|key| take(key, &rows, None)).collect::<Result<_, _>>()?;
        for bounds in [&windows.starts, &windows.ends] {
            let nulls = has_gone.then(|| NullBuffer::new(is_live.clone()));
            columns.push(Arc::new(Int64Array::new(ScalarBuffer::clone(bounds), nulls)));
        }
        let places = UInt32Array::from(self.results);
        for results in results {
            columns.push(match has_gone {
                true => take(results, &places, None)?,
                false => Arc::clone(results),
            });
        }
        let mut out = Batch::new(columns, windows.ends.clone());
        out.windows = Some(windows);
        out.deleted = has_gone.then(|| !&is_live);
        if let Some(headers) = &batch.headers {
            out.headers = Some(take(headers, &rows, None)?);
        }
        Ok(out)
    }
}

impl Operator for SessionAggregate {
    fn process(
        &mut self,
        _port: usize,
        batch: Batch,
        ctx: &mut OperatorContext<'_>,
        emit: &mut Vec<Batch>,
    ) -> Result<(), OperatorError> {
        let input = self.spec.grouped(batch, ctx, "SessionAggregate")?;
        for piece in input.pieces(self.sessions.results_max()) {
            self.process_piece(&piece, ctx, emit)?;
        }
        let forgotten = self.windows.forgotten_before(self.sessions.progress.stream_time);
        if self.sessions.is_expiry_due(forgotten) {
            // What waits to be emitted must not be gone by then.
            self.emit_held(emit)?;
            self.sessions.expire(forgotten)?;
        }
        Ok(())
    }

    fn flush(
        &mut self,
        _ctx: &mut OperatorContext<'_>,
        emit: &mut Vec<Batch>,
    ) -> Result<(), OperatorError> {
        self.emit_held(emit)
    }

    fn hand_over(&mut self, changes: &mut Changes) {
        self.sessions.hand_over(changes);
    }
}
