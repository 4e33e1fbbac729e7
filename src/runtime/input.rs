//! One input of a task: a partition that is read, and the rows of it that are not processed yet.

use std::sync::Arc;

use crate::log::{BatchView, Fetch, Isolation, Log, LogError, Offset, RecordBuffer, WatchGuard};
use crate::operators::OperatorError;
use crate::runtime::decode::{DecodeReport, RawRecords, RecordDecoder};
use crate::runtime::offsets::Position;
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
    /// How many rows of the record there were processed before this input was opened.
    skipped_rows: u32,
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
    /// The offset of each row's record.
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

impl Pending {
    fn position(&self) -> Position {
        let offset = self.offsets[self.next_row];
        let first = self.offsets.partition_point(|other| *other < offset);
        Position { offset, rows: (self.next_row - first) as u32 }
    }
}

impl TaskInput {
    pub(super) fn new(
        partition: TopicPartition,
        target: Target,
        (decoder, shared): (RecordDecoder, Option<SharedInput>),
        from: Position,
    ) -> Self {
        let is_internal = matches!(decoder, RecordDecoder::Repartition(_));
        TaskInput {
            partition,
            target,
            is_internal,
            decoder,
            shared,
            fetch_from: from.offset,
            skipped_rows: from.rows,
            pending: None,
            turn: Turn::default(),
            watch: None,
        }
    }

    /// Returns the place before the first row that is not processed.
    pub(super) fn position(&self) -> Position {
        match &self.pending {
            Some(pending) => pending.position(),
            None => Position { offset: self.fetch_from, rows: self.skipped_rows },
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
                    self.skipped_rows = 0;
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
        let is_internal = self.is_internal;
        fetched.record_count +=
            if is_internal { decoded.offsets.len() } else { records.offsets.len() };
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
            let next_row = std::mem::take(&mut self.skipped_rows) as usize;
            self.pending = Some(Pending { batch, offsets, next_row, memory_size });
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

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{ArrayRef, AsArray, Int64Array};
    use datafusion::arrow::datatypes::Int64Type;

    use super::*;
    use crate::clock::SystemClock;
    use crate::disk::RealDisk;
    use crate::formats::{Format, FormatKind};
    use crate::log::{EmbeddedLog, LogConfig, TopicConfig};
    use crate::runtime::writer::{AppendAs, OutputWriter};
    use crate::topology::{Output, Read};
    use crate::types::{Column, ColumnRole, Schema, SqlType, Undone};

    const ROW_COUNT: i64 = 5000;

    /// Writes rows 0, 1, 2, … with keys from 0 to 2; those of key 1 are undone, and the row of key 2 behind each replaces it. Blocks of one
    /// partition are small.
    fn write(log: &EmbeddedLog, topic: &Arc<str>, schema: &Schema) {
        let key_format = Format { unwrapped: true, ..Format::plain(FormatKind::Json) };
        let output =
            Output::Repartition { topic: Arc::clone(topic), schema: schema.clone(), key_format };
        let config = TopicConfig::new(1).with("max.message.bytes", "16384").unwrap();
        log.create_topic(topic, &config).unwrap();
        let mut writer = OutputWriter::new(&output, &config, 0).unwrap().unwrap();
        let numbers: Vec<i64> = (0..ROW_COUNT).collect();
        let keys: Vec<i64> = numbers.iter().map(|number| number % 3).collect();
        let marks = |key: i64| keys.iter().map(|own| *own == key).collect();
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from(keys.clone())),
            Arc::new(Int64Array::from(numbers.clone())),
        ];
        let mut batch = Batch::new(columns, numbers.into());
        batch.undone = Some(Undone { rows: marks(1), replaced: marks(1) });
        writer.write(&batch, log, AppendAs::Nobody).unwrap();
        writer.flush(log, AppendAs::Nobody).unwrap();
    }

    #[test]
    fn an_input_goes_on_in_the_middle_of_a_block() {
        let folder = tempfile::tempdir().unwrap();
        let (disk, clock) = (Arc::new(RealDisk), Arc::new(SystemClock::new()));
        let log = EmbeddedLog::open(disk, clock, folder.path(), LogConfig::default()).unwrap();
        let topic: Arc<str> = "t".into();
        let column =
            |name: &str, role| Column { name: name.into(), sql_type: SqlType::Bigint, role };
        let schema = Schema::new([column("K", ColumnRole::Key), column("V", ColumnRole::Value)]);
        write(&log, &topic, &schema);
        let partition = TopicPartition::new(topic, 0);
        let block_count = log.offsets(&partition).unwrap().high_watermark;
        assert!((4..500).contains(&block_count), "{block_count} blocks");
        let open = |from: Position| {
            let decoder = RecordDecoder::new(&Read::Repartition(schema.clone()), false).unwrap();
            TaskInput::new(partition.clone(), Target::Output, (decoder, None), from)
        };
        let (mut input, mut rng) = (open(Position::from(0)), fastrand::Rng::with_seed(6));
        let (mut next, mut cuts) = (0, 0);
        loop {
            let reading = Reading {
                epoch: 1,
                isolation: &Isolation::ReadCommitted,
                size: 4096,
                may_leave: false,
            };
            input.fill(&log, reading, &mut Fetched::default()).unwrap();
            let limit = next + rng.i64(0..200);
            let Some(rows) = input.take(Some(limit)) else { break };
            let values = rows.columns[1].as_primitive::<Int64Type>().values();
            assert!(values.iter().copied().eq(next..next + values.len() as i64));
            next += values.len() as i64;
            assert!(next <= limit + 1);
            if rng.bool() {
                cuts += usize::from(0 < input.position().rows);
                input = open(input.position());
            }
        }
        assert_eq!((next, input.position()), (ROW_COUNT, Position::from(block_count)));
        assert!(10 < cuts);
    }
}
