//! Aggregates a stream by key and window.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Int64Array, UInt32Array};
use datafusion::arrow::buffer::ScalarBuffer;
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::Int64Type;

use crate::formats::row::{EncodedRows, write_row};
use crate::operators::aggregate_spec::Grouped;
use crate::operators::groups::{GroupRows, Groups, Updates};
use crate::operators::progress::Progress;
use crate::operators::{AggregateSpec, Operator, OperatorContext, OperatorError, Report};
use crate::state::{Backend, Changes, MemoryBudget, StorePartition};
use crate::types::{Batch, SqlType, Windows};

/// Windows of one size: tumbling if they advance by their size, hopping if they overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeWindows {
    /// How long each lasts.
    pub size_ms: i64,
    /// How much later the next one begins.
    pub advance_ms: i64,
    /// How long after its end a window takes late records.
    pub grace_ms: i64,
    /// How long a window is kept after its begin, in stream time; at least its size and the grace period.
    pub retention_ms: i64,
    /// Whether a window is emitted once, when it closes.
    pub emit_final: bool,
}

/// Aggregates a stream by key and window. Stream time is the largest event time seen so far, the row at hand included; a row is
/// late for a window that ended at or before stream time less grace, and is dropped for it.
///
/// If only final results are emitted, the row that closes windows emits them, by start and key. Windows that begin more than
/// the retention before the newest one are gone by then, as in Kafka Streams' stores, and are reported.
///
/// Source: Kafka Streams' `KStreamWindowAggregate`, `AbstractKStreamTimeWindowAggregateProcessor` and `TimeWindows`.
pub struct WindowAggregate {
    spec: AggregateSpec,
    /// The types of a stored key: the window's start, then the grouping columns.
    stored_types: Vec<SqlType>,
    windows: TimeWindows,
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
        let groups = Groups::open(&spec, partition, backend, memory)?;
        let groups = if windows.emit_final { groups.with_closing() } else { groups };
        let start = std::iter::once(SqlType::Bigint);
        let stored_types = start.chain(spec.key_types.iter().cloned()).collect();
        Ok(WindowAggregate { spec, stored_types, windows, groups, expired_before: i64::MIN })
    }

    /// Assigns rows to windows, and reports those that are late.
    fn assign(&mut self, batch: &Batch, ctx: &mut OperatorContext<'_>) -> Assigned {
        let mut assigned = Assigned {
            rows: Vec::with_capacity(batch.row_count()),
            starts: Vec::with_capacity(batch.row_count()),
            closings: Vec::new(),
        };
        for (row, time) in batch.times.iter().enumerate() {
            let stream_time = self.groups.progress.advance(*time);
            let closed = stream_time.saturating_sub(self.windows.grace_ms);
            for start in self.windows.starts(*time) {
                let end = start.saturating_add(self.windows.size_ms);
                if closed < end {
                    assigned.rows.push(row as u32);
                    assigned.starts.push(start);
                    let newest = &mut self.groups.progress.newest_start;
                    *newest = start.max(*newest);
                } else {
                    ctx.reports.push(Report::Late {
                        time_ms: *time,
                        stream_time_ms: stream_time,
                        window_start_ms: start,
                        window_end_ms: end,
                    });
                }
            }
            if self.windows.emit_final {
                assigned.closings.extend(self.close(row, closed));
            }
        }
        assigned
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
        let groups = self.groups.close(closing.first_start, closing.last_start)?;
        for groups in groups.chunks(self.groups.results_max()) {
            let rows = self.groups.rows(groups, &self.stored_types)?;
            let mut out = self.windows.rows(self.spec.key_types.len(), rows);
            let starts = out.windows.as_ref().map(|windows| windows.starts.clone());
            let lost = starts.iter().flatten().filter(|start| **start < closing.kept_from).count();
            if 0 < lost {
                self.report_lost(closing, &out, lost, ctx);
                out = out.slice(lost, out.row_count() - lost);
            }
            if let Some(headers) = &batch.headers {
                let row = UInt32Array::from(vec![closing.row as u32; out.row_count()]);
                out.headers = Some(take(headers, &row, None)?);
            }
            if !out.is_empty() {
                emit.push(out);
            }
        }
        Ok(())
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
            && self.windows.size_ms == self.windows.advance_ms;
        let rows = (!is_one_to_one).then_some(assigned.rows.as_slice());
        let starts: ArrayRef = Arc::new(Int64Array::from(assigned.starts));
        let mut window_keys = vec![Arc::clone(&starts)];
        window_keys.extend(selected(keys, rows)?);
        let encoded = EncodedRows::encode(&window_keys, starts.len());
        let times = &batch.times;
        let updates = Updates { keys: &encoded, rows, undone: None, replaced: None, times, args };
        if self.windows.emit_final {
            self.groups.absorb(&updates, batch.row_count(), ctx)?;
            let mut closings = assigned.closings.iter();
            return closings.try_for_each(|closing| self.emit_closed(closing, batch, ctx, emit));
        }
        // Headers are those of the row that made the update: they do not wait.
        if ctx.coalesce && batch.headers.is_none() {
            return self.groups.hold(&updates, batch.row_count(), ctx);
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
}

/// Pairs of a row and the start of a window it falls into, and the windows that rows close.
struct Assigned {
    rows: Vec<u32>,
    starts: Vec<i64>,
    closings: Vec<Closing>,
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

impl TimeWindows {
    /// Arranges stored groups as the operator emits them. Their columns begin with the window's start.
    pub fn rows(self, key_count: usize, stored: GroupRows) -> Batch {
        let mut columns = stored.columns;
        let starts = columns.remove(0);
        let windows = self.windows_of(&starts);
        columns.insert(key_count, starts);
        columns.insert(key_count + 1, Arc::new(Int64Array::new(windows.ends.clone(), None)));
        Batch { windows: Some(windows), ..Batch::new(columns, stored.times) }
    }

    /// Tells whether a query sees a window that begins at a time.
    pub(super) fn sees(self, progress: &Progress, start: i64) -> bool {
        let is_kept = progress.stream_time.saturating_sub(self.retention_ms) <= start;
        let end = start.saturating_add(self.size_ms);
        is_kept && (!self.emit_final || end <= progress.closed_before)
    }

    fn windows_of(self, starts: &ArrayRef) -> Windows {
        let starts = starts.as_primitive::<Int64Type>().values().clone();
        let end = |start: &i64| start.saturating_add(self.size_ms);
        let ends = starts.iter().map(end).collect();
        Windows { starts, ends }
    }

    /// Returns the starts of the windows that hold a time, the earliest first. Windows begin at multiples of the advance, never
    /// before 1970.
    fn starts(self, time: i64) -> impl Iterator<Item = i64> {
        let first = (time - self.size_ms).saturating_add(self.advance_ms).max(0);
        let first = first / self.advance_ms * self.advance_ms;
        std::iter::successors(Some(first), move |start| start.checked_add(self.advance_ms))
            .take_while(move |start| *start <= time)
    }
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
        let overlaps = self.windows.size_ms.div_euclid(self.windows.advance_ms).max(1);
        let rows_max = self.groups.results_max() / usize::try_from(overlaps).unwrap_or(usize::MAX);
        let mut pieces = input.pieces(rows_max).into_iter();
        pieces.try_for_each(|piece| self.process_piece(&piece, ctx, emit))
    }

    fn flush(
        &mut self,
        _ctx: &mut OperatorContext<'_>,
        emit: &mut Vec<Batch>,
    ) -> Result<(), OperatorError> {
        for groups in self.groups.take_held().chunks(self.groups.results_max()) {
            let rows = self.groups.rows(groups, &self.stored_types)?;
            emit.push(self.windows.rows(self.spec.key_types.len(), rows));
        }
        Ok(())
    }

    fn hand_over(&mut self, changes: &mut Changes) {
        let stream_time = self.groups.progress.stream_time;
        let horizon = stream_time.saturating_sub(self.windows.retention_ms);
        // Dropping a range costs a tombstone in the store: once per tenth of a retention is often enough.
        let step = (self.windows.retention_ms / 10).max(self.windows.advance_ms);
        if 0 < horizon && self.expired_before.saturating_add(step) <= horizon {
            self.expired_before = horizon;
            self.groups.expire(&window_row(horizon), changes);
        }
        self.groups.hand_over(changes);
    }
}

/// Returns what the stored keys of windows that begin at a time begin with.
pub(super) fn window_row(start: i64) -> Vec<u8> {
    let mut row = Vec::new();
    write_row(&[Arc::new(Int64Array::from(vec![start])) as ArrayRef], 0, &mut row);
    row
}

fn selected(columns: &[ArrayRef], rows: Option<&[u32]>) -> Result<Vec<ArrayRef>, OperatorError> {
    let Some(rows) = rows else { return Ok(columns.to_vec()) };
    let rows = UInt32Array::from(rows.to_vec());
    let each = |column: &ArrayRef| take(column, &rows, None);
    Ok(columns.iter().map(each).collect::<Result<_, _>>()?)
}
