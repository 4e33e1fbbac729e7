//! `SLICE(array, from, to)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::collections::on_arrays;

/// A run of elements.
pub(super) fn slice() -> ScalarFunction {
    on_arrays(
        "slice",
        "Returns the elements from one place to another, both included and counted from 1.",
    )
    .example("SLICE(ARRAY[1, 2, 3, 4], 2, 3)", "[2, 3]")
    .overload(
        "(in ARRAY<T>, from INT, to INT) ARRAY<T>",
        "A NULL place is the first or the last; the result is NULL if a place does not exist.",
        |call| {
            let (list, from, to) = (call.lists(0)?, call.ints(1)?, call.ints(2)?);
            call.map_arrays(&[list.elements()], |row, picked| {
                let Some(range) = list.get(row) else { return Ok(None) };
                let start = from.get(row).map_or(0, |from| i64::from(from) - 1);
                let end = to.get(row).map_or(range.len() as i64, i64::from);
                if start < 0 || (range.len() as i64) < end {
                    return Ok(None);
                }
                if end < start {
                    return Err(format!("fromIndex({start}) > toIndex({end})"));
                }
                // Both were just found to lie in the range.
                let (skipped, taken) = (start as usize, (end - start) as usize);
                picked.extend(range.skip(skipped).take(taken).map(|index| Some((0, index))));
                Ok(Some(()))
            })
        },
    )
    .sees_nulls()
}
