//! `COSH(value)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::math::of_double;

/// Returns the hyperbolic cosine of an angle in radians.
pub(super) fn cosh() -> ScalarFunction {
    of_double("cosh", "Returns the hyperbolic cosine of an angle in radians.", f64::cosh)
        .example("COSH(0)", "1.0")
}
