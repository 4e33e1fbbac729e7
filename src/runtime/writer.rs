//! The output of a task: rows to records, records to batches, batches to the log.

use std::ops::RangeInclusive;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray};

use crate::error::Result;
use crate::log::{
    Acks, BatchError, Compression, Header, Log, LogError, Producer, RecordBatchBuilder,
    StickyPartitioner, TopicConfig,
};
use crate::operators::OperatorError;
use crate::runtime::encode::{BlockLimits, EncodedRecords, RecordEncoder};
use crate::runtime::epochs::EpochTransaction;
use crate::topology::Output;
use crate::types::{Batch, TopicPartition};

/// Why output cannot be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum WriteError {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Batch(#[from] BatchError),
    #[error(transparent)]
    Operator(#[from] OperatorError),
}

/// Under whose name records are appended.
#[derive(Clone, Copy)]
pub(super) enum AppendAs<'a> {
    /// In the transaction of an epoch.
    Transaction(&'a EpochTransaction),
    /// In none: the output of a push query's repartition.
    Nobody,
}

/// Writes records to the partitions of a topic.
pub(super) struct TopicWriter {
    partitions: Vec<(TopicPartition, RecordBatchBuilder)>,
    sticky: StickyPartitioner,
    /// Batches are appended when they have grown to this, or when the task has nothing more to read.
    batch_bytes: usize,
    /// How many bytes a batch may have.
    batch_bytes_max: usize,
}

/// How large batches may be.
pub(super) const BATCH_BYTES: RangeInclusive<usize> = 16 * 1024..=128 * 1024;
/// How large blocks of rows may be: some make a batch.
const BLOCK_BYTES: usize = 64 * 1024;
/// How many rows of a sink are encoded at a time: what they come to is still in a core's cache when it is added to a batch.
const ENCODED_ROWS: usize = 512;
/// How much memory a partition's builder may keep that has nothing to append.
const KEPT_BYTES: usize = 4 * 1024;

impl TopicWriter {
    /// Makes a writer for a topic.
    pub(super) fn new(topic: &Arc<str>, config: &TopicConfig, seed: u32) -> Self {
        let partition_count = config.partitions;
        let partition = |number| {
            let builder = RecordBatchBuilder::new(Compression::None);
            (TopicPartition::new(Arc::clone(topic), number), builder)
        };
        TopicWriter {
            partitions: (0..partition_count).map(partition).collect(),
            sticky: StickyPartitioner::new(partition_count, seed),
            batch_bytes: *BATCH_BYTES.end(),
            batch_bytes_max: config.batch_bytes_max(),
        }
    }

    /// Returns how much memory the records take that are not appended yet.
    pub(super) fn memory_size(&self) -> usize {
        self.partitions.iter().map(|(_, builder)| builder.memory_size()).sum()
    }

    /// Returns how many partitions the topic has.
    pub(super) fn partition_count(&self) -> u32 {
        self.partitions.len() as u32
    }

    /// Adds records; batches that have grown large are appended.
    pub(super) fn write(
        &mut self,
        records: &EncodedRecords,
        log: &dyn Log,
        name: AppendAs<'_>,
    ) -> Result<(), WriteError> {
        let sticky = self.sticky.partition();
        let mut headers = Vec::new();
        for (row, time) in records.times.iter().enumerate() {
            let partition = records.partitions[row].unwrap_or(sticky) as usize;
            let (key, value) = (records.keys.get(row), records.values.get(row));
            headers.clear();
            if let Some(all) = &records.headers {
                headers.extend(row_headers(all, row));
            }
            if !self.partitions[partition].1.fits(key, value, &headers, self.batch_bytes_max) {
                append(&mut self.partitions[partition], log, name)?;
            }
            let (_, builder) = &mut self.partitions[partition];
            builder.push(*time, key, value, &headers)?;
            if self.batch_bytes <= builder.size() {
                append(&mut self.partitions[partition], log, name)?;
            }
        }
        Ok(())
    }

    /// Appends what has been added, and keeps no memory for what may be added next.
    pub(super) fn flush(&mut self, log: &dyn Log, name: AppendAs<'_>) -> Result<(), WriteError> {
        for partition in &mut self.partitions {
            if !partition.1.is_empty() {
                append(partition, log, name)?;
            }
            if KEPT_BYTES < partition.1.memory_size() {
                partition.1 = RecordBatchBuilder::new(Compression::None);
            }
        }
        self.sticky.next_batch();
        Ok(())
    }
}

fn append(
    (partition, builder): &mut (TopicPartition, RecordBatchBuilder),
    log: &dyn Log,
    name: AppendAs<'_>,
) -> Result<(), WriteError> {
    match name {
        AppendAs::Transaction(transaction) => {
            transaction.add(partition);
            let producer: Producer = transaction.producer;
            builder.set_transaction(producer);
        }
        AppendAs::Nobody => builder.set_producer(None),
    }
    // The epoch's commit makes it durable, not the append.
    log.append(partition, builder.finish(), Acks::Leader)?;
    Ok(())
}

fn row_headers(headers: &ArrayRef, row: usize) -> Vec<Header<'_>> {
    let Some(list) = headers.as_list_opt::<i32>() else { return Vec::new() };
    let Some(pairs) = list.values().as_struct_opt() else { return Vec::new() };
    let (names, values) = (pairs.column(0).as_string::<i32>(), pairs.column(1).as_binary::<i32>());
    let (from, to) = (list.value_offsets()[row] as usize, list.value_offsets()[row + 1] as usize);
    let header = |at: usize| Header {
        key: names.value(at).as_bytes(),
        value: (!values.is_null(at)).then(|| values.value(at)),
    };
    (from..to).map(header).collect()
}

/// Writes rows to the topic of an output.
pub(super) struct OutputWriter {
    encoder: RecordEncoder,
    topic: TopicWriter,
}

impl OutputWriter {
    /// Makes the writer of an output; none for rows that go to who asked.
    pub(super) fn new(output: &Output, config: &TopicConfig, seed: u32) -> Result<Option<Self>> {
        let topic = match output {
            Output::Sink { sink, .. } => Arc::clone(&sink.source.topic),
            Output::Repartition { topic, .. } => Arc::clone(topic),
            Output::Rows(_) => return Ok(None),
        };
        let limits =
            BlockLimits { rows: usize::MAX, bytes: BLOCK_BYTES.min(config.batch_bytes_max() / 4) };
        let writer = |encoder: RecordEncoder| {
            let topic = TopicWriter::new(&topic, config, seed);
            OutputWriter { encoder: encoder.with_blocks(limits), topic }
        };
        Ok(RecordEncoder::new(output)?.map(writer))
    }

    /// Says how large batches may grow before they are appended.
    pub(super) fn set_batch_bytes(&mut self, bytes: usize) {
        self.topic.batch_bytes = bytes;
    }

    /// Returns how much memory the records take that are not appended yet.
    pub(super) fn memory_size(&self) -> usize {
        self.topic.memory_size()
    }

    /// Adds rows.
    pub(super) fn write(
        &mut self,
        batch: &Batch,
        log: &dyn Log,
        name: AppendAs<'_>,
    ) -> Result<(), WriteError> {
        // A block has rows of one partition only: the fewer rows, the smaller the blocks.
        let rows_max = match self.encoder {
            RecordEncoder::Sink(_) => ENCODED_ROWS,
            RecordEncoder::Repartition(_) => usize::MAX,
        };
        let row_count = batch.row_count();
        let mut first = 0;
        while first < row_count {
            let count = rows_max.min(row_count - first);
            let piece = batch.slice(first, count);
            let records = self.encoder.encode(&piece, self.topic.partition_count())?;
            self.topic.write(&records, log, name)?;
            first += count;
        }
        Ok(())
    }

    /// Appends what has been added.
    pub(super) fn flush(&mut self, log: &dyn Log, name: AppendAs<'_>) -> Result<(), WriteError> {
        self.topic.flush(log, name)
    }
}
