//! `COS(value)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::math::of_double;

/// Returns the cosine of an angle in radians.
pub(super) fn cos() -> ScalarFunction {
    of_double("cos", "Returns the cosine of an angle in radians.", f64::cos)
        .example("COS(0)", "1.0")
}
