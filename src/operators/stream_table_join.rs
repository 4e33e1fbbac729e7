//! Joins each row of a stream with the row that a table has for its key at that time.

use std::sync::Arc;

use datafusion::arrow::array::UInt32Array;

use crate::formats::row::{EncodedRows, NULL, read_columns};
use crate::operators::{Operator, OperatorContext, OperatorError, Report};
use crate::plan::JoinKind;
use crate::state::{Backend, CachedStore, Changes, MemoryBudget, StateError, StorePartition};
use crate::types::{Batch, Schema};

/// The port of the stream's rows.
const STREAM: usize = 0;
/// How much of the table goes out in one batch: small rows of a stream may each find a large one.
const JOINED_BYTES_MAX: usize = 16 << 20;

/// Joins each row of a stream (port 0) with the row that a table (port 1) has for its key at that time. The output has the
/// stream's time; changes of the table emit nothing.
///
/// Source: Kafka Streams' `KStreamKTableJoin`; a left row without a key goes on unmatched since KIP-962.
pub struct StreamTableJoin {
    left: Schema,
    right: Schema,
    kind: JoinKind,
    table: CachedStore,
}

impl StreamTableJoin {
    /// Makes the operator for the schemas of its two inputs.
    pub fn new(
        schemas: (Schema, Schema),
        kind: JoinKind,
        partition: StorePartition,
        backend: Arc<dyn Backend>,
        memory: &Arc<MemoryBudget>,
    ) -> Self {
        let table = CachedStore::new(partition, backend, memory);
        StreamTableJoin { left: schemas.0, right: schemas.1, kind, table }
    }

    fn update_table(&mut self, batch: &Batch) {
        let keys = EncodedRows::encode(&batch.columns[..self.right.key_count()], batch.row_count());
        let rows = EncodedRows::encode(&batch.columns, batch.row_count());
        for (row, key) in keys.iter().enumerate() {
            self.table.put(key, (!batch.is_deleted(row)).then(|| rows.row(row)));
        }
    }

    fn join(
        &mut self,
        batch: &Batch,
        ctx: &mut OperatorContext<'_>,
        emit: &mut Vec<Batch>,
    ) -> Result<(), OperatorError> {
        let key_columns = &batch.columns[..self.left.key_count()];
        let keys = EncodedRows::encode(key_columns, batch.row_count());
        self.table.load(keys.iter())?;
        let no_row = vec![NULL; self.right.columns().len()];
        let mut joined = Joined::default();
        let mut keyless_count = 0;
        for (row, key) in keys.iter().enumerate() {
            if batch.is_deleted(row) {
                continue;
            }
            let has_key = key_columns.iter().all(|column| !column.is_null(row));
            match self.table.get(key).filter(|_| has_key) {
                Some(found) => joined.push(row, found),
                None if self.kind == JoinKind::Left => joined.push(row, &no_row),
                None => keyless_count += usize::from(!has_key),
            }
            if JOINED_BYTES_MAX <= joined.bytes {
                emit.push(joined.take(batch, &self.right)?);
            }
        }
        if 0 < keyless_count {
            ctx.reports
                .push(Report::NullKey { operator: "StreamTableJoin", row_count: keyless_count });
        }
        if !joined.rows.is_empty() {
            emit.push(joined.take(batch, &self.right)?);
        }
        Ok(())
    }
}

/// Rows of a batch and those of the table that go with them.
#[derive(Default)]
struct Joined<'a> {
    rows: Vec<u32>,
    found: Vec<&'a [u8]>,
    bytes: usize,
}

impl<'a> Joined<'a> {
    fn push(&mut self, row: usize, found: &'a [u8]) {
        self.rows.push(row as u32);
        self.found.push(found);
        self.bytes += found.len();
    }

    /// Takes them as a batch of both sides' columns.
    fn take(&mut self, batch: &Batch, right: &Schema) -> Result<Batch, OperatorError> {
        let Joined { rows, mut found, .. } = std::mem::take(self);
        let mut out = match rows.len() == batch.row_count() {
            true => batch.clone(),
            false => batch.take(&UInt32Array::from(rows))?,
        };
        let types = right.columns().iter().map(|column| &column.sql_type);
        let damaged = |_| StateError::Damaged("a row of a joined table".to_owned());
        out.columns.extend(read_columns(&mut found, types).map_err(damaged)?);
        Ok(out)
    }
}

impl Operator for StreamTableJoin {
    fn process(
        &mut self,
        port: usize,
        batch: Batch,
        ctx: &mut OperatorContext<'_>,
        emit: &mut Vec<Batch>,
    ) -> Result<(), OperatorError> {
        if port == STREAM {
            return self.join(&batch, ctx, emit);
        }
        self.update_table(&batch);
        Ok(())
    }

    fn hand_over(&mut self, changes: &mut Changes) {
        self.table.hand_over(changes);
    }
}
