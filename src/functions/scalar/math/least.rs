//! `LEAST(value, …)`.

use std::cmp::Ordering;

use crate::functions::ScalarFunction;
use crate::functions::scalar::math::extreme::extreme;

/// Returns the smallest of the arguments that are not NULL.
pub(super) fn least() -> ScalarFunction {
    extreme("least", "Returns the smallest of the arguments that are not NULL.", Ordering::Less)
        .example("LEAST(4, 7, 2)", "2")
}
