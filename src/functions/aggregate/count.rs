//! `COUNT(*)`, `COUNT(column)`.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, Int64Array};
use datafusion::arrow::buffer::NullBuffer;

use crate::functions::aggregate::bytes::take_i64;
use crate::functions::aggregate::dense::{Dense, Kernel};
use crate::functions::aggregate::{AggregateFunction, StateError};
use crate::types::SqlType;

/// Counts rows, or the rows in which an argument is not NULL.
pub(super) fn count() -> AggregateFunction {
    AggregateFunction::new("COUNT")
        .summary("Counts the rows, or those in which the argument is not NULL.")
        .example("COUNT(*)", "x INT: (1), (NULL)", "2")
        .example("COUNT(x)", "x INT: (1), (NULL)", "1")
        .overload("() BIGINT", "All rows.", |_| Ok(Dense::boxed(Count)))
        .undo()
        .overload("(value ANY) BIGINT", "Rows where it is not NULL.", |_| Ok(Dense::boxed(Count)))
        .undo()
        .intermediate(|_| SqlType::Bigint)
}

struct Count;

impl Kernel for Count {
    type State = i64;
    type Args<'a> = Option<NullBuffer>;
    type Results = Vec<i64>;

    fn bind(&self, args: &[ArrayRef]) -> Option<NullBuffer> {
        args.first().and_then(|column| column.logical_nulls()).filter(|n| 0 < n.null_count())
    }

    #[inline]
    fn add(
        &self,
        state: &mut i64,
        nulls: &Option<NullBuffer>,
        row: usize,
        _: u64,
    ) -> Result<(), String> {
        *state =
            state.wrapping_add(i64::from(nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row))));
        Ok(())
    }

    fn remove(
        &self,
        state: &mut i64,
        nulls: &Option<NullBuffer>,
        row: usize,
    ) -> Result<(), String> {
        *state =
            state.wrapping_sub(i64::from(nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row))));
        Ok(())
    }

    fn merge(&self, into: &mut i64, from: i64) -> Result<(), String> {
        *into = into.wrapping_add(from);
        Ok(())
    }

    fn copy(&self, state: &i64) -> Option<i64> {
        Some(*state)
    }

    fn results(&self, capacity: usize) -> Vec<i64> {
        Vec::with_capacity(capacity)
    }

    #[inline]
    fn push(&self, state: &i64, results: &mut Vec<i64>) {
        results.push(*state);
    }

    fn finish(&self, results: Vec<i64>) -> ArrayRef {
        Arc::new(Int64Array::from(results))
    }

    fn save(&self, state: &i64, out: &mut Vec<u8>) {
        out.extend_from_slice(&state.to_le_bytes());
    }

    fn load(&self, bytes: &mut &[u8]) -> Result<i64, StateError> {
        take_i64(bytes)
    }
}
