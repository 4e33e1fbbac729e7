//! `ROUND(value)` and `ROUND(value, places)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::math::decimals::{Rounding, round as round_decimal};
use crate::functions::scalar::math::numeric;
use crate::functions::scalar::math::shortest::round_double;
use crate::functions::scalar::math::trunc::{to_whole, whole_type};

/// The nearest number of so many digits; from the middle it goes to the larger one, as Java's `Math.round` does.
pub(super) fn round() -> ScalarFunction {
    numeric("Round", "Rounds a number to so many digits after the point, halves to the larger.")
        .example("ROUND(-1.5)", "-1")
        .example("ROUND(CAST(12345.678 AS DOUBLE), -1)", "12350.0")
        .overload("(value BIGINT) BIGINT", "", |call| call.column(0))
        .overload("(value INT) BIGINT", "", |call| {
            let value = call.ints(0)?;
            call.map_bigints(|row| i64::from(value.at(row)))
        })
        .overload("(value DOUBLE) BIGINT", "To a whole number.", |call| {
            let value = call.doubles(0)?;
            call.map_bigints(|row| nearest(value.at(row)))
        })
        .overload(
            "(value DOUBLE, places INT) DOUBLE",
            "To digits after the point, or before it if negative.",
            |call| {
                let (value, places) = (call.doubles(0)?, call.ints(1)?);
                call.map_doubles(|row| {
                    round_double(value.at(row), places.at(row), Rounding::HalfUp)
                })
            },
        )
        .overload("(value DECIMAL) DECIMAL", "To a whole number.", |call| {
            let value = call.decimals(0)?;
            call.map_decimals(|row| to_whole(value.at(row), Rounding::HalfUp))
        })
        .returns(whole_type)
        .overload(
            "(value DECIMAL, places INT) DECIMAL",
            "To digits after the point, or before it if negative; the type stays the same.",
            |call| {
                let (value, places) = (call.decimals(0)?, call.ints(1)?);
                call.map_decimals(|row| {
                    round_decimal(value.at(row), places.at(row), Rounding::HalfUp)
                })
            },
        )
        .returns(|types| Ok(types[0].clone()))
}

/// Rounds as `Math.round` does: NaN is 0, and what is too large is the largest BIGINT.
fn nearest(value: f64) -> i64 {
    let floor = value.floor();
    // Adding 0.5 first would round 0.49999999999999994 up.
    let rounded = if 0.5 <= value - floor { floor + 1.0 } else { floor };
    rounded as i64
}
