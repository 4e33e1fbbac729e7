//! Aggregates a stream by key and window.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int32Array, Int64Array, UInt32Array};
use datafusion::arrow::buffer::ScalarBuffer;
use datafusion::arrow::compute::take;

use crate::formats::row::EncodedRows;
use crate::operators::aggregate_spec::Grouped;
use crate::operators::groups::{GroupRows, Groups, Panes, Updates};
use crate::operators::time_windows::Starts;
use crate::operators::{
    AggregateSpec, Operator, OperatorContext, OperatorError, Report, TimeWindows,
};
use crate::state::{Backend, Changes, MemoryBudget, StorePartition};
use crate::types::{Batch, SqlType};

/// Aggregates a stream by key and window. Stream time is the largest event time seen so far, the row at hand included; a row is
/// late for a window that ended at or before stream time less grace, and is dropped for it.
///
/// If only final results are emitted, the row that closes windows emits them, by start and key. Windows that begin more than
/// the retention before the newest one are gone by then, as in Kafka Streams' stores, and are reported.
///
/// Windows that overlap share panes where the functions allow it: what changes is what an update costs, not what comes out.
///
/// Source: Kafka Streams' `KStreamWindowAggregate`, `AbstractKStreamTimeWindowAggregateProcessor` and `TimeWindows`.
pub struct WindowAggregate {
    spec: AggregateSpec,
    /// The types of a stored key: the window's start, then the grouping columns.
    stored_types: Vec<SqlType>,
    windows: TimeWindows,
    panes: Option<Panes>,
    groups: Groups,
    expired_before: i64,
}

impl WindowAggregate {
    /// Opens the operator on its state.
    pub fn open(
        spec: AggregateSpec,
        windows: TimeWindows,
        partition: StorePartition,
        backend: Arc<dyn Backend>,
        memory: &Arc<MemoryBudget>,
    ) -> Result<Self, OperatorError> {
        let panes = Panes::of(&spec, windows);
        let groups = Groups::open(&spec, partition, backend, memory)?;
        let groups = groups.with_windows(windows.emit_final);
        let groups = match panes {
            Some(panes) => groups.with_panes(panes),
            None => groups,
        };
        let start = std::iter::once(SqlType::Bigint);
        let stored_types = start.chain(spec.key_types.iter().cloned()).collect();
        Ok(WindowAggregate { spec, stored_types, windows, panes, groups, expired_before: i64::MIN })
    }

    /// Assigns rows to windows, or to their panes, and reports those that are late.
    fn assign(&mut self, batch: &Batch, ctx: &mut OperatorContext<'_>) -> Assigned {
        let mut assigned = Assigned::with_capacity(batch.row_count());
        let pane_ms = self.windows.pane_ms();
        let mut place = self.place(batch.times.first().copied().unwrap_or(0));
        for (row, time) in batch.times.iter().enumerate() {
            let stream_time = self.groups.progress.advance(*time);
            let closed = stream_time.saturating_sub(self.windows.grace_ms);
            // Most rows go where the row before went.
            if time.checked_sub(place.from).is_none_or(|after| after < 0 || pane_ms <= after) {
                place = self.place(*time);
            }
            let Place { windows, block, lane, .. } = place;
            let late_count = windows.up_to(closed.saturating_sub(self.windows.size_ms));
            for start in windows.iter().take(late_count as usize) {
                ctx.reports.push(self.late(*time, stream_time, start));
            }
            let open = windows.skip(late_count);
            if let Some(last) = open.last() {
                let progress = &mut self.groups.progress;
                progress.newest_start = last.max(progress.newest_start);
                match self.panes {
                    Some(_) => {
                        if 0 < late_count {
                            progress.split_up_to = place.from.max(progress.split_up_to);
                        }
                        assigned.push(row, block);
                        assigned.lanes.push(lane);
                        assigned.late_counts.push(late_count as i32);
                    }
                    None => open.iter().for_each(|start| assigned.push(row, start)),
                }
            }
            if self.windows.emit_final {
                assigned.closings.extend(self.close(row, closed));
            }
        }
        assigned
    }

    /// Tells where rows of a time go.
    fn place(&self, time: i64) -> Place {
        let from = time.saturating_sub(time.rem_euclid(self.windows.pane_ms()));
        let (block, lane) =
            self.panes.map_or((0, 0), |panes| (panes.block(time), panes.lane(time)));
        Place { from, windows: self.windows.holding(time), block, lane }
    }

    fn late(&self, time_ms: i64, stream_time_ms: i64, window_start_ms: i64) -> Report {
        let window_end_ms = window_start_ms.saturating_add(self.windows.size_ms);
        Report::Late { time_ms, stream_time_ms, window_start_ms, window_end_ms }
    }

    /// Tells which windows a row closes, if it closes any.
    fn close(&mut self, row: usize, closed: i64) -> Option<Closing> {
        let TimeWindows { size_ms, advance_ms, retention_ms, .. } = self.windows;
        let progress = &mut self.groups.progress;
        let last_start = closed.saturating_sub(size_ms);
        if last_start < 0 || closed <= progress.closed_before {
            return None;
        }
        let first_start = match progress.closed_before {
            i64::MIN => 0,
            before => (before - size_ms).max(0) + 1,
        };
        progress.closed_before = closed;
        let kept_from = progress.newest_start.saturating_sub(retention_ms);
        let stream_time = progress.stream_time;
        let has_one = first_start <= last_start / advance_ms * advance_ms;
        has_one.then_some(Closing { row, first_start, last_start, kept_from, stream_time })
    }

    /// Emits the windows that a row of a batch closed.
    fn emit_closed(
        &mut self,
        closing: &Closing,
        batch: &Batch,
        ctx: &mut OperatorContext<'_>,
        emit: &mut Vec<Batch>,
    ) -> Result<(), OperatorError> {
        for mut out in self.closed(closing)? {
            let starts = out.windows.as_ref().map(|windows| windows.starts.clone());
            let lost = starts.iter().flatten().filter(|start| **start < closing.kept_from).count();
            if 0 < lost {
                self.report_lost(closing, &out, lost, ctx);
                out = out.slice(lost, out.row_count() - lost);
            }
            out.headers = headers_of(batch, closing.row, out.row_count())?;
            if !out.is_empty() {
                emit.push(out);
            }
        }
        Ok(())
    }

    /// Returns the windows that a row closed, by start and key.
    fn closed(&mut self, closing: &Closing) -> Result<Vec<Batch>, OperatorError> {
        let Closing { first_start, last_start, .. } = *closing;
        match self.panes {
            Some(panes) => {
                let rows = self.groups.close_windows(panes, first_start, last_start)?;
                Ok(self.arranged(rows))
            }
            None => {
                let groups = self.groups.close(first_start, last_start)?;
                self.rows_of(&groups)
            }
        }
    }

    /// Returns the windows that changed since they were returned last, in the order of their last updates.
    fn take_held(&mut self) -> Result<Vec<Batch>, OperatorError> {
        match self.panes {
            Some(panes) => {
                let rows = self.groups.take_held_windows(panes)?;
                Ok(self.arranged(rows))
            }
            None => {
                let groups = self.groups.take_held();
                self.rows_of(&groups)
            }
        }
    }

    fn rows_of(&self, groups: &[u32]) -> Result<Vec<Batch>, OperatorError> {
        let chunks = groups.chunks(self.groups.results_max());
        let rows: Vec<GroupRows> = chunks
            .map(|groups| self.groups.rows(groups, &self.stored_types))
            .collect::<Result<_, _>>()?;
        Ok(self.arranged(rows))
    }

    fn arranged(&self, rows: Vec<GroupRows>) -> Vec<Batch> {
        let key_count = self.spec.key_types.len();
        rows.into_iter().map(|rows| self.windows.rows(key_count, rows)).collect()
    }

    fn report_lost(
        &self,
        closing: &Closing,
        out: &Batch,
        count: usize,
        ctx: &mut OperatorContext<'_>,
    ) {
        let Some(windows) = &out.windows else { return };
        for row in 0..count {
            ctx.reports.push(Report::NotEmitted {
                stream_time_ms: closing.stream_time,
                window_start_ms: windows.starts[row],
                window_end_ms: windows.ends[row],
            });
        }
    }

    /// Takes rows into their windows and emits what comes of it.
    fn process_piece(
        &mut self,
        input: &Grouped,
        ctx: &mut OperatorContext<'_>,
        emit: &mut Vec<Batch>,
    ) -> Result<(), OperatorError> {
        let Grouped { batch, keys, args } = input;
        let assigned = self.assign(batch, ctx);
        let is_one_to_one = assigned.rows.len() == batch.row_count()
            && (self.panes.is_some() || self.windows.size_ms == self.windows.advance_ms);
        let rows = (!is_one_to_one).then_some(assigned.rows.as_slice());
        let starts: ArrayRef = Arc::new(Int64Array::from(assigned.starts));
        let mut window_keys = vec![Arc::clone(&starts)];
        window_keys.extend(selected(keys, rows)?);
        if self.panes.is_some() {
            window_keys.push(Arc::new(Int32Array::from(assigned.late_counts)));
        }
        let encoded = EncodedRows::encode(&window_keys, starts.len());
        let updates = Updates {
            keys: &encoded,
            lanes: &assigned.lanes,
            rows,
            undone: None,
            replaced: None,
            times: &batch.times,
            args,
        };
        if self.windows.emit_final {
            self.groups.absorb(&updates, batch.row_count(), ctx)?;
            let mut closings = assigned.closings.iter();
            return closings.try_for_each(|closing| self.emit_closed(closing, batch, ctx, emit));
        }
        if ctx.holds(batch) {
            return self.groups.hold(&updates, batch.row_count(), ctx);
        }
        if self.panes.is_some() {
            // One row: all that changes is its doing.
            self.groups.hold(&updates, batch.row_count(), ctx)?;
            for mut out in self.take_held()? {
                out.headers = headers_of(batch, 0, out.row_count())?;
                emit.push(out);
            }
            return Ok(());
        }
        let updated = self.groups.update(&updates, batch.row_count(), ctx)?;
        if updated.updates.is_empty() {
            return Ok(());
        }
        let emitted = UInt32Array::from(updated.updates);
        let each = |column: &ArrayRef| take(column, &emitted, None);
        let mut columns: Vec<_> = window_keys.iter().map(each).collect::<Result<_, _>>()?;
        columns.extend(updated.results);
        let times = ScalarBuffer::from(updated.times);
        let mut out = self.windows.rows(keys.len(), GroupRows { columns, times });
        if let Some(headers) = &batch.headers {
            let headers = selected(std::slice::from_ref(headers), rows)?;
            out.headers = Some(take(&headers[0], &emitted, None)?);
        }
        emit.push(out);
        Ok(())
    }

    /// Returns how many rows may be taken in at a time.
    fn rows_max(&self, batch: &Batch, ctx: &OperatorContext<'_>) -> usize {
        if self.panes.is_some() {
            // Every row that does not wait is an update of its windows.
            let is_held = self.windows.emit_final || ctx.holds(batch);
            return if is_held { usize::MAX } else { 1 };
        }
        let overlaps = self.windows.size_ms.div_euclid(self.windows.advance_ms).max(1);
        self.groups.results_max() / usize::try_from(overlaps).unwrap_or(usize::MAX)
    }
}

/// Returns the headers of a row so many times, if there are any.
fn headers_of(batch: &Batch, row: usize, count: usize) -> Result<Option<ArrayRef>, OperatorError> {
    let Some(headers) = &batch.headers else { return Ok(None) };
    Ok(Some(take(headers, &UInt32Array::from(vec![row as u32; count]), None)?))
}

/// Where the rows of a stretch of time go.
#[derive(Clone, Copy)]
struct Place {
    /// When it begins; it lasts for a pane.
    from: i64,
    windows: Starts,
    /// When the block of the pane begins, if there are panes.
    block: i64,
    /// Which pane of the block it is.
    lane: u8,
}

/// Pairs of a row and the start of a window it falls into, or of its pane, and the windows that rows close.
struct Assigned {
    rows: Vec<u32>,
    /// When the window of each begins, or the block of panes.
    starts: Vec<i64>,
    /// Which pane of its block each row is in; empty if there are no panes.
    lanes: Vec<u8>,
    /// For how many windows of its pane each row is late; empty if there are no panes.
    late_counts: Vec<i32>,
    closings: Vec<Closing>,
}

impl Assigned {
    fn with_capacity(row_count: usize) -> Self {
        Assigned {
            rows: Vec::with_capacity(row_count),
            starts: Vec::with_capacity(row_count),
            lanes: Vec::new(),
            late_counts: Vec::new(),
            closings: Vec::new(),
        }
    }

    fn push(&mut self, row: usize, start: i64) {
        self.rows.push(row as u32);
        self.starts.push(start);
    }
}

/// Windows that close.
struct Closing {
    /// The row that closes them.
    row: usize,
    /// When the first of them begins.
    first_start: i64,
    /// When the last of them begins at the latest.
    last_start: i64,
    /// Windows that begin before this time are not kept any more.
    kept_from: i64,
    stream_time: i64,
}

impl Operator for WindowAggregate {
    fn process(
        &mut self,
        _port: usize,
        batch: Batch,
        ctx: &mut OperatorContext<'_>,
        emit: &mut Vec<Batch>,
    ) -> Result<(), OperatorError> {
        let input = self.spec.grouped(batch, ctx, "WindowAggregate")?;
        let rows_max = self.rows_max(&input.batch, ctx);
        let mut pieces = input.pieces(rows_max).into_iter();
        pieces.try_for_each(|piece| self.process_piece(&piece, ctx, emit))
    }

    fn flush(
        &mut self,
        _ctx: &mut OperatorContext<'_>,
        emit: &mut Vec<Batch>,
    ) -> Result<(), OperatorError> {
        emit.extend(self.take_held()?);
        Ok(())
    }

    fn hand_over(&mut self, changes: &mut Changes) {
        let stream_time = self.groups.progress.stream_time;
        let horizon = stream_time.saturating_sub(self.windows.retention_ms);
        // Dropping a range costs a tombstone in the store: once per tenth of a retention is often enough.
        let step = (self.windows.retention_ms / 10).max(self.windows.advance_ms);
        if 0 < horizon && self.expired_before.saturating_add(step) <= horizon {
            self.expired_before = horizon;
            self.groups.expire(horizon, changes);
        }
        self.groups.hand_over(changes);
    }
}

fn selected(columns: &[ArrayRef], rows: Option<&[u32]>) -> Result<Vec<ArrayRef>, OperatorError> {
    let Some(rows) = rows else { return Ok(columns.to_vec()) };
    let rows = UInt32Array::from(rows.to_vec());
    let each = |column: &ArrayRef| take(column, &rows, None);
    Ok(columns.iter().map(each).collect::<Result<_, _>>()?)
}
