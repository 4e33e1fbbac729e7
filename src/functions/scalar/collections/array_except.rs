//! `ARRAY_EXCEPT(array, array)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::collections::on_arrays;
use crate::functions::scalar::collections::set::ElementSet;

/// Returns the distinct elements of an array that another does not have.
pub(super) fn array_except() -> ScalarFunction {
    on_arrays(
        "array_except",
        "Returns the distinct elements of an array that another does not have.",
    )
    .example("ARRAY_EXCEPT(ARRAY[1, 2, 3, 1, 2], ARRAY[2, 3])", "[1]")
    .overload("(left ARRAY<T>, right ARRAY<T>) ARRAY<T>", "", |call| {
        let (left, right) = (call.lists(0)?, call.lists(1)?);
        let sources = [left.elements(), right.elements()];
        let (mut seen, mut other) = (ElementSet::new(&sources), ElementSet::new(&sources));
        call.map_arrays(&sources, |row, picked| {
            seen.clear();
            other.clear();
            right.at(row).for_each(|index| {
                other.insert((1, index));
            });
            let picks = left.at(row).map(|index| (0, index));
            picked.extend(
                picks.filter(|pick| !other.contains(*pick) && seen.insert(*pick)).map(Some),
            );
        })
    })
}
