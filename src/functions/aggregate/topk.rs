//! `TOPK(value, k)`, `TOPK(sort_col, columns…, k)`.

use std::marker::PhantomData;

use datafusion::arrow::array::ArrayRef;

use crate::functions::FunctionError;
use crate::functions::aggregate::bytes::{put_count, put_value, take_count, take_value};
use crate::functions::aggregate::cell::{Cell, with_cell};
use crate::functions::aggregate::dense::{Dense, Kernel};
use crate::functions::aggregate::extreme::ORDERED_TYPES;
use crate::functions::aggregate::lists::{ListResults, length_of};
use crate::functions::aggregate::order::compare_values;
use crate::functions::aggregate::{Accumulator, AggregateCall, AggregateFunction, StateError};
use crate::types::{ColumnBuilder, SqlType, Value, value_at};

/// Keeps the K largest values in descending order, equal ones in the order in which they arrived.
pub(super) fn topk() -> AggregateFunction {
    let function = AggregateFunction::new("TOPK").summary(
        "Returns the K largest values, the largest first. With more columns, it returns structs of them, by the first one.",
    ).example("TOPK(x, 2)", "x INT: (1), (3), (2), (3)", "[3, 3]").example("TOPK(x, y, 1)", "x INT, y VARCHAR: (1, 'a'), (3, 'b')", "[Struct{sort_col=3,col0=b}]");
    ORDERED_TYPES.iter().fold(function, |function, sql_type| {
        function
            .overload(&format!("(value {sql_type}, k INT)"), "", values::<false>)
            .literals(1)
            .returns(|args| Ok(SqlType::array(args[0].clone())))
            .overload(&format!("(sort_col {sql_type}, cols ANY..., k INT)"), "", rows)
            .literals(1)
            .returns(|args| Ok(SqlType::array(row_type(&args[..args.len() - 1]))))
    })
}

/// Returns the struct of a row: the column it is sorted by, then the others.
fn row_type(columns: &[SqlType]) -> SqlType {
    let name = |index: usize| match index {
        0 => "sort_col".to_owned(),
        index => format!("col{}", index - 1),
    };
    let fields = columns.iter().enumerate();
    SqlType::structure(fields.map(|(index, sql_type)| (name(index), sql_type.clone())))
}

/// Makes the accumulator of TOPK over one column, or of TOPKDISTINCT.
pub(super) fn values<const DISTINCT: bool>(
    call: &AggregateCall<'_>,
) -> Result<Box<dyn Accumulator>, FunctionError> {
    let sql_type = call.args[0].clone();
    let k = length_of(&call.literals[0], "K")?;
    Ok(with_cell!(&sql_type, C => {
        Dense::boxed(TopValues::<C, DISTINCT> { sql_type, k, cell: PhantomData })
    }))
}

fn rows(call: &AggregateCall<'_>) -> Result<Box<dyn Accumulator>, FunctionError> {
    let k = length_of(&call.literals[0], "K")?;
    Ok(Dense::boxed(TopRows { row_type: row_type(call.args), k }))
}

struct TopValues<C, const DISTINCT: bool> {
    sql_type: SqlType,
    k: usize,
    cell: PhantomData<C>,
}

/// The largest values, descending.
struct Top<C> {
    values: Vec<C>,
    heap_size: usize,
}

impl<C> Default for Top<C> {
    fn default() -> Self {
        Top { values: Vec::new(), heap_size: 0 }
    }
}

impl<C: Cell, const DISTINCT: bool> TopValues<C, DISTINCT> {
    #[inline]
    fn keep(&self, state: &mut Top<C>, value: C::Ref<'_>) {
        let is_full = state.values.len() == self.k;
        let least = state.values.last().filter(|_| is_full);
        if least.is_some_and(|least| C::compare(value, least.get_ref()).is_le()) {
            return;
        }
        let at_least = |kept: &C| C::compare(kept.get_ref(), value).is_ge();
        let place = state.values.partition_point(at_least);
        let before = place.checked_sub(1).map(|before| &state.values[before]);
        if DISTINCT && before.is_some_and(|kept| C::compare(kept.get_ref(), value).is_eq()) {
            return;
        }
        let removed = if is_full { state.values.pop() } else { None };
        let added = C::own(value);
        state.heap_size += added.heap_size();
        state.heap_size -= removed.map_or(0, |removed| removed.heap_size());
        state.values.insert(place, added);
    }
}

impl<C: Cell, const DISTINCT: bool> Kernel for TopValues<C, DISTINCT> {
    type State = Top<C>;
    type Args<'a> = C::Column<'a>;
    type Results = ListResults<C>;

    const HAS_HEAP: bool = true;

    fn bind<'a>(&self, args: &'a [ArrayRef]) -> C::Column<'a> {
        C::column(&args[0])
    }

    #[inline]
    fn add(
        &self,
        state: &mut Top<C>,
        args: &C::Column<'_>,
        row: usize,
        _: u64,
    ) -> Result<(), String> {
        if let Some(value) = C::get(args, row) {
            self.keep(state, value);
        }
        Ok(())
    }

    fn merge(&self, into: &mut Top<C>, from: Top<C>) -> Result<(), String> {
        from.values.iter().for_each(|value| self.keep(into, value.get_ref()));
        Ok(())
    }

    fn results(&self, capacity: usize) -> ListResults<C> {
        ListResults::new(&self.sql_type, capacity)
    }

    fn push(&self, state: &Top<C>, results: &mut ListResults<C>) {
        results.push(state.values.iter().map(Some));
    }

    fn finish(&self, results: ListResults<C>) -> ArrayRef {
        results.finish(&self.sql_type)
    }

    fn save(&self, state: &Top<C>, out: &mut Vec<u8>) {
        put_count(state.values.len(), out);
        state.values.iter().for_each(|value| value.save(out));
    }

    fn load(&self, bytes: &mut &[u8]) -> Result<Top<C>, StateError> {
        let mut state = Top::default();
        for _ in 0..take_count(bytes)? {
            let value = C::load(&self.sql_type, bytes)?;
            let last = state.values.last();
            if last.is_some_and(|last: &C| C::compare(last.get_ref(), value.get_ref()).is_lt()) {
                return Err(StateError::Damaged("the largest values are out of order"));
            }
            state.heap_size += value.heap_size();
            state.values.push(value);
        }
        Ok(state)
    }

    fn heap_size(&self, state: &Top<C>) -> usize {
        state.values.capacity() * size_of::<C>() + state.heap_size
    }
}

struct TopRows {
    row_type: SqlType,
    k: usize,
}

impl TopRows {
    fn keep(&self, state: &mut Vec<Value>, row: Value) {
        let at_least = |kept: &Value| compare_values(sort_key(kept), sort_key(&row)).is_ge();
        let place = state.partition_point(at_least);
        if place < self.k {
            state.insert(place, row);
            state.truncate(self.k);
        }
    }
}

/// Returns the value by which a row is sorted.
fn sort_key(row: &Value) -> &Value {
    if let Value::Struct(fields) = row { fields.first().unwrap_or(row) } else { row }
}

impl Kernel for TopRows {
    type State = Vec<Value>;
    type Args<'a> = &'a [ArrayRef];
    type Results = ColumnBuilder;

    const HAS_HEAP: bool = true;

    fn bind<'a>(&self, args: &'a [ArrayRef]) -> &'a [ArrayRef] {
        args
    }

    fn add(
        &self,
        state: &mut Vec<Value>,
        args: &&[ArrayRef],
        row: usize,
        _: u64,
    ) -> Result<(), String> {
        let key = value_at(&args[0], row);
        let least = state.last().filter(|_| state.len() == self.k);
        let is_too_small = least.is_some_and(|least| compare_values(&key, sort_key(least)).is_le());
        if !key.is_null() && !is_too_small {
            let others = args[1..].iter().map(|column| value_at(column, row));
            self.keep(state, Value::Struct(std::iter::once(key).chain(others).collect()));
        }
        Ok(())
    }

    fn merge(&self, into: &mut Vec<Value>, from: Vec<Value>) -> Result<(), String> {
        from.into_iter().for_each(|row| self.keep(into, row));
        Ok(())
    }

    fn results(&self, _: usize) -> ColumnBuilder {
        ColumnBuilder::new(&SqlType::array(self.row_type.clone()))
    }

    fn push(&self, state: &Vec<Value>, results: &mut ColumnBuilder) {
        let ColumnBuilder::Array(builder) = results else {
            unreachable!("it was made for an array")
        };
        state.iter().for_each(|row| builder.element.push(row));
        builder.finish_row(true);
    }

    fn finish(&self, mut results: ColumnBuilder) -> ArrayRef {
        results.finish()
    }

    fn save(&self, state: &Vec<Value>, out: &mut Vec<u8>) {
        put_count(state.len(), out);
        state.iter().for_each(|row| put_value(row, out));
    }

    fn load(&self, bytes: &mut &[u8]) -> Result<Vec<Value>, StateError> {
        let rows = (0..take_count(bytes)?).map(|_| take_value(&self.row_type, bytes));
        let rows: Vec<Value> = rows.collect::<Result<_, _>>()?;
        let descends =
            |pair: &[Value]| compare_values(sort_key(&pair[0]), sort_key(&pair[1])).is_ge();
        if rows.iter().any(|row| sort_key(row).is_null()) || !rows.windows(2).all(descends) {
            return Err(StateError::Damaged("the largest rows are out of order"));
        }
        Ok(rows)
    }

    fn heap_size(&self, state: &Vec<Value>) -> usize {
        // K is small; a row's size is not worth keeping.
        state.capacity() * size_of::<Value>() + state.iter().map(Cell::heap_size).sum::<usize>()
    }
}
