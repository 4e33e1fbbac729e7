//! `MAX(value)`.

use std::cmp::Ordering;

use crate::functions::aggregate::AggregateFunction;
use crate::functions::aggregate::extreme::extreme;

/// Keeps the largest value; NULL until there is one.
pub(super) fn max() -> AggregateFunction {
    let max = AggregateFunction::new("MAX")
        .summary("Returns the largest value; NULLs are left out.")
        .example("MAX(x)", "x INT: (1), (3), (NULL)", "3");
    extreme(max, Ordering::Greater)
}
