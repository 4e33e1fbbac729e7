//! `REDUCE(array, state, (s, x) => …)` and `REDUCE(map, state, (s, k, v) => …)`.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, UInt32Array};
use datafusion::arrow::compute::take;

use crate::functions::results::arrow_error;
use crate::functions::scalar::collections::lambdas::{Flattened, failed_since, number};
use crate::functions::scalar::collections::with_lambda;
use crate::functions::{Call, FunctionError, Pick, ScalarFunction};

/// What remains when a lambda takes a state and each element to the next state.
pub(super) fn reduce() -> ScalarFunction {
    with_lambda(
        "reduce",
        "Takes a state and each element to the next state by a lambda; returns the last.",
    )
    .example("REDUCE(ARRAY[1, 2, 3], 10, (s, x) => s + x)", "16")
    .overload(
        "(list ARRAY<T>, initialState S, reduceFunction LAMBDA<S, T, S>) S",
        "The state alone if the array is NULL; NULL if the state is.",
        |call| {
            let flat = Flattened::of_lists(call, call.lists(0)?)?;
            fold(call, &flat)
        },
    )
    .sees_nulls()
    .overload(
        "(map MAP<K, V>, initialState S, reduceFunction LAMBDA<S, K, V, S>) S",
        "The state alone if the map is NULL; NULL if the state is.",
        |call| {
            let flat = Flattened::of_maps(call, call.maps(0)?)?;
            fold(call, &flat)
        },
    )
    .sees_nulls()
}

/// Takes the first element of all rows at once, then the second of all rows that have one, and so on.
fn fold(call: &mut Call<'_>, flat: &Flattened) -> Result<ArrayRef, FunctionError> {
    let initial = call.column(1)?;
    let mut finals: Vec<Option<Pick>> =
        (0..call.row_count).map(|row| initial.is_valid(row).then_some((0, row))).collect();
    let mut steps = vec![Arc::clone(&initial)];
    let length = |row: usize| flat.get(row).map_or(0, |range| range.len());
    let mut active: Vec<usize> =
        (0..call.row_count).filter(|row| initial.is_valid(*row) && 0 < length(*row)).collect();
    let mut states = take_rows(&initial, &active)?;
    let mut step = 0;
    while !active.is_empty() {
        let before = call.failures.0.len();
        states = next_states(call, flat, (&active, states, step))?;
        let failed = failed_since(call, before);
        step += 1;
        let is_done = |row: usize| failed.contains(&row) || length(row) <= step;
        let mut going_on = Vec::new();
        let mut has_final = false;
        for (place, row) in active.iter().copied().enumerate() {
            if is_done(row) {
                has_final = true;
                let is_valid = states.is_valid(place) && !failed.contains(&row);
                finals[row] = is_valid.then_some((steps.len(), place));
            } else {
                going_on.push(place);
            }
        }
        if has_final {
            steps.push(Arc::clone(&states));
        }
        states = take_rows(&states, &going_on)?;
        active = going_on.into_iter().map(|place| active[place]).collect();
    }
    let sources: Vec<&ArrayRef> = steps.iter().collect();
    call.pick(&sources, |row| finals[row])
}

/// Evaluates the lambda once for each active row, with its element of this step.
fn next_states(
    call: &mut Call<'_>,
    flat: &Flattened,
    (active, states, step): (&[usize], ArrayRef, usize),
) -> Result<ArrayRef, FunctionError> {
    let places: Vec<usize> =
        active.iter().map(|row| flat.get(*row).map_or(0, |range| range.start) + step).collect();
    let mut params = vec![states];
    for source in &flat.params {
        params.push(take_rows(source, &places)?);
    }
    let parents: UInt32Array = active.iter().copied().map(number).collect::<Vec<u32>>().into();
    call.lambda(2)?.evaluate(&params, &parents, call.failures)
}

fn take_rows(array: &ArrayRef, rows: &[usize]) -> Result<ArrayRef, FunctionError> {
    let rows: UInt32Array = rows.iter().copied().map(number).collect::<Vec<u32>>().into();
    take(array, &rows, None).map_err(arrow_error)
}
