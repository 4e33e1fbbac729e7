//! `RADIANS(value)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::math::of_double;

/// Java's own factor, so that the last digit agrees too.
const RADIANS_IN_DEGREE: f64 = 0.017453292519943295;

/// Converts an angle from degrees to radians.
pub(super) fn radians() -> ScalarFunction {
    of_double("radians", "Converts an angle from degrees to radians.", |degrees| {
        degrees * RADIANS_IN_DEGREE
    })
    .example("RADIANS(180)", "3.141592653589793")
}
