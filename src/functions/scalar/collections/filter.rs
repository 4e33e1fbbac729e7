//! `FILTER(array, x => …)` and `FILTER(map, (k, v) => …)`.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray};

use crate::functions::scalar::collections::lambdas::Flattened;
use crate::functions::scalar::collections::with_lambda;
use crate::functions::{Call, FunctionError, ScalarFunction};

/// The elements for which a lambda is true.
pub(super) fn filter() -> ScalarFunction {
    with_lambda(
        "filter",
        "Returns the elements of an array, or entries of a map, for which a lambda is true.",
    )
    .example("FILTER(ARRAY[1, 2, 3], x => x > 1)", "[2, 3]")
    .overload("(array ARRAY<T>, function LAMBDA<T, BOOLEAN>) ARRAY<T>", "", of_array)
    .overload(
        "(map MAP<K, V>, function LAMBDA<K, V, BOOLEAN>) MAP<K, V>",
        "The values of these entries can't be NULL.",
        of_map,
    )
}

fn of_array(call: &mut Call<'_>) -> Result<ArrayRef, FunctionError> {
    let mut flat = Flattened::of_lists(call, call.lists(0)?)?;
    let kept = flat.evaluate(call, 1)?;
    let (kept, elements) = (kept.as_boolean(), &flat.params[0]);
    call.map_arrays(&[elements], |row, picked| {
        let Some(range) = flat.get(row) else { return Ok(None) };
        for index in range {
            if is_kept(kept, index)? {
                picked.push(Some((0, index)));
            }
        }
        Ok::<_, String>(Some(()))
    })
}

fn of_map(call: &mut Call<'_>) -> Result<ArrayRef, FunctionError> {
    let mut flat = Flattened::of_maps(call, call.maps(0)?)?;
    let kept = flat.evaluate(call, 1)?;
    let (kept, keys, values) = (kept.as_boolean(), &flat.params[0], &flat.params[1]);
    call.map_maps(&[keys], &[values], |row, picked| {
        let Some(range) = flat.get(row) else { return Ok(None) };
        for index in range {
            if !is_kept(kept, index)? {
                continue;
            }
            if values.is_null(index) {
                return Err("the value of an entry can't be NULL here".to_owned());
            }
            picked.push(((0, index), Some((0, index))));
        }
        Ok(Some(()))
    })
}

/// A lambda that does not know fails, as it does in ksqlDB.
fn is_kept(kept: &BooleanArray, index: usize) -> Result<bool, String> {
    if kept.is_null(index) {
        return Err("the lambda is NULL for an element".to_owned());
    }
    Ok(kept.value(index))
}
