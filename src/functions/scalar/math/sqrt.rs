//! `SQRT(value)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::math::of_double;

/// Returns the square root of a number; NaN of a negative one.
pub(super) fn sqrt() -> ScalarFunction {
    of_double("SQRT", "Returns the square root of a number; NaN of a negative one.", f64::sqrt)
        .example("SQRT(16)", "4.0")
}
