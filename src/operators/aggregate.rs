//! Aggregates a stream by key, without windows.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray, UInt32Array};
use datafusion::arrow::buffer::{BooleanBuffer, ScalarBuffer};
use datafusion::arrow::compute::take;

use crate::formats::row::EncodedRows;
use crate::operators::groups::{AggregateInput, AggregateSpec, Groups, Updates};
use crate::operators::{Operator, OperatorContext, OperatorError, Report};
use crate::state::{Backend, Changes, StorePartition};
use crate::types::Batch;

/// Aggregates a stream by key. One row out per row in, or per key and batch when updates may be merged; its event time is the
/// largest of its group. Rows with a null in their key are dropped.
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
        cache_bytes: usize,
    ) -> Result<Self, OperatorError> {
        let groups = Groups::open(&spec, partition, backend, cache_bytes)?;
        Ok(Aggregate { spec, groups })
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
        let (batch, input) = grouped_rows(&self.spec, batch, ctx, "Aggregate")?;
        if batch.is_empty() {
            return Ok(());
        }
        let row_count = batch.row_count();
        let keys = EncodedRows::encode(&input.keys, row_count);
        let updates = Updates { keys: &keys, rows: None, times: &batch.times, args: &input.args };
        let updated = self.groups.update(&updates, row_count, ctx)?;
        let rows = UInt32Array::from(updated.updates);
        let mut columns: Vec<ArrayRef> =
            input.keys.iter().map(|key| take(key, &rows, None)).collect::<Result<_, _>>()?;
        columns.extend(updated.results);
        let mut out = Batch::new(columns, ScalarBuffer::from(updated.times));
        out.headers = batch.headers.map(|headers| take(&headers, &rows, None)).transpose()?;
        emit.push(out);
        Ok(())
    }

    fn hand_over(&mut self, changes: &mut Changes) {
        self.groups.hand_over(changes);
    }
}

/// Computes what an aggregate takes from a batch and drops the rows that belong to no group: those without a value, and those
/// with a null in their key.
pub(super) fn grouped_rows(
    spec: &AggregateSpec,
    batch: Batch,
    ctx: &mut OperatorContext<'_>,
    operator: &'static str,
) -> Result<(Batch, AggregateInput), OperatorError> {
    let batch = match &batch.deleted {
        Some(deleted) => batch.filter(&BooleanArray::new(!deleted, None))?,
        None => batch,
    };
    let input = spec.evaluate(&batch, ctx)?;
    let null_counts: usize = input.keys.iter().map(|key| key.logical_null_count()).sum();
    if null_counts == 0 {
        return Ok((batch, input));
    }
    let mut keep = BooleanBuffer::new_set(batch.row_count());
    for nulls in input.keys.iter().filter_map(|key| key.logical_nulls()) {
        keep = &keep & nulls.inner();
    }
    ctx.reports
        .push(Report::NullKey { operator, row_count: batch.row_count() - keep.count_set_bits() });
    let keep = BooleanArray::new(keep, None);
    let select = |columns: &[ArrayRef]| -> Result<Vec<ArrayRef>, OperatorError> {
        let each = |column: &ArrayRef| datafusion::arrow::compute::filter(column, &keep);
        Ok(columns.iter().map(each).collect::<Result<_, _>>()?)
    };
    let args = input.args.iter().map(|args| select(args)).collect::<Result<_, _>>()?;
    Ok((batch.filter(&keep)?, AggregateInput { keys: select(&input.keys)?, args }))
}
