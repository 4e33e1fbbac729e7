//! Aggregates a stream or a table by key, without windows.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, UInt32Array};
use datafusion::arrow::buffer::ScalarBuffer;
use datafusion::arrow::compute::take;

use crate::formats::row::EncodedRows;
use crate::operators::aggregate_spec::Grouped;
use crate::operators::groups::{Groups, Updates};
use crate::operators::{AggregateSpec, Operator, OperatorContext, OperatorError};
use crate::state::{Backend, Changes, MemoryBudget, StorePartition};
use crate::types::Batch;

/// Aggregates by key. One row out per row in, or per key and batch when updates may be merged; its event time is the largest of
/// its group. Rows with a null in their key are dropped. A row of a table that is undone is taken back out of its group; where
/// the row that replaces it is in the same group, one row comes out for both.
///
/// Source: Kafka Streams' `KStreamAggregate` and `KTableAggregate`.
pub struct Aggregate {
    spec: AggregateSpec,
    groups: Groups,
}

impl Aggregate {
    /// Opens the operator on its state.
    pub fn open(
        spec: AggregateSpec,
        partition: StorePartition,
        backend: Arc<dyn Backend>,
        memory: &Arc<MemoryBudget>,
    ) -> Result<Self, OperatorError> {
        let groups = Groups::open(&spec, partition, backend, memory)?;
        Ok(Aggregate { spec, groups })
    }

    fn process_piece(
        &mut self,
        input: &Grouped,
        ctx: &mut OperatorContext<'_>,
        emit: &mut Vec<Batch>,
    ) -> Result<(), OperatorError> {
        let Grouped { batch, keys, args } = input;
        let row_count = batch.row_count();
        let undone: Option<Vec<bool>> =
            batch.undone.as_ref().map(|undone| undone.rows.iter().collect());
        let encoded = EncodedRows::encode(keys, row_count);
        let updates = Updates {
            keys: &encoded,
            lanes: &[],
            rows: None,
            undone: undone.as_deref(),
            replaced: batch.undone.as_ref().map(|undone| &undone.replaced),
            times: &batch.times,
            args,
        };
        if ctx.holds(batch) {
            return self.groups.hold(&updates, row_count, ctx);
        }
        let updated = self.groups.update(&updates, row_count, ctx)?;
        let rows = UInt32Array::from(updated.updates);
        let mut columns: Vec<ArrayRef> =
            keys.iter().map(|key| take(key, &rows, None)).collect::<Result<_, _>>()?;
        columns.extend(updated.results);
        let mut out = Batch::new(columns, ScalarBuffer::from(updated.times));
        if let Some(headers) = &batch.headers {
            out.headers = Some(take(headers, &rows, None)?);
        }
        emit.push(out);
        Ok(())
    }
}

impl Operator for Aggregate {
    fn process(
        &mut self,
        _port: usize,
        batch: Batch,
        ctx: &mut OperatorContext<'_>,
        emit: &mut Vec<Batch>,
    ) -> Result<(), OperatorError> {
        let input = self.spec.grouped(batch, ctx, "Aggregate")?;
        for piece in input.pieces(self.groups.results_max()) {
            if !piece.batch.is_empty() {
                self.process_piece(&piece, ctx, emit)?;
            }
        }
        Ok(())
    }

    fn flush(
        &mut self,
        _ctx: &mut OperatorContext<'_>,
        emit: &mut Vec<Batch>,
    ) -> Result<(), OperatorError> {
        for groups in self.groups.take_held().chunks(self.groups.results_max()) {
            let rows = self.groups.rows(groups, &self.spec.key_types)?;
            emit.push(Batch::new(rows.columns, rows.times));
        }
        Ok(())
    }

    fn hand_over(&mut self, changes: &mut Changes) {
        self.groups.hand_over(changes);
    }
}
