//! `TANH(value)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::math::of_double;

/// Returns the hyperbolic tangent of an angle in radians.
pub(super) fn tanh() -> ScalarFunction {
    of_double("tanh", "Returns the hyperbolic tangent of an angle in radians.", f64::tanh)
        .example("TANH(0)", "0.0")
}
