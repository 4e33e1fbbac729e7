//! `AVG(number)`.

use std::marker::PhantomData;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Float64Array};

use crate::functions::aggregate::bytes::take_i64;
use crate::functions::aggregate::cell::Cell;
use crate::functions::aggregate::dense::{Dense, Kernel};
use crate::functions::aggregate::sum::Summand;
use crate::functions::aggregate::{AggregateFunction, StateError};
use crate::types::SqlType;

/// The average; 0.0 where there is nothing to average, as ksqlDB has it. The sum of BIGINTs wraps around at its ends.
pub(super) fn avg() -> AggregateFunction {
    AggregateFunction::new("AVG")
        .summary("Returns the average of the values; NULLs are left out.")
        .example("AVG(x)", "x INT: (1), (2), (NULL)", "1.5")
        .overload("(value INT) DOUBLE", "", |_| Ok(Dense::boxed(Avg::<i32, i64>::default())))
        .undo()
        .intermediate(|_| state_type(SqlType::Int))
        .overload("(value BIGINT) DOUBLE", "", |_| Ok(Dense::boxed(Avg::<i64, i64>::default())))
        .undo()
        .intermediate(|_| state_type(SqlType::Bigint))
        .overload("(value DOUBLE) DOUBLE", "", |_| Ok(Dense::boxed(Avg::<f64, f64>::default())))
        .undo()
        .intermediate(|_| state_type(SqlType::Double))
}

fn state_type(sum: SqlType) -> SqlType {
    SqlType::structure([("SUM", sum), ("COUNT", SqlType::Bigint)])
}

/// What sums of a number are kept in.
trait Total: Summand {
    fn to_double(self) -> f64;
}

impl Total for i64 {
    fn to_double(self) -> f64 {
        self as f64
    }
}

impl Total for f64 {
    fn to_double(self) -> f64 {
        self
    }
}

#[derive(Default)]
struct Avg<N, S>(PhantomData<(N, S)>);

#[derive(Clone, Copy, Default)]
struct Mean<S> {
    sum: S,
    count: i64,
}

impl<N: Summand + Into<S>, S: Total> Kernel for Avg<N, S> {
    type State = Mean<S>;
    type Args<'a> = N::Column<'a>;
    type Results = Vec<f64>;

    fn bind<'a>(&self, args: &'a [ArrayRef]) -> N::Column<'a> {
        N::column(&args[0])
    }

    #[inline]
    fn add(
        &self,
        state: &mut Mean<S>,
        args: &N::Column<'_>,
        row: usize,
        _: u64,
    ) -> Result<(), String> {
        if let Some(value) = N::at(args, row) {
            state.sum = state.sum.plus(value.into());
            state.count = state.count.wrapping_add(1);
        }
        Ok(())
    }

    fn remove(&self, state: &mut Mean<S>, args: &N::Column<'_>, row: usize) -> Result<(), String> {
        if let Some(value) = N::at(args, row) {
            state.sum = state.sum.minus(value.into());
            state.count = state.count.wrapping_sub(1);
        }
        Ok(())
    }

    fn merge(&self, into: &mut Mean<S>, from: Mean<S>) -> Result<(), String> {
        into.sum = into.sum.plus(from.sum);
        into.count = into.count.wrapping_add(from.count);
        Ok(())
    }

    fn copy(&self, state: &Mean<S>) -> Option<Mean<S>> {
        S::IS_EXACT.then_some(*state)
    }

    fn results(&self, capacity: usize) -> Vec<f64> {
        Vec::with_capacity(capacity)
    }

    #[inline]
    fn push(&self, state: &Mean<S>, results: &mut Vec<f64>) {
        let average =
            if state.count == 0 { 0.0 } else { state.sum.to_double() / state.count as f64 };
        results.push(average);
    }

    fn finish(&self, results: Vec<f64>) -> ArrayRef {
        Arc::new(Float64Array::from(results))
    }

    fn save(&self, state: &Mean<S>, out: &mut Vec<u8>) {
        state.sum.save(out);
        out.extend_from_slice(&state.count.to_le_bytes());
    }

    fn load(&self, bytes: &mut &[u8]) -> Result<Mean<S>, StateError> {
        let sum = <S as Cell>::load(&S::SQL_TYPE, bytes)?;
        Ok(Mean { sum, count: take_i64(bytes)? })
    }
}
