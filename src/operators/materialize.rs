//! Keeps the latest row of each key of a table, for pull queries.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray, Int64Array};
use datafusion::arrow::buffer::{BooleanBuffer, ScalarBuffer};
use datafusion::arrow::compute::nullif;

use crate::formats::row::{EncodedRows, builders, read_row};
use crate::operators::{Operator, OperatorContext, OperatorError};
use crate::state::{Backend, CachedStore, Changes, MemoryBudget, StateError, StorePartition};
use crate::types::{Batch, ColumnBuilder, ColumnRole, Schema, SqlType, Windows};

/// Passes a table's changes on and keeps the latest row of each key.
///
/// ```text
/// key   := [window start, window end] key columns
/// value := event time (8 bytes) | the other columns
/// ```
pub struct Materialize {
    schema: Schema,
    store: CachedStore,
}

impl Materialize {
    /// Makes the operator for rows of a schema.
    pub fn new(
        schema: Schema,
        partition: StorePartition,
        backend: Arc<dyn Backend>,
        memory: &Arc<MemoryBudget>,
    ) -> Self {
        Materialize { schema, store: CachedStore::new(partition, backend, memory) }
    }
}

impl Operator for Materialize {
    fn process(
        &mut self,
        _port: usize,
        batch: Batch,
        _ctx: &mut OperatorContext<'_>,
        emit: &mut Vec<Batch>,
    ) -> Result<(), OperatorError> {
        let keys = table_keys(&self.schema, &batch);
        let rest =
            EncodedRows::encode(&batch.columns[self.schema.key_count()..], batch.row_count());
        let mut value = Vec::new();
        for (row, key) in keys.iter().enumerate() {
            if batch.is_deleted(row) {
                self.store.put(key, None);
                continue;
            }
            value.clear();
            value.extend_from_slice(&batch.times[row].to_be_bytes());
            value.extend_from_slice(rest.row(row));
            self.store.put(key, Some(&value));
        }
        emit.push(batch);
        Ok(())
    }

    fn hand_over(&mut self, changes: &mut Changes) {
        self.store.hand_over(changes);
    }
}

/// Reads what a [`Materialize`] of that schema has committed.
pub fn read_table_rows(
    schema: &Schema,
    is_windowed: bool,
    entries: impl Iterator<Item = Result<(Box<[u8]>, Box<[u8]>), StateError>>,
) -> Result<Batch, StateError> {
    let mut windows = builders(&[SqlType::Bigint, SqlType::Bigint]);
    let mut columns = builders(schema.columns().iter().map(|column| &column.sql_type));
    let mut times = Vec::new();
    let damaged = |_| StateError::Damaged("a row of a materialized table".to_owned());
    for entry in entries {
        let (key, value) = entry?;
        let mut key = &key[StorePartition::PREFIX_SIZE..];
        let (keys, rest) = columns.split_at_mut(schema.key_count());
        if is_windowed {
            key = read_row(key, &mut windows).map_err(damaged)?;
        }
        read_row(key, keys).map_err(damaged)?;
        let (time, row) = value
            .split_first_chunk::<8>()
            .ok_or_else(|| StateError::Damaged("a row of a materialized table".to_owned()))?;
        read_row(row, rest).map_err(damaged)?;
        times.push(i64::from_be_bytes(*time));
    }
    let mut batch = Batch::new(
        columns.iter_mut().map(ColumnBuilder::finish).collect(),
        ScalarBuffer::from(times),
    );
    if is_windowed {
        let mut longs = windows.iter_mut().map(|builder| longs(&builder.finish()));
        let starts = longs.next().unwrap_or_default();
        batch.windows = Some(Windows { starts, ends: longs.next().unwrap_or_default() });
    }
    Ok(batch)
}

fn longs(column: &ArrayRef) -> ScalarBuffer<i64> {
    use datafusion::arrow::array::AsArray;
    column.as_primitive::<datafusion::arrow::datatypes::Int64Type>().values().clone()
}

/// Encodes the key, window included, of each row of a table.
pub(super) fn table_keys(schema: &Schema, batch: &Batch) -> EncodedRows {
    let mut keys = EncodedRows::default();
    write_table_keys(schema, batch, &mut keys);
    keys
}

/// Encodes the key, window included, of each row into the same buffers as before.
pub(super) fn write_table_keys(schema: &Schema, batch: &Batch, keys: &mut EncodedRows) {
    let key = &batch.columns[..schema.key_count()];
    let Some(windows) = &batch.windows else {
        return keys.encode_again(key, batch.row_count());
    };
    let bound = |bounds: &ScalarBuffer<i64>| Arc::new(Int64Array::new(bounds.clone(), None));
    let mut columns: Vec<ArrayRef> = vec![bound(&windows.starts), bound(&windows.ends)];
    columns.extend_from_slice(key);
    keys.encode_again(&columns, batch.row_count());
}

/// Makes the columns that are not the key's null in some rows.
pub(super) fn null_values(
    schema: &Schema,
    columns: &[ArrayRef],
    rows: &BooleanBuffer,
) -> Result<Vec<ArrayRef>, OperatorError> {
    let rows = BooleanArray::new(rows.clone(), None);
    let each = |(column, data): (&crate::types::Column, &ArrayRef)| match column.role {
        ColumnRole::Key => Ok(Arc::clone(data)),
        ColumnRole::Value | ColumnRole::Header(_) => {
            debug_assert_eq!(data.len(), rows.len());
            nullif(data, &rows)
        }
    };
    Ok(schema.columns().iter().zip(columns).map(each).collect::<Result<_, _>>()?)
}
