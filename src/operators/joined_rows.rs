//! The rows that a join of two streams leads to, on their way out.

use datafusion::arrow::array::{ArrayRef, AsArray, UInt32Array};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::Int64Type;

use crate::formats::row::{builders, read_row};
use crate::operators::OperatorError;
use crate::operators::unmatched::Closed;
use crate::state::StateError;
use crate::types::{Batch, ColumnBuilder, Schema, SqlType, Windows};

/// Joined rows, read from the bytes that the stores have of them, until there are enough for a batch: tasks take rows of two inputs
/// in turns, often only a few at a time.
pub(super) struct JoinedRows {
    /// The window of the key if it has one, then the key.
    keys: Vec<ColumnBuilder>,
    sides: [Vec<ColumnBuilder>; 2],
    times: Vec<i64>,
    /// For each row, the row of the input that led to it.
    triggers: Vec<u32>,
    is_windowed: bool,
}

/// A row of the input: its side, its place there, its key and its bytes.
#[derive(Clone, Copy)]
pub(super) struct InputRow<'a> {
    pub(super) side: usize,
    pub(super) row: usize,
    pub(super) key: &'a [u8],
    pub(super) bytes: &'a [u8],
}

impl JoinedRows {
    /// Begins without rows.
    pub(super) fn new(sides: &[Schema; 2], is_windowed: bool) -> Self {
        let bounds = is_windowed.then_some([SqlType::Bigint, SqlType::Bigint]);
        let bounds: Vec<SqlType> = bounds.into_iter().flatten().collect();
        let key = sides[0].key().iter().map(|column| &column.sql_type);
        let types = |schema: &Schema| builders(schema.columns().iter().map(|c| &c.sql_type));
        JoinedRows {
            keys: builders(bounds.iter().chain(key)),
            sides: [types(&sides[0]), types(&sides[1])],
            times: Vec::new(),
            triggers: Vec::new(),
            is_windowed,
        }
    }

    /// Returns how many rows there are.
    pub(super) fn len(&self) -> usize {
        self.times.len()
    }

    /// Adds a row of the input, with a row of the other side if it has one.
    pub(super) fn push(
        &mut self,
        input: InputRow<'_>,
        time: i64,
        other: Option<&[u8]>,
    ) -> Result<(), OperatorError> {
        self.push_side(input.side, Some(input.bytes))?;
        self.push_side(1 - input.side, other)?;
        self.push_key(input.row, input.key, time)
    }

    /// Adds rows of a side whose window a row of the input has closed.
    pub(super) fn push_closed(
        &mut self,
        row: usize,
        side: usize,
        closed: &Closed,
    ) -> Result<(), OperatorError> {
        let mut rest = &*closed.rows;
        while !rest.is_empty() {
            rest = self.push_side(side, Some(rest))?;
            self.push_side(1 - side, None)?;
            self.push_key(row, closed.key(), closed.time)?;
        }
        Ok(())
    }

    /// Adds a row of a side, or none; returns what follows it in the bytes.
    fn push_side<'a>(
        &mut self,
        side: usize,
        bytes: Option<&'a [u8]>,
    ) -> Result<&'a [u8], StateError> {
        let columns = &mut self.sides[side];
        match bytes {
            Some(bytes) => read_row(bytes, columns).map_err(|_| damaged()),
            None => {
                columns.iter_mut().for_each(ColumnBuilder::push_null);
                Ok(&[])
            }
        }
    }

    fn push_key(&mut self, row: usize, key: &[u8], time: i64) -> Result<(), OperatorError> {
        read_row(key, &mut self.keys).map_err(|_| damaged())?;
        self.times.push(time);
        self.triggers.push(row as u32);
        Ok(())
    }

    /// Takes the rows as a batch: the key, the left side's columns, the right side's. Their headers are those of the input rows
    /// that led to them.
    pub(super) fn take(&mut self, headers: Option<&ArrayRef>) -> Result<Batch, OperatorError> {
        let finish = |columns: &mut Vec<ColumnBuilder>| -> Vec<ArrayRef> {
            columns.iter_mut().map(ColumnBuilder::finish).collect()
        };
        let mut keys = finish(&mut self.keys);
        let mut windows = None;
        if self.is_windowed {
            let key = keys.split_off(2);
            let bound = |column: &ArrayRef| column.as_primitive::<Int64Type>().values().clone();
            windows = Some(Windows { starts: bound(&keys[0]), ends: bound(&keys[1]) });
            keys = key;
        }
        let [left, right] = &mut self.sides;
        keys.extend(finish(left));
        keys.extend(finish(right));
        let mut out = Batch::new(keys, std::mem::take(&mut self.times).into());
        out.windows = windows;
        let triggers = UInt32Array::from(std::mem::take(&mut self.triggers));
        out.headers = headers.map(|headers| take(headers, &triggers, None)).transpose()?;
        Ok(out)
    }
}

fn damaged() -> StateError {
    StateError::Damaged("a row of a joined stream".to_owned())
}
