//! `ARRAY_SORT(array[, direction])`.

use datafusion::arrow::array::{Array, ArrayRef};

use crate::functions::elements::compare_elements;
use crate::functions::scalar::collections::extreme::no_order;
use crate::functions::scalar::collections::on_arrays;
use crate::functions::{Call, FunctionError, ScalarFunction};

/// The elements in order, NULLs last.
pub(super) fn array_sort() -> ScalarFunction {
    on_arrays("array_sort", "Sorts the elements of an array; NULLs go to the end.")
        .example("ARRAY_SORT(ARRAY[-1, 2, 0])", "[-1, 0, 2]")
        .overload("(array ARRAY<T>) ARRAY<T>", "The smallest first.", sort)
        .overload(
            "(array ARRAY<T>, direction VARCHAR) ARRAY<T>",
            "The smallest first with ASC, the largest first with DESC; NULL with anything else.",
            sort,
        )
}

fn sort(call: &mut Call<'_>) -> Result<ArrayRef, FunctionError> {
    let list = call.lists(0)?;
    let direction = (1 < call.args.len()).then(|| call.strings(1)).transpose()?;
    let elements = list.elements();
    call.map_arrays(&[elements], |row, picked| {
        let Some(is_ascending) = direction.map_or(Some(true), |texts| is_ascending(texts.at(row)))
        else {
            return Ok(None);
        };
        let (mut sorted, nulls): (Vec<usize>, Vec<usize>) =
            list.at(row).partition(|index| elements.is_valid(*index));
        let order = |a: usize, b: usize| compare_elements((elements, a), (elements, b));
        if let [first, ..] = sorted[..] {
            order(first, first).ok_or_else(|| no_order(elements))?;
        }
        sorted.sort_by(|a, b| {
            let (a, b) = if is_ascending { (*a, *b) } else { (*b, *a) };
            order(a, b).unwrap_or(std::cmp::Ordering::Equal)
        });
        picked.extend(sorted.into_iter().chain(nulls).map(|index| Some((0, index))));
        Ok::<_, String>(Some(()))
    })
}

fn is_ascending(direction: &str) -> Option<bool> {
    match direction.to_uppercase().as_str() {
        "ASC" | "ASCENDING" => Some(true),
        "DESC" | "DESCENDING" => Some(false),
        _ => None,
    }
}
