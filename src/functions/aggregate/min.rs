//! `MIN(value)`.

use std::cmp::Ordering;

use crate::functions::aggregate::AggregateFunction;
use crate::functions::aggregate::extreme::extreme;

/// Keeps the smallest value; NULL until there is one.
pub(super) fn min() -> AggregateFunction {
    let min = AggregateFunction::new("MIN")
        .summary("Returns the smallest value; NULLs are left out.")
        .example("MIN(x)", "x INT: (1), (3), (NULL)", "1");
    extreme(min, Ordering::Less)
}
