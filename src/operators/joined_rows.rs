//! The rows that a batch of one side of a join of two streams leads to.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Int64Array, UInt32Array};
use datafusion::arrow::buffer::ScalarBuffer;
use datafusion::arrow::compute::{interleave, take};
use datafusion::arrow::datatypes::Int64Type;

use crate::formats::row::{builders, read_row};
use crate::operators::OperatorError;
use crate::operators::unmatched::Closed;
use crate::state::StateError;
use crate::types::{Batch, ColumnBuilder, Schema, SqlType, Windows};

/// The columns of both sides of a join.
#[derive(Clone, Debug)]
pub(super) struct JoinedSchema {
    sides: [Vec<SqlType>; 2],
    /// The window of the key if it has one, then the key.
    keys: Vec<SqlType>,
    key_count: usize,
}

impl JoinedSchema {
    /// Describes the join of two sides.
    pub(super) fn new(sides: &[Schema; 2], is_windowed: bool) -> Self {
        let types = |schema: &Schema| {
            schema.columns().iter().map(|column| column.sql_type.clone()).collect::<Vec<_>>()
        };
        let key_count = sides[0].key_count();
        let sides = [types(&sides[0]), types(&sides[1])];
        let bounds = is_windowed.then_some([SqlType::Bigint, SqlType::Bigint]);
        let mut keys: Vec<SqlType> = bounds.into_iter().flatten().collect();
        keys.extend_from_slice(&sides[0][..key_count]);
        JoinedSchema { sides, keys, key_count }
    }
}

/// Where a part of a row comes from: the batch at hand, or what was read from the store.
const INPUT: usize = 0;
const STORED: usize = 1;

/// The rows that a batch of one side leads to, in order: its rows with their matches, its rows alone, and rows of either side whose
/// window it closed.
pub(super) struct JoinedRows<'a> {
    port: usize,
    batch: &'a Batch,
    key_count: usize,
    /// For each row, the row of the batch that led to it.
    triggers: Vec<u32>,
    /// For each row, where its own side and its key are: the source, and the row there.
    own: Vec<(usize, usize)>,
    times: Vec<i64>,
    /// The other side of each row.
    other: Vec<ColumnBuilder>,
    /// Rows of the own side that were read from the store, and their keys.
    stored: Vec<ColumnBuilder>,
    stored_keys: Vec<ColumnBuilder>,
    stored_count: usize,
}

impl<'a> JoinedRows<'a> {
    /// Begins without rows.
    pub(super) fn new(schema: &JoinedSchema, port: usize, batch: &'a Batch) -> Self {
        JoinedRows {
            port,
            batch,
            key_count: schema.key_count,
            triggers: Vec::with_capacity(batch.row_count()),
            own: Vec::with_capacity(batch.row_count()),
            times: Vec::with_capacity(batch.row_count()),
            other: builders(&schema.sides[1 - port]),
            stored: builders(&schema.sides[port]),
            stored_keys: builders(&schema.keys),
            stored_count: 0,
        }
    }

    /// Adds a row of the batch with a row of the other side.
    pub(super) fn push_match(
        &mut self,
        row: usize,
        time: i64,
        other: &[u8],
    ) -> Result<(), OperatorError> {
        read_row(other, &mut self.other).map_err(|_| damaged())?;
        self.push(row, (INPUT, row), time);
        Ok(())
    }

    /// Adds a row of the batch without one of the other side.
    pub(super) fn push_alone(&mut self, row: usize, time: i64) {
        self.other.iter_mut().for_each(ColumnBuilder::push_null);
        self.push(row, (INPUT, row), time);
    }

    /// Adds rows of either side whose window a row of the batch has closed.
    pub(super) fn push_closed(
        &mut self,
        row: usize,
        side: usize,
        closed: &Closed,
    ) -> Result<(), OperatorError> {
        let mut rest = &*closed.rows;
        while !rest.is_empty() {
            let (found, missing) = match side == self.port {
                true => (&mut self.stored, &mut self.other),
                false => (&mut self.other, &mut self.stored),
            };
            rest = read_row(rest, found).map_err(|_| damaged())?;
            missing.iter_mut().for_each(ColumnBuilder::push_null);
            read_row(closed.key(), &mut self.stored_keys).map_err(|_| damaged())?;
            self.push(row, (STORED, self.stored_count), closed.time);
            self.stored_count += 1;
        }
        Ok(())
    }

    fn push(&mut self, trigger: usize, own: (usize, usize), time: i64) {
        self.triggers.push(trigger as u32);
        self.own.push(own);
        self.times.push(time);
    }

    /// Returns the rows as a batch, if there are any: the key, the left side's columns, the right side's.
    pub(super) fn finish(mut self) -> Result<Option<Batch>, OperatorError> {
        if self.times.is_empty() {
            return Ok(None);
        }
        let triggers = UInt32Array::from(std::mem::take(&mut self.triggers));
        let finish = |columns: &mut Vec<ColumnBuilder>| -> Vec<ArrayRef> {
            columns.iter_mut().map(ColumnBuilder::finish).collect()
        };
        let (stored, other) = (finish(&mut self.stored), finish(&mut self.other));
        let stored_keys = finish(&mut self.stored_keys);
        let select = |input: &ArrayRef, stored: &ArrayRef| match self.stored_count {
            // Every row comes from the batch, which is the row that led to it.
            0 => take(input, &triggers, None),
            _ => interleave(&[input.as_ref(), stored.as_ref()], &self.own),
        };
        let bounds = stored_keys.len() - self.key_count;
        let mut columns = Vec::with_capacity(self.key_count + stored.len() + other.len());
        for (input, stored) in self.batch.columns.iter().zip(&stored_keys[bounds..]) {
            columns.push(select(input, stored)?);
        }
        let mut own = Vec::with_capacity(stored.len());
        for (input, stored) in self.batch.columns.iter().zip(&stored) {
            own.push(select(input, stored)?);
        }
        let (left, right) = if self.port == 0 { (own, other) } else { (other, own) };
        columns.extend(left);
        columns.extend(right);
        let mut out = Batch::new(columns, ScalarBuffer::from(std::mem::take(&mut self.times)));
        if let Some(windows) = &self.batch.windows {
            let bound = |input: &ScalarBuffer<i64>, stored: usize| {
                let input: ArrayRef = Arc::new(Int64Array::new(input.clone(), None));
                let bounds = select(&input, &stored_keys[stored])?;
                Ok::<_, OperatorError>(bounds.as_primitive::<Int64Type>().values().clone())
            };
            let (starts, ends) = (bound(&windows.starts, 0)?, bound(&windows.ends, 1)?);
            out.windows = Some(Windows { starts, ends });
        }
        let headers = self.batch.headers.as_ref();
        out.headers = headers.map(|headers| take(headers, &triggers, None)).transpose()?;
        Ok(Some(out))
    }
}

fn damaged() -> StateError {
    StateError::Damaged("a row of a joined stream".to_owned())
}
