//! `COLLECT_LIST(value)`.

use std::marker::PhantomData;

use datafusion::arrow::array::ArrayRef;

use crate::functions::FunctionError;
use crate::functions::aggregate::cell::{Cell, with_cell};
use crate::functions::aggregate::collect::CollectLimit;
use crate::functions::aggregate::dense::{Dense, Kernel};
use crate::functions::aggregate::lists::{CellList, ListResults};
use crate::functions::aggregate::{Accumulator, AggregateCall, AggregateFunction, StateError};
use crate::types::SqlType;

/// Collects all values, NULLs too, in the order in which they arrived.
///
/// A row beyond `ksql.functions.collect_list.limit` is left out, as was asked; a row with which the values would take more
/// than a mebibyte fails.
pub(super) fn collect_list() -> AggregateFunction {
    AggregateFunction::new("COLLECT_LIST")
        .summary(
            "Returns an array of all values, at most ksql.functions.collect_list.limit of them and no larger than 1 MiB.",
        )
        .example("COLLECT_LIST(x)", "x INT: (2), (1), (NULL), (2)", "[2, 1, null, 2]")
        .overload("(value T) ARRAY<T>", "", accumulator)
        .undo()
}

fn accumulator(call: &AggregateCall<'_>) -> Result<Box<dyn Accumulator>, FunctionError> {
    let sql_type = call.args[0].clone();
    let limit = CollectLimit::of(call, "ksql.functions.collect_list.limit")?;
    Ok(with_cell!(&sql_type, C => {
        Dense::boxed(CollectList::<C> { sql_type, limit, cell: PhantomData })
    }))
}

struct CollectList<C> {
    sql_type: SqlType,
    limit: CollectLimit,
    cell: PhantomData<C>,
}

impl<C: Cell> Kernel for CollectList<C> {
    type State = CellList<C>;
    type Args<'a> = C::Column<'a>;
    type Results = ListResults<C>;

    const HAS_HEAP: bool = true;

    fn bind<'a>(&self, args: &'a [ArrayRef]) -> C::Column<'a> {
        C::column(&args[0])
    }

    fn add(
        &self,
        state: &mut CellList<C>,
        args: &C::Column<'_>,
        row: usize,
        _: u64,
    ) -> Result<(), String> {
        if self.limit.is_reached(state.cells().len()) {
            return Ok(());
        }
        state.push(C::get(args, row).map(C::own))
    }

    /// Takes the last value that is the same; one that the limit kept out is not there.
    fn remove(
        &self,
        state: &mut CellList<C>,
        args: &C::Column<'_>,
        row: usize,
    ) -> Result<(), String> {
        let value = C::get(args, row);
        let is_it = |cell: &Option<C>| match (cell, value) {
            (None, None) => true,
            (Some(cell), Some(value)) => C::same(cell.get_ref(), value),
            (Some(_), None) | (None, Some(_)) => false,
        };
        if let Some(last) = state.cells().iter().rposition(is_it) {
            state.remove(last);
        }
        Ok(())
    }

    fn merge(&self, into: &mut CellList<C>, from: CellList<C>) -> Result<(), String> {
        for cell in from.cells() {
            if self.limit.is_reached(into.cells().len()) {
                break;
            }
            into.push(cell.clone())?;
        }
        Ok(())
    }

    fn results(&self, capacity: usize) -> ListResults<C> {
        ListResults::new(&self.sql_type, capacity)
    }

    fn push(&self, state: &CellList<C>, results: &mut ListResults<C>) {
        results.push(state.cells().iter().map(Option::as_ref));
    }

    fn finish(&self, results: ListResults<C>) -> ArrayRef {
        results.finish(&self.sql_type)
    }

    fn save(&self, state: &CellList<C>, out: &mut Vec<u8>) {
        state.save(out);
    }

    fn load(&self, bytes: &mut &[u8]) -> Result<CellList<C>, StateError> {
        CellList::load(&self.sql_type, bytes)
    }

    fn heap_size(&self, state: &CellList<C>) -> usize {
        state.heap_size()
    }
}
