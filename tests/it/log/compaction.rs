//! Compaction: what goes, what stays, and when.

use std::time::Duration;

use expect_test::{Expect, expect};
use tidemill::disk::{Disk, Fault};
use tidemill::log::*;

use super::fixture::*;
use super::recovery::files;

const DAY: i64 = 24 * 60 * 60 * 1000;

/// A compacted topic with small segments, which is compacted whenever it is looked at.
fn compacted(properties: &[(&str, &str)]) -> Fixture {
    let base = [
        ("cleanup.policy", "compact"),
        ("segment.bytes", "1024"),
        ("min.cleanable.dirty.ratio", "0"),
    ];
    Fixture::with(&[&base, properties].concat())
}

/// Builds a batch of `key=value`, and of `key` for a tombstone.
fn pairs(mut builder: RecordBatchBuilder, pairs: &[&str]) -> EncodedBatches {
    for pair in pairs {
        let (key, value) = match pair.split_once('=') {
            Some((key, value)) => (key, Some(value.as_bytes())),
            None => (*pair, None),
        };
        builder.push(NOW, Some(key.as_bytes()), value, &[]).unwrap();
    }
    builder.finish()
}

impl Fixture {
    fn put(&self, records: &[&str]) -> Offset {
        let batch = pairs(RecordBatchBuilder::new(Compression::None), records);
        self.log.append(&t(), batch, Acks::Leader).unwrap()
    }

    fn put_in_transaction(&self, producer: Producer, records: &[&str]) {
        let mut builder = RecordBatchBuilder::new(Compression::None);
        builder.set_transaction(producer);
        self.log.append(&t(), pairs(builder, records), Acks::Leader).unwrap();
    }

    /// Seals the segment that is written to, with records of keys of their own.
    fn seal(&self) {
        let end = self.log.offsets(&t()).unwrap().high_watermark;
        let filler = "f".repeat(920);
        self.put(&[&format!("fill{end}={filler}")]);
    }

    fn compact(&self) {
        use tidemill::clock::Clock;
        self.log.maintain(self.clock.wall_ms()).unwrap();
    }

    /// Reads what a reader sees, as `offset:key=value`, without what [`seal`](Fixture::seal) wrote.
    fn seen(&self, isolation: &Isolation) -> String {
        let (mut seen, mut buffer) = (Vec::new(), RecordBuffer::new());
        let mut next = self.log.offsets(&t()).unwrap().start;
        loop {
            let fetch = self.log.read(&t(), next, 2000, isolation).unwrap();
            for batch in fetch.batches() {
                for record in batch.records(&mut buffer).unwrap() {
                    let record = record.unwrap();
                    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
                    let key = text(record.key.unwrap());
                    let value = record.value.map(|value| format!("={}", text(value)));
                    if !key.starts_with("fill") {
                        let value = value.unwrap_or_default();
                        seen.push(format!("{}:{key}{value}", record.offset));
                    }
                }
            }
            if fetch.next_offset == next {
                return seen.join(" ");
            }
            next = fetch.next_offset;
        }
    }

    #[track_caller]
    fn check(&self, want: Expect) {
        want.assert_eq(&self.seen(&Isolation::ReadUncommitted));
    }
}

#[test]
fn the_latest_record_of_a_key_stays_with_its_offset() {
    let log = compacted(&[]);
    log.put(&["a=1", "b=1", "c=1"]);
    log.put(&["a=2"]);
    log.put(&["b=2"]);
    log.seal();
    log.seal();
    log.compact();
    log.check(expect!["2:c=1 3:a=2 4:b=2"]);
    // What is in the segment that is written to neither goes nor makes others go.
    log.put(&["c=2"]);
    log.compact();
    log.check(expect!["2:c=1 3:a=2 4:b=2 7:c=2"]);
    let log = log.reopened(|_| ());
    log.check(expect!["2:c=1 3:a=2 4:b=2 7:c=2"]);
    let log = log.killed();
    log.check(expect!["2:c=1 3:a=2 4:b=2 7:c=2"]);
    assert_eq!(log.put(&["d=1"]), 8);
}

#[test]
fn caches_of_a_compacted_partition_can_be_built_anew() {
    let log = compacted(&[("index.interval.bytes", "100")]);
    let producer = Producer { id: 1, epoch: 0 };
    for number in 0..40 {
        log.put(&[&format!("k{}={number}", number % 3)]);
        if number % 10 == 0 {
            log.put_in_transaction(producer, &[&format!("t={number}")]);
            let outcome = if number % 20 == 0 { Outcome::Abort } else { Outcome::Commit };
            log.log.end_transaction(producer, &[t()], outcome).unwrap();
        }
    }
    log.seal();
    log.seal();
    log.compact();
    let seen = log.seen(&Isolation::ReadCommitted);
    let log = log.reopened(|disk| {
        for end in ["index", "checkpoint", "snapshot"] {
            files(disk, end).iter().for_each(|path| disk.remove(path).unwrap());
        }
    });
    assert_eq!(log.seen(&Isolation::ReadCommitted), seen);
    expect!["37:t=30 45:k1=37 46:k2=38 47:k0=39"].assert_eq(&seen);
}

#[test]
fn tombstones_stay_until_their_time_is_over() {
    let log = compacted(&[]);
    log.put(&["a=1", "b=1"]);
    log.put(&["a"]);
    log.seal();
    log.seal();
    log.compact();
    log.check(expect!["1:b=1 2:a"]);
    // The time begins with the compaction that took the record before it.
    log.clock.advance(Duration::from_millis(DAY as u64 - 1));
    log.seal();
    log.compact();
    log.check(expect!["1:b=1 2:a"]);
    log.clock.advance(Duration::from_millis(1));
    log.seal();
    log.compact();
    log.check(expect!["1:b=1"]);
}

#[test]
fn what_is_not_decided_is_not_compacted() {
    let log = compacted(&[]);
    let producer = Producer { id: 1, epoch: 0 };
    log.put(&["a=1"]);
    log.put(&["a=2"]);
    log.seal();
    log.put_in_transaction(producer, &["a=3"]);
    log.seal();
    log.put(&["a=4"]);
    log.seal();
    log.seal();
    log.compact();
    // Only before the segment with the open transaction.
    log.check(expect!["1:a=2 3:a=3 5:a=4"]);
    log.log.end_transaction(producer, &[t()], Outcome::Abort).unwrap();
    log.seal();
    log.compact();
    log.check(expect!["5:a=4"]);
}

#[test]
fn an_aborted_record_takes_no_other_with_it() {
    let log = compacted(&[]);
    let producer = Producer { id: 1, epoch: 0 };
    log.put(&["a=1"]);
    log.put_in_transaction(producer, &["a=2", "b=2"]);
    log.log.end_transaction(producer, &[t()], Outcome::Abort).unwrap();
    log.put_in_transaction(producer, &["b=3"]);
    log.log.end_transaction(producer, &[t()], Outcome::Commit).unwrap();
    log.seal();
    log.seal();
    log.compact();
    log.check(expect!["0:a=1 4:b=3"]);
    expect!["0:a=1 4:b=3"].assert_eq(&log.seen(&Isolation::ReadCommitted));
}

/// Shows all batches of the first segments: `base-last`, what they are, and how many records they have.
fn batches(log: &Fixture) -> String {
    let fetch = log.log.read(&t(), 0, 3000, &Isolation::ReadUncommitted).unwrap();
    let (mut rest, mut shown) = (&fetch.bytes()[..], Vec::new());
    while let Ok(batch) = BatchView::try_new(rest) {
        let header = batch.header();
        let kind = match (header.is_control(), header.has_producer()) {
            (true, _) => "marker",
            (false, true) => "producer",
            (false, false) => "plain",
        };
        let horizon = if header.delete_horizon().is_some() { "!" } else { "" };
        let (base, last) = (header.base_offset, header.last_offset());
        shown.push(format!("{base}-{last} {kind}{horizon} {}", header.record_count));
        rest = &rest[header.size()..];
    }
    shown.join(", ")
}

#[test]
fn markers_go_after_all_of_their_transaction_and_producers_are_remembered() {
    let log = compacted(&[]);
    let producers = [1, 2].map(|id| Producer { id, epoch: 0 });
    for producer in producers {
        log.put_in_transaction(producer, &["a=1"]);
        log.log.end_transaction(producer, &[t()], Outcome::Commit).unwrap();
    }
    log.put(&["a=2"]);
    log.seal();
    log.seal();
    log.compact();
    // An empty batch keeps the last sequence of each producer; so its marker stays too.
    expect!["0-0 producer 0, 1-1 marker 1, 2-2 producer 0, 3-3 marker 1, 4-4 plain 1"]
        .assert_eq(&batches(&log));
    // When the producers are forgotten, first the batches go, then, later, the markers.
    log.clock.advance(Duration::from_millis(2 * DAY as u64));
    let mut passes = Vec::new();
    for _ in 0..3 {
        log.seal();
        log.compact();
        let shown = batches(&log);
        passes.push(shown.split(", 4-4").next().unwrap().to_owned());
        log.clock.advance(Duration::from_millis(2 * DAY as u64));
    }
    expect![[r#"
        0-0 plain 0, 1-1 marker 1, 2-2 plain 0, 3-3 marker 1
        0-0 plain 0, 1-1 marker! 1, 2-2 plain 0, 3-3 marker! 1
        0-3 plain 0"#]]
    .assert_eq(&passes.join("\n"));
}

#[test]
fn a_producer_goes_on_after_its_records_are_gone() {
    let log = compacted(&[]);
    let producer = Producer { id: 1, epoch: 0 };
    let batch = |sequence: i32| {
        let mut builder = RecordBatchBuilder::new(Compression::None);
        builder.set_producer(Some(producer));
        builder.set_base_sequence(sequence);
        pairs(builder, &["a=1"])
    };
    for sequence in 0..3 {
        log.log.append(&t(), batch(sequence), Acks::Leader).unwrap();
    }
    log.put(&["a=2"]);
    log.seal();
    log.seal();
    log.compact();
    log.check(expect!["3:a=2"]);
    // Nothing but the log itself tells of the producer now.
    let log = log.reopened(|disk| {
        for end in ["checkpoint", "snapshot"] {
            files(disk, end).iter().for_each(|path| disk.remove(path).unwrap());
        }
    });
    assert_eq!(log.log.append(&t(), batch(1), Acks::Leader).unwrap(), 1);
    assert_eq!(log.log.append(&t(), batch(3), Acks::Leader).unwrap(), 6);
    assert!(log.log.append(&t(), batch(5), Acks::Leader).is_err());
}

#[test]
fn small_segments_become_one() {
    let log = compacted(&[]);
    for number in 0..100 {
        log.put(&[&format!("k={number}{}", "v".repeat(90))]);
    }
    let before = files(&log.disk, ".log").len();
    log.compact();
    // They are put together when they have become small: at the next compaction.
    log.seal();
    log.compact();
    let after = files(&log.disk, ".log").len();
    assert!(10 <= before && after <= 4, "{before}, {after}");
    assert!(log.seen(&Isolation::ReadUncommitted).len() < 1500);
    let found = log.log.offset_for_time(&t(), NOW).unwrap().unwrap();
    assert!(50 < found.0, "{found:?}");
    assert_eq!(log.log.max_timestamp(&t()).unwrap().map(|(_, time)| time), Some(NOW));
}

#[test]
fn many_keys_are_compacted_in_several_passes() {
    let disk = tidemill::disk::SimDisk::new();
    let config = LogConfig { compaction_bytes: 10 * 64, ..LogConfig::default() };
    let log = open_with(&disk, config).unwrap();
    let topic = [
        ("cleanup.policy", "compact"),
        ("segment.bytes", "1024"),
        ("min.cleanable.dirty.ratio", "0"),
    ];
    let mut topic_config = TopicConfig::new(1);
    topic.iter().for_each(|(name, value)| topic_config.set(name, value).unwrap());
    log.create_topic("t", &topic_config).unwrap();
    let put = |number: u32, key: u32| {
        let pair = format!("k{key}={number}{}", "v".repeat(60));
        let batch = pairs(RecordBatchBuilder::new(Compression::None), &[&pair]);
        log.append(&t(), batch, Acks::Leader).unwrap();
    };
    (0..200).for_each(|number| put(number, number % 40));
    for _ in 0..30 {
        log.maintain(NOW).unwrap();
    }
    let seen = read(&log, &Isolation::ReadUncommitted);
    let count = seen.split(' ').count();
    assert!((40..60).contains(&count), "{count}: {seen}");
}

#[test]
fn compaction_waits_until_it_is_worth_it() {
    let log =
        compacted(&[("min.cleanable.dirty.ratio", "0.5"), ("min.compaction.lag.ms", "60000")]);
    log.put(&["a=1"]);
    log.put(&["a=2"]);
    log.seal();
    log.seal();
    log.compact();
    log.check(expect!["0:a=1 1:a=2"]);
    log.clock.advance(Duration::from_secs(60));
    log.compact();
    log.check(expect!["1:a=2"]);
    // Now there is more that was cleaned than is dirty.
    log.put(&["a=3"]);
    log.seal();
    log.clock.advance(Duration::from_secs(60));
    log.compact();
    log.check(expect!["1:a=2 4:a=3"]);
}

#[test]
fn no_record_stays_dirty_for_longer_than_it_may() {
    let log = compacted(&[("min.cleanable.dirty.ratio", "1"), ("max.compaction.lag.ms", "60000")]);
    log.put(&["a=1"]);
    log.put(&["a=2"]);
    log.compact();
    log.check(expect!["0:a=1 1:a=2"]);
    log.clock.advance(Duration::from_secs(61));
    log.compact();
    log.check(expect!["1:a=2"]);
}

#[test]
fn compacted_and_deleted_topics_lose_what_is_old_too() {
    let log = compacted(&[("cleanup.policy", "compact,delete"), ("retention.ms", "3600000")]);
    log.put(&["a=1"]);
    log.put(&["a=2"]);
    log.seal();
    log.seal();
    log.compact();
    log.check(expect!["1:a=2"]);
    log.clock.advance(Duration::from_secs(3601));
    log.compact();
    log.check(expect![""]);
    assert_eq!(log.log.offsets(&t()).unwrap().start, 4);
}

#[test]
fn a_reader_goes_on_in_segments_that_are_replaced() {
    let log = compacted(&[]);
    for number in 0..60 {
        log.put(&[&format!("k{}={number}{}", number % 2, "v".repeat(90))]);
    }
    let mut next = 0;
    for _ in 0..20 {
        let fetch = log.log.read(&t(), next, 1, &Isolation::ReadUncommitted).unwrap();
        assert!(next < fetch.next_offset);
        next = fetch.next_offset;
        log.compact();
        log.put(&[&format!("k0={}", "v".repeat(90))]);
    }
}

#[test]
fn damage_stops_a_compaction_and_takes_nothing() {
    let log = compacted(&[]);
    for number in 0..30 {
        log.put(&[&format!("k={number}{}", "v".repeat(90))]);
    }
    let path = &files(&log.disk, ".log")[0];
    log.disk.open(path).unwrap().write_at(b"?", 300).unwrap();
    let refused = log.log.maintain(NOW).unwrap_err();
    expect!["partition t-0 is damaged from offset 1 on, at byte 162 of segment 0"]
        .assert_eq(&refused.to_string());
    // It is not tried again and again; the partition takes no records, and gives those before the damage.
    log.log.maintain(NOW).unwrap();
    let batch = pairs(RecordBatchBuilder::new(Compression::None), &["k=1"]);
    let refused = log.log.append(&t(), batch, Acks::Leader).unwrap_err();
    assert!(matches!(refused, LogError::Damaged { offset: 1, .. }));
    assert_eq!(log.log.read(&t(), 0, 1, &Isolation::ReadUncommitted).unwrap().next_offset, 1);
    assert!(files(&log.disk, ".cleaned").is_empty());
}

#[test]
fn a_full_disk_leaves_what_was_there() {
    let mut went_on = 0;
    for operation in 1..60 {
        let log = compacted(&[]);
        for number in 0..30 {
            log.put(&[&format!("k={number}{}", "v".repeat(90))]);
        }
        log.disk.fail_at(log.disk.operations() + operation, Fault::DiskFull);
        drop(log.log.maintain(NOW));
        if log.log.flush(&[t()]).is_err() {
            // It was a sync that failed, and the partition stops.
            continue;
        }
        went_on += 1;
        log.put(&["k=last"]);
        log.compact();
        let log = log.killed();
        let seen = log.seen(&Isolation::ReadUncommitted);
        assert!(seen.ends_with(":k=last"), "{operation}: {seen}");
        assert!(seen.split(' ').count() < 15, "{operation}: {seen}");
    }
    assert!(40 < went_on, "{went_on}");
}
