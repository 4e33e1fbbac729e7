//! Writing records to topics.

use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::log::{
    Acks, Compression, Header, LogError, RecordBatchBuilder, StickyPartitioner, partition_for_key,
};
use crate::runtime::EncodedRecords;
use crate::types::TopicPartition;

/// A record to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProducedRecord {
    /// Its partition; without one its key decides, as in Kafka, and without a key the batch.
    pub partition: Option<u32>,
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value; none is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Its time in milliseconds; without one it is now.
    pub timestamp_ms: Option<i64>,
    /// Its headers, in order.
    pub headers: Vec<(String, Option<Vec<u8>>)>,
}

/// A batch is appended when it has grown to this.
const BATCH_BYTES: usize = 256 * 1024;

impl Engine {
    /// Writes records; when this returns they are durable.
    pub fn produce(&self, topic: &str, records: &[ProducedRecord]) -> Result<()> {
        let now_ms = self.inner.clock.wall_ms();
        let mut batches = self.batches(topic)?;
        for record in records {
            let headers: Vec<_> = record
                .headers
                .iter()
                .map(|(name, value)| Header { key: name.as_bytes(), value: value.as_deref() })
                .collect();
            let (key, value) = (record.key.as_deref(), record.value.as_deref());
            let time = record.timestamp_ms.unwrap_or(now_ms);
            batches.push(record.partition, (time, key, value, &headers))?;
        }
        batches.finish()
    }

    /// Writes encoded records; when this returns they are durable.
    pub(super) fn append_records(&self, topic: &str, records: &EncodedRecords) -> Result<()> {
        let mut batches = self.batches(topic)?;
        for (row, time) in records.times.iter().enumerate() {
            let record = (*time, records.keys.get(row), records.values.get(row), &[][..]);
            batches.push(records.partitions[row], record)?;
        }
        batches.finish()
    }

    fn batches(&self, topic: &str) -> Result<Batches<'_>> {
        let found = self.find_topic(topic)?;
        let count = found.config.partitions;
        let seed = self.inner.clock.wall_ms() as u32;
        Ok(Batches {
            engine: self,
            batch_bytes_max: found.config.batch_bytes_max(),
            topic: topic.to_owned(),
            sticky: StickyPartitioner::new(count, seed),
            builders: (0..count).map(|_| RecordBatchBuilder::new(Compression::None)).collect(),
        })
    }
}

/// One batch per partition, on its way.
struct Batches<'a> {
    engine: &'a Engine,
    topic: String,
    batch_bytes_max: usize,
    sticky: StickyPartitioner,
    builders: Vec<RecordBatchBuilder>,
}

type RecordParts<'a> = (i64, Option<&'a [u8]>, Option<&'a [u8]>, &'a [Header<'a>]);

impl Batches<'_> {
    fn push(&mut self, partition: Option<u32>, record: RecordParts<'_>) -> Result<()> {
        let (time, key, value, headers) = record;
        let count = self.builders.len() as u32;
        let partition = partition
            .or_else(|| key.map(|key| partition_for_key(key, count)))
            .unwrap_or_else(|| self.sticky.partition());
        let builder = self.builders.get_mut(partition as usize).ok_or_else(|| {
            Error::new(
                ErrorKind::Input,
                format!("partition {partition} does not exist: topic {} has {count}", self.topic),
            )
        })?;
        if !builder.fits(key, value, headers, self.batch_bytes_max) {
            self.append(partition, Acks::Leader)?;
        }
        let builder = &mut self.builders[partition as usize];
        builder.push(time, key, value, headers).map_err(LogError::from)?;
        if BATCH_BYTES <= builder.size() {
            self.append(partition, Acks::Leader)?;
            self.sticky.next_batch();
        }
        Ok(())
    }

    fn append(&mut self, partition: u32, acks: Acks) -> Result<()> {
        let batch = self.builders[partition as usize].finish();
        let partition = TopicPartition::new(self.topic.as_str(), partition);
        self.engine.inner.log.append(&partition, batch, acks)?;
        Ok(())
    }

    /// Appends what is left and makes all of it durable.
    fn finish(mut self) -> Result<()> {
        for partition in 0..self.builders.len() as u32 {
            if !self.builders[partition as usize].is_empty() {
                self.append(partition, Acks::All)?;
            }
        }
        Ok(())
    }
}
