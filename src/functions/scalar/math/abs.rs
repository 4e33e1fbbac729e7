//! `ABS(value)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::math::numeric;
use crate::types::Decimal;

/// The number without its sign. The smallest INT and BIGINT have no positive twin and stay as they are.
pub(super) fn abs() -> ScalarFunction {
    numeric("Abs", "Returns a number without its sign.")
        .example("ABS(-3)", "3")
        .overload("(value INT) INT", "", |call| {
            let value = call.ints(0)?;
            call.map_ints(|row| value.at(row).wrapping_abs())
        })
        .overload("(value BIGINT) BIGINT", "", |call| {
            let value = call.bigints(0)?;
            call.map_bigints(|row| value.at(row).wrapping_abs())
        })
        .overload("(value DOUBLE) DOUBLE", "", |call| {
            let value = call.doubles(0)?;
            call.map_doubles(|row| value.at(row).abs())
        })
        .overload("(value DECIMAL) DECIMAL", "", |call| {
            let value = call.decimals(0)?;
            call.map_decimals(|row| {
                let value = value.at(row);
                Decimal { unscaled: value.unscaled.wrapping_abs(), ..value }
            })
        })
        .returns(|types| Ok(types[0].clone()))
}
