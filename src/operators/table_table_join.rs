//! Joins two tables on their keys.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, UInt32Array};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::compute::take;

use crate::formats::row::{EncodedRows, builders, read_row};
use crate::operators::materialize::table_keys;
use crate::operators::{Operator, OperatorContext, OperatorError};
use crate::plan::JoinKind;
use crate::state::{
    Backend, CachedStore, Changes, MemoryBudget, StateError, StoreId, StorePartition,
};
use crate::types::{Batch, ColumnBuilder, Schema};

/// What a join of two tables does.
#[derive(Clone, Debug)]
pub struct TableTableSpec {
    /// The columns of each side, left first.
    pub sides: [Schema; 2],
    /// Which rows without a match come out.
    pub kind: JoinKind,
    /// Where each side's rows are kept.
    pub stores: [StoreId; 2],
}

/// Joins two tables (ports 0 and 1) on their keys, windows included. A change of either side emits the new result of its key; its
/// event time is the later one of both rows.
///
/// The key is gone when a side is gone that the join needs. That is said whenever the other side is there, even if there was no
/// result before, and of an outer join's own row only if there was one.
///
/// Each side's rows are kept here, whatever is below: a join over a join finds the inner one's result among them.
///
/// Source: Kafka Streams' `KTableKTableInnerJoin`, `KTableKTableLeftJoin`, `KTableKTableRightJoin`, `KTableKTableOuterJoin`.
pub struct TableTableJoin {
    sides: [Side; 2],
    rows: EncodedRows,
    value: Vec<u8>,
}

struct Side {
    schema: Schema,
    /// Whether its rows come out without a match.
    is_outer: bool,
    /// Event time (8 bytes) and row by key.
    rows: CachedStore,
}

impl JoinKind {
    /// Tells whether the rows of a side come out without a match.
    pub(super) fn is_outer(self, side: usize) -> bool {
        match self {
            JoinKind::Inner => false,
            JoinKind::Left => side == 0,
            JoinKind::Right => side == 1,
            JoinKind::Full => true,
        }
    }
}

impl TableTableJoin {
    /// Makes the operator on its state.
    pub fn new(
        spec: &TableTableSpec,
        partition: u32,
        backend: &Arc<dyn Backend>,
        memory: &Arc<MemoryBudget>,
    ) -> Self {
        let side = |side: usize| {
            let store = StorePartition::new(spec.stores[side], partition);
            Side {
                schema: spec.sides[side].clone(),
                is_outer: spec.kind.is_outer(side),
                rows: CachedStore::new(store, Arc::clone(backend), memory),
            }
        };
        TableTableJoin {
            sides: [side(0), side(1)],
            rows: EncodedRows::default(),
            value: Vec::new(),
        }
    }

    fn join(&mut self, port: usize, batch: &Batch) -> Result<Results, OperatorError> {
        let [left, right] = &mut self.sides;
        let (own, other) = if port == 0 { (left, right) } else { (right, left) };
        let keys = table_keys(&own.schema, batch);
        other.rows.load(keys.iter())?;
        if own.is_outer {
            own.rows.load(keys.iter())?;
        }
        self.rows.encode_again(&batch.columns, batch.row_count());
        let mut results = Results::new(&other.schema, batch.row_count());
        for (row, key) in keys.iter().enumerate() {
            let time = batch.times[row];
            let is_gone = batch.is_deleted(row);
            let own_row = (!is_gone).then_some(row as u32);
            match other.rows.get(key) {
                Some(found) => {
                    let (found_time, found) = split_time(found)?;
                    let time = time.max(found_time);
                    if is_gone && !other.is_outer {
                        results.push(row, None, time, true);
                        results.other.iter_mut().for_each(ColumnBuilder::push_null);
                    } else {
                        results.push(row, own_row, time, false);
                        read_row(found, &mut results.other).map_err(|_| damaged())?;
                    }
                }
                None if own.is_outer && (!is_gone || own.rows.get(key).is_some()) => {
                    results.push(row, own_row, time, is_gone);
                    results.other.iter_mut().for_each(ColumnBuilder::push_null);
                }
                None => {}
            }
            self.value.clear();
            self.value.extend_from_slice(&time.to_be_bytes());
            self.value.extend_from_slice(self.rows.row(row));
            own.rows.put(key, (!is_gone).then_some(self.value.as_slice()));
        }
        Ok(results)
    }
}

/// The results that a batch of one side leads to, in order.
struct Results {
    /// For each, the row that led to it.
    triggers: Vec<u32>,
    /// For each, the row that is its own side; none if that side has no row.
    own: Vec<Option<u32>>,
    /// The other side of each.
    other: Vec<ColumnBuilder>,
    times: Vec<i64>,
    deleted: Vec<bool>,
}

impl Results {
    fn new(other: &Schema, row_count: usize) -> Self {
        Results {
            triggers: Vec::with_capacity(row_count),
            own: Vec::with_capacity(row_count),
            other: builders(other.columns().iter().map(|column| &column.sql_type)),
            times: Vec::with_capacity(row_count),
            deleted: Vec::with_capacity(row_count),
        }
    }

    fn push(&mut self, trigger: usize, own: Option<u32>, time: i64, is_gone: bool) {
        self.triggers.push(trigger as u32);
        self.own.push(own);
        self.times.push(time);
        self.deleted.push(is_gone);
    }

    /// Returns them as a batch: the key, the left side's columns, the right side's.
    fn into_batch(
        mut self,
        port: usize,
        key_count: usize,
        batch: &Batch,
    ) -> Result<Batch, OperatorError> {
        let triggers = UInt32Array::from(self.triggers);
        let own_rows = UInt32Array::from(self.own);
        let select = |column: &ArrayRef, rows: &UInt32Array| take(column, rows, None);
        let own = batch.columns.iter().map(|column| select(column, &own_rows));
        let own = own.collect::<Result<Vec<_>, _>>()?;
        let other: Vec<ArrayRef> = self.other.iter_mut().map(ColumnBuilder::finish).collect();
        let (left, right) = if port == 0 { (own, other) } else { (other, own) };
        let keys = batch.columns[..key_count].to_vec();
        let mut out = batch.with_columns(keys).take(&triggers)?;
        out.columns.extend(left);
        out.columns.extend(right);
        out.times = self.times.into();
        let has_deleted = self.deleted.contains(&true);
        out.deleted = has_deleted.then(|| BooleanBuffer::from(self.deleted));
        Ok(out)
    }
}

impl Operator for TableTableJoin {
    fn process(
        &mut self,
        port: usize,
        batch: Batch,
        _ctx: &mut OperatorContext<'_>,
        emit: &mut Vec<Batch>,
    ) -> Result<(), OperatorError> {
        let results = self.join(port, &batch)?;
        if !results.times.is_empty() {
            let key_count = self.sides[port].schema.key_count();
            emit.push(results.into_batch(port, key_count, &batch)?);
        }
        Ok(())
    }

    fn hand_over(&mut self, changes: &mut Changes) {
        self.sides.iter_mut().for_each(|side| side.rows.hand_over(changes));
    }
}

fn split_time(value: &[u8]) -> Result<(i64, &[u8]), StateError> {
    let (time, row) = value.split_first_chunk::<8>().ok_or_else(damaged)?;
    Ok((i64::from_be_bytes(*time), row))
}

fn damaged() -> StateError {
    StateError::Damaged("a row of a joined table".to_owned())
}
