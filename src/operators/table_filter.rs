//! Keeps the rows of a table for which a predicate is true; a row that ceases to pass becomes a tombstone.

use std::sync::Arc;

use datafusion::arrow::array::{Array, UInt32Array};
use datafusion::arrow::buffer::BooleanBuffer;

use crate::expr::Expr;
use crate::operators::filter::passing;
use crate::operators::materialize::{null_values, table_keys};
use crate::operators::{Operator, OperatorContext, OperatorError};
use crate::state::{Backend, CachedStore, Changes, StorePartition};
use crate::types::{Batch, Schema};

/// Filters a table's changes. Its store holds the keys that pass, so that a tombstone comes out only for a key that did.
pub struct TableFilter {
    predicate: Expr,
    schema: Schema,
    passing: CachedStore,
}

impl TableFilter {
    /// Makes the operator for rows of a schema.
    pub fn new(
        predicate: Expr,
        schema: Schema,
        partition: StorePartition,
        backend: Arc<dyn Backend>,
        cache_bytes: usize,
    ) -> Self {
        TableFilter {
            predicate,
            schema,
            passing: CachedStore::new(partition, backend, cache_bytes),
        }
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
        let keys = table_keys(&self.schema, &batch);
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
        self.passing.hand_over(changes);
    }
}
