//! `ABS(value)`.

use datafusion::arrow::datatypes::{Float64Type, Int32Type, Int64Type};

use crate::functions::ScalarFunction;
use crate::functions::scalar::math::{each, numeric};
use crate::types::Decimal;

/// The number without its sign. The smallest INT and BIGINT have no positive twin and stay as they are.
pub(super) fn abs() -> ScalarFunction {
    numeric("Abs", "Returns a number without its sign.")
        .example("ABS(-3)", "3")
        .overload("(value INT) INT", "", |call| each::<Int32Type>(call, i32::wrapping_abs))
        .overload("(value BIGINT) BIGINT", "", |call| each::<Int64Type>(call, i64::wrapping_abs))
        .overload("(value DOUBLE) DOUBLE", "", |call| each::<Float64Type>(call, f64::abs))
        .overload("(value DECIMAL) DECIMAL", "", |call| {
            let value = call.decimals(0)?;
            call.map_decimals(|row| {
                let value = value.at(row);
                Decimal { unscaled: value.unscaled.wrapping_abs(), ..value }
            })
        })
        .returns(|types| Ok(types[0].clone()))
}
