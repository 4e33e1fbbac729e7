//! Aggregate functions given by a state and what a row does to it, for those where speed is no concern.

use std::marker::PhantomData;

use datafusion::arrow::array::ArrayRef;

use crate::functions::aggregate::dense::{Dense, Kernel};
use crate::functions::aggregate::state::RowState;
use crate::functions::aggregate::{AggregateFunction, StateError};
use crate::types::{ColumnBuilder, SqlType, Value, value_at};

type Start<S> = Box<dyn Fn(&[Value]) -> S + Send>;
type Add<S> = Box<dyn Fn(&mut S, &[Value]) -> Result<(), String> + Send>;
type Merge<S> = Box<dyn Fn(&mut S, S) + Send>;
type Finish<S> = Box<dyn Fn(&S) -> Value + Send>;

/// What rows do to a state.
///
/// The state is any type that is a [`RowState`]: numbers, texts, values, and tuples, options and vectors of them.
pub struct RowWise<S> {
    start: Start<S>,
    add: Add<S>,
    remove: Add<S>,
    merge: Merge<S>,
    result: Finish<S>,
}

impl<S: RowState> RowWise<S> {
    /// Begins with how an empty state is made, from the literals of the call.
    pub fn new(start: impl Fn(&[Value]) -> S + Send + 'static) -> Self {
        RowWise {
            start: Box::new(start),
            add: Box::new(|_, _| Ok(())),
            remove: Box::new(|_, _| Ok(())),
            merge: Box::new(|_, _| {}),
            result: Box::new(|_| Value::Null),
        }
    }

    /// Says what a row adds, given the values of the arguments. A row that fails must leave the state as it was.
    #[must_use]
    pub fn add_row(
        self,
        add: impl Fn(&mut S, &[Value]) -> Result<(), String> + Send + 'static,
    ) -> Self {
        RowWise { add: Box::new(add), ..self }
    }

    /// Says how a row is taken back; mark the overload with [`undo`](AggregateFunction::undo).
    #[must_use]
    pub fn remove_row(
        self,
        remove: impl Fn(&mut S, &[Value]) -> Result<(), String> + Send + 'static,
    ) -> Self {
        RowWise { remove: Box::new(remove), ..self }
    }

    /// Says how a later state is added to an earlier one.
    #[must_use]
    pub fn merge(self, merge: impl Fn(&mut S, S) + Send + 'static) -> Self {
        RowWise { merge: Box::new(merge), ..self }
    }

    /// Says what a state's result is: a value of the type that the overload returns, or NULL.
    #[must_use]
    pub fn result(self, result: impl Fn(&S) -> Value + Send + 'static) -> Self {
        RowWise { result: Box::new(result), ..self }
    }
}

impl AggregateFunction {
    /// Adds an overload that is given by a state and what a row does to it.
    #[must_use]
    pub fn row_wise<S: RowState>(
        self,
        signature: &str,
        summary: &str,
        make: impl Fn() -> RowWise<S> + Send + Sync + 'static,
    ) -> Self {
        self.overload(signature, summary, move |call| {
            Ok(Dense::boxed(RowKernel {
                functions: make(),
                literals: call.literals.to_vec(),
                return_type: call.return_type.clone(),
                state: PhantomData,
            }))
        })
    }
}

struct RowKernel<S> {
    functions: RowWise<S>,
    literals: Vec<Value>,
    return_type: SqlType,
    state: PhantomData<S>,
}

impl<S: RowState> RowKernel<S> {
    fn started<'s>(&self, state: &'s mut Option<S>) -> &'s mut S {
        state.get_or_insert_with(|| (self.functions.start)(&self.literals))
    }
}

fn values(args: &[ArrayRef], row: usize) -> Vec<Value> {
    args.iter().map(|column| value_at(column, row)).collect()
}

impl<S: RowState> Kernel for RowKernel<S> {
    type State = Option<S>;
    type Args<'a> = &'a [ArrayRef];
    type Results = ColumnBuilder;

    const HAS_HEAP: bool = true;

    fn bind<'a>(&self, args: &'a [ArrayRef]) -> &'a [ArrayRef] {
        args
    }

    fn add(
        &self,
        state: &mut Option<S>,
        args: &&[ArrayRef],
        row: usize,
        _: u64,
    ) -> Result<(), String> {
        (self.functions.add)(self.started(state), &values(args, row))
    }

    fn remove(&self, state: &mut Option<S>, args: &&[ArrayRef], row: usize) -> Result<(), String> {
        (self.functions.remove)(self.started(state), &values(args, row))
    }

    fn merge(&self, into: &mut Option<S>, from: Option<S>) -> Result<(), String> {
        match (into, from) {
            (_, None) => {}
            (Some(into), Some(from)) => (self.functions.merge)(into, from),
            (into, from) => *into = from,
        }
        Ok(())
    }

    fn results(&self, _: usize) -> ColumnBuilder {
        ColumnBuilder::new(&self.return_type)
    }

    fn push(&self, state: &Option<S>, results: &mut ColumnBuilder) {
        match state {
            Some(state) => results.push(&(self.functions.result)(state)),
            None => results.push(&(self.functions.result)(&(self.functions.start)(&self.literals))),
        }
    }

    fn finish(&self, mut results: ColumnBuilder) -> ArrayRef {
        results.finish()
    }

    fn save(&self, state: &Option<S>, out: &mut Vec<u8>) {
        RowState::save(state, out);
    }

    fn load(&self, bytes: &mut &[u8]) -> Result<Option<S>, StateError> {
        RowState::load(bytes)
    }

    fn heap_size(&self, state: &Option<S>) -> usize {
        state.as_ref().map_or(0, RowState::heap_size)
    }
}
