//! `EXP(value)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::math::of_double;

/// Returns e raised to a power.
pub(super) fn exp() -> ScalarFunction {
    of_double("EXP", "Returns e raised to a power.", f64::exp).example("EXP(0)", "1.0")
}
