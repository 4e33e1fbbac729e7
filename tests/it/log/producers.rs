//! Idempotent producers and transactions.

use expect_test::{Expect, expect};
use tidemill::log::*;

use super::fixture::*;

const A: Producer = Producer { id: 1, epoch: 0 };
const B: Producer = Producer { id: 2, epoch: 0 };

fn numbered(producer: Producer, sequence: i32, values: &[&str]) -> EncodedBatches {
    let mut builder = RecordBatchBuilder::new(Compression::None);
    builder.set_producer(Some(producer));
    builder.set_base_sequence(sequence);
    for value in values {
        builder.push(NOW, Some(b"k"), Some(value.as_bytes()), &[]).unwrap();
    }
    builder.finish()
}

#[track_caller]
fn check(log: &Fixture, batch: EncodedBatches, want: Expect) {
    match log.log.append(&t(), batch, Acks::Leader) {
        Ok(offset) => want.assert_eq(&offset.to_string()),
        Err(error) => want.assert_eq(&error.to_string()),
    }
}

#[track_caller]
fn sees(log: &Fixture, isolation: Isolation, want: Expect) {
    want.assert_eq(&read(&log.log, &isolation));
}

#[test]
fn the_last_five_batches_sent_again_get_their_offsets() {
    let log = Fixture::new();
    for sequence in 0..6 {
        check_offset(&log, sequence, i64::from(sequence));
    }
    for sequence in 1..6 {
        check_offset(&log, sequence, i64::from(sequence));
    }
    check(
        &log,
        numbered(A, 0, &["v"]),
        expect!["producer 1 sent sequence 0, but 6 comes next in partition t-0"],
    );
    check(
        &log,
        numbered(A, 7, &["v"]),
        expect!["producer 1 sent sequence 7, but 6 comes next in partition t-0"],
    );
    let log = log.reopened(|_| ());
    for sequence in 1..6 {
        check_offset(&log, sequence, i64::from(sequence));
    }
    let log = log.killed();
    check_offset(&log, 1, 1);
    check_offset(&log, 6, 6);
}

#[track_caller]
fn check_offset(log: &Fixture, sequence: i32, want: Offset) {
    assert_eq!(log.log.append(&t(), numbered(A, sequence, &["v"]), Acks::Leader).unwrap(), want);
}

#[test]
fn sequences_go_around_after_the_largest() {
    let log = Fixture::new();
    check(&log, numbered(A, i32::MAX, &["a"]), expect!["0"]);
    check(&log, numbered(A, 0, &["b", "c"]), expect!["1"]);
    check(&log, numbered(A, 2, &["d"]), expect!["3"]);
}

#[test]
fn a_newer_epoch_fences_the_older() {
    let log = Fixture::new();
    let newer = Producer { epoch: 1, ..A };
    check(&log, numbered(A, 0, &["a"]), expect!["0"]);
    check(
        &log,
        numbered(newer, 5, &["b"]),
        expect!["producer 1 sent sequence 5, but 0 comes next in partition t-0"],
    );
    check(&log, numbered(newer, 0, &["b"]), expect!["1"]);
    check(
        &log,
        numbered(A, 1, &["c"]),
        expect!["producer 1 has epoch 0, but partition t-0 knows epoch 1"],
    );
    let late = log.log.end_transaction(A, &[t()], Outcome::Commit).unwrap_err();
    expect!["producer 1 has epoch 0, but partition t-0 knows epoch 1"].assert_eq(&late.to_string());
}

#[test]
fn a_producer_without_sequences_is_given_them() {
    let log = Fixture::new();
    check(&log, produced(A, &["a", "b"]), expect!["0"]);
    check(&log, produced(A, &["c"]), expect!["2"]);
    let fetch = log.log.read(&t(), 0, 1000, &Isolation::ReadUncommitted).unwrap();
    let sequences: Vec<_> = fetch.batches().map(|batch| batch.header().base_sequence).collect();
    assert_eq!(sequences, [0, 2]);
    sees(&log, Isolation::ReadUncommitted, expect!["0:a 1:b 2:c"]);
}

#[test]
fn committed_records_appear_and_aborted_ones_do_not() {
    let log = Fixture::new();
    check(&log, transactional(A, &["a1"]), expect!["0"]);
    check(&log, transactional(B, &["b1"]), expect!["1"]);
    log.append(&["plain"]);
    check(&log, transactional(A, &["a2"]), expect!["3"]);
    sees(&log, Isolation::ReadCommitted, expect![""]);
    sees(&log, Isolation::ReadUncommitted, expect!["0:a1 1:b1 2:plain 3:a2"]);
    sees(&log, Isolation::ReadCommittedAnd(vec![1]), expect!["0:a1"]);
    sees(&log, Isolation::ReadCommittedAnd(vec![1, 2]), expect!["0:a1 1:b1 2:plain 3:a2"]);
    log.log.end_transaction(A, &[t()], Outcome::Commit).unwrap();
    sees(&log, Isolation::ReadCommitted, expect!["0:a1"]);
    log.log.end_transaction(B, &[t()], Outcome::Abort).unwrap();
    sees(&log, Isolation::ReadCommitted, expect!["0:a1 2:plain 3:a2"]);
    sees(&log, Isolation::ReadCommittedAnd(vec![2]), expect!["0:a1 2:plain 3:a2"]);
    sees(&log, Isolation::ReadUncommitted, expect!["0:a1 1:b1 2:plain 3:a2"]);
    let fetch = log.log.read(&t(), 0, 1000, &Isolation::ReadCommitted).unwrap();
    let aborted = AbortedTransaction { producer_id: 2, first_offset: 1, last_offset: 5 };
    assert_eq!(fetch.aborted(), [aborted]);
    let log = log.killed();
    sees(&log, Isolation::ReadCommitted, expect!["0:a1 2:plain 3:a2"]);
    let log = log.reopened(|_| ());
    sees(&log, Isolation::ReadCommitted, expect!["0:a1 2:plain 3:a2"]);
}

#[test]
fn open_transactions_are_found_again() {
    let log = Fixture::new();
    check(&log, transactional(A, &["a"]), expect!["0"]);
    check(&log, transactional(B, &["b"]), expect!["1"]);
    log.log.end_transaction(A, &[t()], Outcome::Commit).unwrap();
    let open = [OpenTransaction { producer: B, partition: t(), first_offset: 1 }];
    assert_eq!(log.log.open_transactions(), open);
    let log = log.reopened(|_| ());
    assert_eq!(log.log.open_transactions(), open);
    let log = log.killed();
    assert_eq!(log.log.open_transactions(), open);
    log.log.end_transaction(B, &[t()], Outcome::Abort).unwrap();
    log.log.end_transaction(B, &[t()], Outcome::Abort).unwrap();
    assert_eq!(log.log.open_transactions(), []);
    let offsets = PartitionOffsets { start: 0, high_watermark: 4, last_stable: 4 };
    assert_eq!(log.log.offsets(&t()).unwrap(), offsets);
}

#[test]
fn a_transaction_holds_all_that_its_producer_sends() {
    let log = Fixture::new();
    check(&log, transactional(A, &["a"]), expect!["0"]);
    let refused =
        "producer 1 has an open transaction in partition t-0 that this batch is not part of";
    for other in [produced(A, &["b"]), transactional(Producer { epoch: 1, ..A }, &["c"])] {
        assert_eq!(log.log.append(&t(), other, Acks::Leader).unwrap_err().to_string(), refused);
    }
    // The epoch rises with the marker, so that a late end of this transaction cannot touch the next.
    let next = Producer { epoch: 1, ..A };
    log.log.end_transaction(next, &[t()], Outcome::Commit).unwrap();
    check(&log, transactional(next, &["d"]), expect!["2"]);
    assert!(log.log.end_transaction(A, &[t()], Outcome::Abort).is_err());
    sees(&log, Isolation::ReadCommittedAnd(vec![1]), expect!["0:a 2:d"]);
}

#[test]
fn aborts_are_known_across_segments_and_when_the_index_is_gone() {
    let log = Fixture::with(&[("segment.bytes", "1024")]);
    for round in 0..30 {
        check_any(&log, transactional(A, &[&format!("a{round}")]));
        check_any(&log, transactional(B, &[&format!("b{round}"), &"x".repeat(200)]));
        let outcome = if round % 3 == 0 { Outcome::Abort } else { Outcome::Commit };
        log.log.end_transaction(A, &[t()], outcome).unwrap();
        if round % 4 == 3 {
            log.log.end_transaction(B, &[t()], Outcome::Abort).unwrap();
        }
    }
    let before = read(&log.log, &Isolation::ReadCommitted);
    assert!(before.contains(":a1 ") && !before.contains(":a3 ") && !before.contains(":b1 "));
    let log = log.reopened(|disk| {
        for file in super::recovery::files(disk, "index") {
            super::recovery::damage(disk, &file);
        }
    });
    assert_eq!(read(&log.log, &Isolation::ReadCommitted), before);
    let log = log.reopened(|disk| {
        use tidemill::disk::Disk;
        for file in super::recovery::files(disk, "index") {
            disk.remove(&file).unwrap();
        }
    });
    assert_eq!(read(&log.log, &Isolation::ReadCommitted), before);
}

fn check_any(log: &Fixture, batch: EncodedBatches) {
    log.log.append(&t(), batch, Acks::Leader).unwrap();
}

#[test]
fn producer_ids_are_never_handed_out_twice() {
    let log = Fixture::new();
    let first = log.log.allocate_producer().unwrap();
    let second = log.log.allocate_producer().unwrap();
    let log = log.killed();
    let third = log.log.allocate_producer().unwrap();
    assert!(first.id < second.id && second.id < third.id, "{first:?} {second:?} {third:?}");
}

#[test]
fn idle_producers_are_forgotten_unless_their_transaction_is_open() {
    let log = Fixture::new();
    check_any(&log, produced(A, &["a"]));
    check_any(&log, transactional(B, &["b"]));
    log.log.maintain(NOW + 25 * 60 * 60 * 1000).unwrap();
    check(&log, numbered(A, 77, &["c"]), expect!["2"]);
    assert_eq!(log.log.open_transactions().len(), 1);
}

#[test]
fn a_producer_is_remembered_when_its_records_are_gone() {
    let log = Fixture::with(&[("segment.bytes", "1024"), ("retention.ms", "1000")]);
    let producer = Producer { id: 1, epoch: 0 };
    let numbered = |sequence| {
        let mut builder = RecordBatchBuilder::new(Compression::None);
        builder.set_producer(Some(producer));
        builder.set_base_sequence(sequence);
        builder.push(NOW, Some(b"k"), Some(&[b'v'; 700]), &[]).unwrap();
        builder.finish()
    };
    (0..4).for_each(|sequence| {
        log.log.append(&t(), numbered(sequence), Acks::Leader).unwrap();
    });
    log.log.maintain(NOW + 10_000).unwrap();
    assert_eq!(log.log.offsets(&t()).unwrap().start, 4);
    let log = log.killed();
    assert_eq!(log.log.append(&t(), numbered(2), Acks::All).unwrap(), 2);
    let gap = log.log.append(&t(), numbered(9), Acks::All).unwrap_err();
    assert!(matches!(gap, LogError::OutOfOrderSequence { expected: 4, .. }));
    log.log.maintain(NOW + 24 * 60 * 60 * 1000 + 1).unwrap();
    assert_eq!(log.log.append(&t(), numbered(9), Acks::All).unwrap(), 4);
}
