//! The last operator of a join on a foreign key: drops results that newer ones have overtaken.

use std::sync::Arc;

use datafusion::arrow::array::{AsArray, UInt32Array};
use datafusion::arrow::datatypes::Int64Type;

use crate::formats::row::EncodedRows;
use crate::operators::foreign_key_join::ForeignKeySpec;
use crate::operators::{Operator, OperatorContext, OperatorError};
use crate::state::{Backend, CachedStore, Changes, MemoryBudget, StateError, StorePartition};
use crate::types::Batch;

/// Passes results on, in the order in which they come, without those of a version of the left row that is older than one that has
/// come before: they are from a partition that the row does not point to any more. Their last two columns are taken off.
///
/// Its store holds the version of the last result of each left key (8 bytes). It is forgotten with the row if the row has always
/// had one foreign key, so that all of its results came from one partition, in order.
pub struct ForeignKeyResolve {
    key_count: usize,
    versions: CachedStore,
}

impl ForeignKeyResolve {
    /// Makes the operator on its state.
    pub fn new(
        spec: &ForeignKeySpec,
        partition: u32,
        backend: &Arc<dyn Backend>,
        memory: &Arc<MemoryBudget>,
    ) -> Self {
        let partition = StorePartition::new(spec.versions, partition);
        let versions = CachedStore::new(partition, Arc::clone(backend), memory);
        ForeignKeyResolve { key_count: spec.left.key_count(), versions }
    }

    /// Notes the version of a result. Returns false if a newer one has come before.
    fn resolve(&mut self, key: &[u8], version: i64, is_last: bool) -> Result<bool, OperatorError> {
        let damaged = || StateError::Damaged("the version of a joined row".to_owned());
        if let Some(newest) = self.versions.get(key) {
            let newest = i64::from_be_bytes(newest.try_into().map_err(|_| damaged())?);
            if version < newest {
                return Ok(false);
            }
        }
        let version = version.to_be_bytes();
        self.versions.put(key, (!is_last).then_some(version.as_slice()));
        Ok(true)
    }
}

impl Operator for ForeignKeyResolve {
    fn process(
        &mut self,
        _port: usize,
        mut batch: Batch,
        _ctx: &mut OperatorContext<'_>,
        emit: &mut Vec<Batch>,
    ) -> Result<(), OperatorError> {
        let own = batch.columns.split_off(batch.columns.len() - 2);
        let (versions, last) = (own[0].as_primitive::<Int64Type>(), own[1].as_boolean());
        let keys = EncodedRows::encode(&batch.columns[..self.key_count], batch.row_count());
        self.versions.load(keys.iter())?;
        let mut rows = Vec::with_capacity(batch.row_count());
        for (row, key) in keys.iter().enumerate() {
            if self.resolve(key, versions.value(row), last.value(row))? {
                rows.push(row as u32);
            }
        }
        match rows.len() {
            0 => {}
            count if count == batch.row_count() => emit.push(batch),
            _ => emit.push(batch.take(&UInt32Array::from(rows))?),
        }
        Ok(())
    }

    fn hand_over(&mut self, changes: &mut Changes) {
        self.versions.hand_over(changes);
    }
}
