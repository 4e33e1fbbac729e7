//! `ARRAY_MAX(array)`.

use std::cmp::Ordering;

use crate::functions::ScalarFunction;
use crate::functions::scalar::collections::extreme::extreme;

/// Returns the largest element of an array that is not NULL.
pub(super) fn array_max() -> ScalarFunction {
    extreme(
        "array_max",
        "Returns the largest element of an array that is not NULL.",
        Ordering::Greater,
    )
    .example("ARRAY_MAX(ARRAY[-1, 2, 0])", "2")
}
