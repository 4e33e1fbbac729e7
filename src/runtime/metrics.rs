//! What each query has done so far, in numbers.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What a query has done since it was started; counted per batch.
///
/// - `records-in`: records read from its sources;
/// - `records-out`: records written to its sink, or rows sent to who asked;
/// - `late-records`: records dropped because their window was closed;
/// - `errors`: records that did not decode, and expressions that failed on a row;
/// - `null-keys`: records dropped because they had no key where one is needed;
/// - `lag`: records that its sources hold and it has not read;
/// - `state-bytes`: what its stores take.
#[derive(Debug, Default)]
pub(crate) struct QueryMetrics {
    records_in: AtomicU64,
    records_out: AtomicU64,
    late: AtomicU64,
    errors: AtomicU64,
    null_keys: AtomicU64,
}

/// A reading of a query's metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MetricsReading {
    /// Records read from the query's sources.
    pub records_in: u64,
    /// Records written to its sink.
    pub records_out: u64,
    /// Records dropped because their window was closed.
    pub late: u64,
    /// Records that did not decode, and expressions that failed on a row.
    pub errors: u64,
    /// Records dropped because they had no key.
    pub null_keys: u64,
}

impl QueryMetrics {
    /// Counts records read and written.
    pub(crate) fn count_records(&self, records_in: usize, records_out: usize) {
        self.records_in.fetch_add(records_in as u64, Relaxed);
        self.records_out.fetch_add(records_out as u64, Relaxed);
    }

    /// Counts late records.
    pub(crate) fn count_late(&self, count: usize) {
        self.late.fetch_add(count as u64, Relaxed);
    }

    /// Counts errors.
    pub(crate) fn count_errors(&self, count: usize) {
        self.errors.fetch_add(count as u64, Relaxed);
    }

    /// Counts records without a key.
    pub(crate) fn count_null_keys(&self, count: usize) {
        self.null_keys.fetch_add(count as u64, Relaxed);
    }

    /// Reads all figures.
    pub(crate) fn read(&self) -> MetricsReading {
        MetricsReading {
            records_in: self.records_in.load(Relaxed),
            records_out: self.records_out.load(Relaxed),
            late: self.late.load(Relaxed),
            errors: self.errors.load(Relaxed),
            null_keys: self.null_keys.load(Relaxed),
        }
    }
}
