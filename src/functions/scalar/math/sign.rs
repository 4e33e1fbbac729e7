//! `SIGN(value)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::math::numeric;

/// The sign as -1, 0 or 1.
pub(super) fn sign() -> ScalarFunction {
    numeric("SIGN", "Returns -1 for a negative number, 0 for zero, 1 for a positive one.")
        .example("SIGN(-7)", "-1")
        .overload("(value DOUBLE) INT", "", |call| {
            let value = call.doubles(0)?;
            call.map_ints(|row| i32::from(0.0 < value.at(row)) - i32::from(value.at(row) < 0.0))
        })
}
