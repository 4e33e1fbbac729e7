//! What an operator may use beside its input: settings, and a place for what goes wrong with single rows.

use crate::functions::RowFailures;
use crate::types::Batch;

/// What an operator may use beside its input.
pub struct OperatorContext<'a> {
    /// The wall clock in milliseconds as the runtime read it for this batch; only functions such as UNIX_TIMESTAMP() see it.
    pub now_ms: i64,
    /// Whether updates of one key within a batch may be merged into the last one.
    pub coalesce: bool,
    /// What went wrong with single rows.
    pub reports: &'a mut Vec<Report>,
}

/// What went wrong with a row; it goes to the processing log and is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// An expression failed; its result is NULL, or the row was dropped.
    Expression {
        /// What failed, and why.
        reason: String,
    },
    /// The row's window was closed already; the row was dropped for it.
    Late {
        /// The row's event time in milliseconds.
        time_ms: i64,
        /// The stream time that closed the window.
        stream_time_ms: i64,
        /// When the window began.
        window_start_ms: i64,
        /// When the window ended.
        window_end_ms: i64,
    },
    /// A window closed when it was not kept any more, so that its final result was not emitted: stream time jumped further than
    /// the retention of windows.
    NotEmitted {
        /// The stream time that closed the window.
        stream_time_ms: i64,
        /// When the window began.
        window_start_ms: i64,
        /// When the window ended.
        window_end_ms: i64,
    },
    /// Rows have no key where one is needed; they were dropped.
    NullKey {
        /// The operator that needed it.
        operator: &'static str,
        /// How many.
        row_count: usize,
    },
}

impl OperatorContext<'_> {
    /// Tells whether the updates that rows make wait to be merged. Headers are those of the row that made an update: it does not wait.
    pub fn holds(&self, batch: &Batch) -> bool {
        self.coalesce && batch.headers.is_none()
    }

    /// Reports the rows that an expression failed on.
    pub fn report_failures(&mut self, failures: RowFailures) {
        let report =
            |failure: crate::functions::RowFailure| Report::Expression { reason: failure.reason };
        self.reports.extend(failures.0.into_iter().map(report));
    }
}
