//! `ACOS(value)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::math::of_double;

/// Returns the angle, in radians, whose cosine is a number; NaN outside of -1 to 1.
pub(super) fn acos() -> ScalarFunction {
    of_double(
        "acos",
        "Returns the angle, in radians, whose cosine is a number; NaN outside of -1 to 1.",
        f64::acos,
    )
    .example("ACOS(1)", "0.0")
}
