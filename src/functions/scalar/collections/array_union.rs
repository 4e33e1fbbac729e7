//! `ARRAY_UNION(array, array)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::collections::on_arrays;
use crate::functions::scalar::collections::set::ElementSet;

/// Each element of two arrays once, in the order of their first occurrence.
pub(super) fn array_union() -> ScalarFunction {
    on_arrays("array_union", "Returns each element of two arrays once.")
        .example("ARRAY_UNION(ARRAY[1, 2, 3, 1, 2], ARRAY[4, 1])", "[1, 2, 3, 4]")
        .overload("(left ARRAY<T>, right ARRAY<T>) ARRAY<T>", "", |call| {
            let (left, right) = (call.lists(0)?, call.lists(1)?);
            let sources = [left.elements(), right.elements()];
            let mut seen = ElementSet::new(&sources);
            call.map_arrays(&sources, |row, picked| {
                seen.clear();
                let left = left.at(row).map(|index| (0, index));
                let all = left.chain(right.at(row).map(|index| (1, index)));
                picked.extend(all.filter(|pick| seen.insert(*pick)).map(Some));
            })
        })
}
