//! What EARLIEST_BY_OFFSET and LATEST_BY_OFFSET share: one value or N, by the order in which rows arrived.

use std::collections::VecDeque;
use std::marker::PhantomData;

use datafusion::arrow::array::ArrayRef;

use crate::functions::FunctionError;
use crate::functions::aggregate::bytes::{put_count, take_bool, take_count, take_u64};
use crate::functions::aggregate::cell::{Cell, load_option, save_option, with_cell};
use crate::functions::aggregate::dense::{Dense, Kernel};
use crate::functions::aggregate::lists::{ListResults, length_of};
use crate::functions::aggregate::{Accumulator, AggregateCall, AggregateFunction, StateError};
use crate::types::{SqlType, Value};

/// Adds the overloads: the value alone, with a flag whether NULLs are ignored (they are, if nothing is said), and the same
/// for N values.
pub(super) fn by_offset<const LATEST: bool>(function: AggregateFunction) -> AggregateFunction {
    let last = |function: AggregateFunction| match LATEST {
        true => function.last_value(),
        false => function,
    };
    let function = last(function.overload("(value T) T", "", one::<LATEST>));
    last(function.overload("(value T, ignoreNulls BOOLEAN) T", "", one::<LATEST>))
        .literals(1)
        .intermediate(|call| element_type(call.return_type))
        .overload("(value T, n INT) ARRAY<T>", "", several::<LATEST>)
        .literals(1)
        .overload("(value T, n INT, ignoreNulls BOOLEAN) ARRAY<T>", "", several::<LATEST>)
        .literals(2)
        .intermediate(|call| SqlType::array(element_type(&call.args[0])))
}

fn element_type(value: &SqlType) -> SqlType {
    SqlType::structure([("SEQ", SqlType::Bigint), ("VAL", value.clone())])
}

fn ignores_nulls(call: &AggregateCall<'_>) -> bool {
    call.literals.last() != Some(&Value::Boolean(false))
}

fn one<const LATEST: bool>(
    call: &AggregateCall<'_>,
) -> Result<Box<dyn Accumulator>, FunctionError> {
    let (sql_type, ignore_nulls) = (call.args[0].clone(), ignores_nulls(call));
    Ok(with_cell!(&sql_type, C => {
        Dense::boxed(One::<C, LATEST> { sql_type, ignore_nulls, cell: PhantomData })
    }))
}

fn several<const LATEST: bool>(
    call: &AggregateCall<'_>,
) -> Result<Box<dyn Accumulator>, FunctionError> {
    let (sql_type, ignore_nulls) = (call.args[0].clone(), ignores_nulls(call));
    let name = if LATEST { "latestN" } else { "earliestN" };
    let count = length_of(&call.literals[0], name)?;
    Ok(with_cell!(&sql_type, C => {
        Dense::boxed(Several::<C, LATEST> { sql_type, ignore_nulls, count, cell: PhantomData })
    }))
}

/// Keeps one value.
struct One<C, const LATEST: bool> {
    sql_type: SqlType,
    ignore_nulls: bool,
    cell: PhantomData<C>,
}

/// A value and when it arrived.
#[derive(Clone)]
struct Arrival<C> {
    sequence: u64,
    value: Option<C>,
    /// Whether there is one: NULL is one too, where NULLs are not ignored.
    is_set: bool,
}

impl<C> Default for Arrival<C> {
    fn default() -> Self {
        Arrival { sequence: 0, value: None, is_set: false }
    }
}

impl<C: Cell, const LATEST: bool> Kernel for One<C, LATEST> {
    type State = Arrival<C>;
    type Args<'a> = C::Column<'a>;
    type Results = C::Builder;

    const HAS_HEAP: bool = C::HAS_HEAP;

    fn bind<'a>(&self, args: &'a [ArrayRef]) -> C::Column<'a> {
        C::column(&args[0])
    }

    #[inline]
    fn add(
        &self,
        state: &mut Arrival<C>,
        args: &C::Column<'_>,
        row: usize,
        sequence: u64,
    ) -> Result<(), String> {
        if !LATEST && state.is_set {
            return Ok(());
        }
        let value = C::get(args, row);
        if value.is_none() && self.ignore_nulls {
            return Ok(());
        }
        match (&mut state.value, value) {
            (Some(kept), Some(value)) => kept.assign(value),
            (kept, value) => *kept = value.map(C::own),
        }
        state.sequence = sequence;
        state.is_set = true;
        Ok(())
    }

    fn merge(&self, into: &mut Arrival<C>, from: Arrival<C>) -> Result<(), String> {
        let replaces =
            if LATEST { into.sequence <= from.sequence } else { from.sequence < into.sequence };
        if from.is_set && (!into.is_set || replaces) {
            *into = from;
        }
        Ok(())
    }

    fn copy(&self, state: &Arrival<C>) -> Option<Arrival<C>> {
        Some(state.clone())
    }

    fn results(&self, capacity: usize) -> C::Builder {
        C::builder(&self.sql_type, capacity)
    }

    #[inline]
    fn push(&self, state: &Arrival<C>, results: &mut C::Builder) {
        C::push(state.value.as_ref().map(C::get_ref), results);
    }

    fn finish(&self, results: C::Builder) -> ArrayRef {
        C::finish(results, &self.sql_type)
    }

    fn save(&self, state: &Arrival<C>, out: &mut Vec<u8>) {
        out.push(u8::from(state.is_set));
        if state.is_set {
            save_arrival(state.sequence, &state.value, out);
        }
    }

    fn load(&self, bytes: &mut &[u8]) -> Result<Arrival<C>, StateError> {
        if !take_bool(bytes)? {
            return Ok(Arrival::default());
        }
        let (sequence, value) = load_arrival(&self.sql_type, bytes)?;
        Ok(Arrival { sequence, value, is_set: true })
    }

    fn heap_size(&self, state: &Arrival<C>) -> usize {
        state.value.as_ref().map_or(0, C::heap_size)
    }
}

/// Keeps the first or the last N values, in the order in which they arrived.
struct Several<C, const LATEST: bool> {
    sql_type: SqlType,
    ignore_nulls: bool,
    count: usize,
    cell: PhantomData<C>,
}

/// Values and when each arrived, in that order.
struct Arrivals<C> {
    values: VecDeque<(u64, Option<C>)>,
    heap_size: usize,
}

impl<C> Default for Arrivals<C> {
    fn default() -> Self {
        Arrivals { values: VecDeque::new(), heap_size: 0 }
    }
}

impl<C: Cell> Arrivals<C> {
    fn push(&mut self, sequence: u64, value: Option<C>) {
        self.heap_size += value.as_ref().map_or(0, C::heap_size);
        self.values.push_back((sequence, value));
    }

    fn forget(&mut self, removed: Option<(u64, Option<C>)>) {
        let value = removed.and_then(|(_, value)| value);
        self.heap_size -= value.map_or(0, |value| value.heap_size());
    }
}

impl<C: Cell, const LATEST: bool> Several<C, LATEST> {
    /// Drops what is more than N.
    fn trim(&self, state: &mut Arrivals<C>) {
        while self.count < state.values.len() {
            let removed = if LATEST { state.values.pop_front() } else { state.values.pop_back() };
            state.forget(removed);
        }
    }
}

impl<C: Cell, const LATEST: bool> Kernel for Several<C, LATEST> {
    type State = Arrivals<C>;
    type Args<'a> = C::Column<'a>;
    type Results = ListResults<C>;

    const HAS_HEAP: bool = true;

    fn bind<'a>(&self, args: &'a [ArrayRef]) -> C::Column<'a> {
        C::column(&args[0])
    }

    fn add(
        &self,
        state: &mut Arrivals<C>,
        args: &C::Column<'_>,
        row: usize,
        sequence: u64,
    ) -> Result<(), String> {
        if !LATEST && self.count <= state.values.len() {
            return Ok(());
        }
        let value = C::get(args, row);
        if value.is_some() || !self.ignore_nulls {
            state.push(sequence, value.map(C::own));
            self.trim(state);
        }
        Ok(())
    }

    fn merge(&self, into: &mut Arrivals<C>, from: Arrivals<C>) -> Result<(), String> {
        into.heap_size += from.heap_size;
        into.values.extend(from.values);
        into.values.make_contiguous().sort_by_key(|(sequence, _)| *sequence);
        self.trim(into);
        Ok(())
    }

    fn results(&self, capacity: usize) -> ListResults<C> {
        ListResults::new(&self.sql_type, capacity)
    }

    fn push(&self, state: &Arrivals<C>, results: &mut ListResults<C>) {
        results.push(state.values.iter().map(|(_, value)| value.as_ref()));
    }

    fn finish(&self, results: ListResults<C>) -> ArrayRef {
        results.finish(&self.sql_type)
    }

    fn save(&self, state: &Arrivals<C>, out: &mut Vec<u8>) {
        put_count(state.values.len(), out);
        for (sequence, value) in &state.values {
            save_arrival(*sequence, value, out);
        }
    }

    fn load(&self, bytes: &mut &[u8]) -> Result<Arrivals<C>, StateError> {
        let mut state = Arrivals::default();
        for _ in 0..take_count(bytes)? {
            let (sequence, value) = load_arrival(&self.sql_type, bytes)?;
            state.push(sequence, value);
        }
        Ok(state)
    }

    fn heap_size(&self, state: &Arrivals<C>) -> usize {
        state.values.capacity() * size_of::<(u64, Option<C>)>() + state.heap_size
    }
}

fn save_arrival<C: Cell>(sequence: u64, value: &Option<C>, out: &mut Vec<u8>) {
    out.extend_from_slice(&sequence.to_le_bytes());
    save_option(value, out);
}

fn load_arrival<C: Cell>(
    sql_type: &SqlType,
    bytes: &mut &[u8],
) -> Result<(u64, Option<C>), StateError> {
    Ok((take_u64(bytes)?, load_option(sql_type, bytes)?))
}
