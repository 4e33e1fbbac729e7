//! The first operator of a join on a foreign key: tells the right rows' partitions which left rows point there.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int32Array, Int64Array, UInt32Array};
use datafusion::arrow::compute::take;

use crate::expr::{Expr, Projection, Rows};
use crate::formats::row::{EncodedRows, builders, read_row};
use crate::functions::RowFailures;
use crate::operators::foreign_key_join::{ForeignKeySpec, Instruction};
use crate::operators::{Operator, OperatorContext, OperatorError, Report};
use crate::plan::JoinKind;
use crate::state::{Backend, CachedStore, Changes, MemoryBudget, StateError, StorePartition};
use crate::types::{Batch, ColumnBuilder, SqlType};

/// Turns changes of the left table into subscriptions, keyed by foreign key.
///
/// A row whose foreign key changes unsubscribes from the old one and subscribes to the new one. A row without a foreign key has no
/// result in an inner join, which is reported; in a left join it has one without a right row.
///
/// ```text
/// key   := left key
/// value := whether the foreign key has ever been another (1 byte) | foreign key
/// ""    := next version (8 bytes)
/// ```
pub struct ForeignKeySubscribe {
    kind: JoinKind,
    key_count: usize,
    foreign_key: Projection,
    foreign_key_type: SqlType,
    store: CachedStore,
    next_version: i64,
    is_changed: bool,
}

const META_KEY: &[u8] = b"";
/// The foreign key NULL, as it is stored.
const NULL_KEY: &[u8] = &[0];

/// A subscription on its way: the row that leads to it, and whether it carries that row's values.
struct Subscription {
    row: u32,
    has_values: bool,
    version: i64,
    instruction: Instruction,
}

/// Subscriptions on their way.
struct Subscriptions {
    foreign_keys: Vec<ColumnBuilder>,
    rows: Vec<Subscription>,
}

impl ForeignKeySubscribe {
    /// Opens the operator on its state.
    pub fn open(
        spec: &ForeignKeySpec,
        partition: u32,
        backend: &Arc<dyn Backend>,
        memory: &Arc<MemoryBudget>,
    ) -> Result<Self, OperatorError> {
        let partition = StorePartition::new(spec.foreign_keys, partition);
        let meta = backend.get(&partition.full_key(META_KEY))?;
        let next_version = match meta {
            Some(meta) => i64::from_be_bytes(meta.try_into().map_err(|_| damaged())?),
            None => 0,
        };
        let foreign_key: &Expr = &spec.foreign_key;
        Ok(ForeignKeySubscribe {
            kind: spec.kind,
            key_count: spec.left.key_count(),
            foreign_key: Projection::new(vec![foreign_key.clone()]),
            foreign_key_type: foreign_key.sql_type().clone(),
            store: CachedStore::new(partition, Arc::clone(backend), memory),
            next_version,
            is_changed: false,
        })
    }

    /// Takes one change of the left table: `new` is its foreign key, none if the row is gone.
    fn change(
        &mut self,
        row: usize,
        key: &[u8],
        new: Option<&[u8]>,
        out: &mut Subscriptions,
    ) -> Result<(), OperatorError> {
        let version = self.next_version;
        self.next_version += 1;
        self.is_changed = true;
        let stored = self.store.get(key).map(<[u8]>::to_vec);
        let old = match &stored {
            Some(stored) => Some(stored.split_first().ok_or_else(damaged)?),
            None => None,
        };
        let subscription = |instruction, has_values| Subscription {
            row: row as u32,
            has_values,
            version,
            instruction,
        };
        // An inner join has never told anyone of a row without a foreign key.
        let is_told = |foreign_key: &[u8]| self.kind == JoinKind::Left || foreign_key != NULL_KEY;
        let was_told = old.is_some_and(|(_, old)| is_told(old));
        match (new, old) {
            (None, None) => return Ok(()),
            (None, Some((has_moved, old))) => {
                let last = match *has_moved {
                    0 => Instruction::RetractLast,
                    _ => Instruction::Retract,
                };
                if was_told {
                    out.push(old, subscription(last, false))?;
                }
            }
            (Some(new), Some((_, old))) if !is_told(new) => {
                if is_told(old) {
                    out.push(old, subscription(Instruction::Retract, false))?;
                }
            }
            (Some(new), old) if is_told(new) => {
                if let Some((_, old)) = old
                    && old != new
                    && old != NULL_KEY
                {
                    out.push(old, subscription(Instruction::Unsubscribe, false))?;
                }
                let instruction = match was_told || self.kind == JoinKind::Left {
                    true => Instruction::Subscribe,
                    false => Instruction::SubscribeIfFound,
                };
                out.push(new, subscription(instruction, true))?;
            }
            (Some(_), _) => {}
        }
        let value = new.map(|new| {
            // Rows without a foreign key go to any partition, as if each time to another.
            let has_moved = new == NULL_KEY
                || old.is_some_and(|(has_moved, old)| *has_moved != 0 || old != new);
            [&[u8::from(has_moved)], new].concat()
        });
        self.store.put(key, value.as_deref());
        Ok(())
    }
}

impl Subscriptions {
    fn push(&mut self, foreign_key: &[u8], row: Subscription) -> Result<(), OperatorError> {
        read_row(foreign_key, &mut self.foreign_keys).map_err(|_| damaged())?;
        self.rows.push(row);
        Ok(())
    }

    fn into_batch(mut self, batch: &Batch, key_count: usize) -> Result<Batch, OperatorError> {
        let rows: UInt32Array = self.rows.iter().map(|s| Some(s.row)).collect();
        let values: UInt32Array = self.rows.iter().map(|s| s.has_values.then_some(s.row)).collect();
        let mut out = batch.with_columns(Vec::new()).take(&rows)?;
        out.columns = self.foreign_keys.iter_mut().map(ColumnBuilder::finish).collect();
        for (index, column) in batch.columns.iter().enumerate() {
            let rows = if index < key_count { &rows } else { &values };
            out.columns.push(take(column, rows, None)?);
        }
        let versions: Int64Array = self.rows.iter().map(|s| Some(s.version)).collect();
        let codes: Int32Array = self.rows.iter().map(|s| Some(s.instruction.code())).collect();
        out.columns.extend([Arc::new(versions) as ArrayRef, Arc::new(codes)]);
        // That a left row is gone is what the instruction says.
        out.deleted = None;
        Ok(out)
    }
}

impl Operator for ForeignKeySubscribe {
    fn process(
        &mut self,
        _port: usize,
        batch: Batch,
        ctx: &mut OperatorContext<'_>,
        emit: &mut Vec<Batch>,
    ) -> Result<(), OperatorError> {
        let row_count = batch.row_count();
        let rows = Rows { columns: &batch.columns, row_count, now_ms: ctx.now_ms };
        let mut failures = RowFailures::default();
        let foreign_keys = self.foreign_key.evaluate(&rows, &mut failures)?;
        failures.0.retain(|failure| !batch.is_deleted(failure.row));
        ctx.report_failures(failures);
        let foreign_keys = EncodedRows::encode(&foreign_keys, row_count);
        let keys = EncodedRows::encode(&batch.columns[..self.key_count], row_count);
        self.store.load(keys.iter())?;
        let mut out = Subscriptions {
            foreign_keys: builders([&self.foreign_key_type]),
            rows: Vec::with_capacity(row_count),
        };
        let mut keyless_count = 0;
        for (row, key) in keys.iter().enumerate() {
            let new = (!batch.is_deleted(row)).then(|| foreign_keys.row(row));
            keyless_count += usize::from(new == Some(NULL_KEY) && self.kind == JoinKind::Inner);
            self.change(row, key, new, &mut out)?;
        }
        if 0 < keyless_count {
            let operator = "ForeignKeyJoin";
            ctx.reports.push(Report::NullKey { operator, row_count: keyless_count });
        }
        if !out.rows.is_empty() {
            emit.push(out.into_batch(&batch, self.key_count)?);
        }
        Ok(())
    }

    fn hand_over(&mut self, changes: &mut Changes) {
        if std::mem::take(&mut self.is_changed) {
            self.store.put(META_KEY, Some(&self.next_version.to_be_bytes()));
        }
        self.store.hand_over(changes);
    }
}

fn damaged() -> StateError {
    StateError::Damaged("the foreign key of a joined row".to_owned())
}
