//! `COT(value)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::math::of_double;

/// Returns the cotangent of an angle in radians; infinite at zero.
pub(super) fn cot() -> ScalarFunction {
    of_double("cot", "Returns the cotangent of an angle in radians; infinite at zero.", |angle| {
        angle.cos() / angle.sin()
    })
    .example("COT(0)", "Infinity")
}
