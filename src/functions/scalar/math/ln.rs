//! `LN(value)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::math::of_double;

/// Returns the natural logarithm of a number; NaN of a negative one.
pub(super) fn ln() -> ScalarFunction {
    of_double("LN", "Returns the natural logarithm of a number; NaN of a negative one.", f64::ln)
        .example("LN(1)", "0.0")
}
