//! `CEIL(value)`.

use datafusion::arrow::datatypes::Float64Type;

use crate::functions::ScalarFunction;
use crate::functions::scalar::math::decimals::{Rounding, round};
use crate::functions::scalar::math::{each, numeric};

/// Rounds a number up to a whole one. The type stays the same.
pub(super) fn ceil() -> ScalarFunction {
    numeric("Ceil", "Rounds a number up to a whole one.")
        .example("CEIL(1.2)", "2.0")
        .overload("(value INT) INT", "", |call| call.column(0))
        .overload("(value BIGINT) BIGINT", "", |call| call.column(0))
        .overload("(value DOUBLE) DOUBLE", "", |call| each::<Float64Type>(call, f64::ceil))
        .overload("(value DECIMAL) DECIMAL", "", |call| {
            let value = call.decimals(0)?;
            call.map_decimals(|row| round(value.at(row), 0, Rounding::Up))
        })
        .returns(|types| Ok(types[0].clone()))
}
