//! The second operator of a join on a foreign key: brings left rows and the right row that they point to together.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, BooleanArray, Int64Array, UInt32Array};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{Int32Type, Int64Type};

use crate::formats::row::{EncodedRows, builders, read_row};
use crate::operators::foreign_key_join::{ForeignKeySpec, Instruction};
use crate::operators::{Operator, OperatorContext, OperatorError};
use crate::plan::JoinKind;
use crate::state::{
    Backend, CachedStore, Changes, MemoryBudget, OrderedStore, StateError, StorePartition,
};
use crate::types::{Batch, ColumnBuilder, Schema, SqlType};

/// The port of the subscriptions.
const SUBSCRIPTIONS: usize = 0;

/// Joins subscriptions (port 0) with the rows of the right table (port 1), both by foreign key, into results keyed by left key. A
/// result's event time is the later one of both rows.
///
/// A change of the right table leads to a result for every left row that points to it, in the order of their keys.
///
/// ```text
/// right rows      right key               := event time (8 bytes) | right row
/// subscriptions   foreign key | left key  := version (8) | event time (8) | the left row without its key
/// ```
pub struct ForeignKeyMatch {
    left: Schema,
    right: Schema,
    kind: JoinKind,
    right_rows: CachedStore,
    subscriptions: OrderedStore,
    value: Vec<u8>,
}

/// One side of a result: where its bytes are, and its event time.
#[derive(Clone, Copy)]
struct Part<'a> {
    time: i64,
    bytes: &'a [u8],
}

/// What a result says beside its rows.
#[derive(Clone, Copy)]
struct Head<'a> {
    /// The row of the batch that led to it.
    trigger: usize,
    key: &'a [u8],
    version: i64,
    time: i64,
    is_last: bool,
}

/// Results on their way.
struct Results {
    keys: Vec<ColumnBuilder>,
    left: Vec<ColumnBuilder>,
    right: Vec<ColumnBuilder>,
    triggers: Vec<u32>,
    versions: Vec<i64>,
    times: Vec<i64>,
    deleted: Vec<bool>,
    last: Vec<bool>,
}

impl ForeignKeyMatch {
    /// Opens the operator on its state.
    pub fn open(
        spec: &ForeignKeySpec,
        partition: u32,
        backend: &Arc<dyn Backend>,
        memory: &Arc<MemoryBudget>,
    ) -> Result<Self, OperatorError> {
        let at = |store| StorePartition::new(store, partition);
        let backend = || Arc::clone(backend);
        Ok(ForeignKeyMatch {
            left: spec.left.clone(),
            right: spec.right.clone(),
            kind: spec.kind,
            right_rows: CachedStore::new(at(spec.right_rows), backend(), memory),
            subscriptions: OrderedStore::open(at(spec.subscriptions), backend(), memory)?,
            value: Vec::new(),
        })
    }

    /// Takes subscriptions: the foreign key, the left row, its version, an instruction.
    fn subscribe(&mut self, batch: &Batch) -> Result<Results, OperatorError> {
        let row_count = batch.row_count();
        let (foreign_key, rest) = batch.columns.split_at(1);
        let (key, rest) = rest.split_at(self.left.key_count());
        let (values, own) = rest.split_at(rest.len() - 2);
        let foreign_keys = EncodedRows::encode(foreign_key, row_count);
        let (keys, values) =
            (EncodedRows::encode(key, row_count), EncodedRows::encode(values, row_count));
        let versions = own[0].as_primitive::<Int64Type>();
        let codes = own[1].as_primitive::<Int32Type>();
        self.right_rows.load(foreign_keys.iter())?;
        let mut results = self.results();
        let mut full_key = Vec::new();
        for (row, key) in keys.iter().enumerate() {
            let instruction = Instruction::of_code(codes.value(row)).ok_or_else(damaged)?;
            let (version, time) = (versions.value(row), batch.times[row]);
            let foreign_key = foreign_keys.row(row);
            full_key.clear();
            full_key.extend_from_slice(foreign_key);
            full_key.extend_from_slice(key);
            let right = self.right_rows.get(foreign_key).map(Part::read).transpose()?;
            let is_last = instruction == Instruction::RetractLast;
            let later = right.map_or(time, |right| right.time.max(time));
            let head = Head { trigger: row, key, version, time: later, is_last };
            match instruction {
                Instruction::Unsubscribe => self.subscriptions.remove(&full_key),
                Instruction::Retract | Instruction::RetractLast => {
                    self.subscriptions.remove(&full_key);
                    results.push_gone(head)?;
                }
                Instruction::Subscribe | Instruction::SubscribeIfFound => {
                    if !batch.columns[0].is_null(row) {
                        self.value.clear();
                        self.value.extend_from_slice(&version.to_be_bytes());
                        self.value.extend_from_slice(&time.to_be_bytes());
                        self.value.extend_from_slice(values.row(row));
                        self.subscriptions.put(&full_key, &self.value);
                    }
                    let right = right.map(|right| right.bytes);
                    if right.is_some() || instruction == Instruction::Subscribe {
                        results.push(head, values.row(row), right, self.kind)?;
                    }
                }
            }
        }
        Ok(results)
    }

    /// Takes changes of the right table.
    fn change_right(&mut self, batch: &Batch) -> Result<Results, OperatorError> {
        let row_count = batch.row_count();
        let keys = EncodedRows::encode(&batch.columns[..self.right.key_count()], row_count);
        let rows = EncodedRows::encode(&batch.columns, row_count);
        let mut results = self.results();
        let mut end = Vec::new();
        for (row, key) in keys.iter().enumerate() {
            let time = batch.times[row];
            let right = (!batch.is_deleted(row)).then(|| rows.row(row));
            self.value.clear();
            self.value.extend_from_slice(&time.to_be_bytes());
            self.value.extend_from_slice(rows.row(row));
            self.right_rows.put(key, right.map(|_| self.value.as_slice()));
            end.clear();
            end.extend_from_slice(key);
            // A left key begins with the flag of its first column, which is less.
            end.push(u8::MAX);
            for (full_key, value) in self.subscriptions.range(key, &end)? {
                let (version, value) = value.split_first_chunk::<8>().ok_or_else(damaged)?;
                let left = Part::read(value)?;
                let head = Head {
                    trigger: row,
                    key: &full_key[key.len()..],
                    version: i64::from_be_bytes(*version),
                    time: left.time.max(time),
                    is_last: false,
                };
                results.push(head, left.bytes, right, self.kind)?;
            }
        }
        Ok(results)
    }

    fn results(&self) -> Results {
        let types = |columns: &[crate::types::Column]| -> Vec<SqlType> {
            columns.iter().map(|column| column.sql_type.clone()).collect()
        };
        Results {
            keys: builders(&types(self.left.key())),
            left: builders(&types(self.left.rest())),
            right: builders(&types(self.right.columns())),
            triggers: Vec::new(),
            versions: Vec::new(),
            times: Vec::new(),
            deleted: Vec::new(),
            last: Vec::new(),
        }
    }
}

impl<'a> Part<'a> {
    fn read(value: &'a [u8]) -> Result<Self, StateError> {
        let (time, bytes) = value.split_first_chunk::<8>().ok_or_else(damaged)?;
        Ok(Part { time: i64::from_be_bytes(*time), bytes })
    }
}

impl Results {
    /// Adds the result of a left row with the right row that it points to; without one it has none in an inner join.
    fn push(
        &mut self,
        head: Head<'_>,
        left: &[u8],
        right: Option<&[u8]>,
        kind: JoinKind,
    ) -> Result<(), OperatorError> {
        if right.is_none() && kind == JoinKind::Inner {
            return self.push_gone(head);
        }
        self.push_head(head, false)?;
        read_row(left, &mut self.left).map_err(|_| damaged())?;
        match right {
            Some(right) => {
                read_row(right, &mut self.right).map_err(|_| damaged())?;
            }
            None => self.right.iter_mut().for_each(ColumnBuilder::push_null),
        }
        Ok(())
    }

    /// Adds that a left row has no result any more.
    fn push_gone(&mut self, head: Head<'_>) -> Result<(), OperatorError> {
        self.push_head(head, true)?;
        self.left.iter_mut().chain(&mut self.right).for_each(ColumnBuilder::push_null);
        Ok(())
    }

    fn push_head(&mut self, head: Head<'_>, is_gone: bool) -> Result<(), OperatorError> {
        read_row(head.key, &mut self.keys).map_err(|_| damaged())?;
        self.triggers.push(head.trigger as u32);
        self.versions.push(head.version);
        self.times.push(head.time);
        self.deleted.push(is_gone);
        self.last.push(head.is_last);
        Ok(())
    }

    fn into_batch(mut self, batch: &Batch) -> Result<Batch, OperatorError> {
        let columns = self.keys.iter_mut().chain(&mut self.left).chain(&mut self.right);
        let mut columns: Vec<ArrayRef> = columns.map(ColumnBuilder::finish).collect();
        columns.push(Arc::new(Int64Array::from(self.versions)));
        columns.push(Arc::new(BooleanArray::from(self.last)));
        let mut out = Batch::new(columns, self.times.into());
        let has_deleted = self.deleted.contains(&true);
        out.deleted = has_deleted.then(|| BooleanBuffer::from(self.deleted));
        let triggers = UInt32Array::from(self.triggers);
        let headers = batch.headers.as_ref();
        out.headers = headers.map(|headers| take(headers, &triggers, None)).transpose()?;
        Ok(out)
    }
}

impl Operator for ForeignKeyMatch {
    fn process(
        &mut self,
        port: usize,
        batch: Batch,
        _ctx: &mut OperatorContext<'_>,
        emit: &mut Vec<Batch>,
    ) -> Result<(), OperatorError> {
        let results = match port {
            SUBSCRIPTIONS => self.subscribe(&batch)?,
            _ => self.change_right(&batch)?,
        };
        if !results.times.is_empty() {
            emit.push(results.into_batch(&batch)?);
        }
        Ok(())
    }

    fn hand_over(&mut self, changes: &mut Changes) {
        self.right_rows.hand_over(changes);
        self.subscriptions.hand_over(changes);
    }
}

fn damaged() -> StateError {
    StateError::Damaged("a row of a join on a foreign key".to_owned())
}
