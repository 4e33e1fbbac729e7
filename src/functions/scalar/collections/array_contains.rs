//! `ARRAY_CONTAINS(array, value)`.

use crate::functions::ScalarFunction;
use crate::functions::elements::elements_equal;
use crate::functions::scalar::collections::on_arrays;

/// Whether a value is among the elements.
pub(super) fn array_contains() -> ScalarFunction {
    on_arrays("ARRAY_CONTAINS", "Tests whether an array has a value; a NULL array has none.")
        .example("ARRAY_CONTAINS(ARRAY[1, 2, 3], 3)", "true")
        .overload("(array ARRAY<T>, val T) BOOLEAN", "", |call| {
            let (list, (value, is_constant)) = (call.lists(0)?, call.array(1)?);
            call.map_booleans(|row| {
                let wanted = (value, if is_constant { 0 } else { row });
                let mut range = list.get(row).unwrap_or(0..0);
                range.any(|index| elements_equal((list.elements(), index), wanted))
            })
        })
        .sees_nulls()
}
