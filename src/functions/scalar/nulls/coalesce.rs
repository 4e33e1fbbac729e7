//! `COALESCE(value, …)`.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, Scalar};
use datafusion::arrow::compute::is_not_null;
use datafusion::arrow::compute::kernels::zip::zip;
use datafusion::arrow::datatypes::DataType;

use crate::functions::results::arrow_error;
use crate::functions::{Call, Category, FunctionError, ScalarFunction};

/// The first argument that is not NULL.
pub(super) fn coalesce() -> ScalarFunction {
    ScalarFunction::new("COALESCE")
        .category(Category::Conditional)
        .summary("Returns the first argument that is not NULL.")
        .example("COALESCE(CAST(NULL AS VARCHAR), 'tide')", "tide")
        .overload("(first T, others T...) T", "", first_of_all)
        .sees_nulls()
}

/// Takes each row from the first argument in which it is not NULL.
pub(super) fn first_of_all(call: &mut Call<'_>) -> Result<ArrayRef, FunctionError> {
    let return_type = call.return_type.arrow();
    if return_type.is_primitive() || return_type == DataType::Boolean {
        return first_of_columns(call);
    }
    let arrays = (0..call.args.len()).map(|i| call.array(i)).collect::<Result<Vec<_>, _>>()?;
    let sources: Vec<&ArrayRef> = arrays.iter().map(|(array, _)| *array).collect();
    call.pick(&sources, |row| {
        let rows = arrays.iter().map(|(_, is_constant)| if *is_constant { 0 } else { row });
        rows.enumerate().find(|&(i, row)| sources[i].is_valid(row))
    })
}

/// The same column by column, of values that all take the same room.
fn first_of_columns(call: &Call<'_>) -> Result<ArrayRef, FunctionError> {
    let mut result = call.column(0)?;
    for index in 1..call.args.len() {
        if result.null_count() == 0 {
            break;
        }
        let (next, is_constant) = call.array(index)?;
        let known = is_not_null(&result).map_err(arrow_error)?;
        let taken = if is_constant {
            zip(&known, &result, &Scalar::new(Arc::clone(next)))
        } else {
            zip(&known, &result, next)
        };
        result = taken.map_err(arrow_error)?;
    }
    Ok(result)
}
