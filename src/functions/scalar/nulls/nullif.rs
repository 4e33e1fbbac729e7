//! `NULLIF(value, other)`.

use datafusion::arrow::array::Array;

use crate::functions::elements::elements_equal;
use crate::functions::{Category, ScalarFunction};

/// The value, or NULL if it equals another.
pub(super) fn nullif() -> ScalarFunction {
    ScalarFunction::new("NULLIF")
        .category(Category::Conditional)
        .summary("Returns a value, or NULL if it equals another.")
        .example("NULLIF('ebb', 'flow')", "ebb")
        .overload("(value1 T, value2 T) T", "", |call| {
            let ((value, is_constant), (other, is_other_constant)) =
                (call.array(0)?, call.array(1)?);
            call.pick(&[value], |row| {
                let index = if is_constant { 0 } else { row };
                let other_index = if is_other_constant { 0 } else { row };
                let is_kept =
                    value.is_valid(index) && !elements_equal((value, index), (other, other_index));
                is_kept.then_some((0, index))
            })
        })
        .sees_nulls()
}
