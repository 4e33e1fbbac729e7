//! `SIN(value)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::math::of_double;

/// Returns the sine of an angle in radians.
pub(super) fn sin() -> ScalarFunction {
    of_double("sin", "Returns the sine of an angle in radians.", f64::sin).example("SIN(0)", "0.0")
}
