//! `LOG(value)` and `LOG(base, value)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::math::numeric;

/// The logarithm. With one argument it is the natural one: ksqlDB's documentation says base 10, but its results say e.
pub(super) fn log() -> ScalarFunction {
    numeric("log", "Returns the logarithm of a number.")
        .example("LOG(1)", "0.0")
        .example("LOG(2, 8)", "3.0")
        .overload("(value DOUBLE) DOUBLE", "The natural logarithm.", |call| {
            let value = call.doubles(0)?;
            call.map_doubles(|row| value.at(row).ln())
        })
        .overload(
            "(base DOUBLE, value DOUBLE) DOUBLE",
            "The logarithm to a base; NaN if the base is 1, or not above 0.",
            |call| {
                let (base, value) = (call.doubles(0)?, call.doubles(1)?);
                call.map_doubles(|row| match base.at(row) {
                    base if base <= 0.0 || base == 1.0 => f64::NAN,
                    base => value.at(row).ln() / base.ln(),
                })
            },
        )
}
