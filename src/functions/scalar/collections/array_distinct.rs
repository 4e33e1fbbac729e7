//! `ARRAY_DISTINCT(array)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::collections::on_arrays;
use crate::functions::scalar::collections::set::ElementSet;

/// Each element once, in the order of their first occurrence.
pub(super) fn array_distinct() -> ScalarFunction {
    on_arrays("array_distinct", "Returns each element of an array once.")
        .example("ARRAY_DISTINCT(ARRAY[1, 1, 2, 3, 1, 2])", "[1, 2, 3]")
        .overload("(array ARRAY<T>) ARRAY<T>", "", |call| {
            let list = call.lists(0)?;
            let sources = [list.elements()];
            let mut seen = ElementSet::new(&sources);
            call.map_arrays(&sources, |row, picked| {
                seen.clear();
                let first = list.at(row).map(|index| (0, index)).filter(|pick| seen.insert(*pick));
                picked.extend(first.map(Some));
            })
        })
}
