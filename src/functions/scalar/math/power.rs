//! `POWER(base, exponent)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::math::numeric;

/// A number raised to a power, as Java's `Math.pow` does it.
pub(super) fn power() -> ScalarFunction {
    numeric("power", "Raises a number to a power; infinite if the result is too large.")
        .example("POWER(2, 10)", "1024.0")
        .overload("(base DOUBLE, exponent DOUBLE) DOUBLE", "", |call| {
            let (base, exponent) = (call.doubles(0)?, call.doubles(1)?);
            call.map_doubles(|row| pow(base.at(row), exponent.at(row)))
        })
}

/// C takes 1 to any power, and -1 to an infinite one, for 1; Java takes them for NaN.
fn pow(base: f64, exponent: f64) -> f64 {
    let is_open = exponent.is_nan() || exponent.is_infinite();
    if is_open && base.abs() == 1.0 { f64::NAN } else { base.powf(exponent) }
}
