//! `NULLIF(value, other)`.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, Scalar};
use datafusion::arrow::compute::kernels::cmp::eq;
use datafusion::arrow::compute::nullif as nullif_kernel;

use crate::functions::elements::elements_equal;
use crate::functions::results::arrow_error;
use crate::functions::{Call, Category, FunctionError, ScalarFunction};

/// The value, or NULL if it equals another.
pub(super) fn nullif() -> ScalarFunction {
    ScalarFunction::new("NULLIF")
        .category(Category::Conditional)
        .summary("Returns a value, or NULL if it equals another.")
        .example("NULLIF('ebb', 'flow')", "ebb")
        .overload("(value1 T, value2 T) T", "", |call| {
            if call.return_type.arrow().is_integer() {
                return of_integers(call);
            }
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

/// The same column by column, of numbers that are equal if their bits are.
fn of_integers(call: &Call<'_>) -> Result<ArrayRef, FunctionError> {
    let value = call.column(0)?;
    let (other, is_constant) = call.array(1)?;
    let equal =
        if is_constant { eq(&value, &Scalar::new(Arc::clone(other))) } else { eq(&value, other) };
    nullif_kernel(&value, &equal.map_err(arrow_error)?).map_err(arrow_error)
}
