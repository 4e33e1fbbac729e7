//! `SQRT(x)`.

use crate::functions::{Category, ScalarFunction};

/// The square root.
pub(super) fn sqrt() -> ScalarFunction {
    ScalarFunction::new("SQRT")
        .category(Category::Mathematical)
        .summary("Returns the square root of a number; NaN of a negative one.")
        .example("SQRT(16)", "4.0")
        .overload("(value DOUBLE) DOUBLE", "", |call| {
            let value = call.doubles(0)?;
            call.map_doubles(|row| value.at(row).sqrt())
        })
}
