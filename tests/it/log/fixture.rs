//! A log in memory, and short ways to write and read.

use std::path::Path;
use std::sync::Arc;

use tidemill::clock::{Clock, ManualClock};
use tidemill::disk::{Disk, SimDisk};
use tidemill::log::*;
use tidemill::types::TopicPartition;

/// When the clocks of the tests start.
pub(super) const NOW: i64 = 1_700_000_000_000;

/// A log on a simulated disk.
pub(super) struct Fixture {
    pub(super) disk: SimDisk,
    pub(super) clock: Arc<ManualClock>,
    pub(super) log: EmbeddedLog,
}

pub(super) fn open(disk: &SimDisk) -> Result<EmbeddedLog, LogError> {
    open_with(disk, LogConfig::default())
}

pub(super) fn open_with(disk: &SimDisk, config: LogConfig) -> Result<EmbeddedLog, LogError> {
    let clock = Arc::new(ManualClock::new(NOW));
    open_at(Arc::new(disk.clone()), clock, config)
}

pub(super) fn open_at(
    disk: Arc<dyn Disk>,
    clock: Arc<dyn Clock>,
    config: LogConfig,
) -> Result<EmbeddedLog, LogError> {
    EmbeddedLog::open(disk, clock, Path::new("/data"), config)
}

impl Fixture {
    /// A log with one topic `t` of one partition and these properties.
    pub(super) fn with(properties: &[(&str, &str)]) -> Fixture {
        let (disk, clock) = (SimDisk::new(), Arc::new(ManualClock::new(NOW)));
        let shared = Arc::clone(&clock) as Arc<dyn Clock>;
        let log = open_at(Arc::new(disk.clone()), shared, LogConfig::default()).unwrap();
        let mut config = TopicConfig::new(1);
        for (name, value) in properties {
            config.set(name, value).unwrap();
        }
        log.create_topic("t", &config).unwrap();
        Fixture { disk, clock, log }
    }

    pub(super) fn new() -> Fixture {
        Fixture::with(&[])
    }

    /// Appends a batch of values without a producer.
    pub(super) fn append(&self, values: &[&str]) -> Offset {
        self.log.append(&t(), batch(values), Acks::Leader).unwrap()
    }

    /// Closes the log, lets `change` at the disk, and opens it again.
    pub(super) fn reopened(self, change: impl FnOnce(&SimDisk)) -> Fixture {
        self.log.close().unwrap();
        drop(self.log);
        change(&self.disk);
        let log = open(&self.disk).unwrap();
        Fixture { log, ..self }
    }

    /// Ends the process without closing the log, and opens it again.
    pub(super) fn killed(self) -> Fixture {
        let disk = self.disk.kill();
        let log = open(&disk).unwrap();
        Fixture { disk, log, clock: self.clock }
    }
}

pub(super) fn t() -> TopicPartition {
    TopicPartition::new("t", 0)
}

/// A batch of values without keys and producer.
pub(super) fn batch(values: &[&str]) -> EncodedBatches {
    build(RecordBatchBuilder::new(Compression::None), values)
}

/// A batch of a producer, which the log gives its sequence.
pub(super) fn produced(producer: Producer, values: &[&str]) -> EncodedBatches {
    let mut builder = RecordBatchBuilder::new(Compression::None);
    builder.set_producer(Some(producer));
    build(builder, values)
}

/// A batch of a producer's transaction.
pub(super) fn transactional(producer: Producer, values: &[&str]) -> EncodedBatches {
    let mut builder = RecordBatchBuilder::new(Compression::None);
    builder.set_transaction(producer);
    build(builder, values)
}

fn build(mut builder: RecordBatchBuilder, values: &[&str]) -> EncodedBatches {
    for value in values {
        builder.push(NOW, Some(b"k"), Some(value.as_bytes()), &[]).unwrap();
    }
    builder.finish()
}

/// Reads all that a reader sees, as `offset:value`.
pub(super) fn read(log: &dyn Log, isolation: &Isolation) -> String {
    read_from(log, 0, isolation)
}

pub(super) fn read_from(log: &dyn Log, from: Offset, isolation: &Isolation) -> String {
    let (mut seen, mut next, mut buffer) = (Vec::new(), from, RecordBuffer::new());
    loop {
        let fetch = log.read(&t(), next, 200, isolation).unwrap();
        for batch in fetch.batches() {
            for record in batch.records(&mut buffer).unwrap() {
                let record = record.unwrap();
                let value = String::from_utf8_lossy(record.value.unwrap());
                seen.push(format!("{}:{value}", record.offset));
            }
        }
        if fetch.next_offset == next {
            return seen.join(" ");
        }
        next = fetch.next_offset;
    }
}
