//! Columns that every source has without declaring them: ROWTIME, ROWPARTITION, ROWOFFSET; with windows WINDOWSTART, WINDOWEND.

use crate::catalog::Source;
use crate::plan::SourceColumn;
use crate::types::SqlType;

/// When the key's window begins.
pub(crate) const WINDOW_START: &str = "WINDOWSTART";
/// When the key's window ends.
pub(crate) const WINDOW_END: &str = "WINDOWEND";
/// The event time.
pub(crate) const ROW_TIME: &str = "ROWTIME";
/// The partition.
pub(crate) const ROW_PARTITION: &str = "ROWPARTITION";
/// The offset.
pub(crate) const ROW_OFFSET: &str = "ROWOFFSET";

/// All of their names.
pub(crate) const NAMES: &[&str] = &[ROW_TIME, ROW_PARTITION, ROW_OFFSET, WINDOW_START, WINDOW_END];

/// Tells whether a name, in any case, is one of theirs.
pub(crate) fn is_reserved(name: &str) -> bool {
    NAMES.iter().any(|reserved| reserved.eq_ignore_ascii_case(name))
}

/// Tells whether a name is that of a window's bound.
pub(crate) fn is_window_bound(name: &str) -> bool {
    name == WINDOW_START || name == WINDOW_END
}

/// Returns those that a source has.
pub(crate) fn columns_of(
    source: &Source,
) -> impl Iterator<Item = (&'static str, SqlType, SourceColumn)> {
    let every = [
        (ROW_TIME, SqlType::Bigint, SourceColumn::RowTime),
        (ROW_PARTITION, SqlType::Int, SourceColumn::RowPartition),
        (ROW_OFFSET, SqlType::Bigint, SourceColumn::RowOffset),
    ];
    let windowed = [
        (WINDOW_START, SqlType::Bigint, SourceColumn::WindowStart),
        (WINDOW_END, SqlType::Bigint, SourceColumn::WindowEnd),
    ];
    every.into_iter().chain(windowed.into_iter().filter(|_| source.window.is_some()))
}
