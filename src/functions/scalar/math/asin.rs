//! `ASIN(value)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::math::of_double;

/// Returns the angle, in radians, whose sine is a number; NaN outside of -1 to 1.
pub(super) fn asin() -> ScalarFunction {
    of_double(
        "asin",
        "Returns the angle, in radians, whose sine is a number; NaN outside of -1 to 1.",
        f64::asin,
    )
    .example("ASIN(0)", "0.0")
}
