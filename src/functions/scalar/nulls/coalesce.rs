//! `COALESCE(value, …)`.

use datafusion::arrow::array::{Array, ArrayRef};

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
    let arrays = (0..call.args.len()).map(|i| call.array(i)).collect::<Result<Vec<_>, _>>()?;
    let sources: Vec<&ArrayRef> = arrays.iter().map(|(array, _)| *array).collect();
    call.pick(&sources, |row| {
        let rows = arrays.iter().map(|(_, is_constant)| if *is_constant { 0 } else { row });
        rows.enumerate().find(|&(i, row)| sources[i].is_valid(row))
    })
}
