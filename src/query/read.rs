//! Rows of a materialized table, read from its store.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int64Array};
use datafusion::arrow::buffer::ScalarBuffer;

use crate::error::{Error, ErrorKind, Result};
use crate::formats::row::{EncodedRows, from_ordered};
use crate::operators::{
    AggregateWindows, OperatorContext, OperatorError, PaneReader, Panes, VisibleWindows,
    read_group_rows, read_session_rows, read_table_rows, window_row,
};
use crate::plan::{ColumnConstraint, KeyConstraint, Lookup, SourceColumn, TimeRange};
use crate::runtime::Pipeline;
use crate::state::{Backend, MemoryBudget, StateError, StoreId, StorePartition};
use crate::topology::{Materialized, OperatorSpec, StateEnv, Target};
use crate::types::{Batch, SqlType, Value, Windows, column_of};

/// How many rows are read at a time.
const CHUNK_ROWS: usize = 4096;

type Entry = std::result::Result<(Box<[u8]>, Box<[u8]>), StateError>;

/// Reads a materialized table, a chunk at a time.
pub(super) struct TableReader {
    pub(super) materialized: Materialized,
    pub(super) backend: Arc<dyn Backend>,
    pub(super) columns: Vec<SourceColumn>,
    pub(super) partition_count: u32,
    pub(super) now_ms: i64,
    /// Where the next chunk begins; none when all has been read.
    next: Option<Vec<u8>>,
    lookup: Lookup,
    /// The panes that windows are merged from; none if the operator stores windows.
    panes: Option<Panes>,
    /// Which windows are there, once it is known.
    visible: Option<VisibleWindows>,
}

/// Rows of a table, as a query's columns.
pub(super) struct Chunk {
    pub(super) columns: Vec<ArrayRef>,
    pub(super) row_count: usize,
}

fn failed(error: OperatorError) -> Error {
    Error::new(ErrorKind::Storage, error.to_string()).caused_by(error)
}

impl TableReader {
    pub(super) fn new(
        (materialized, partition_count): (Materialized, u32),
        backend: Arc<dyn Backend>,
        columns: Vec<SourceColumn>,
        lookup: Lookup,
        now_ms: i64,
    ) -> Self {
        let next = materialized
            .operator
            .store()
            .map(|store| StorePartition::new(store, 0).prefix().to_vec());
        let panes = match &materialized.operator {
            OperatorSpec::WindowAggregate { spec, windows, .. } => Panes::of(spec, *windows),
            _ => None,
        };
        let visible = None;
        TableReader {
            materialized,
            backend,
            columns,
            partition_count,
            now_ms,
            next,
            lookup,
            panes,
            visible,
        }
    }

    /// Returns the next rows, as the query's columns; none when there are no more.
    pub(super) fn next_chunk(&mut self) -> Result<Option<Chunk>> {
        let Some(store) = self.materialized.operator.store() else { return Ok(None) };
        let Some(from) = self.next.take() else { return Ok(None) };
        let mut entries: Vec<Entry> = match &self.lookup {
            Lookup::Keys(keys) if keys.iter().all(is_exact) => self.look_up(store, keys)?,
            Lookup::Keys(_) | Lookup::Scan if self.panes.is_some() => {
                self.next_windows(store, &from)?
            }
            Lookup::Keys(_) | Lookup::Scan => {
                let end = StorePartition::new(store, u32::MAX).end();
                let found: Vec<Entry> = self.backend.scan(&from, &end).take(CHUNK_ROWS).collect();
                if found.len() == CHUNK_ROWS
                    && let Some(Ok((key, _))) = found.last()
                {
                    // The least key after the last one read.
                    self.next = Some([key, &[0][..]].concat());
                }
                found
            }
        };
        self.drop_invisible(store, &mut entries)?;
        self.rows(entries).map(Some)
    }

    /// Reads windows from panes; none if the operator stores windows.
    fn pane_reader(&self, partition: StorePartition) -> Option<PaneReader<'_>> {
        match (&self.materialized.operator, self.panes) {
            (OperatorSpec::WindowAggregate { spec, .. }, Some(panes)) => {
                Some(PaneReader { spec, panes, backend: self.backend.as_ref(), partition })
            }
            _ => None,
        }
    }

    /// Merges the next windows from their panes, and notes where to go on.
    fn next_windows(&mut self, store: StoreId, from: &[u8]) -> Result<Vec<Entry>> {
        let mut found = Vec::new();
        let (partition, mut start) = cursor_of(from);
        for partition in partition..self.partition_count {
            let partition = StorePartition::new(store, partition);
            let Some(reader) = self.pane_reader(partition) else { break };
            while let Some(window) = reader.next_start(start)? {
                found.extend(reader.entries(window, None).map_err(failed)?.into_iter().map(Ok));
                start = window.saturating_add(1);
                if CHUNK_ROWS <= found.len() {
                    self.next = Some(partition.full_key(&window_row(start)));
                    return Ok(found);
                }
            }
            start = 0;
        }
        Ok(found)
    }

    /// Drops the windows that are not there for a query: no longer, or not yet.
    fn drop_invisible(&mut self, store: StoreId, entries: &mut Vec<Entry>) -> Result<()> {
        let windows = match &self.materialized.operator {
            OperatorSpec::WindowAggregate { windows, .. } => AggregateWindows::Time(*windows),
            OperatorSpec::SessionAggregate { windows, .. } => AggregateWindows::Session(*windows),
            OperatorSpec::Filter(_)
            | OperatorSpec::Project(_)
            | OperatorSpec::Rekey(_)
            | OperatorSpec::EventTime { .. }
            | OperatorSpec::FlatMap(_)
            | OperatorSpec::TableFilter { .. }
            | OperatorSpec::Materialize { .. }
            | OperatorSpec::Aggregate { .. }
            | OperatorSpec::TableGroupBy { .. }
            | OperatorSpec::StreamTableJoin { .. }
            | OperatorSpec::StreamStreamJoin(_)
            | OperatorSpec::TableTableJoin(_)
            | OperatorSpec::ForeignKeySubscribe(_)
            | OperatorSpec::ForeignKeyMatch(_)
            | OperatorSpec::ForeignKeyResolve(_) => return Ok(()),
        };
        if self.visible.is_none() {
            let backend = self.backend.as_ref();
            let visible = VisibleWindows::load(windows, store, self.partition_count, backend)?;
            self.visible = Some(visible);
        }
        let Some(visible) = &self.visible else { return Ok(()) };
        let mut outcome = Ok(());
        entries.retain(|entry| match entry {
            Ok((key, value)) => visible.sees(key, value).unwrap_or_else(|error| {
                outcome = Err(error);
                false
            }),
            Err(_) => true,
        });
        Ok(outcome?)
    }

    fn rows(&self, entries: Vec<Entry>) -> Result<Chunk> {
        let batch =
            stored_rows(&self.materialized.operator, self.materialized.is_windowed, entries)
                .map_err(failed)?;
        let batch = self.follow(batch)?;
        let column = |column: &SourceColumn| -> ArrayRef {
            match column {
                SourceColumn::Schema(index) => Arc::clone(&batch.columns[*index]),
                SourceColumn::RowTime => Arc::new(Int64Array::new(batch.times.clone(), None)),
                SourceColumn::WindowStart => bound(&batch, |windows| &windows.starts),
                SourceColumn::WindowEnd => bound(&batch, |windows| &windows.ends),
                SourceColumn::RowPartition => {
                    column_of(&SqlType::Int, &vec![Value::Null; batch.row_count()])
                }
                SourceColumn::RowOffset => {
                    column_of(&SqlType::Bigint, &vec![Value::Null; batch.row_count()])
                }
            }
        };
        let columns = self.columns.iter().map(column).collect();
        Ok(Chunk { columns, row_count: batch.row_count() })
    }

    /// Does to the rows what the table's query does to them after the operator that keeps them.
    fn follow(&self, batch: Batch) -> Result<Batch> {
        let env = StateEnv { backend: Arc::clone(&self.backend), memory: MemoryBudget::new(0) };
        let mut batches = vec![batch];
        for spec in &self.materialized.then {
            let mut pipeline = Pipeline::of(spec, &env).map_err(failed)?;
            let mut out = Vec::new();
            for batch in batches {
                let mut reports = Vec::new();
                let mut ctx =
                    OperatorContext { now_ms: self.now_ms, coalesce: false, reports: &mut reports };
                let target = Target::Operator { index: 0, port: 0 };
                pipeline.process(target, batch, &mut ctx, &mut out).map_err(failed)?;
            }
            batches = out;
        }
        Ok(batches.pop().unwrap_or_else(|| self.no_rows()))
    }

    fn no_rows(&self) -> Batch {
        let columns = self.materialized.schema.columns().iter();
        let empty = columns.map(|column| column_of(&column.sql_type, [])).collect();
        Batch::new(empty, ScalarBuffer::from(Vec::<i64>::new()))
    }

    fn look_up(&self, store: StoreId, keys: &[KeyConstraint]) -> Result<Vec<Entry>> {
        let mut found = Vec::new();
        for constraint in keys {
            let key = self.key_bytes(constraint);
            for partition in 0..self.partition_count {
                let partition = StorePartition::new(store, partition);
                match self.materialized.is_windowed {
                    true if self.is_by_key() => {
                        self.look_up_sessions(partition, &key, &mut found)?
                    }
                    true => self.look_up_windows(partition, &key, constraint, &mut found)?,
                    false => {
                        let full = partition.full_key(&key);
                        if let Some(value) = self.backend.get(&full)? {
                            found.push(Ok((full.into(), value.into())));
                        }
                    }
                }
            }
        }
        found.sort_by(|a: &Entry, b: &Entry| key_of(a).cmp(key_of(b)));
        found.dedup_by(|a, b| key_of(a) == key_of(b));
        Ok(found)
    }

    /// Tells whether the windows of a key stand together in the store, behind the key.
    fn is_by_key(&self) -> bool {
        matches!(self.materialized.operator, OperatorSpec::SessionAggregate { .. })
    }

    /// Finds all sessions of a key.
    fn look_up_sessions(
        &self,
        partition: StorePartition,
        key: &[u8],
        found: &mut Vec<Entry>,
    ) -> Result<()> {
        let from = partition.full_key(key);
        let to = partition.full_key(&next_prefix(key));
        for entry in self.backend.scan(&from, &to) {
            found.push(Ok(entry?));
        }
        Ok(())
    }

    fn key_bytes(&self, constraint: &KeyConstraint) -> Vec<u8> {
        let types = self.materialized.schema.key().iter().map(|column| &column.sql_type);
        let column = |(sql_type, constraint): (&SqlType, &ColumnConstraint)| {
            let value = match constraint {
                ColumnConstraint::Equal(value) => value.clone(),
                ColumnConstraint::Between { .. } | ColumnConstraint::Any => Value::Null,
            };
            column_of(sql_type, &[value])
        };
        let columns: Vec<ArrayRef> = types.zip(&constraint.columns).map(column).collect();
        EncodedRows::encode(&columns, 1).row(0).to_vec()
    }

    /// Finds a key in every window of a range: windows stand one after the other, each with all its keys.
    fn look_up_windows(
        &self,
        partition: StorePartition,
        key: &[u8],
        constraint: &KeyConstraint,
        found: &mut Vec<Entry>,
    ) -> Result<()> {
        let TimeRange { from_ms, to_ms } = constraint.window_start;
        if let Some(reader) = self.pane_reader(partition) {
            let mut next = from_ms;
            while let Some(start) = reader.next_start(next)?.filter(|start| *start <= to_ms) {
                let entries = reader.entries(start, Some(key)).map_err(failed)?;
                found.extend(entries.into_iter().map(Ok));
                next = start.saturating_add(1);
            }
            return Ok(());
        }
        let mut from = window_row(from_ms.max(0));
        let end = match to_ms.checked_add(1) {
            Some(to) => partition.full_key(&window_row(to.max(0))),
            None => partition.end(),
        };
        loop {
            let start = partition.full_key(&from);
            let Some(first) = self.backend.scan(&start, &end).next() else { return Ok(()) };
            let (full, _) = first?;
            // The flag and eight bytes of the window's start.
            let prefix = &full[StorePartition::PREFIX_SIZE..StorePartition::PREFIX_SIZE + 9];
            let wanted = partition.full_key(&[prefix, key].concat());
            match self.materialized.operator {
                OperatorSpec::WindowAggregate { .. } => {
                    if let Some(value) = self.backend.get(&wanted)? {
                        found.push(Ok((wanted.into(), value.into())));
                    }
                }
                // Behind the start stands the end, which only a scan finds.
                _ => {
                    let upper = partition.full_key(&next_prefix(prefix));
                    for entry in self.backend.scan(&full, &upper) {
                        let (full, value) = entry?;
                        if full[StorePartition::PREFIX_SIZE + 18..] == *key {
                            found.push(Ok((full, value)));
                        }
                    }
                }
            }
            from = next_prefix(prefix);
        }
    }
}

fn key_of(entry: &Entry) -> &[u8] {
    entry.as_ref().map_or(&[], |(key, _)| key)
}

fn is_exact(constraint: &KeyConstraint) -> bool {
    constraint.columns.iter().all(|column| matches!(column, ColumnConstraint::Equal(_)))
}

fn bound(batch: &Batch, bound: impl Fn(&Windows) -> &ScalarBuffer<i64>) -> ArrayRef {
    match &batch.windows {
        Some(windows) => Arc::new(Int64Array::new(bound(windows).clone(), None)),
        None => Arc::new(Int64Array::new_null(batch.row_count())),
    }
}

/// Returns the partition and the window's start at which a chunk begins.
fn cursor_of(full_key: &[u8]) -> (u32, i64) {
    let (StorePartition { partition, .. }, key) = StorePartition::split(full_key);
    (partition, key.get(1..).and_then(from_ordered).unwrap_or(0))
}

/// Returns the least bytes that are greater than all that begin with `prefix`.
fn next_prefix(prefix: &[u8]) -> Vec<u8> {
    let mut next = prefix.to_vec();
    while let Some(last) = next.pop() {
        if last < u8::MAX {
            next.push(last + 1);
            break;
        }
    }
    next
}

/// Reads what the operator that keeps a table's rows has committed, as that operator's output.
fn stored_rows(
    operator: &OperatorSpec,
    is_windowed: bool,
    entries: Vec<Entry>,
) -> std::result::Result<Batch, OperatorError> {
    match operator {
        OperatorSpec::Aggregate { spec, .. } => {
            let rows = read_group_rows(spec, false, entries.into_iter())?;
            Ok(Batch::new(rows.columns, rows.times))
        }
        OperatorSpec::WindowAggregate { spec, windows, .. } => {
            let rows = read_group_rows(spec, true, entries.into_iter())?;
            Ok(windows.rows(spec.key_types.len(), rows))
        }
        OperatorSpec::SessionAggregate { spec, windows, .. } => {
            Ok(windows.rows(read_session_rows(spec, entries.into_iter())?))
        }
        OperatorSpec::Materialize { schema, .. } => {
            Ok(read_table_rows(schema, is_windowed, entries.into_iter())?)
        }
        OperatorSpec::Filter(_)
        | OperatorSpec::Project(_)
        | OperatorSpec::Rekey(_)
        | OperatorSpec::EventTime { .. }
        | OperatorSpec::FlatMap(_)
        | OperatorSpec::TableFilter { .. }
        | OperatorSpec::TableGroupBy { .. }
        | OperatorSpec::StreamTableJoin { .. }
        | OperatorSpec::StreamStreamJoin(_)
        | OperatorSpec::TableTableJoin(_)
        | OperatorSpec::ForeignKeySubscribe(_)
        | OperatorSpec::ForeignKeyMatch(_)
        | OperatorSpec::ForeignKeyResolve(_) => {
            unreachable!("only operators that keep rows are materialized")
        }
    }
}
