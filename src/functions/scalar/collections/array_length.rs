//! `ARRAY_LENGTH(array)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::collections::on_arrays;

/// The number of elements.
pub(super) fn array_length() -> ScalarFunction {
    on_arrays("ARRAY_LENGTH", "Returns the number of elements of an array.")
        .example("ARRAY_LENGTH(ARRAY[1, 2, 3])", "3")
        .overload("(array ARRAY<T>) INT", "", |call| {
            let list = call.lists(0)?;
            call.map_ints(|row| i32::try_from(list.at(row).len()).unwrap_or(i32::MAX))
        })
}
