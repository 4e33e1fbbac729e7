//! `SUM_LIST(numbers)`.

use std::marker::PhantomData;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, ListArray};

use crate::functions::aggregate::dense::{Dense, Kernel};
use crate::functions::aggregate::sum::Summand;
use crate::functions::aggregate::{AggregateFunction, StateError};

/// Adds up the elements of arrays, as SUM adds up values.
pub(super) fn sum_list() -> AggregateFunction {
    AggregateFunction::new("SUM_LIST")
        .summary("Adds up the elements of the arrays; NULLs are left out.")
        .example("SUM_LIST(x)", "x ARRAY<INT>: (ARRAY[1, 2]), (ARRAY[3])", "6")
        .overload("(list ARRAY<INT>) INT", "", |_| Ok(Dense::boxed(SumList::<i32>::default())))
        .undo()
        .overload("(list ARRAY<BIGINT>) BIGINT", "", |_| {
            Ok(Dense::boxed(SumList::<i64>::default()))
        })
        .undo()
        .overload("(list ARRAY<DOUBLE>) DOUBLE", "", |_| {
            Ok(Dense::boxed(SumList::<f64>::default()))
        })
        .undo()
}

#[derive(Default)]
struct SumList<N>(PhantomData<N>);

/// Arrays of numbers.
struct NumberLists<'a, N: Summand> {
    lists: &'a ListArray,
    elements: N::Column<'a>,
}

impl<N: Summand> NumberLists<'_, N> {
    /// Adds up one array by itself first, which for DOUBLE is not the same as adding each element to the sum.
    fn sum(&self, row: usize) -> Option<N> {
        if self.lists.is_null(row) {
            return None;
        }
        let ends = self.lists.value_offsets();
        let elements = (ends[row]..ends[row + 1])
            .filter_map(|element| N::at(&self.elements, element.unsigned_abs() as usize));
        Some(elements.fold(N::default(), N::plus))
    }
}

impl<N: Summand> Kernel for SumList<N> {
    type State = N;
    type Args<'a> = NumberLists<'a, N>;
    type Results = N::Builder;

    fn bind<'a>(&self, args: &'a [ArrayRef]) -> NumberLists<'a, N> {
        let lists = args[0].as_list::<i32>();
        NumberLists { lists, elements: N::column(lists.values()) }
    }

    fn add(
        &self,
        state: &mut N,
        args: &NumberLists<'_, N>,
        row: usize,
        _: u64,
    ) -> Result<(), String> {
        if let Some(sum) = args.sum(row) {
            *state = state.plus(sum);
        }
        Ok(())
    }

    fn remove(&self, state: &mut N, args: &NumberLists<'_, N>, row: usize) -> Result<(), String> {
        if let Some(sum) = args.sum(row) {
            *state = state.minus(sum);
        }
        Ok(())
    }

    fn merge(&self, into: &mut N, from: N) -> Result<(), String> {
        *into = into.plus(from);
        Ok(())
    }

    fn results(&self, capacity: usize) -> N::Builder {
        N::builder(&N::SQL_TYPE, capacity)
    }

    fn push(&self, state: &N, results: &mut N::Builder) {
        state.push_sum(results);
    }

    fn finish(&self, results: N::Builder) -> ArrayRef {
        N::finish(results, &N::SQL_TYPE)
    }

    fn save(&self, state: &N, out: &mut Vec<u8>) {
        state.save(out);
    }

    fn load(&self, bytes: &mut &[u8]) -> Result<N, StateError> {
        N::load(&N::SQL_TYPE, bytes)
    }
}
