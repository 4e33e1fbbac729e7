//! One decode of a topic's partition for all persistent queries that read it.
//!
//! Queries on one topic ask for the same records again and again, each for some of their columns. They share a reader per
//! partition: it decodes the columns that any of them reads, and keeps the last batches for those that come a little later. A query
//! that is far behind the others decodes for itself, and so does one that is alone.
//!
//! Tasks take turns. One that finds nothing kept decodes a few batches and lets the others have them; one that has found some
//! stops where no more are kept. So those that are near each other stay together, and one of them decodes for all.
//!
//! What a query gets does not depend on the others: a batch in which any record does not decode is not shared, since whether a
//! record decodes depends on which columns are read.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use crate::catalog::Source;
use crate::error::Result;
use crate::log::Offset;
use crate::operators::OperatorError;
use crate::plan::SourceColumn;
use crate::runtime::decode::{DecodedRecords, RawRecords, RecordDecoder};
use crate::state::{MemoryBudget, MemoryUse};
use crate::topology::Read;
use crate::types::{Batch, TopicPartition};

/// How many batches of a partition are kept: enough for a few groups of queries, each at its own place.
const KEPT_MAX: usize = 16;
/// How many batches a task decodes in a turn that others want too: when their turns come all of them are still kept.
pub(super) const DECODED_AT_ONCE: usize = 4;

/// The readers that are shared, by what they read and how.
pub(super) struct SharedInputs {
    readers: Mutex<HashMap<(TopicPartition, String), Weak<Reader>>>,
    kept: Arc<Kept>,
}

/// What all readers keep.
struct Kept {
    bytes: AtomicUsize,
    bytes_max: usize,
    memory: Arc<MemoryBudget>,
}

impl Kept {
    fn has_room(&self, bytes: usize) -> bool {
        let is_too_much = self.bytes_max < self.bytes.load(Ordering::Relaxed) + bytes;
        !is_too_much && !self.memory.is_crowded()
    }
}

/// Reads a partition for several queries.
struct Reader {
    source: Arc<Source>,
    is_table: bool,
    state: Mutex<ReaderState>,
    user_count: AtomicUsize,
    kept: Arc<Kept>,
}

#[derive(Default)]
struct ReaderState {
    /// The columns that are decoded: what any of the queries reads. They only become more.
    columns: Vec<SourceColumn>,
    /// None until the columns are needed.
    decoder: Option<RecordDecoder>,
    kept: VecDeque<Arc<SharedBatch>>,
}

/// Records of a partition, decoded.
pub(super) struct SharedBatch {
    from: Offset,
    /// Where to read on.
    pub(super) next_offset: Offset,
    /// The epoch of the task that read it: an earlier one must not see it yet.
    epoch: u64,
    /// The columns that the reader decodes, or the first of them if there are more by now.
    batch: Batch,
    /// The offset of each row.
    pub(super) offsets: Arc<Vec<Offset>>,
    /// How many records there were.
    pub(super) record_count: usize,
    /// How many were dropped since a table's record needs a key.
    pub(super) null_key_count: usize,
    pub(super) bytes: usize,
    _memory: MemoryUse,
}

/// A query's part in a reader.
pub(super) struct SharedInput {
    reader: Arc<Reader>,
    /// Which of the reader's columns are the query's.
    projection: Vec<usize>,
}

impl SharedInputs {
    /// Makes none yet. An eighth of the memory may go to batches that are kept.
    pub(super) fn new(memory: &Arc<MemoryBudget>) -> Self {
        let (bytes_max, memory) = (memory.limit() / 8, Arc::clone(memory));
        let kept = Arc::new(Kept { bytes: AtomicUsize::new(0), bytes_max, memory });
        SharedInputs { readers: Mutex::default(), kept }
    }

    /// Takes part in the reader of a source's partition. None if the input is not a source's.
    pub(super) fn join(
        &self,
        partition: &TopicPartition,
        read: &Read,
        is_table: bool,
    ) -> Option<SharedInput> {
        let Read::Source { source, columns, needs_time: false } = read else { return None };
        let Source { schema, key_format, value_format, timestamp, window, .. } = &**source;
        let how = format!(
            "{schema:?} {key_format:?} {value_format:?} {timestamp:?} {window:?} {is_table}"
        );
        let mut readers = self.readers.lock();
        readers.retain(|_, reader| 0 < reader.strong_count());
        let entry = readers.entry((partition.clone(), how)).or_default();
        let reader = entry.upgrade().unwrap_or_else(|| {
            Arc::new(Reader {
                source: Arc::clone(source),
                is_table,
                state: Mutex::default(),
                user_count: AtomicUsize::new(0),
                kept: Arc::clone(&self.kept),
            })
        });
        *entry = Arc::downgrade(&reader);
        let projection = reader.state.lock().add(columns);
        reader.user_count.fetch_add(1, Ordering::AcqRel);
        Some(SharedInput { reader, projection })
    }
}

impl ReaderState {
    /// Adds columns and returns where they are.
    fn add(&mut self, columns: &[SourceColumn]) -> Vec<usize> {
        let mut place = |column: &SourceColumn| {
            self.columns.iter().position(|known| known == column).unwrap_or_else(|| {
                self.columns.push(column.clone());
                self.decoder = None;
                self.columns.len() - 1
            })
        };
        columns.iter().map(&mut place).collect()
    }

    fn find(&self, from: Offset, epoch: u64, column_count: usize) -> Option<Arc<SharedBatch>> {
        let fits = |batch: &&Arc<SharedBatch>| {
            batch.from == from && batch.epoch <= epoch && column_count <= batch.batch.columns.len()
        };
        self.kept.iter().find(fits).cloned()
    }

    fn decoder(&mut self, reader: &Reader) -> Result<&mut RecordDecoder> {
        let decoder = match self.decoder.take() {
            Some(decoder) => decoder,
            None => {
                let (source, columns) = (Arc::clone(&reader.source), self.columns.clone());
                let read = Read::Source { source, columns, needs_time: false };
                RecordDecoder::new(&read, reader.is_table)?
            }
        };
        Ok(self.decoder.insert(decoder))
    }

    fn keep(&mut self, batch: SharedBatch, all: &Kept) -> Arc<SharedBatch> {
        let is_full = |kept: &VecDeque<_>| KEPT_MAX <= kept.len() || !all.has_room(batch.bytes);
        while !self.kept.is_empty() && is_full(&self.kept) {
            self.drop_oldest(all);
        }
        let is_kept = all.has_room(batch.bytes);
        let batch = Arc::new(batch);
        if is_kept {
            all.bytes.fetch_add(batch.bytes, Ordering::Relaxed);
            self.kept.push_back(Arc::clone(&batch));
        }
        batch
    }

    fn drop_oldest(&mut self, all: &Kept) {
        if let Some(batch) = self.kept.pop_front() {
            all.bytes.fetch_sub(batch.bytes, Ordering::Relaxed);
        }
    }
}

impl SharedInput {
    /// Tells whether others read the same.
    pub(super) fn is_shared(&self) -> bool {
        1 < self.reader.user_count.load(Ordering::Acquire)
    }

    /// Finds the batch that begins at an offset, if somebody has decoded it whom a task in `epoch` may follow.
    pub(super) fn find(&self, from: Offset, epoch: u64) -> Option<Arc<SharedBatch>> {
        self.reader.state.lock().find(from, epoch, self.columns_needed())
    }

    fn columns_needed(&self) -> usize {
        self.projection.iter().max().map_or(0, |last| last + 1)
    }

    /// Decodes records for everybody. None if some do not decode: then each has to do it alone.
    pub(super) fn decode(
        &self,
        records: &RawRecords<'_>,
        (from, next_offset): (Offset, Offset),
        epoch: u64,
    ) -> Result<Option<Arc<SharedBatch>>, OperatorError> {
        let mut state = self.reader.state.lock();
        // While this task waited another may have done it.
        if let Some(found) = state.find(from, epoch, self.columns_needed()) {
            return Ok(Some(found));
        }
        let Ok(decoder) = state.decoder(&self.reader) else { return Ok(None) };
        let DecodedRecords { batch, offsets, reports, null_key_count } = decoder.decode(records)?;
        if !reports.is_empty() {
            return Ok(None);
        }
        let record_count = records.offsets.len();
        let bytes = batch.memory_size() + offsets.len() * size_of::<Offset>();
        let mut memory = self.reader.kept.memory.open();
        memory.set(bytes);
        let batch = SharedBatch {
            from,
            next_offset,
            epoch,
            batch,
            offsets: Arc::new(offsets),
            record_count,
            null_key_count,
            bytes,
            _memory: memory,
        };
        Ok(Some(state.keep(batch, &self.reader.kept)))
    }

    /// Returns the query's columns of a batch.
    pub(super) fn rows(&self, shared: &SharedBatch) -> Batch {
        let all = &shared.batch.columns;
        let columns = self.projection.iter().map(|column| Arc::clone(&all[*column])).collect();
        Batch { columns, ..shared.batch.clone() }
    }
}

impl Drop for SharedInput {
    fn drop(&mut self) {
        self.reader.user_count.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let state = self.state.get_mut();
        while !state.kept.is_empty() {
            state.drop_oldest(&self.kept);
        }
    }
}
