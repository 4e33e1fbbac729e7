//! One input of a task: a partition that is read, and the rows of it that are not processed yet.

use std::sync::Arc;

use crate::log::{BatchView, Fetch, Isolation, Log, LogError, Offset, RecordBuffer, WatchGuard};
use crate::operators::OperatorError;
use crate::runtime::decode::{DecodeReport, RawRecords, RecordDecoder};
use crate::runtime::shared_input::{DECODED_AT_ONCE, SharedBatch, SharedInput};
use crate::topology::Target;
use crate::types::{Batch, TopicPartition};

/// One input of a task.
pub(super) struct TaskInput {
    pub(super) partition: TopicPartition,
    pub(super) target: Target,
    /// Whether it comes from another sub-topology of the query.
    pub(super) is_internal: bool,
    decoder: RecordDecoder,
    /// What it has in common with other queries.
    shared: Option<SharedInput>,
    /// Where to fetch next.
    fetch_from: Offset,
    pending: Option<Pending>,
    turn: Turn,
    /// Keeps the task awake for this partition.
    pub(super) watch: Option<WatchGuard>,
}

/// How many batches an input that others read too has taken in a turn of its task.
#[derive(Default)]
struct Turn {
    found: usize,
    decoded: usize,
}

/// Rows that were fetched and are not processed yet.
struct Pending {
    batch: Batch,
    offsets: Arc<Vec<Offset>>,
    next_row: usize,
    memory_size: usize,
}

/// What a task may read.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    /// The epoch it is in.
    pub(super) epoch: u64,
    pub(super) isolation: &'a Isolation,
    /// About how many bytes at a time.
    pub(super) size: usize,
    /// Whether what others read too may be left for the task's next turn.
    pub(super) may_leave: bool,
}

/// What a fetch found beside rows.
#[derive(Default)]
pub(super) struct Fetched {
    /// How many records were read.
    pub(super) record_count: usize,
    /// How many had no key where a table needs one.
    pub(super) null_key_count: usize,
    /// The records that did not decode, with what they were.
    pub(super) undecoded: Vec<Undecoded>,
}

/// A record that did not decode.
pub(super) struct Undecoded {
    pub(super) offset: Offset,
    pub(super) report: DecodeReport,
    pub(super) bytes: Vec<u8>,
}

/// Why an input cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum InputError {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Operator(#[from] OperatorError),
}

impl TaskInput {
    pub(super) fn new(
        partition: TopicPartition,
        target: Target,
        (decoder, shared): (RecordDecoder, Option<SharedInput>),
        from: Offset,
    ) -> Self {
        let is_internal = matches!(decoder, RecordDecoder::Repartition(_));
        TaskInput {
            partition,
            target,
            is_internal,
            decoder,
            shared,
            fetch_from: from,
            pending: None,
            turn: Turn::default(),
            watch: None,
        }
    }

    /// Returns the offset of the first record that is not processed.
    pub(super) fn position(&self) -> Offset {
        match &self.pending {
            Some(pending) => pending.offsets[pending.next_row],
            None => self.fetch_from,
        }
    }

    /// Tells whether it has rows at hand that are not processed.
    pub(super) fn has_rows(&self) -> bool {
        self.pending.is_some()
    }

    /// Returns the event time of the next row.
    pub(super) fn head_time(&self) -> Option<i64> {
        self.pending.as_ref().map(|pending| pending.batch.times[pending.next_row])
    }

    /// Returns about how much memory the rows at hand take, and what is made of them: that is about as much as was fetched.
    pub(super) fn memory_size(&self) -> usize {
        self.pending.as_ref().map_or(0, |pending| pending.memory_size)
    }

    /// Begins a turn of its task.
    pub(super) fn begin_turn(&mut self) {
        self.turn = Turn::default();
    }

    /// Tells whether it has decoded as much for itself and others as a turn allows.
    pub(super) fn has_decoded_its_share(&self) -> bool {
        DECODED_AT_ONCE <= self.turn.decoded
    }

    /// Makes sure that there is a next row, if the log has one that may be read. Returns whether it has been left for the task's
    /// next turn.
    pub(super) fn fill(
        &mut self,
        log: &dyn Log,
        Reading { epoch, isolation, size, may_leave }: Reading<'_>,
        fetched: &mut Fetched,
    ) -> Result<bool, InputError> {
        while self.pending.is_none() {
            if let Some(shared) = self.shared.as_ref().filter(|shared| shared.is_shared()) {
                if let Some(found) = shared.find(self.fetch_from, epoch) {
                    self.turn.found += 1;
                    self.take_shared(&found, fetched);
                    continue;
                }
                if may_leave && (0 < self.turn.found || self.has_decoded_its_share()) {
                    return Ok(self.fetch_from < log.offsets(&self.partition)?.high_watermark);
                }
                self.turn.decoded += 1;
            }
            let fetch = match log.read(&self.partition, self.fetch_from, size, isolation) {
                Err(LogError::OffsetOutOfRange { .. }) => {
                    // Retention was faster than this reader, or the topic is new: go on with what there is.
                    self.fetch_from = log.offsets(&self.partition)?.start;
                    log.read(&self.partition, self.fetch_from, size, isolation)?
                }
                fetch => fetch?,
            };
            if fetch.next_offset <= self.fetch_from {
                return Ok(false);
            }
            self.decode(&fetch, epoch, fetched)?;
        }
        Ok(false)
    }

    /// Takes rows that were decoded for several queries.
    fn take_shared(&mut self, found: &SharedBatch, fetched: &mut Fetched) {
        let Some(shared) = &self.shared else { return };
        fetched.record_count += found.record_count;
        fetched.null_key_count += found.null_key_count;
        let batch = shared.rows(found);
        // The rows are counted where they are kept; this is what is made of them, which is about as much.
        let memory_size = found.bytes;
        let offsets = Arc::clone(&found.offsets);
        let pending = || Pending { batch, offsets, next_row: 0, memory_size };
        self.pending = (!found.offsets.is_empty()).then(pending);
        self.fetch_from = found.next_offset;
    }

    /// Decodes what was fetched, and goes on behind it.
    fn decode(
        &mut self,
        fetch: &Fetch,
        epoch: u64,
        fetched: &mut Fetched,
    ) -> Result<(), InputError> {
        let from = std::mem::replace(&mut self.fetch_from, fetch.next_offset);
        let batches: Vec<BatchView<'_>> = fetch.batches().collect();
        let mut buffers: Vec<RecordBuffer> =
            batches.iter().map(|_| RecordBuffer::default()).collect();
        let count = batches.iter().map(BatchView::record_count).sum();
        let mut records = RawRecords::with_capacity(self.partition.partition, count);
        for (batch, buffer) in batches.iter().zip(&mut buffers) {
            for record in batch.records(buffer).map_err(LogError::from)? {
                let record = record.map_err(LogError::from)?;
                let row = records.offsets.len();
                for header in record.headers {
                    let header = header.map_err(LogError::from)?;
                    records.headers.push((row, header.key, header.value));
                }
                records.offsets.push(record.offset);
                records.timestamps.push(record.timestamp);
                records.keys.push(record.key);
                records.values.push(record.value);
            }
        }
        if records.offsets.is_empty() {
            return Ok(());
        }
        if let Some(shared) = self.shared.as_ref().filter(|shared| shared.is_shared())
            && let Some(found) = shared.decode(&records, (from, fetch.next_offset), epoch)?
        {
            self.take_shared(&found, fetched);
            return Ok(());
        }
        let decoded = self.decoder.decode(&records)?;
        fetched.record_count += records.offsets.len();
        fetched.null_key_count += decoded.null_key_count;
        fetched.undecoded.extend(decoded.reports.into_iter().map(|report| {
            let part = match report.part {
                "key" => records.keys[report.row],
                _ => records.values[report.row],
            };
            let bytes = part.unwrap_or_default().to_vec();
            Undecoded { offset: records.offsets[report.row], report, bytes }
        }));
        if !decoded.batch.is_empty() {
            let (batch, offsets) = (decoded.batch, Arc::new(decoded.offsets));
            let row_size = batch.memory_size() + offsets.len() * size_of::<Offset>();
            let memory_size = fetch.bytes().len() + row_size;
            self.pending = Some(Pending { batch, offsets, next_row: 0, memory_size });
        }
        Ok(())
    }

    /// Takes the next rows: one, and those after it that are not later than `limit`.
    pub(super) fn take(&mut self, limit: Option<i64>) -> Option<Batch> {
        let pending = self.pending.as_ref()?;
        let rest = &pending.batch.times[pending.next_row..];
        let count = match limit {
            Some(limit) => 1 + rest[1..].iter().take_while(|time| **time <= limit).count(),
            None => rest.len(),
        };
        self.take_rows(count)
    }

    /// Takes the next row.
    pub(super) fn take_one(&mut self) -> Option<Batch> {
        self.take_rows(1)
    }

    fn take_rows(&mut self, count: usize) -> Option<Batch> {
        let pending = self.pending.as_mut()?;
        let batch = pending.batch.slice(pending.next_row, count);
        pending.next_row += count;
        if pending.next_row == pending.offsets.len() {
            self.pending = None;
        }
        Some(batch)
    }
}
