//! `CBRT(value)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::math::of_double;

/// Returns the cube root of a number.
pub(super) fn cbrt() -> ScalarFunction {
    of_double("cbrt", "Returns the cube root of a number.", f64::cbrt).example("CBRT(8)", "2.0")
}
