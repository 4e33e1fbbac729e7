//! `COLLECT_SET(value)`.

use std::marker::PhantomData;

use datafusion::arrow::array::ArrayRef;

use crate::functions::FunctionError;
use crate::functions::aggregate::cell::{Cell, with_cell};
use crate::functions::aggregate::collect::CollectLimit;
use crate::functions::aggregate::dense::{Dense, Kernel};
use crate::functions::aggregate::lists::{CellSet, ListResults};
use crate::functions::aggregate::{Accumulator, AggregateCall, AggregateFunction, StateError};
use crate::types::SqlType;

/// Collects the different values, NULL too, in the order in which each arrived first.
///
/// A row beyond `ksql.functions.collect_set.limit` is left out, as was asked; a row with which the values would take more
/// than a mebibyte fails.
pub(super) fn collect_set() -> AggregateFunction {
    AggregateFunction::new("COLLECT_SET")
        .summary(
            "Returns an array of all different values, at most ksql.functions.collect_set.limit of them and no larger than 1 MiB.",
        )
        .example("COLLECT_SET(x)", "x INT: (2), (1), (NULL), (2)", "[2, 1, null]")
        .overload("(value T) ARRAY<T>", "", accumulator)
}

fn accumulator(call: &AggregateCall<'_>) -> Result<Box<dyn Accumulator>, FunctionError> {
    let sql_type = call.args[0].clone();
    let limit = CollectLimit::of(call, "ksql.functions.collect_set.limit")?;
    Ok(with_cell!(&sql_type, C => {
        Dense::boxed(CollectSet::<C> { sql_type, limit, cell: PhantomData })
    }))
}

struct CollectSet<C> {
    sql_type: SqlType,
    limit: CollectLimit,
    cell: PhantomData<C>,
}

impl<C: Cell> CollectSet<C> {
    fn keep(&self, state: &mut CellSet<C>, value: Option<C::Ref<'_>>) -> Result<(), String> {
        if self.limit.is_reached(state.cells().len()) || state.find(value).is_some() {
            return Ok(());
        }
        state.push(value)
    }
}

impl<C: Cell> Kernel for CollectSet<C> {
    type State = CellSet<C>;
    type Args<'a> = C::Column<'a>;
    type Results = ListResults<C>;

    const HAS_HEAP: bool = true;

    fn bind<'a>(&self, args: &'a [ArrayRef]) -> C::Column<'a> {
        C::column(&args[0])
    }

    fn add(
        &self,
        state: &mut CellSet<C>,
        args: &C::Column<'_>,
        row: usize,
        _: u64,
    ) -> Result<(), String> {
        self.keep(state, C::get(args, row))
    }

    fn merge(&self, into: &mut CellSet<C>, from: CellSet<C>) -> Result<(), String> {
        from.cells().iter().try_for_each(|cell| self.keep(into, cell.as_ref().map(C::get_ref)))
    }

    fn results(&self, capacity: usize) -> ListResults<C> {
        ListResults::new(&self.sql_type, capacity)
    }

    fn push(&self, state: &CellSet<C>, results: &mut ListResults<C>) {
        results.push(state.cells().iter().map(Option::as_ref));
    }

    fn finish(&self, results: ListResults<C>) -> ArrayRef {
        results.finish(&self.sql_type)
    }

    fn save(&self, state: &CellSet<C>, out: &mut Vec<u8>) {
        state.save(out);
    }

    fn load(&self, bytes: &mut &[u8]) -> Result<CellSet<C>, StateError> {
        CellSet::load(&self.sql_type, bytes)
    }

    fn heap_size(&self, state: &CellSet<C>) -> usize {
        state.heap_size()
    }
}
