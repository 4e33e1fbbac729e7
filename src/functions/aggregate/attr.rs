//! `ATTR(value)`.

use std::marker::PhantomData;

use datafusion::arrow::array::ArrayRef;

use crate::functions::FunctionError;
use crate::functions::aggregate::cell::{Cell, with_cell};
use crate::functions::aggregate::counted::Counted;
use crate::functions::aggregate::dense::{Dense, Kernel};
use crate::functions::aggregate::{Accumulator, AggregateCall, AggregateFunction, StateError};
use crate::types::SqlType;

/// Returns the value if all rows have the same one, else NULL. It keeps all different values, so that rows can be taken back.
pub(super) fn attr() -> AggregateFunction {
    AggregateFunction::new("ATTR")
        .summary("Returns the one value that all rows have; NULL if they differ.")
        .example("ATTR(x)", "x VARCHAR: ('a'), ('a')", "a")
        .example("ATTR(x)", "x VARCHAR: ('a'), ('b')", "null")
        .overload("(value T) T", "", accumulator)
        .undo()
        .intermediate(|call| {
            let entry = [("VALUE", call.return_type.clone()), ("COUNT", SqlType::Int)];
            SqlType::array(SqlType::structure(entry))
        })
}

fn accumulator(call: &AggregateCall<'_>) -> Result<Box<dyn Accumulator>, FunctionError> {
    let sql_type = call.return_type.clone();
    Ok(with_cell!(&sql_type, C => Dense::boxed(Attr::<C> { sql_type, cell: PhantomData })))
}

struct Attr<C> {
    sql_type: SqlType,
    cell: PhantomData<C>,
}

impl<C: Cell> Kernel for Attr<C> {
    type State = Counted<C>;
    type Args<'a> = C::Column<'a>;
    type Results = C::Builder;

    const HAS_HEAP: bool = true;

    fn bind<'a>(&self, args: &'a [ArrayRef]) -> C::Column<'a> {
        C::column(&args[0])
    }

    fn add(
        &self,
        state: &mut Counted<C>,
        args: &C::Column<'_>,
        row: usize,
        _: u64,
    ) -> Result<(), String> {
        state.add(C::get(args, row), 1, usize::MAX)
    }

    fn remove(
        &self,
        state: &mut Counted<C>,
        args: &C::Column<'_>,
        row: usize,
    ) -> Result<(), String> {
        state.remove(C::get(args, row));
        Ok(())
    }

    fn merge(&self, into: &mut Counted<C>, from: Counted<C>) -> Result<(), String> {
        from.iter()
            .try_for_each(|(value, count)| into.add(value.map(C::get_ref), count, usize::MAX))
    }

    fn results(&self, capacity: usize) -> C::Builder {
        C::builder(&self.sql_type, capacity)
    }

    fn push(&self, state: &Counted<C>, results: &mut C::Builder) {
        let only = if state.len() == 1 { state.iter().next() } else { None };
        C::push(only.and_then(|(value, _)| value).map(C::get_ref), results);
    }

    fn finish(&self, results: C::Builder) -> ArrayRef {
        C::finish(results, &self.sql_type)
    }

    fn save(&self, state: &Counted<C>, out: &mut Vec<u8>) {
        state.save(out);
    }

    fn load(&self, bytes: &mut &[u8]) -> Result<Counted<C>, StateError> {
        Counted::load(&self.sql_type, bytes)
    }

    fn heap_size(&self, state: &Counted<C>) -> usize {
        state.heap_size()
    }
}
