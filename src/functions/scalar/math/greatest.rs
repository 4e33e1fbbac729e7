//! `GREATEST(value, …)`.

use std::cmp::Ordering;

use crate::functions::ScalarFunction;
use crate::functions::scalar::math::extreme::extreme;

/// Returns the largest of the arguments that are not NULL.
pub(super) fn greatest() -> ScalarFunction {
    extreme(
        "greatest",
        "Returns the largest of the arguments that are not NULL.",
        Ordering::Greater,
    )
    .example("GREATEST(4, 7, 2)", "7")
}
