//! `ARRAY_MIN(array)`.

use std::cmp::Ordering;

use crate::functions::ScalarFunction;
use crate::functions::scalar::collections::extreme::extreme;

/// Returns the smallest element of an array that is not NULL.
pub(super) fn array_min() -> ScalarFunction {
    extreme(
        "array_min",
        "Returns the smallest element of an array that is not NULL.",
        Ordering::Less,
    )
    .example("ARRAY_MIN(ARRAY[-1, 2, 0])", "-1")
}
