//! `EARLIEST_BY_OFFSET(value)`, `EARLIEST_BY_OFFSET(value, n)`.

use crate::functions::aggregate::AggregateFunction;
use crate::functions::aggregate::by_offset::by_offset;

/// Keeps the value of the row with the smallest offset, or of the N rows.
pub(super) fn earliest_by_offset() -> AggregateFunction {
    by_offset::<false>(
        AggregateFunction::new("EARLIEST_BY_OFFSET")
            .summary("Returns the value that arrived first, or the first N in order. NULLs are left out unless ignoreNulls is false.")
            .example("EARLIEST_BY_OFFSET(x)", "x INT: (NULL), (1), (2)", "1")
            .example("EARLIEST_BY_OFFSET(x, 2)", "x INT: (NULL), (1), (2), (3)", "[1, 2]"),
    )
}
