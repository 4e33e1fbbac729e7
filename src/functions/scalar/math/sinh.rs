//! `SINH(value)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::math::of_double;

/// Returns the hyperbolic sine of an angle in radians.
pub(super) fn sinh() -> ScalarFunction {
    of_double("sinh", "Returns the hyperbolic sine of an angle in radians.", f64::sinh)
        .example("SINH(0)", "0.0")
}
