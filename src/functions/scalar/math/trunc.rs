//! `TRUNC(value)` and `TRUNC(value, places)`.

use crate::functions::scalar::math::decimals::{Rounding, round};
use crate::functions::scalar::math::numeric;
use crate::functions::scalar::math::shortest::round_double;
use crate::functions::{FunctionError, ScalarFunction};
use crate::types::{Decimal, SqlType};

/// The number with the digits after a place left out.
pub(super) fn trunc() -> ScalarFunction {
    numeric("trunc", "Leaves out all but so many digits after the point.")
        .example("TRUNC(-1.7)", "-1")
        .example("TRUNC(CAST(12345.678 AS DOUBLE), 1)", "12345.6")
        .overload("(value BIGINT) BIGINT", "", |call| call.column(0))
        .overload("(value INT) BIGINT", "", |call| {
            let value = call.ints(0)?;
            call.map_bigints(|row| i64::from(value.at(row)))
        })
        .overload("(value DOUBLE) BIGINT", "To a whole number.", |call| {
            let value = call.doubles(0)?;
            call.map_bigints(|row| value.at(row) as i64)
        })
        .overload(
            "(value DOUBLE, places INT) DOUBLE",
            "To digits after the point, or before it if negative.",
            |call| {
                let (value, places) = (call.doubles(0)?, call.ints(1)?);
                call.map_doubles(|row| {
                    round_double(value.at(row), places.at(row), Rounding::TowardsZero)
                })
            },
        )
        .overload("(value DECIMAL) DECIMAL", "To a whole number.", |call| {
            let value = call.decimals(0)?;
            call.map_decimals(|row| to_whole(value.at(row), Rounding::TowardsZero))
        })
        .returns(whole_type)
        .overload(
            "(value DECIMAL, places INT) DECIMAL",
            "To digits after the point, or before it if negative; the type stays the same.",
            |call| {
                let (value, places) = (call.decimals(0)?, call.ints(1)?);
                call.map_decimals(|row| round(value.at(row), places.at(row), Rounding::TowardsZero))
            },
        )
        .returns(|types| Ok(types[0].clone()))
}

/// Returns the DECIMAL of the digits before the point.
pub(super) fn whole_type(types: &[SqlType]) -> Result<SqlType, FunctionError> {
    match types[0] {
        SqlType::Decimal { precision, scale } => {
            Ok(SqlType::Decimal { precision: precision.saturating_sub(scale).max(1), scale: 0 })
        }
        ref other => Err(FunctionError::InvalidArgument(format!("{other} is not a DECIMAL"))),
    }
}

/// Rounds to a whole number without digits after the point.
pub(super) fn to_whole(value: Decimal, rounding: Rounding) -> Result<Decimal, String> {
    let rounded = round(value, 0, rounding)?;
    // It fits: 10^scale divides what was rounded to whole numbers.
    let unit = datafusion::arrow::datatypes::i256::from(10).wrapping_pow(u32::from(value.scale));
    Ok(Decimal { unscaled: rounded.unscaled.wrapping_div(unit), scale: 0 })
}
