//! Reading records of topics.

use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::Stream;
use futures::task::AtomicWaker;

use crate::engine::{ConsumedRecord, Engine};
use crate::error::{Error, ErrorKind, Result};
use crate::log::{Isolation, Log, LogError, Offset, RecordBuffer, WatchGuard};
use crate::types::TopicPartition;

/// Where reading begins, in each partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsumeFrom {
    /// At the first record.
    Beginning,
    /// After the last record.
    End,
    /// At an offset.
    Offset(i64),
    /// At the first record of that time, in milliseconds, or later.
    Time(i64),
}

/// The committed records of a topic as they come: a [`Stream`].
pub struct RecordStream {
    topic: String,
    log: Arc<dyn Log>,
    partitions: Vec<PartitionReader>,
    waiting: VecDeque<ConsumedRecord>,
    /// The offset after the last record that was given, by partition.
    given: BTreeMap<u32, Offset>,
    waker: Arc<AtomicWaker>,
    _watches: Vec<WatchGuard>,
    /// Whether it ends at what was there when it began.
    is_bounded: bool,
    /// Every how many records one is given.
    sample: u64,
    seen: u64,
    left: Option<u64>,
}

struct PartitionReader {
    partition: TopicPartition,
    next: Offset,
    end: Offset,
}

const FETCH_BYTES: usize = 256 * 1024;

impl Engine {
    /// Reads a topic from a place on, for ever.
    pub fn consume(&self, topic: &str, from: ConsumeFrom) -> Result<RecordStream> {
        self.open_stream(topic, from, false)
    }

    /// Reads what a topic holds now, from a place on.
    pub fn consume_available(&self, topic: &str, from: ConsumeFrom) -> Result<RecordStream> {
        self.open_stream(topic, from, true)
    }

    pub(super) fn open_stream(
        &self,
        topic: &str,
        from: ConsumeFrom,
        is_bounded: bool,
    ) -> Result<RecordStream> {
        let count = self.topic(topic)?.partitions.len() as u32;
        let log = Arc::clone(&self.inner.log);
        let waker = Arc::new(AtomicWaker::new());
        let mut partitions = Vec::new();
        let mut watches = Vec::new();
        for number in 0..count {
            let partition = TopicPartition::new(topic, number);
            let offsets = log.offsets(&partition)?;
            let next = match from {
                ConsumeFrom::Beginning => offsets.start,
                ConsumeFrom::End => offsets.last_stable,
                ConsumeFrom::Offset(offset) if offset < 0 => {
                    return Err(Error::new(
                        ErrorKind::Input,
                        format!("offset {offset} is negative"),
                    ));
                }
                ConsumeFrom::Offset(offset) => offset.clamp(offsets.start, offsets.high_watermark),
                ConsumeFrom::Time(time) => log
                    .offset_for_time(&partition, time)?
                    .map_or(offsets.high_watermark, |(offset, _)| offset),
            };
            let wake = Arc::clone(&waker);
            watches.push(log.watch(&partition, Arc::new(move || wake.wake()))?);
            partitions.push(PartitionReader { partition, next, end: offsets.last_stable });
        }
        Ok(RecordStream {
            topic: topic.to_owned(),
            log,
            partitions,
            waiting: VecDeque::new(),
            given: BTreeMap::new(),
            waker,
            _watches: watches,
            is_bounded,
            sample: 1,
            seen: 0,
            left: None,
        })
    }
}

impl RecordStream {
    /// Returns the topic.
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// Goes on at an offset of a partition, if the partition still has it; else where it would have begun.
    pub(super) fn resume(&mut self, partition: u32, next: Offset) {
        for reader in self.partitions.iter_mut().filter(|it| it.partition.partition == partition) {
            let offsets = self.log.offsets(&reader.partition);
            if offsets.is_ok_and(|it| it.start <= next && next <= it.high_watermark) {
                reader.next = next;
            }
        }
    }

    /// Returns the offset of the next record of each partition that records were given of.
    pub fn positions(&self) -> Vec<(u32, i64)> {
        self.given.iter().map(|(partition, next)| (*partition, *next)).collect()
    }

    /// Gives only every so manyth record, and ends after so many.
    #[must_use]
    pub fn sampled(mut self, interval: Option<u64>, limit: Option<u64>) -> Self {
        self.sample = interval.unwrap_or(1).max(1);
        self.left = limit;
        self
    }

    /// Waits for the next record, from a thread that is not async; `None` when there will be no more.
    pub fn next_record(&mut self) -> Option<Result<ConsumedRecord>> {
        futures::executor::block_on(futures::StreamExt::next(self))
    }

    /// Reads what there is. Returns whether all partitions are at their end.
    fn fill(&mut self) -> Result<bool, LogError> {
        let mut is_at_end = true;
        for reader in &mut self.partitions {
            if self.is_bounded && reader.end <= reader.next {
                continue;
            }
            let isolation = Isolation::ReadCommitted;
            let fetch = self.log.read(&reader.partition, reader.next, FETCH_BYTES, &isolation)?;
            if fetch.next_offset <= reader.next {
                continue;
            }
            is_at_end = false;
            let mut buffer = RecordBuffer::new();
            for batch in fetch.batches() {
                for record in batch.records(&mut buffer)? {
                    let record = record?;
                    if self.is_bounded && reader.end <= record.offset {
                        break;
                    }
                    let mut headers = Vec::new();
                    for header in record.headers {
                        let header = header?;
                        let name = String::from_utf8_lossy(header.key).into_owned();
                        headers.push((name, header.value.map(<[u8]>::to_vec)));
                    }
                    self.waiting.push_back(ConsumedRecord {
                        partition: reader.partition.partition,
                        offset: record.offset,
                        timestamp_ms: record.timestamp,
                        key: record.key.map(<[u8]>::to_vec),
                        value: record.value.map(<[u8]>::to_vec),
                        headers,
                    });
                }
            }
            reader.next = fetch.next_offset;
        }
        Ok(is_at_end)
    }

    fn pop(&mut self) -> Option<ConsumedRecord> {
        while let Some(record) = self.waiting.pop_front() {
            self.seen += 1;
            self.given.insert(record.partition, record.offset + 1);
            if (self.seen - 1).is_multiple_of(self.sample) {
                return Some(record);
            }
        }
        None
    }
}

impl Stream for RecordStream {
    type Item = Result<ConsumedRecord>;

    fn poll_next(mut self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.left == Some(0) {
            return Poll::Ready(None);
        }
        loop {
            if let Some(record) = self.pop() {
                self.left = self.left.map(|left| left - 1);
                return Poll::Ready(Some(Ok(record)));
            }
            // Registered before reading: an append after the read wakes.
            self.waker.register(ctx.waker());
            match self.fill() {
                Err(error) => {
                    self.left = Some(0);
                    return Poll::Ready(Some(Err(error.into())));
                }
                Ok(true) if self.is_bounded => return Poll::Ready(None),
                Ok(true) => return Poll::Pending,
                Ok(false) => {}
            }
        }
    }
}
