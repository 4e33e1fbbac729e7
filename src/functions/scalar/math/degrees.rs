//! `DEGREES(value)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::math::of_double;

/// Java's own factor, so that the last digit agrees too.
const DEGREES_IN_RADIAN: f64 = 57.29577951308232;

/// Converts an angle from radians to degrees.
pub(super) fn degrees() -> ScalarFunction {
    of_double("degrees", "Converts an angle from radians to degrees.", |radians| {
        radians * DEGREES_IN_RADIAN
    })
    .example("DEGREES(PI())", "180.0")
}
