//! `TRANSFORM(array, x => …)` and `TRANSFORM(map, (k, v) => …, (k, v) => …)`.

use datafusion::arrow::array::{Array, ArrayRef};

use crate::functions::scalar::collections::lambdas::Flattened;
use crate::functions::scalar::collections::set::ElementSet;
use crate::functions::scalar::collections::with_lambda;
use crate::functions::{Call, FunctionError, ScalarFunction};

/// What a lambda makes of each element.
pub(super) fn transform() -> ScalarFunction {
    with_lambda(
        "transform",
        "Returns what a lambda makes of each element of an array, or entry of a map.",
    )
    .example("TRANSFORM(ARRAY[1, 2], x => x * 10)", "[10, 20]")
    .overload("(array ARRAY<T>, function LAMBDA<T, R>) ARRAY<R>", "", of_array)
    .overload(
        "(map MAP<K, V>, key LAMBDA<K, V, R>, value LAMBDA<K, V, T>) MAP<R, T>",
        "One lambda makes the keys, which must differ, the other the values, which can't be NULL.",
        of_map,
    )
}

fn of_array(call: &mut Call<'_>) -> Result<ArrayRef, FunctionError> {
    let mut flat = Flattened::of_lists(call, call.lists(0)?)?;
    let results = flat.evaluate(call, 1)?;
    call.map_arrays(&[&results], |row, picked| {
        picked.extend(flat.get(row)?.map(|index| Some((0, index))));
        Some(())
    })
}

fn of_map(call: &mut Call<'_>) -> Result<ArrayRef, FunctionError> {
    let mut flat = Flattened::of_maps(call, call.maps(0)?)?;
    let keys = flat.evaluate(call, 1)?;
    let values = flat.evaluate(call, 2)?;
    let sources = [&keys];
    let mut seen = ElementSet::new(&sources);
    call.map_maps(&sources, &[&values], |row, picked| {
        let Some(range) = flat.get(row) else { return Ok(None) };
        seen.clear();
        for index in range {
            if keys.is_null(index) || values.is_null(index) {
                return Err("neither the key nor the value of an entry can be NULL here");
            }
            if !seen.insert((0, index)) {
                return Err("two entries have the same key");
            }
            picked.push(((0, index), Some((0, index))));
        }
        Ok(Some(()))
    })
}
