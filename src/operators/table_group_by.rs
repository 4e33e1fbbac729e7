//! Brings a table's changes to the groups they concern: a key's old row is taken back, its new one is added.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, UInt32Array};
use datafusion::arrow::buffer::{BooleanBuffer, ScalarBuffer};
use datafusion::arrow::compute::{concat, take};

use crate::expr::{Projection, Rows};
use crate::formats::row::{EncodedRows, builders, read_row};
use crate::functions::RowFailures;
use crate::operators::aggregate_spec::without_nulls;
use crate::operators::materialize::table_keys;
use crate::operators::{Operator, OperatorContext, OperatorError, Report};
use crate::state::{Backend, CachedStore, Changes, MemoryBudget, StateError, StorePartition};
use crate::types::{Batch, ColumnBuilder, Schema, Undone};

/// What a table's rows become on their way into groups.
#[derive(Clone, Debug)]
pub struct TableGrouping {
    /// The table's columns.
    pub input: Schema,
    /// One expression per column of the output, the grouping columns first.
    pub exprs: Projection,
    /// The output's columns; its key is what is grouped by.
    pub output: Schema,
}

/// Emits, for each change of a table, the row that the key had before, to be taken back, and the one it has now. Its store
/// holds the last row of each key as it went to its group, so that the same is taken back whatever the expressions are. A row
/// with a null in its grouping columns belongs to no group.
///
/// Source: Kafka Streams' `KTableRepartitionMap`.
pub struct TableGroupBy {
    grouping: TableGrouping,
    rows: CachedStore,
}

impl TableGroupBy {
    /// Makes the operator.
    pub fn new(
        grouping: TableGrouping,
        partition: StorePartition,
        backend: Arc<dyn Backend>,
        memory: &Arc<MemoryBudget>,
    ) -> Self {
        TableGroupBy { grouping, rows: CachedStore::new(partition, backend, memory) }
    }

    /// Computes the columns that go to the groups; nothing fails for a row that says its key is gone.
    fn project(
        &self,
        batch: &Batch,
        ctx: &mut OperatorContext<'_>,
    ) -> Result<Vec<ArrayRef>, OperatorError> {
        let rows =
            Rows { columns: &batch.columns, row_count: batch.row_count(), now_ms: ctx.now_ms };
        let mut failures = RowFailures::default();
        let columns = self.grouping.exprs.evaluate(&rows, &mut failures)?;
        failures.0.retain(|failure| !batch.is_deleted(failure.row));
        ctx.report_failures(failures);
        Ok(columns)
    }
}

impl Operator for TableGroupBy {
    fn process(
        &mut self,
        _port: usize,
        batch: Batch,
        ctx: &mut OperatorContext<'_>,
        emit: &mut Vec<Batch>,
    ) -> Result<(), OperatorError> {
        let columns = self.project(&batch, ctx)?;
        let key_count = self.grouping.output.key_count();
        let groups = EncodedRows::encode(&columns[..key_count], batch.row_count());
        let rows = EncodedRows::encode(&columns, batch.row_count());
        let has_group = without_nulls(&columns[..key_count]);
        let mut keyless_count = 0;
        let keys = table_keys(&self.grouping.input, &batch);
        self.rows.load(keys.iter())?;
        let types = self.grouping.output.columns().iter().map(|column| &column.sql_type);
        let mut out = Emitted { old: builders(types), ..Emitted::default() };
        for (row, key) in keys.iter().enumerate() {
            let is_live = !batch.is_deleted(row);
            let is_grouped = has_group.as_ref().is_none_or(|has_group| has_group.value(row));
            keyless_count += usize::from(is_live && !is_grouped);
            let new = (is_live && is_grouped).then(|| rows.row(row));
            let old = self.rows.get(key);
            if let Some(old) = old {
                // Equal grouping columns are equal bytes, and rows begin with them.
                let is_replaced = new.is_some() && old.starts_with(groups.row(row));
                out.undo(row, old, is_replaced)?;
            }
            if new.is_some() {
                out.add(row);
            }
            if old.is_some() || new.is_some() {
                self.rows.put(key, new);
            }
        }
        if 0 < keyless_count {
            ctx.reports
                .push(Report::NullKey { operator: "TableGroupBy", row_count: keyless_count });
        }
        if !out.sources.is_empty() {
            emit.push(out.finish(&columns, &batch)?);
        }
        Ok(())
    }

    fn hand_over(&mut self, changes: &mut Changes) {
        self.rows.hand_over(changes);
    }
}

/// Rows on their way out: old ones as they were stored, new ones as they are in the batch.
#[derive(Default)]
struct Emitted {
    old: Vec<ColumnBuilder>,
    old_count: usize,
    /// For each row, the row of the batch that it came with, and the number of the old row if it is one.
    sources: Vec<(u32, Option<usize>)>,
    replaced: Vec<bool>,
}

impl Emitted {
    fn undo(&mut self, row: usize, old: &[u8], is_replaced: bool) -> Result<(), OperatorError> {
        read_row(old, &mut self.old)
            .map_err(|_| StateError::Damaged("a row of a grouped table".to_owned()))?;
        self.sources.push((row as u32, Some(self.old_count)));
        self.replaced.push(is_replaced);
        self.old_count += 1;
        Ok(())
    }

    fn add(&mut self, row: usize) {
        self.sources.push((row as u32, None));
        self.replaced.push(false);
    }

    /// Puts old and new rows together. All have the times and headers of what they came with.
    fn finish(mut self, columns: &[ArrayRef], batch: &Batch) -> Result<Batch, OperatorError> {
        let new_count = batch.row_count();
        let place = |(row, old): &(u32, Option<usize>)| match old {
            Some(old) => (new_count + old) as u32,
            None => *row,
        };
        let places: UInt32Array = self.sources.iter().map(place).collect::<Vec<_>>().into();
        let mut out = Vec::with_capacity(columns.len());
        for (new, old) in columns.iter().zip(&mut self.old) {
            let both = match self.old_count {
                0 => Arc::clone(new),
                _ => concat(&[new.as_ref() as &dyn Array, old.finish().as_ref()])?,
            };
            out.push(take(&both, &places, None)?);
        }
        let times: ScalarBuffer<i64> =
            self.sources.iter().map(|(row, _)| batch.times[*row as usize]).collect();
        let mut emitted = Batch::new(out, times);
        if let Some(headers) = &batch.headers {
            let rows: UInt32Array =
                self.sources.iter().map(|(row, _)| *row).collect::<Vec<_>>().into();
            emitted.headers = Some(take(headers, &rows, None)?);
        }
        if 0 < self.old_count {
            emitted.undone = Some(Undone {
                rows: self.sources.iter().map(|(_, old)| old.is_some()).collect(),
                replaced: BooleanBuffer::from(self.replaced),
            });
        }
        Ok(emitted)
    }
}
