//! Aggregates a stream by key and window.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Int64Array, UInt32Array};
use datafusion::arrow::buffer::ScalarBuffer;
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::Int64Type;

use crate::formats::row::{EncodedRows, write_row};
use crate::operators::aggregate::grouped_rows;
use crate::operators::groups::{AggregateSpec, GroupRows, Groups, Updates};
use crate::operators::{Operator, OperatorContext, OperatorError, Report};
use crate::state::{Backend, Changes, StorePartition};
use crate::types::{Batch, Windows};

/// Windows of one size: tumbling if they advance by their size, hopping if they overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeWindows {
    /// How long each lasts.
    pub size_ms: i64,
    /// How much later the next one begins.
    pub advance_ms: i64,
    /// How long after its end a window takes late records.
    pub grace_ms: i64,
    /// How long a window is kept after its begin, in stream time.
    pub retention_ms: i64,
}

/// Aggregates a stream by key and window. Stream time is the largest event time seen so far, the row at hand included; a row is
/// late for a window that ended at or before stream time less grace, and is dropped for it.
///
/// Source: Kafka Streams' `KStreamWindowAggregate` and `TimeWindows`.
pub struct WindowAggregate {
    spec: AggregateSpec,
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
        cache_bytes: usize,
    ) -> Result<Self, OperatorError> {
        let groups = Groups::open(&spec, partition, backend, cache_bytes)?;
        Ok(WindowAggregate { spec, windows, groups, expired_before: i64::MIN })
    }

    /// Assigns rows to windows, and reports those that are late.
    fn assign(&mut self, batch: &Batch, ctx: &mut OperatorContext<'_>) -> Assigned {
        let mut assigned = Assigned {
            rows: Vec::with_capacity(batch.row_count()),
            starts: Vec::with_capacity(batch.row_count()),
        };
        for (row, time) in batch.times.iter().enumerate() {
            let stream_time = self.groups.stream_time.max(*time);
            self.groups.stream_time = stream_time;
            let closed = stream_time.saturating_sub(self.windows.grace_ms);
            for start in self.windows.starts(*time) {
                let end = start.saturating_add(self.windows.size_ms);
                if closed < end {
                    assigned.rows.push(row as u32);
                    assigned.starts.push(start);
                } else {
                    ctx.reports.push(Report::Late {
                        time_ms: *time,
                        stream_time_ms: stream_time,
                        window_start_ms: start,
                        window_end_ms: end,
                    });
                }
            }
        }
        assigned
    }
}

/// Pairs of a row and the start of a window it falls into.
struct Assigned {
    rows: Vec<u32>,
    starts: Vec<i64>,
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
        let (batch, input) = grouped_rows(&self.spec, batch, ctx, "WindowAggregate")?;
        let assigned = self.assign(&batch, ctx);
        if assigned.rows.is_empty() {
            return Ok(());
        }
        let is_one_to_one = assigned.rows.len() == batch.row_count()
            && self.windows.size_ms == self.windows.advance_ms;
        let rows = (!is_one_to_one).then_some(assigned.rows.as_slice());
        let starts: ArrayRef = Arc::new(Int64Array::from(assigned.starts));
        let mut keys = vec![Arc::clone(&starts)];
        keys.extend(selected(&input.keys, rows)?);
        let encoded = EncodedRows::encode(&keys, assigned.rows.len());
        let updates = Updates { keys: &encoded, rows, times: &batch.times, args: &input.args };
        let updated = self.groups.update(&updates, batch.row_count(), ctx)?;

        let emitted = UInt32Array::from(updated.updates);
        let starts = take(&starts, &emitted, None)?;
        let windows = self.windows.windows_of(&starts);
        let mut columns = Vec::new();
        for key in &keys[1..] {
            columns.push(take(key, &emitted, None)?);
        }
        columns.push(starts);
        columns.push(Arc::new(Int64Array::new(windows.ends.clone(), None)));
        columns.extend(updated.results);
        let mut out = Batch::new(columns, ScalarBuffer::from(updated.times));
        out.windows = Some(windows);
        if let Some(headers) = &batch.headers {
            let headers = selected(std::slice::from_ref(headers), rows)?;
            out.headers = Some(take(&headers[0], &emitted, None)?);
        }
        emit.push(out);
        Ok(())
    }

    fn hand_over(&mut self, changes: &mut Changes) {
        let horizon = self.groups.stream_time.saturating_sub(self.windows.retention_ms);
        // Dropping a range costs a tombstone in the store: once per tenth of a retention is often enough.
        let step = (self.windows.retention_ms / 10).max(self.windows.advance_ms);
        if 0 < horizon && self.expired_before.saturating_add(step) <= horizon {
            self.expired_before = horizon;
            let mut key = Vec::new();
            write_row(&[Arc::new(Int64Array::from(vec![horizon]))], 0, &mut key);
            self.groups.expire(&key, changes);
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
