//! A random history: what a process does to its log, by seed.

use std::sync::Arc;
use std::time::Duration;

use tidemill::clock::{Clock, ManualClock};
use tidemill::disk::SimDisk;
use tidemill::log::*;

use super::model::{Entry, Kind, Model, Pair};
use crate::log::fixture::{NOW, open_at, t};
use crate::random::Random;

/// How many steps a history has.
pub(super) const STEPS: usize = 60;

/// Two producers of transactions, and one that numbers its batches.
pub(super) const TRANSACTIONAL: [Producer; 2] =
    [Producer { id: 7, epoch: 0 }, Producer { id: 8, epoch: 0 }];
pub(super) const NUMBERED: Producer = Producer { id: 9, epoch: 0 };

/// The group that commits offsets.
pub(super) const GROUP: &str = "g";

/// One run of a history.
pub(super) struct History {
    pub(super) disk: SimDisk,
    pub(super) log: Option<Arc<EmbeddedLog>>,
    pub(super) offsets: Option<ConsumerOffsets>,
    pub(super) model: Model,
    pub(super) clock: Arc<ManualClock>,
    random: Random,
    topic: TopicConfig,
}

fn config() -> LogConfig {
    LogConfig { checkpoint_bytes: 1500, checkpoint_interval: Duration::MAX, ..LogConfig::default() }
}

/// Opens the log that the next process finds.
pub(super) fn open(disk: &SimDisk) -> Result<EmbeddedLog, LogError> {
    open_at(Arc::new(disk.clone()), Arc::new(ManualClock::new(NOW)), config())
}

/// The topic of a seed.
fn topic_of(seed: u64, random: &mut Random) -> TopicConfig {
    let mut topic = TopicConfig::new(1);
    let mut set = |name: &str, value: &str| topic.set(name, value).unwrap();
    set("segment.bytes", &(1024 + random.below(2000)).to_string());
    set("index.interval.bytes", "200");
    set("min.cleanable.dirty.ratio", "0.1");
    set("delete.retention.ms", ["0", "3000", "86400000"][random.below(3) as usize]);
    set("cleanup.policy", ["delete", "compact", "compact,delete"][seed as usize % 3]);
    if seed % 6 < 3 {
        set("retention.bytes", "4000");
    }
    topic
}

impl History {
    /// Begins a history on an empty disk.
    pub(super) fn new(seed: u64, disk: &SimDisk) -> History {
        let mut random = Random::new(seed);
        let topic = topic_of(seed, &mut random);
        let policy = topic.get("cleanup.policy").unwrap();
        let model = Model { is_compacted: policy.contains("compact"), ..Model::default() };
        let (disk, clock) = (disk.clone(), Arc::new(ManualClock::new(NOW)));
        History { disk, log: None, offsets: None, model, clock, random, topic }
    }

    /// Does the next thing.
    pub(super) fn step(&mut self) -> Result<(), LogError> {
        if self.log.is_none() {
            return self.open();
        }
        if self.log().topic("t").is_none() {
            self.model.promises.topics.insert("t".into(), None);
            self.log().create_topic("t", &self.topic)?;
            self.model.promises.topics.insert("t".into(), Some(true));
            return Ok(());
        }
        match self.random.below(22) {
            0..=5 => self.append_plain(),
            6..=8 => self.append_numbered(),
            9..=12 => self.append_transactional(),
            13..=14 => self.end_transaction(),
            15 => self.flush(),
            16..=17 => self.maintain(),
            18 => self.delete_records(),
            19 => self.change_topics(),
            20 => self.commit_offset(),
            _ => self.end_process(),
        }
    }

    pub(super) fn log(&self) -> &EmbeddedLog {
        self.log.as_ref().unwrap()
    }

    fn open(&mut self) -> Result<(), LogError> {
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let log = Arc::new(open_at(Arc::new(self.disk.clone()), Arc::clone(&clock), config())?);
        self.offsets = Some(ConsumerOffsets::open(Arc::clone(&log) as Arc<dyn Log>, clock)?);
        self.log = Some(log);
        if self.log().topic("t").is_some() {
            // A partition whose sync fails at the start stops, but the log opens.
            self.flush()?;
        }
        Ok(())
    }

    /// Ends the process, with or without closing the log.
    fn end_process(&mut self) -> Result<(), LogError> {
        let is_closed = self.random.below(2) == 0;
        let closed = if is_closed { self.log().close() } else { Ok(()) };
        (self.log, self.offsets) = (None, None);
        if is_closed && closed.is_ok() {
            self.model.promises.synced = self.model.end();
        }
        closed
    }

    fn pairs(&mut self) -> Vec<Pair> {
        let count = 1 + self.random.below(4);
        let base = self.model.end();
        let mut pairs = Vec::new();
        for number in 0..count {
            let key = format!("k{}", self.random.below(6));
            let len = self.random.below(150) as usize;
            let value = format!("{}-{}", base + number as i64, "v".repeat(len));
            pairs.push((key, (0 < self.random.below(6)).then_some(value)));
        }
        pairs
    }

    fn append(&mut self, kind: Kind, builder: RecordBatchBuilder) -> Result<(), LogError> {
        let acks = [Acks::None, Acks::Leader, Acks::All][self.random.below(3) as usize];
        let (base, pairs) = (self.model.end(), self.pairs());
        let entry = Entry { base, pairs, kind };
        let batch = encoded(builder, &entry, self.clock.wall_ms());
        self.model.entries.push(entry);
        let appended = self.log().append(&t(), batch, acks);
        let offset = self.unless_refused(appended)?;
        assert_eq!(offset, base);
        self.model.promises.written = self.model.end();
        if acks == Acks::All {
            self.model.promises.synced = self.model.end();
        }
        Ok(())
    }

    /// Takes the last entry back if the log has refused it; after a failed sync nobody knows.
    fn unless_refused<T>(&mut self, result: Result<T, LogError>) -> Result<T, LogError> {
        if !matches!(result, Ok(_) | Err(LogError::StorageFailed { .. })) {
            self.model.entries.pop();
        }
        result
    }

    fn append_plain(&mut self) -> Result<(), LogError> {
        let codec = Compression::ALL[self.random.below(5) as usize];
        self.append(Kind::Plain, RecordBatchBuilder::new(codec))
    }

    fn append_numbered(&mut self) -> Result<(), LogError> {
        let mut builder = RecordBatchBuilder::new(Compression::None);
        let sequence = self.model.sequence;
        builder.set_producer(Some(NUMBERED));
        builder.set_base_sequence(sequence);
        self.append(Kind::Numbered { sequence }, builder)?;
        self.model.sequence += self.model.entries.last().unwrap().pairs.len() as i32;
        Ok(())
    }

    fn append_transactional(&mut self) -> Result<(), LogError> {
        let producer = TRANSACTIONAL[self.random.below(2) as usize];
        let mut builder = RecordBatchBuilder::new(Compression::None);
        builder.set_transaction(producer);
        self.append(Kind::Transactional(producer.id), builder)
    }

    fn end_transaction(&mut self) -> Result<(), LogError> {
        let producer = TRANSACTIONAL[self.random.below(2) as usize];
        let outcome = [Outcome::Commit, Outcome::Abort][self.random.below(2) as usize];
        let base = self.model.end();
        let is_open = self.model.transactions(base).open.contains_key(&producer.id);
        if is_open {
            let (pairs, kind) = (vec![Pair::default()], Kind::Marker(producer.id, outcome));
            self.model.entries.push(Entry { base, pairs, kind });
        }
        let ended = self.log().end_transaction(producer, &[t()], outcome);
        if is_open {
            self.unless_refused(ended)?
        } else {
            ended?
        }
        self.model.promises.written = self.model.end();
        Ok(())
    }

    fn flush(&mut self) -> Result<(), LogError> {
        self.log().flush(&[t()])?;
        self.model.promises.synced = self.model.end();
        Ok(())
    }

    /// Retention and compaction, some time later.
    fn maintain(&mut self) -> Result<(), LogError> {
        self.clock.advance(Duration::from_secs(1));
        if self.topic.get("retention.bytes") != Some("-1") {
            self.model.start_max = self.model.end();
        }
        self.log().maintain(self.clock.wall_ms())
    }

    fn delete_records(&mut self) -> Result<(), LogError> {
        let stable = self.log().offsets(&t())?.last_stable;
        let before = self.random.below(stable as u64 + 1) as i64 / 2;
        self.model.start_max = self.model.start_max.max(before);
        self.log().delete_records(&t(), before)?;
        self.model.promises.start = self.model.promises.start.max(before);
        Ok(())
    }

    fn change_topics(&mut self) -> Result<(), LogError> {
        let topic = format!("x{}", self.random.below(2));
        let known = self.model.promises.topics.insert(topic.clone(), None);
        let is_there = self.log().topic(&topic).is_some();
        assert!(known.flatten().is_none_or(|known| known == is_there));
        if is_there {
            self.log().delete_topic(&topic)?;
        } else {
            self.log().create_topic(&topic, &TopicConfig::new(2))?;
        }
        self.model.promises.topics.insert(topic, Some(!is_there));
        Ok(())
    }

    fn commit_offset(&mut self) -> Result<(), LogError> {
        let offset = self.model.promises.committed.1 + 1;
        self.model.promises.committed.1 = offset;
        let committed = CommittedOffset { offset, ..CommittedOffset::default() };
        self.offsets.as_ref().unwrap().commit(GROUP, &[(t(), committed)])?;
        self.model.promises.committed.0 = offset;
        Ok(())
    }
}

/// Builds the batch of an entry.
pub(super) fn encoded(mut builder: RecordBatchBuilder, entry: &Entry, time: i64) -> EncodedBatches {
    for (key, value) in &entry.pairs {
        let value = value.as_ref().map(String::as_bytes);
        builder.push(time, Some(key.as_bytes()), value, &[]).unwrap();
    }
    builder.finish()
}
