//! What MIN and MAX share.

use std::cmp::Ordering;
use std::marker::PhantomData;

use datafusion::arrow::array::ArrayRef;

use crate::functions::FunctionError;
use crate::functions::aggregate::cell::{Cell, load_option, save_option, with_cell};
use crate::functions::aggregate::dense::{Dense, Kernel};
use crate::functions::aggregate::{Accumulator, AggregateCall, AggregateFunction, StateError};
use crate::types::SqlType;

/// The types that have an order.
pub(super) const ORDERED_TYPES: &[&str] =
    &["INT", "BIGINT", "DOUBLE", "DECIMAL", "VARCHAR", "BYTES", "DATE", "TIME", "TIMESTAMP"];

/// Adds an overload for each type that has an order.
pub(super) fn extreme(function: AggregateFunction, kept: Ordering) -> AggregateFunction {
    ORDERED_TYPES.iter().fold(function, |function, sql_type| {
        function
            .overload(&format!("(value {sql_type})"), "", move |call| accumulator(call, kept))
            .returns(|args| Ok(args[0].clone()))
            .intermediate(|call| call.return_type.clone())
    })
}

fn accumulator(
    call: &AggregateCall<'_>,
    kept: Ordering,
) -> Result<Box<dyn Accumulator>, FunctionError> {
    let sql_type = call.return_type;
    Ok(with_cell!(sql_type, C => match kept {
        Ordering::Greater => Dense::boxed(Extreme::<C, true>::new(sql_type)),
        Ordering::Less | Ordering::Equal => Dense::boxed(Extreme::<C, false>::new(sql_type)),
    }))
}

/// Keeps the largest value, or the smallest.
struct Extreme<C, const LARGEST: bool> {
    sql_type: SqlType,
    cell: PhantomData<C>,
}

impl<C, const LARGEST: bool> Extreme<C, LARGEST> {
    fn new(sql_type: &SqlType) -> Self {
        Extreme { sql_type: sql_type.clone(), cell: PhantomData }
    }
}

impl<C: Cell, const LARGEST: bool> Extreme<C, LARGEST> {
    #[inline]
    fn keep(state: &mut Option<C>, value: C::Ref<'_>) {
        match state {
            None => *state = Some(C::own(value)),
            Some(best) => {
                let order = C::compare(value, best.get_ref());
                if if LARGEST { order.is_gt() } else { order.is_lt() } {
                    best.assign(value);
                }
            }
        }
    }
}

impl<C: Cell, const LARGEST: bool> Kernel for Extreme<C, LARGEST> {
    type State = Option<C>;
    type Args<'a> = C::Column<'a>;
    type Results = C::Builder;

    const HAS_HEAP: bool = C::HAS_HEAP;

    fn bind<'a>(&self, args: &'a [ArrayRef]) -> C::Column<'a> {
        C::column(&args[0])
    }

    #[inline]
    fn add(
        &self,
        state: &mut Option<C>,
        args: &C::Column<'_>,
        row: usize,
        _: u64,
    ) -> Result<(), String> {
        if let Some(value) = C::get(args, row) {
            Self::keep(state, value);
        }
        Ok(())
    }

    fn merge(&self, into: &mut Option<C>, from: Option<C>) -> Result<(), String> {
        if let Some(value) = from {
            Self::keep(into, value.get_ref());
        }
        Ok(())
    }

    fn copy(&self, state: &Option<C>) -> Option<Option<C>> {
        Some(state.clone())
    }

    fn results(&self, capacity: usize) -> C::Builder {
        C::builder(&self.sql_type, capacity)
    }

    #[inline]
    fn push(&self, state: &Option<C>, results: &mut C::Builder) {
        C::push(state.as_ref().map(C::get_ref), results);
    }

    fn finish(&self, results: C::Builder) -> ArrayRef {
        C::finish(results, &self.sql_type)
    }

    fn save(&self, state: &Option<C>, out: &mut Vec<u8>) {
        save_option(state, out);
    }

    fn load(&self, bytes: &mut &[u8]) -> Result<Option<C>, StateError> {
        load_option(&self.sql_type, bytes)
    }

    fn heap_size(&self, state: &Option<C>) -> usize {
        state.as_ref().map_or(0, C::heap_size)
    }
}
