//! Looking at a log that nobody has open, and repairing it.

use std::path::Path;

use expect_test::{Expect, expect};
use tidemill::disk::{Disk, SimDisk};
use tidemill::log::inspect::{dump, repair, verify};
use tidemill::log::*;

use super::fixture::*;
use super::recovery::files;

const FOLDER: &str = "/data";
const SEGMENT: &str = "/data/t-0/00000000000000000000.log";

/// A partition of several segments with records, a transaction and a producer.
fn example() -> Fixture {
    let log = Fixture::with(&[("segment.bytes", "1024"), ("index.interval.bytes", "200")]);
    let producer = Producer { id: 7, epoch: 0 };
    for number in 0..20 {
        log.append(&[&format!("{number}{}", "v".repeat(80)), "w"]);
        if number == 3 {
            log.log.append(&t(), transactional(producer, &["x"]), Acks::Leader).unwrap();
            log.log.end_transaction(producer, &[t()], Outcome::Abort).unwrap();
        }
    }
    log
}

fn closed() -> SimDisk {
    let log = example();
    log.log.close().unwrap();
    drop(log.log);
    log.disk
}

#[track_caller]
fn check(disk: &SimDisk, want: Expect) {
    let reports = verify(disk, Path::new(FOLDER), None).unwrap();
    let text: Vec<_> = reports.iter().map(ToString::to_string).collect();
    want.assert_eq(&text.join("\n"));
}

fn write(disk: &SimDisk, path: &Path, position: u64, bytes: &[u8]) {
    let file = disk.open(path).unwrap();
    file.write_at(bytes, position).unwrap();
    file.sync_data().unwrap();
}

#[test]
fn a_whole_log_is_whole_however_it_was_left() {
    let disk = closed();
    check(&disk, expect!["t-0: whole, segments 4, bytes 3378, start 0, end 42, records 41"]);
    // Verifying changes nothing, and takes the folder from nobody.
    check(&disk, expect!["t-0: whole, segments 4, bytes 3378, start 0, end 42, records 41"]);
    let log = open(&disk).unwrap();
    let refused = verify(&disk, Path::new(FOLDER), None).unwrap_err();
    expect!["folder /data is in use by another process"].assert_eq(&refused.to_string());
    drop(log);
    let killed = example().disk.kill();
    check(
        &killed,
        expect![[r#"
            t-0: whole, segments 4, bytes 3378, start 0, end 42, records 41
              note: no checkpoint: the next start reads all"#]],
    );
    killed.open(&files(&killed, ".log")[2]).unwrap().truncate(300).unwrap();
    check(
        &killed,
        expect![[r#"
            t-0: DAMAGED, segments 4, bytes 2706, start 0, end 42, records 31
              lost: from offset 26 on, 138 bytes at 162 of segment 24: no record batch begins here
              lost: offsets 26 to 35, 0 bytes at 300 of segment 36: no segment has them
              note: no checkpoint: the next start reads all"#]],
    );
}

#[test]
fn says_what_is_damaged_and_where() {
    let disk = closed();
    let segments = files(&disk, ".log");
    write(&disk, &segments[0], 400, b"?");
    write(&disk, &segments[1], 5, b"?");
    disk.remove(&files(&disk, ".index")[0]).unwrap();
    check(
        &disk,
        expect![[r#"
            t-0: DAMAGED, segments 4, bytes 3378, start 0, end 42, records 37
              lost: offsets 4 to 5, 161 bytes at 322 of segment 0: batch checksum is 4b29ece4, not 552f0ed0
              lost: offsets 12 to 13, 161 bytes at 0 of segment 12: the batch says it has offset 4128780
              note: an index of segment 0 is built anew when it is used"#]],
    );
    let disk = closed();
    disk.remove(&segments[1]).unwrap();
    check(
        &disk,
        expect![[r#"
            t-0: DAMAGED, segments 3, bytes 2411, start 0, end 42, records 29
              lost: offsets 12 to 23, 0 bytes at 953 of segment 24: no segment has them"#]],
    );
    let disk = closed();
    disk.open(&segments[2]).unwrap().truncate(200).unwrap();
    check(
        &disk,
        expect![[r#"
            t-0: DAMAGED, segments 4, bytes 2606, start 0, end 42, records 31
              lost: from offset 26 on, 38 bytes at 162 of segment 24: no record batch begins here
              lost: offsets 26 to 35, 0 bytes at 200 of segment 36: no segment has them"#]],
    );
    let unknown = verify(&disk, Path::new(FOLDER), Some("u")).unwrap_err();
    expect!["topic u does not exist"].assert_eq(&unknown.to_string());
    let foreign = verify(&disk, Path::new("/"), None).unwrap_err();
    expect!["file /meta.properties cannot be used"].assert_eq(&foreign.to_string());
}

#[test]
fn a_repair_loses_what_is_damaged_and_nothing_else() {
    type Change = fn(&SimDisk, &[std::path::PathBuf]);
    let changes: [Change; 6] = [
        |disk, segments| write(disk, &segments[0], 400, b"?"),
        |disk, segments| write(disk, &segments[0], 5, b"?"),
        |disk, segments| write(disk, &segments[1], 0, &[7; 2000]),
        |disk, segments| disk.remove(&segments[0]).unwrap(),
        |disk, segments| disk.remove(&segments[1]).unwrap(),
        |disk, segments| disk.open(&segments[2]).unwrap().truncate(200).unwrap(),
    ];
    let mut said = Vec::new();
    let whole = lines(&open(&closed()).unwrap());
    for (number, change) in changes.into_iter().enumerate() {
        let disk = closed();
        change(&disk, &files(&disk, ".log"));
        let repaired = repair(&disk, Path::new(FOLDER), Some("t-0")).unwrap();
        said.extend(repaired[0].damages.iter().map(|lost| format!("{number}: {lost}")));
        let log = open(&disk).unwrap();
        assert!(log.damaged().is_empty(), "{number}");
        let kept = lines(&log);
        let is_lost = |line: &&String| {
            let offset: i64 = line.split(':').next().unwrap().parse().unwrap();
            repaired[0].damages.iter().any(|lost| lost.from <= offset && offset < lost.to)
        };
        let want: Vec<_> = whole.iter().filter(|line| !is_lost(line)).cloned().collect();
        assert_eq!(kept, want, "{number}");
        assert_eq!(log.append(&t(), batch(&["next"]), Acks::All).unwrap(), 42);
        drop(log);
        let again = verify(&disk, Path::new(FOLDER), None).unwrap();
        assert!(again[0].damages.is_empty(), "{number}: {}", again[0]);
    }
    expect![[r#"
        0: offsets 4 to 5, 161 bytes at 322 of segment 0: batch checksum is 4b29ece4, not 552f0ed0
        1: offsets 0 to 1, 161 bytes at 0 of segment 0: the batch says it has offset 4128768
        2: from offset 12 on, 2000 bytes at 0 of segment 12: no record batch begins here
        2: offsets 12 to 23, 0 bytes at 2000 of segment 24: no segment has them
        3: offsets 0 to 11: no segment has them
        4: offsets 12 to 23, 0 bytes at 953 of segment 24: no segment has them
        5: from offset 26 on, 38 bytes at 162 of segment 24: no record batch begins here
        5: offsets 26 to 35, 0 bytes at 200 of segment 36: no segment has them"#]]
    .assert_eq(&said.join("\n"));
}

/// Reads all records of a log.
fn lines(log: &EmbeddedLog) -> Vec<String> {
    let start = log.offsets(&t()).unwrap().start;
    let seen = read_from(log, start, &Isolation::ReadUncommitted);
    seen.split(' ').map(str::to_owned).collect()
}

#[test]
fn a_repair_that_was_cut_short_can_be_done_again() {
    let damaged = || {
        let disk = closed();
        write(&disk, &files(&disk, ".log")[0], 400, b"?");
        write(&disk, &files(&disk, ".log")[1], 300, b"?");
        disk
    };
    let disk = damaged();
    repair(&disk, Path::new(FOLDER), None).unwrap();
    let whole = lines(&open(&disk).unwrap());
    let disk = damaged();
    disk.keep_crash_points();
    repair(&disk, Path::new(FOLDER), None).unwrap();
    let points = disk.take_crash_points();
    assert!(10 < points.len());
    for (number, point) in points.iter().enumerate() {
        let loss = tidemill::disk::PowerLoss { seed: number as u64, reorders: true };
        for found in [point.kill(), point.crash(loss)] {
            repair(&found, Path::new(FOLDER), None).unwrap();
            assert_eq!(lines(&open(&found).unwrap()), whole, "{number}");
        }
    }
}

#[track_caller]
fn check_dump(disk: &SimDisk, path: &Path, want: Expect) {
    let mut lines = Vec::new();
    let is_valid = dump(disk, path, true, &mut |line| {
        lines.push(line);
        true
    });
    lines.push(format!("valid: {}", is_valid.unwrap()));
    want.assert_eq(&lines.join("\n"));
}

#[test]
fn shows_what_files_hold() {
    let log = Fixture::with(&[("index.interval.bytes", "0")]);
    let producer = Producer { id: 7, epoch: 2 };
    log.append(&["a", "b\n"]);
    log.log.append(&t(), transactional(producer, &["c"]), Acks::Leader).unwrap();
    log.log.end_transaction(producer, &[t()], Outcome::Abort).unwrap();
    log.append(&["d"]);
    log.log.close().unwrap();
    let disk = log.disk;
    for (end, want) in [
        (
            ".log",
            expect![[r#"
            Log starting offset: 0
            baseOffset: 0 lastOffset: 1 count: 2 baseSequence: -1 lastSequence: -1 producerId: -1 producerEpoch: -1 partitionLeaderEpoch: 0 isTransactional: false isControl: false deleteHorizonMs: OptionalLong.empty position: 0 CreateTime: 1700000000000 size: 80 magic: 2 compresscodec: none crc: 643222755 isvalid: true
            | offset: 0 CreateTime: 1700000000000 keySize: 1 valueSize: 1 sequence: -1 headerKeys: [] key: k payload: a
            | offset: 1 CreateTime: 1700000000000 keySize: 1 valueSize: 2 sequence: -1 headerKeys: [] key: k payload: b\n
            baseOffset: 2 lastOffset: 2 count: 1 baseSequence: 0 lastSequence: 0 producerId: 7 producerEpoch: 2 partitionLeaderEpoch: 0 isTransactional: true isControl: false deleteHorizonMs: OptionalLong.empty position: 80 CreateTime: 1700000000000 size: 70 magic: 2 compresscodec: none crc: 252881610 isvalid: true
            | offset: 2 CreateTime: 1700000000000 keySize: 1 valueSize: 1 sequence: 0 headerKeys: [] key: k payload: c
            baseOffset: 3 lastOffset: 3 count: 1 baseSequence: -1 lastSequence: -1 producerId: 7 producerEpoch: 2 partitionLeaderEpoch: 0 isTransactional: true isControl: true deleteHorizonMs: OptionalLong.empty position: 150 CreateTime: 1700000000000 size: 78 magic: 2 compresscodec: none crc: 1119182321 isvalid: true
            | offset: 3 CreateTime: 1700000000000 keySize: 4 valueSize: 6 sequence: -1 headerKeys: [] endTxnMarker: ABORT
            baseOffset: 4 lastOffset: 4 count: 1 baseSequence: -1 lastSequence: -1 producerId: -1 producerEpoch: -1 partitionLeaderEpoch: 0 isTransactional: false isControl: false deleteHorizonMs: OptionalLong.empty position: 228 CreateTime: 1700000000000 size: 70 magic: 2 compresscodec: none crc: 4045098167 isvalid: true
            | offset: 4 CreateTime: 1700000000000 keySize: 1 valueSize: 1 sequence: -1 headerKeys: [] key: k payload: d
            valid: true"#]],
        ),
        (
            ".index",
            expect![[r#"
            offset: 2 position: 80
            offset: 3 position: 150
            offset: 4 position: 228
            valid: true"#]],
        ),
        (
            ".timeindex",
            expect![[r#"
            timestamp: 1700000000000 offset: 1
            valid: true"#]],
        ),
        (
            ".txnindex",
            expect![[r#"
            version: 0 producerId: 7 firstOffset: 2 lastOffset: 3 lastStableOffset: 4
            valid: true"#]],
        ),
        (
            ".snapshot",
            expect![[r#"
            producerId: 7 producerEpoch: 2 coordinatorEpoch: 0 currentTxnFirstOffset: OptionalLong.empty lastTimestamp: 1700000000000 lastSequence: 0 lastOffset: 2 offsetDelta: 0 timestamp: 1700000000000
            valid: true"#]],
        ),
    ] {
        check_dump(&disk, &files(&disk, end)[0], want);
    }
    write(&disk, Path::new(SEGMENT), 70, b"????");
    write(&disk, Path::new(SEGMENT), 165, &[0; 40]);
    check_dump(
        &disk,
        Path::new(SEGMENT),
        expect![[r#"
        Log starting offset: 0
        baseOffset: 0 lastOffset: 1 count: 2 baseSequence: -1 lastSequence: -1 producerId: -1 producerEpoch: -1 partitionLeaderEpoch: 0 isTransactional: false isControl: false deleteHorizonMs: OptionalLong.empty position: 0 CreateTime: 1700000000000 size: 80 magic: 2 compresscodec: none crc: 643222755 isvalid: false
        | batch checksum is 65e57b48, not 2656cce3
        baseOffset: 2 lastOffset: 2 count: 1 baseSequence: 0 lastSequence: 0 producerId: 7 producerEpoch: 2 partitionLeaderEpoch: 0 isTransactional: true isControl: false deleteHorizonMs: OptionalLong.empty position: 80 CreateTime: 1700000000000 size: 70 magic: 2 compresscodec: none crc: 252881610 isvalid: true
        | offset: 2 CreateTime: 1700000000000 keySize: 1 valueSize: 1 sequence: 0 headerKeys: [] key: k payload: c
        Found 148 invalid bytes at the end of the file
        valid: false"#]],
    );
    let refused = dump(&disk, Path::new("/data/topics"), true, &mut |_| true).unwrap_err();
    expect!["file /data/topics is damaged: its name is that of no segment, index or snapshot"]
        .assert_eq(&refused.to_string());
}
