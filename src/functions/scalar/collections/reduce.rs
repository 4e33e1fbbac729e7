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
    let mut fold = Fold::begin(call, flat)?;
    let mut step = 0;
    while !fold.active.is_empty() {
        fold.take_step(call, step)?;
        step += 1;
    }
    let sources: Vec<&ArrayRef> = fold.kept.iter().collect();
    call.pick(&sources, |row| fold.finals[row])
}

/// How far the rows have come.
struct Fold<'a> {
    flat: &'a Flattened,
    /// The rows that have more elements.
    active: Vec<usize>,
    /// The state of each of them.
    states: ArrayRef,
    /// The last state of each row that has no more, in one of the kept columns.
    finals: Vec<Option<Pick>>,
    kept: Vec<ArrayRef>,
}

impl<'a> Fold<'a> {
    fn begin(call: &Call<'_>, flat: &'a Flattened) -> Result<Self, FunctionError> {
        let initial = call.column(1)?;
        let rows = 0..call.row_count;
        let finals = rows.clone().map(|row| initial.is_valid(row).then_some((0, row))).collect();
        let active: Vec<usize> =
            rows.filter(|row| initial.is_valid(*row) && 0 < length(flat, *row)).collect();
        let states = take_rows(&initial, &active)?;
        Ok(Fold { flat, active, states, finals, kept: vec![initial] })
    }

    /// Evaluates the lambda once for each active row, with its element of this step.
    fn take_step(&mut self, call: &mut Call<'_>, step: usize) -> Result<(), FunctionError> {
        let place = |row: &usize| self.flat.get(*row).map_or(0, |range| range.start) + step;
        let places: Vec<usize> = self.active.iter().map(place).collect();
        let mut params = vec![Arc::clone(&self.states)];
        for source in &self.flat.params {
            params.push(take_rows(source, &places)?);
        }
        let parents: Vec<u32> = self.active.iter().copied().map(number).collect();
        let before = call.failures.0.len();
        let states = call.lambda(2)?.evaluate(&params, &parents.into(), call.failures)?;
        let failed = failed_since(call, before);
        let (done, going_on): (Vec<usize>, Vec<usize>) =
            (0..self.active.len()).partition(|place| {
                let row = self.active[*place];
                failed.contains(&row) || length(self.flat, row) <= step + 1
            });
        for place in &done {
            let row = self.active[*place];
            let is_valid = states.is_valid(*place) && !failed.contains(&row);
            self.finals[row] = is_valid.then_some((self.kept.len(), *place));
        }
        self.states = take_rows(&states, &going_on)?;
        self.active = going_on.into_iter().map(|place| self.active[place]).collect();
        if !done.is_empty() {
            self.kept.push(states);
        }
        Ok(())
    }
}

fn length(flat: &Flattened, row: usize) -> usize {
    flat.get(row).map_or(0, |range| range.len())
}

fn take_rows(array: &ArrayRef, rows: &[usize]) -> Result<ArrayRef, FunctionError> {
    let rows: UInt32Array = rows.iter().copied().map(number).collect::<Vec<u32>>().into();
    take(array, &rows, None).map_err(arrow_error)
}
