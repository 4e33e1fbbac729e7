//! `ATAN(value)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::math::of_double;

/// Returns the angle, in radians, whose tangent is a number.
pub(super) fn atan() -> ScalarFunction {
    of_double("atan", "Returns the angle, in radians, whose tangent is a number.", f64::atan)
        .example("ATAN(0)", "0.0")
}
