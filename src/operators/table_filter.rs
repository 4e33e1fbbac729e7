//! Keeps the rows of a table for which a predicate is true; a row that ceases to pass becomes a tombstone.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, Int64Array, UInt32Array};
use datafusion::arrow::buffer::BooleanBuffer;

use crate::expr::Expr;
use crate::formats::row::{EncodedRows, write_row};
use crate::operators::filter::passing;
use crate::operators::materialize::null_values;
use crate::operators::{Operator, OperatorContext, OperatorError};
use crate::state::{Backend, CachedStore, Changes, MemoryBudget, StorePartition};
use crate::types::{Batch, Schema};

/// Filters a table's changes. Its store holds the keys that pass, so that a tombstone comes out only for a key that did. Windowed
/// keys begin with the window's end there: those that cannot change any more are dropped.
pub struct TableFilter {
    predicate: Expr,
    schema: Schema,
    passing: CachedStore,
    /// How long a window may change after its end; none if it always may.
    retention_ms: Option<i64>,
    stream_time: i64,
    expired_before: i64,
}

impl TableFilter {
    /// Makes the operator for rows of a schema.
    pub fn new(
        (predicate, schema): (Expr, Schema),
        retention_ms: Option<i64>,
        partition: StorePartition,
        backend: Arc<dyn Backend>,
        memory: &Arc<MemoryBudget>,
    ) -> Self {
        TableFilter {
            predicate,
            schema,
            passing: CachedStore::new(partition, backend, memory),
            retention_ms,
            stream_time: i64::MIN,
            expired_before: i64::MIN,
        }
    }

    fn keys(&self, batch: &Batch) -> EncodedRows {
        let mut columns: Vec<ArrayRef> = Vec::new();
        if let Some(windows) = &batch.windows {
            columns.push(Arc::new(Int64Array::new(windows.ends.clone(), None)));
            columns.push(Arc::new(Int64Array::new(windows.starts.clone(), None)));
        }
        columns.extend_from_slice(&batch.columns[..self.schema.key_count()]);
        EncodedRows::encode(&columns, batch.row_count())
    }

    /// Drops the windows that cannot change any more; once per tenth of a retention is often enough.
    fn expire(&mut self, changes: &mut Changes) {
        let Some(retention_ms) = self.retention_ms else { return };
        let horizon = self.stream_time.saturating_sub(retention_ms);
        if horizon <= 0 || horizon < self.expired_before.saturating_add(retention_ms / 10) {
            return;
        }
        self.expired_before = horizon;
        let mut key = Vec::new();
        write_row(&[Arc::new(Int64Array::from(vec![horizon])) as ArrayRef], 0, &mut key);
        self.passing.expire(&key, changes);
    }
}

impl Operator for TableFilter {
    fn process(
        &mut self,
        _port: usize,
        batch: Batch,
        ctx: &mut OperatorContext<'_>,
        emit: &mut Vec<Batch>,
    ) -> Result<(), OperatorError> {
        let passes = passing(&self.predicate, &batch, ctx)?;
        let keys = self.keys(&batch);
        self.stream_time = batch.times.iter().copied().fold(self.stream_time, i64::max);
        self.passing.load(keys.iter())?;
        let (mut rows, mut deleted) = (Vec::new(), Vec::new());
        for (row, key) in keys.iter().enumerate() {
            let is_in = passes.is_valid(row) && passes.value(row) && !batch.is_deleted(row);
            let was_in = self.passing.get(key).is_some();
            if is_in != was_in {
                self.passing.put(key, is_in.then_some(&[]));
            }
            if is_in || was_in {
                rows.push(u32::try_from(row).unwrap_or(u32::MAX));
                deleted.push(!is_in);
            }
        }
        if rows.is_empty() {
            return Ok(());
        }
        let mut kept = batch.take(&UInt32Array::from(rows))?;
        if deleted.contains(&true) {
            let deleted = BooleanBuffer::from(deleted);
            kept.columns = null_values(&self.schema, &kept.columns, &deleted)?;
            kept.deleted = Some(deleted);
        }
        emit.push(kept);
        Ok(())
    }

    fn hand_over(&mut self, changes: &mut Changes) {
        self.expire(changes);
        self.passing.hand_over(changes);
    }
}
