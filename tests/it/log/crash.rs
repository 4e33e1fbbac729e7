//! A random history is cut at every disk operation, by a kill and by a power loss: what was promised is there, what
//! is there is what was appended, and the log goes on from it.

use std::collections::BTreeMap;
use std::time::Duration;

use tidemill::disk::{Fault, PowerLoss, SimDisk};
use tidemill::log::*;

use super::fixture::{NOW, open_with, t};
use super::random::Random;

/// How many histories are tried; each is cut at some hundred operations. `TIDEMILL_CRASH_HISTORIES` sets another count.
const HISTORIES: u64 = 30;
const STEPS: usize = 90;

/// Two producers of transactions, and one that numbers its batches.
const TRANSACTIONAL: [Producer; 2] = [Producer { id: 7, epoch: 0 }, Producer { id: 8, epoch: 0 }];
const NUMBERED: Producer = Producer { id: 9, epoch: 0 };

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Plain,
    Numbered { sequence: i32 },
    Transactional(i64),
    Marker(i64, Outcome),
}

/// A batch that was appended, or was about to be.
#[derive(Clone, Debug)]
struct Entry {
    base: Offset,
    values: Vec<String>,
    kind: Kind,
}

impl Entry {
    fn next(&self) -> Offset {
        self.base + self.values.len() as i64
    }
}

/// The transactions of a model.
#[derive(Default)]
struct Transactions {
    /// Producer to first offset.
    open: BTreeMap<i64, Offset>,
    /// Producer, first offset, marker.
    aborted: Vec<(i64, Offset, Offset)>,
}

/// What the log was told and what it promised.
#[derive(Debug, Default)]
struct Model {
    entries: Vec<Entry>,
    /// What was answered: it survives a kill.
    written: Offset,
    /// What was answered after a sync: it survives a power loss.
    synced: Offset,
    /// Where the log begins at least, and at most.
    start: (Offset, Offset),
    /// Topics: whether they must be there, if that is known.
    topics: BTreeMap<String, Option<bool>>,
    sequence: i32,
}

impl Model {
    fn end(&self) -> Offset {
        self.entries.last().map_or(0, Entry::next)
    }

    /// Returns the open transactions and the ended ones that were aborted, up to an offset.
    fn transactions(&self, end: Offset) -> Transactions {
        let Transactions { mut open, mut aborted } = Transactions::default();
        for entry in self.entries.iter().filter(|entry| entry.next() <= end) {
            match &entry.kind {
                Kind::Transactional(id) => {
                    open.entry(*id).or_insert(entry.base);
                }
                Kind::Marker(id, outcome) => {
                    let first = open.remove(id).unwrap();
                    if *outcome == Outcome::Abort {
                        aborted.push((*id, first, entry.base));
                    }
                }
                Kind::Plain | Kind::Numbered { .. } => {}
            }
        }
        Transactions { open, aborted }
    }

    /// Returns what a reader must see of a log that ends at an offset.
    fn visible(&self, start: Offset, end: Offset, isolation: &Isolation) -> Vec<(Offset, String)> {
        let Transactions { open, aborted } = self.transactions(end);
        let own: &[i64] = if let Isolation::ReadCommittedAnd(own) = isolation { own } else { &[] };
        let limit = match isolation {
            Isolation::ReadUncommitted => end,
            _ => {
                let foreign = open.iter().filter(|(id, _)| !own.contains(id));
                foreign.map(|(_, first)| *first).min().unwrap_or(end)
            }
        };
        let is_aborted = |entry: &Entry| match &entry.kind {
            Kind::Transactional(id) if *isolation != Isolation::ReadUncommitted => {
                aborted.iter().any(|(aborted, first, last)| {
                    aborted == id && *first <= entry.base && entry.base < *last
                })
            }
            _ => false,
        };
        let entries = self.entries.iter().filter(|entry| entry.next() <= limit);
        let entries =
            entries.filter(|entry| !matches!(entry.kind, Kind::Marker(..)) && !is_aborted(entry));
        let records = entries.flat_map(|entry| (entry.base..).zip(entry.values.clone()));
        records.filter(|(offset, _)| start <= *offset).collect()
    }
}

/// One run of a history.
struct Run {
    disk: SimDisk,
    log: EmbeddedLog,
    random: Random,
    model: Model,
}

fn config() -> LogConfig {
    LogConfig { checkpoint_bytes: 1500, checkpoint_interval: Duration::MAX, ..LogConfig::default() }
}

impl Run {
    fn step(&mut self) -> Result<(), LogError> {
        match self.random.below(20) {
            0..=5 => self.append_plain(),
            6..=8 => self.append_numbered(),
            9..=12 => self.append_transactional(),
            13..=14 => self.end_transaction(),
            15 => self.flush(),
            16 => self.log.maintain(NOW),
            17 => self.delete_records(),
            18 => self.change_topics(),
            _ if self.random.below(3) == 0 => self.restart(),
            _ => Ok(()),
        }
    }

    fn values(&mut self) -> Vec<String> {
        let count = 1 + self.random.below(4);
        let base = self.model.end();
        let value = |number: u64, len: u64| {
            format!("{}-{}", base + number as i64, "v".repeat(len as usize))
        };
        (0..count).map(|number| value(number, self.random.below(150))).collect()
    }

    fn append(&mut self, kind: Kind, mut builder: RecordBatchBuilder) -> Result<(), LogError> {
        let acks = [Acks::None, Acks::Leader, Acks::All][self.random.below(3) as usize];
        let values = self.values();
        for value in &values {
            builder.push(NOW, Some(b"k"), Some(value.as_bytes()), &[]).unwrap();
        }
        let base = self.model.end();
        self.model.entries.push(Entry { base, values, kind });
        let offset = self.log.append(&t(), builder.finish(), acks)?;
        assert_eq!(offset, base);
        self.model.written = self.model.end();
        if acks == Acks::All {
            self.model.synced = self.model.end();
        }
        Ok(())
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
        self.model.sequence += self.model.entries.last().unwrap().values.len() as i32;
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
        if self.model.transactions(base).open.contains_key(&producer.id) {
            let (values, kind) = (vec![String::new()], Kind::Marker(producer.id, outcome));
            self.model.entries.push(Entry { base, values, kind });
        }
        self.log.end_transaction(producer, &[t()], outcome)?;
        self.model.written = self.model.end();
        Ok(())
    }

    fn flush(&mut self) -> Result<(), LogError> {
        self.log.flush(&[t()])?;
        self.model.synced = self.model.end();
        Ok(())
    }

    fn delete_records(&mut self) -> Result<(), LogError> {
        let end = self.model.end();
        let stable = self.log.offsets(&t())?.last_stable;
        let before = self.random.below(stable as u64 + 1) as i64 / 2;
        self.model.start.1 = self.model.start.1.max(before);
        self.log.delete_records(&t(), before)?;
        self.model.start.0 = self.model.start.1;
        assert!(self.model.start.0 <= end);
        Ok(())
    }

    fn change_topics(&mut self) -> Result<(), LogError> {
        let topic = format!("x{}", self.random.below(2));
        let was_there = self.model.topics.insert(topic.clone(), None) == Some(Some(true));
        if was_there {
            self.log.delete_topic(&topic)?;
        } else {
            self.log.create_topic(&topic, &TopicConfig::new(2))?;
        }
        self.model.topics.insert(topic, Some(!was_there));
        Ok(())
    }

    fn restart(&mut self) -> Result<(), LogError> {
        if self.random.below(2) == 0 {
            self.log.close()?;
            self.model.synced = self.model.end();
        }
        // The old one must be gone before the new one takes the folder.
        let other = open_with(&SimDisk::new(), config()).unwrap();
        drop(std::mem::replace(&mut self.log, other));
        self.log = open_with(&self.disk, config())?;
        // A partition whose sync fails at the start stops, but the log opens.
        self.log.flush(&[t()])?;
        self.model.synced = self.model.end();
        Ok(())
    }
}

/// Plays a history until its end or until the disk stops at an operation.
fn play(seed: u64, stop_at: Option<u64>) -> (SimDisk, Model) {
    let disk = SimDisk::new();
    if let Some(operation) = stop_at {
        disk.fail_at(operation, Fault::Stop);
    }
    let mut random = Random::new(seed);
    let mut model = Model::default();
    let Ok(log) = open_with(&disk, config()) else {
        assert!(disk.is_stopped());
        return (disk, model);
    };
    let mut topic = TopicConfig::new(1);
    topic.set("segment.bytes", &(1024 + random.below(2000)).to_string()).unwrap();
    topic.set("index.interval.bytes", "200").unwrap();
    model.topics.insert("t".into(), None);
    if log.create_topic("t", &topic).is_err() {
        assert!(disk.is_stopped());
        return (disk, model);
    }
    model.topics.insert("t".into(), Some(true));
    let mut run = Run { disk, log, random, model };
    for _ in 0..STEPS {
        if let Err(error) = run.step() {
            assert!(run.disk.is_stopped(), "{error}");
            break;
        }
    }
    (run.disk, run.model)
}

/// What a check found.
#[derive(Debug, Default)]
struct Tally {
    points: u64,
    dropped: u64,
    damaged: u64,
}

/// Checks the log that the next process finds.
fn check(disk: &SimDisk, model: &Model, promised: Offset, tally: &mut Tally) {
    tally.points += 1;
    let log = open_with(disk, config()).unwrap();
    for (topic, is_there) in &model.topics {
        let found = log.topic(topic).is_some();
        assert!(is_there.is_none_or(|is_there| is_there == found), "topic {topic}: {found}");
    }
    if log.topic("t").is_none() {
        return;
    }
    tally.dropped += log.dropped().len() as u64;
    let PartitionOffsets { start, high_watermark: end, last_stable } = log.offsets(&t()).unwrap();
    assert!(model.start.0 <= start && start <= model.start.1.max(model.start.0), "{start}");
    assert!(promised <= end, "promised {promised}, found {end}");
    let is_whole = end == 0 || model.entries.iter().any(|entry| entry.next() == end);
    assert!(is_whole, "ends at {end}, inside a batch");
    let Transactions { open, .. } = model.transactions(end);
    assert_eq!(last_stable, open.values().min().copied().unwrap_or(end));
    let mut found_open: Vec<_> = log.open_transactions();
    found_open.sort_by_key(|open| open.producer.id);
    let found_open = found_open.iter().map(|open| (open.producer.id, open.first_offset));
    assert!(found_open.eq(open.iter().map(|(id, first)| (*id, *first))));
    let is_damaged = !log.damaged().is_empty();
    for isolation in [
        Isolation::ReadUncommitted,
        Isolation::ReadCommitted,
        Isolation::ReadCommittedAnd(vec![TRANSACTIONAL[0].id]),
    ] {
        let seen = read_all(&log, start, is_damaged, &isolation);
        assert_eq!(seen, model.visible(start, end, &isolation), "{isolation:?}");
    }
    if is_damaged {
        tally.damaged += 1;
        return;
    }
    check_goes_on(log, disk, model, end);
}

/// The log knows its producers, takes records and is the same after one more start.
fn check_goes_on(log: EmbeddedLog, disk: &SimDisk, model: &Model, end: Offset) {
    let recovered = || model.entries.iter().filter(|entry| entry.next() <= end);
    let numbered = recovered().filter(|entry| matches!(entry.kind, Kind::Numbered { .. }));
    let kept: Vec<_> = numbered.collect();
    for entry in kept.iter().rev().take(5) {
        let Kind::Numbered { sequence } = entry.kind else { unreachable!() };
        assert_eq!(log.append(&t(), again(entry, sequence), Acks::All).unwrap(), entry.base);
    }
    let mut builder = RecordBatchBuilder::new(Compression::None);
    builder.push(NOW, Some(b"k"), Some(b"after"), &[]).unwrap();
    assert_eq!(log.append(&t(), builder.finish(), Acks::All).unwrap(), end);
    let before = log.offsets(&t()).unwrap();
    log.close().unwrap();
    drop(log);
    let log = open_with(disk, config()).unwrap();
    assert_eq!(log.offsets(&t()).unwrap(), before);
    assert_eq!(log.dropped(), []);
}

fn again(entry: &Entry, sequence: i32) -> EncodedBatches {
    let mut builder = RecordBatchBuilder::new(Compression::None);
    builder.set_producer(Some(NUMBERED));
    builder.set_base_sequence(sequence);
    for value in &entry.values {
        builder.push(NOW, Some(b"k"), Some(value.as_bytes()), &[]).unwrap();
    }
    builder.finish()
}

fn read_all(
    log: &EmbeddedLog,
    start: Offset,
    is_damaged: bool,
    isolation: &Isolation,
) -> Vec<(Offset, String)> {
    let (mut seen, mut next, mut buffer) = (Vec::new(), start, RecordBuffer::new());
    loop {
        let fetch = match log.read(&t(), next, 300, isolation) {
            Err(LogError::Damaged { .. }) if is_damaged => return seen,
            fetch => fetch.unwrap(),
        };
        for batch in fetch.batches() {
            for record in batch.records(&mut buffer).unwrap() {
                let record = record.unwrap();
                let value = String::from_utf8(record.value.unwrap().to_vec()).unwrap();
                seen.push((record.offset, value));
            }
        }
        if fetch.next_offset == next {
            return seen;
        }
        next = fetch.next_offset;
    }
}

#[test]
fn keeps_its_promises_wherever_it_is_cut() {
    let histories = std::env::var("TIDEMILL_CRASH_HISTORIES");
    let histories = histories.map_or(HISTORIES, |count| count.parse().unwrap());
    let first = std::env::var("TIDEMILL_CRASH_SEED").map_or(0, |seed| seed.parse().unwrap());
    let mut tally = Tally::default();
    for seed in first..first + histories {
        let (whole, _) = play(seed, None);
        for operation in 1..=whole.operations() {
            let (disk, model) = play(seed, Some(operation));
            let _place = Place { seed, operation };
            let killed = cut_start(disk.kill(), operation).kill();
            check(&killed, &model, model.written, &mut tally);
            let loss = PowerLoss { seed: operation, reorders: operation % 2 == 0 };
            let crashed = cut_start(disk.crash(loss), operation).crash(loss);
            check(&crashed, &model, model.synced, &mut tally);
        }
    }
    assert!(first != 0 || histories < HISTORIES || 10_000 <= tally.points, "{tally:?}");
    assert!(0 < tally.dropped, "no torn end was seen: {tally:?}");
}

/// Cuts some of the starts after a crash too.
fn cut_start(disk: SimDisk, operation: u64) -> SimDisk {
    if operation.is_multiple_of(3) {
        disk.fail_at(1 + operation % 7, Fault::Stop);
        drop(open_with(&disk, config()));
    }
    disk
}

/// Says where a check failed, so that `TIDEMILL_CRASH_SEED` replays it.
struct Place {
    seed: u64,
    operation: u64,
}

#[allow(clippy::print_stderr, reason = "a random test prints its seed when it fails")]
impl Drop for Place {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("failed with seed {}, cut at operation {}", self.seed, self.operation);
        }
    }
}
