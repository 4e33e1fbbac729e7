//! What STDDEV_SAMP and STDDEV_SAMPLE share: a running variance.

use std::marker::PhantomData;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Float64Array};

use crate::functions::aggregate::bytes::{take_f64, take_i64};
use crate::functions::aggregate::cell::Cell;
use crate::functions::aggregate::dense::{Dense, Kernel};
use crate::functions::aggregate::sum::Summand;
use crate::functions::aggregate::{AggregateFunction, StateError};
use crate::types::SqlType;

/// Adds an overload for each type of number; `count` is the type that stands for the count of the state.
pub(super) fn deviation(
    function: AggregateFunction,
    count: SqlType,
    result: fn(f64) -> f64,
) -> AggregateFunction {
    let state = move |sum: SqlType| {
        SqlType::structure([("SUM", sum), ("COUNT", count.clone()), ("M2", SqlType::Double)])
    };
    function
        .overload("(value INT) DOUBLE", "", move |_| {
            Ok(Dense::boxed(Deviation::<i32, i64> { result, numbers: PhantomData }))
        })
        .undo()
        .overload("(value BIGINT) DOUBLE", "", move |_| {
            Ok(Dense::boxed(Deviation::<i64, i64> { result, numbers: PhantomData }))
        })
        .undo()
        .overload("(value DOUBLE) DOUBLE", "", move |_| {
            Ok(Dense::boxed(Deviation::<f64, f64> { result, numbers: PhantomData }))
        })
        .undo()
        .intermediate(move |call| state(call.args[0].clone()))
}

/// Sums of integers are exact, and so is what they are compared with.
pub(super) trait Series: Summand {
    /// Returns `self * count - sum`, which is `count` times the distance from the mean.
    fn distance(self, count: i64, sum: Self) -> f64;
    /// Returns `self / count`.
    fn mean(self, count: i64) -> f64;
}

impl Series for i64 {
    fn distance(self, count: i64, sum: i64) -> f64 {
        self.wrapping_mul(count).wrapping_sub(sum) as f64
    }
    fn mean(self, count: i64) -> f64 {
        self as f64 / count as f64
    }
}

impl Series for f64 {
    fn distance(self, count: i64, sum: f64) -> f64 {
        self * count as f64 - sum
    }
    fn mean(self, count: i64) -> f64 {
        self / count as f64
    }
}

struct Deviation<N, S> {
    /// Makes the result of the variance.
    result: fn(f64) -> f64,
    numbers: PhantomData<(N, S)>,
}

/// The state of the algorithm of Youngs and Cramer.
#[derive(Default)]
struct Spread<S> {
    sum: S,
    count: i64,
    /// The sum of the squared distances from the mean.
    squares: f64,
}

impl<N: Summand + Into<S>, S: Series> Kernel for Deviation<N, S> {
    type State = Spread<S>;
    type Args<'a> = N::Column<'a>;
    type Results = Vec<f64>;

    fn bind<'a>(&self, args: &'a [ArrayRef]) -> N::Column<'a> {
        N::column(&args[0])
    }

    fn add(
        &self,
        state: &mut Spread<S>,
        args: &N::Column<'_>,
        row: usize,
        _: u64,
    ) -> Result<(), String> {
        let Some(value) = N::at(args, row) else { return Ok(()) };
        let value: S = value.into();
        let count = state.count.wrapping_add(1);
        state.sum = state.sum.plus(value);
        if 1 < count {
            let distance = value.distance(count, state.sum);
            state.squares += distance * distance / pairs(count);
        }
        state.count = count;
        Ok(())
    }

    fn remove(
        &self,
        state: &mut Spread<S>,
        args: &N::Column<'_>,
        row: usize,
    ) -> Result<(), String> {
        let Some(value) = N::at(args, row) else { return Ok(()) };
        let value: S = value.into();
        let count = state.count.wrapping_sub(1);
        if 0 < count {
            let distance = value.distance(state.count, state.sum);
            state.squares -= distance * distance / pairs(state.count);
        }
        state.sum = state.sum.minus(value);
        state.count = count;
        Ok(())
    }

    fn merge(&self, into: &mut Spread<S>, from: Spread<S>) -> Result<(), String> {
        let count = into.count.wrapping_add(from.count);
        if into.count != 0 && from.count != 0 {
            let distance = into.sum.mean(into.count) - from.sum.mean(from.count);
            let weight = into.count as f64 * from.count as f64;
            into.squares += weight * distance * distance / count as f64;
        }
        into.squares += from.squares;
        into.sum = into.sum.plus(from.sum);
        into.count = count;
        Ok(())
    }

    fn results(&self, capacity: usize) -> Vec<f64> {
        Vec::with_capacity(capacity)
    }

    fn push(&self, state: &Spread<S>, results: &mut Vec<f64>) {
        let variance = if state.count < 2 { 0.0 } else { state.squares / (state.count - 1) as f64 };
        results.push((self.result)(variance));
    }

    fn finish(&self, results: Vec<f64>) -> ArrayRef {
        Arc::new(Float64Array::from(results))
    }

    fn save(&self, state: &Spread<S>, out: &mut Vec<u8>) {
        state.sum.save(out);
        out.extend_from_slice(&state.count.to_le_bytes());
        out.extend_from_slice(&state.squares.to_le_bytes());
    }

    fn load(&self, bytes: &mut &[u8]) -> Result<Spread<S>, StateError> {
        let sum = <S as Cell>::load(&S::SQL_TYPE, bytes)?;
        Ok(Spread { sum, count: take_i64(bytes)?, squares: take_f64(bytes)? })
    }
}

/// Returns `count * (count - 1)`.
fn pairs(count: i64) -> f64 {
    count.wrapping_mul(count.wrapping_sub(1)) as f64
}
