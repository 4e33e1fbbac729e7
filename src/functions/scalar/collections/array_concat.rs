//! `ARRAY_CONCAT(array, array)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::collections::on_arrays;

/// The elements of one array, then those of another.
pub(super) fn array_concat() -> ScalarFunction {
    on_arrays("array_concat", "Appends one array to another; a NULL array adds nothing.")
        .example("ARRAY_CONCAT(ARRAY[1, 2], ARRAY[2, 3])", "[1, 2, 2, 3]")
        .overload("(left ARRAY<T>, right ARRAY<T>) ARRAY<T>", "NULL if both are.", |call| {
            let (left, right) = (call.lists(0)?, call.lists(1)?);
            call.map_arrays(&[left.elements(), right.elements()], |row, picked| {
                let (left, right) = (left.get(row), right.get(row));
                if left.is_none() && right.is_none() {
                    return None;
                }
                picked.extend(left.unwrap_or(0..0).map(|index| Some((0, index))));
                picked.extend(right.unwrap_or(0..0).map(|index| Some((1, index))));
                Some(())
            })
        })
        .sees_nulls()
}
