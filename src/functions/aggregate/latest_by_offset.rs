//! `LATEST_BY_OFFSET(value)`, `LATEST_BY_OFFSET(value, n)`.

use crate::functions::aggregate::AggregateFunction;
use crate::functions::aggregate::by_offset::by_offset;

/// Keeps the value of the row with the largest offset, or of the N rows.
pub(super) fn latest_by_offset() -> AggregateFunction {
    by_offset::<true>(
        AggregateFunction::new("LATEST_BY_OFFSET")
            .summary("Returns the value that arrived last, or the last N in order. NULLs are left out unless ignoreNulls is false.")
            .example("LATEST_BY_OFFSET(x)", "x INT: (1), (2), (NULL)", "2")
            .example("LATEST_BY_OFFSET(x, false)", "x INT: (1), (NULL)", "null")
            .example("LATEST_BY_OFFSET(x, 2)", "x INT: (1), (2), (3)", "[2, 3]"),
    )
}
