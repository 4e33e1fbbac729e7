//! `ARRAY_REMOVE(array, value)`.

use crate::functions::ScalarFunction;
use crate::functions::elements::elements_equal;
use crate::functions::scalar::collections::on_arrays;

/// The elements that do not equal a value.
pub(super) fn array_remove() -> ScalarFunction {
    on_arrays(
        "ARRAY_REMOVE",
        "Removes the elements of an array that equal a value, which may be NULL.",
    )
    .example("ARRAY_REMOVE(ARRAY[1, 2, 3, 2, 1], 2)", "[1, 3, 1]")
    .overload("(array ARRAY<T>, element T) ARRAY<T>", "", |call| {
        let (list, (value, is_constant)) = (call.lists(0)?, call.array(1)?);
        let elements = list.elements();
        call.map_arrays(&[elements], |row, picked| {
            let unwanted = (value, if is_constant { 0 } else { row });
            let is_kept = |index: &usize| !elements_equal((elements, *index), unwanted);
            picked.extend(list.get(row)?.filter(is_kept).map(|index| Some((0, index))));
            Some(())
        })
    })
    .sees_nulls()
}
