//! What goes: by age, by size, by request; and what time does to records.

use std::path::Path;

use expect_test::expect;
use tidemill::disk::{Disk, Fault, PowerLoss};
use tidemill::log::*;
use tidemill::types::TopicPartition;

use super::fixture::*;

fn batch_at(timestamps: &[i64]) -> EncodedBatches {
    let mut builder = RecordBatchBuilder::new(Compression::None);
    for timestamp in timestamps {
        builder.push(*timestamp, Some(b"k"), Some(&[b'v'; 100]), &[]).unwrap();
    }
    builder.finish()
}

/// Ten segments of ten records, a second apart.
fn filled(properties: &[(&str, &str)]) -> Fixture {
    let log = Fixture::with(&[&[("segment.bytes", "1024")], properties].concat());
    for number in 0..100 {
        log.log.append(&t(), batch_at(&[NOW + number * 1_000]), Acks::Leader).unwrap();
    }
    log
}

fn start(log: &Fixture) -> Offset {
    log.log.offsets(&t()).unwrap().start
}

#[test]
fn segments_go_when_their_newest_record_is_too_old() {
    let log = filled(&[("retention.ms", "30000")]);
    log.log.maintain(NOW + 30_000).unwrap();
    assert_eq!(start(&log), 0);
    log.log.maintain(NOW + 80_000).unwrap();
    let kept = start(&log);
    assert!(40 < kept && kept <= 50, "{kept}");
    let refused = log.log.read(&t(), 0, 100, &Isolation::ReadUncommitted).unwrap_err();
    assert!(matches!(refused, LogError::OffsetOutOfRange { .. }));
    let log = log.killed();
    assert_eq!(start(&log), kept);
    // Even the last segment goes, and the log goes on where it was.
    log.log.maintain(NOW + 1_000_000).unwrap();
    assert_eq!(log.append(&["next"]), 100);
    assert_eq!(super::recovery::files(&log.disk, ".log").len(), 1);
    let log = log.killed().reopened(|_| ());
    expect!["100:next"].assert_eq(&read_from(&log.log, 100, &Isolation::ReadUncommitted));
}

#[test]
fn old_records_that_have_just_arrived_stay() {
    let log = Fixture::with(&[("segment.bytes", "1024"), ("retention.ms", "30000")]);
    for _ in 0..20 {
        log.log.append(&t(), batch_at(&[1_000]), Acks::Leader).unwrap();
    }
    log.log.maintain(NOW + 30_000).unwrap();
    assert_eq!(start(&log), 0);
    // A restart remembers when they came.
    let log = log.reopened(|_| ());
    log.log.maintain(NOW + 30_000).unwrap();
    assert_eq!(start(&log), 0);
    log.log.maintain(NOW + 30_001).unwrap();
    assert_eq!(start(&log), 20);
}

#[test]
fn segments_go_when_the_partition_is_too_large() {
    let log = filled(&[("retention.bytes", "5000"), ("retention.ms", "-1")]);
    log.log.maintain(NOW).unwrap();
    let size: u64 = super::recovery::files(&log.disk, ".log")
        .iter()
        .map(|path| log.disk.open(path).unwrap().len().unwrap())
        .sum();
    assert!((5_000..6_200).contains(&size), "{size}");
}

#[test]
fn compacted_topics_keep_what_is_old_and_refuse_records_without_key() {
    let log = filled(&[("cleanup.policy", "compact"), ("retention.ms", "1")]);
    log.log.maintain(NOW + 1_000_000).unwrap();
    assert_eq!(start(&log), 0);
    let mut builder = RecordBatchBuilder::new(Compression::None);
    builder.push(NOW, None, Some(b"v"), &[]).unwrap();
    assert!(matches!(
        log.log.append(&t(), builder.finish(), Acks::Leader),
        Err(LogError::InvalidBatch(_))
    ));
}

#[test]
fn an_open_transaction_is_kept() {
    let log = Fixture::with(&[("segment.bytes", "1024"), ("retention.ms", "1000")]);
    let producer = Producer { id: 1, epoch: 0 };
    log.log.append(&t(), transactional(producer, &["open"]), Acks::Leader).unwrap();
    for number in 0..30 {
        log.log.append(&t(), batch_at(&[NOW + number]), Acks::Leader).unwrap();
    }
    log.log.maintain(NOW + 1_000_000).unwrap();
    assert_eq!(start(&log), 0);
    log.log.end_transaction(producer, &[t()], Outcome::Commit).unwrap();
    log.log.maintain(NOW + 1_000_000).unwrap();
    assert!(0 < start(&log));
}

#[test]
fn deleted_records_stay_deleted() {
    let log = filled(&[]);
    log.log.delete_records(&t(), 55).unwrap();
    log.log.delete_records(&t(), 20).unwrap();
    assert_eq!(start(&log), 55);
    let beyond = log.log.delete_records(&t(), 101).unwrap_err();
    expect!["offset 101 of partition t-0 is not between 55 and 100"].assert_eq(&beyond.to_string());
    let log = log.killed();
    assert_eq!(start(&log), 55);
    assert!(read_from(&log.log, 55, &Isolation::ReadUncommitted).starts_with("55:"));
    log.log.delete_records(&t(), 100).unwrap();
    let log = log.reopened(|_| ());
    assert_eq!(log.log.offsets(&t()).unwrap().start, 100);
    assert_eq!(log.append(&["next"]), 100);
}

#[test]
fn a_power_loss_takes_no_records_from_behind_the_start() {
    for seed in 0..20 {
        let log = Fixture::new();
        log.append(&["a"]);
        log.append(&["b"]);
        log.log.delete_records(&t(), 2).unwrap();
        let log = open(&log.disk.crash(PowerLoss { seed, reorders: true })).unwrap();
        let offsets = log.offsets(&t()).unwrap();
        assert_eq!((offsets.start, offsets.high_watermark), (2, 2), "{seed}");
    }
}

#[test]
fn a_reader_goes_on_in_a_segment_that_is_removed() {
    let log = filled(&[]);
    let fetch = log.log.read(&t(), 3, 1, &Isolation::ReadUncommitted).unwrap();
    log.log.delete_records(&t(), 60).unwrap();
    let mut buffer = RecordBuffer::new();
    let batch = fetch.batches().next().unwrap();
    assert_eq!(batch.records(&mut buffer).unwrap().count(), 1);
}

#[test]
fn finds_the_first_record_of_a_time() {
    let log = filled(&[("index.interval.bytes", "200")]);
    let find = |timestamp| log.log.offset_for_time(&t(), timestamp).unwrap();
    assert_eq!(find(0), Some((0, NOW)));
    for number in 0..100 {
        let timestamp = NOW + number * 1_000;
        assert_eq!(find(timestamp), Some((number, timestamp)));
        assert_eq!(find(timestamp - 1), Some((number, timestamp)));
    }
    assert_eq!(find(NOW + 99_001), None);
    assert_eq!(log.log.max_timestamp(&t()).unwrap(), Some((99, NOW + 99_000)));
    log.log.append(&t(), batch_at(&[NOW + 5, NOW + 200_000, NOW + 7]), Acks::Leader).unwrap();
    assert_eq!(log.log.max_timestamp(&t()).unwrap(), Some((101, NOW + 200_000)));
    let log = log.reopened(|_| ());
    assert_eq!(log.log.max_timestamp(&t()).unwrap(), Some((101, NOW + 200_000)));
}

#[test]
fn records_from_the_future_are_refused() {
    let log = Fixture::with(&[("message.timestamp.after.max.ms", "1000")]);
    log.log.append(&t(), batch_at(&[NOW + 1_000]), Acks::Leader).unwrap();
    let refused = log.log.append(&t(), batch_at(&[NOW, NOW + 1_001]), Acks::Leader).unwrap_err();
    expect!["timestamp 1700000001001 is too far from the time of the append, 1700000000000"]
        .assert_eq(&refused.to_string());
}

#[test]
fn append_time_never_goes_back() {
    let log = Fixture::with(&[("message.timestamp.type", "LogAppendTime")]);
    let time = |log: &Fixture, offset| {
        let fetch = log.log.read(&t(), offset, 1, &Isolation::ReadUncommitted).unwrap();
        let mut buffer = RecordBuffer::new();
        let batch = fetch.batches().next().unwrap();
        assert_eq!(batch.header().timestamp_type(), TimestampType::LogAppendTime);
        let times = batch.records(&mut buffer).unwrap().map(|record| record.unwrap().timestamp);
        times.collect::<Vec<_>>()
    };
    log.log.append(&t(), batch_at(&[1, 2]), Acks::Leader).unwrap();
    log.clock.set_wall_ms(NOW - 5_000);
    log.log.append(&t(), batch_at(&[3]), Acks::Leader).unwrap();
    assert_eq!((time(&log, 0), time(&log, 2)), (vec![NOW, NOW], vec![NOW]));
    log.clock.set_wall_ms(NOW + 5_000);
    let answer = log.log.produce(&t(), batch_at(&[4]), Acks::Leader).unwrap();
    assert_eq!(answer.append_time, Some(NOW + 5_000));
    let log = log.killed();
    log.log.append(&t(), batch_at(&[5]), Acks::Leader).unwrap();
    assert_eq!(time(&log, 4), [NOW + 5_000]);
}

#[test]
fn properties_and_partitions_can_be_changed() {
    let log = filled(&[]);
    let config = TopicConfig::new(1).with("compression.type", "zstd").unwrap();
    log.log.alter_topic("t", &config).unwrap();
    log.log.add_partitions("t", 3).unwrap();
    assert!(log.log.add_partitions("t", 3).is_err());
    log.append(&["compressed"]);
    let fetch = log.log.read(&t(), 100, 1000, &Isolation::ReadUncommitted).unwrap();
    let codecs: Vec<_> = fetch.batches().map(|batch| batch.header().compression()).collect();
    assert_eq!(codecs, [Ok(Compression::Zstd)]);
    let log = log.killed();
    let topic = log.log.topic("t").unwrap();
    assert_eq!((topic.partitions, topic.config.get("compression.type")), (3, Some("zstd")));
    log.log.append(&TopicPartition::new("t", 2), batch(&["a"]), Acks::All).unwrap();
}

#[test]
fn a_batch_that_is_too_large_is_refused() {
    let log = Fixture::with(&[("max.message.bytes", "200")]);
    log.append(&["fits"]);
    let refused = log.log.append(&t(), batch_at(&[1, 2, 3]), Acks::Leader).unwrap_err();
    expect!["record batch of 391 bytes is larger than the 200 that partition t-0 takes"]
        .assert_eq(&refused.to_string());
}

#[test]
fn a_creation_that_failed_can_be_tried_again() {
    for operation in 1..12 {
        let log = Fixture::new();
        log.disk.fail_at(log.disk.operations() + operation, Fault::DiskFull);
        if log.log.create_topic("u", &TopicConfig::new(2)).is_err() {
            assert_eq!(log.log.topic("u"), None);
            log.log.create_topic("u", &TopicConfig::new(2)).unwrap();
        }
        let log = log.killed();
        assert_eq!(log.log.topics().len(), 2, "{operation}");
        assert!(log.disk.list(Path::new("/data/u-1")).is_ok());
    }
}
