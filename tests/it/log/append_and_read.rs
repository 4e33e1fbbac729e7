//! Appending and reading, topics, watching.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use expect_test::expect;
use tidemill::disk::RealDisk;
use tidemill::log::*;
use tidemill::types::TopicPartition;

use super::fixture::*;

#[test]
fn reads_what_was_appended() {
    let log = Fixture::new();
    assert_eq!(log.append(&["a", "b"]), 0);
    assert_eq!(log.append(&["c"]), 2);
    expect!["0:a 1:b 2:c"].assert_eq(&read(&log.log, &Isolation::ReadUncommitted));
    expect!["1:b 2:c"].assert_eq(&read_from(&log.log, 1, &Isolation::ReadCommitted));
}

#[test]
fn reads_at_least_one_batch_and_no_more_than_asked() {
    let log = Fixture::new();
    let long = "x".repeat(50_000);
    for value in ["a", &long, "b", "c"] {
        log.append(&[value]);
    }
    let offsets = |from, max_bytes| {
        let fetch = log.log.read(&t(), from, max_bytes, &Isolation::ReadUncommitted).unwrap();
        (fetch.batches().map(|batch| batch.base_offset()).collect::<Vec<_>>(), fetch.next_offset)
    };
    assert_eq!(offsets(0, 1), (vec![0], 1));
    assert_eq!(offsets(1, 1), (vec![1], 2));
    assert_eq!(offsets(1, 50_200), (vec![1, 2], 3));
    assert_eq!(offsets(0, usize::MAX), (vec![0, 1, 2, 3], 4));
    assert_eq!(offsets(4, 1), (vec![], 4));
}

#[test]
fn reads_across_segments() {
    let log = Fixture::with(&[("segment.bytes", "1024"), ("index.interval.bytes", "100")]);
    for number in 0..200 {
        log.append(&[&format!("value {number}")]);
    }
    let all = read(&log.log, &Isolation::ReadUncommitted);
    assert_eq!(all.split(' ').filter(|word| word.contains(':')).count(), 200);
    for from in 0..200 {
        let rest = read_from(&log.log, from, &Isolation::ReadUncommitted);
        assert!(rest.starts_with(&format!("{from}:value {from}")), "{rest}");
    }
}

#[test]
fn refuses_offsets_that_are_not_there() {
    let log = Fixture::new();
    log.append(&["a"]);
    let error = log.log.read(&t(), 2, 100, &Isolation::ReadUncommitted).unwrap_err();
    expect!["offset 2 of partition t-0 is not between 0 and 1"].assert_eq(&error.to_string());
    let unknown = log.log.append(&TopicPartition::new("u", 0), batch(&["a"]), Acks::None);
    expect!["topic u does not exist"].assert_eq(&unknown.unwrap_err().to_string());
    let unknown = log.log.append(&TopicPartition::new("t", 7), batch(&["a"]), Acks::None);
    expect!["partition t-7 does not exist"].assert_eq(&unknown.unwrap_err().to_string());
}

#[test]
fn topics_come_and_go() {
    let log = Fixture::new();
    let exists = log.log.create_topic("t", &TopicConfig::new(1)).unwrap_err();
    expect!["topic t already exists"].assert_eq(&exists.to_string());
    let id = log.log.topic("t").unwrap().id;
    log.append(&["old"]);
    log.log.delete_topic("t").unwrap();
    assert_eq!(log.log.topic("t"), None);
    assert!(log.log.append(&t(), batch(&["a"]), Acks::None).is_err());
    log.log.create_topic("t", &TopicConfig::new(2)).unwrap();
    assert_ne!(log.log.topic("t").unwrap().id, id);
    expect![""].assert_eq(&read(&log.log, &Isolation::ReadUncommitted));
    let log = log.reopened(|_| ());
    assert_eq!(log.log.topics().len(), 1);
    assert_eq!(log.log.topics()[0].partitions, 2);
}

#[test]
fn refuses_names_and_properties_that_kafka_refuses() {
    let log = Fixture::new();
    let long = "x".repeat(250);
    for name in ["", ".", "..", "a b", "a/b", "ä", &long] {
        assert!(log.log.create_topic(name, &TopicConfig::new(1)).is_err(), "{name}");
    }
    assert!(log.log.create_topic("none", &TopicConfig::new(0)).is_err());
}

#[test]
fn watchers_are_woken_until_their_guard_is_dropped() {
    let log = Fixture::new();
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let waker: Waker = Arc::new(move || {
        counter.fetch_add(1, Ordering::SeqCst);
    });
    let guard = log.log.watch(&t(), waker).unwrap();
    log.append(&["a"]);
    log.append(&["b"]);
    assert_eq!(count.load(Ordering::SeqCst), 2);
    drop(guard);
    log.append(&["c"]);
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

#[test]
fn a_log_on_the_real_disk_is_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let clock = || Arc::new(tidemill::clock::SystemClock::new());
    let open = || EmbeddedLog::open(Arc::new(RealDisk), clock(), &path, LogConfig::default());
    let log = open().unwrap();
    log.create_topic("t", &TopicConfig::new(1)).unwrap();
    log.append(&t(), batch(&["a", "b"]), Acks::All).unwrap();
    assert!(matches!(open(), Err(LogError::Locked(_))));
    drop(log);
    let log = open().unwrap();
    assert!(!log.was_closed());
    expect!["0:a 1:b"].assert_eq(&read(&log, &Isolation::ReadCommitted));
    log.close().unwrap();
    assert!(matches!(log.append(&t(), batch(&["c"]), Acks::All), Err(LogError::Closed)));
    drop(log);
    assert!(open().unwrap().was_closed());
}
