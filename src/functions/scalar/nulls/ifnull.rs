//! `IFNULL(value, other)`.

use crate::functions::scalar::nulls::coalesce::first_of_all;
use crate::functions::{Category, ScalarFunction};

/// The value, or another if it is NULL.
pub(super) fn ifnull() -> ScalarFunction {
    ScalarFunction::new("IFNULL")
        .category(Category::Conditional)
        .summary("Returns a value, or another if it is NULL.")
        .example("IFNULL(CAST(NULL AS INT), 7)", "7")
        .overload("(expression T, altValue T) T", "", first_of_all)
        .sees_nulls()
}
