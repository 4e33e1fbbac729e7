//! `TAN(value)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::math::of_double;

/// Returns the tangent of an angle in radians.
pub(super) fn tan() -> ScalarFunction {
    of_double("tan", "Returns the tangent of an angle in radians.", f64::tan)
        .example("TAN(0)", "0.0")
}
