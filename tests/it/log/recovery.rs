//! What is torn, damaged or missing on the disk at the start; what the disk refuses while the log runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use expect_test::expect;
use tidemill::disk::{Disk, Fault, PowerLoss, SimDisk};
use tidemill::log::*;

use super::fixture::*;

const SEGMENT: &str = "/data/t-0/00000000000000000000.log";

/// Returns the files of partition `t-0` whose names end so.
pub(super) fn files(disk: &SimDisk, end: &str) -> Vec<PathBuf> {
    let folder = Path::new("/data/t-0");
    let names = disk.list(folder).unwrap().into_iter().map(|entry| entry.name);
    names.filter(|name| name.ends_with(end)).map(|name| folder.join(name)).collect()
}

/// Changes a byte in the middle of a file.
pub(super) fn damage(disk: &SimDisk, path: &Path) {
    let file = disk.open(path).unwrap();
    let middle = file.len().unwrap() / 2;
    let mut byte = [0];
    if file.read_at(&mut byte, middle).unwrap() == 1 {
        file.write_at(&[byte[0] ^ 0x55], middle).unwrap();
    }
}

fn fill(log: &Fixture, batches: usize, value: &str) {
    for _ in 0..batches {
        log.append(&[value]);
    }
}

fn change(disk: &SimDisk, path: &str, position: u64, bytes: &[u8]) {
    disk.open(Path::new(path)).unwrap().write_at(bytes, position).unwrap();
}

#[test]
fn a_torn_end_is_cut_off_at_every_length() {
    let whole = {
        let log = Fixture::new();
        log.append(&["a", "b"]);
        log.append(&["c"]);
        log.disk.kill()
    };
    let size = whole.open(Path::new(SEGMENT)).unwrap().len().unwrap();
    let first = size - 70;
    for len in 0..size {
        let disk = whole.kill();
        disk.open(Path::new(SEGMENT)).unwrap().truncate(len).unwrap();
        let log = open(&disk).unwrap();
        let seen = read(&log, &Isolation::ReadUncommitted);
        assert!(seen.is_empty() || seen == "0:a 1:b", "{len}: {seen}");
        assert_eq!(seen.is_empty(), len < first, "{len}");
        assert_eq!(log.dropped().len(), usize::from(len != 0 && len != first), "{len}");
    }
}

#[test]
fn a_bad_batch_before_a_good_one_is_never_cut_off() {
    let log = Fixture::new();
    for value in ["a", "b", "c"] {
        log.append(&[value]);
    }
    let disk = log.disk.kill();
    change(&disk, SEGMENT, 70 + 65, b"?");
    let log = open(&disk).unwrap();
    let first = log.read(&t(), 0, 1000, &Isolation::ReadUncommitted).unwrap();
    assert_eq!(first.next_offset, 1);
    let refused = log.read(&t(), 1, 1000, &Isolation::ReadUncommitted).unwrap_err();
    expect!["partition t-0 is damaged from offset 1 on, at byte 70 of segment 0"]
        .assert_eq(&refused.to_string());
    assert!(matches!(log.append(&t(), batch(&["d"]), Acks::All), Err(LogError::Damaged { .. })));
    assert_eq!((log.damaged().len(), log.dropped().len()), (1, 0));
    // Other partitions go on, and nothing was changed on the disk.
    log.create_topic("u", &TopicConfig::new(1)).unwrap();
    assert_eq!(disk.open(Path::new(SEGMENT)).unwrap().len().unwrap(), 210);
}

#[test]
fn damage_before_the_recovery_point_is_found_by_the_reader() {
    let log = Fixture::new();
    for value in ["a", "b", "c"] {
        log.append(&[value]);
    }
    let log = log.reopened(|disk| change(disk, SEGMENT, 70 + 65, b"?"));
    let fetch = log.log.read(&t(), 0, 1000, &Isolation::ReadUncommitted).unwrap();
    let mut buffer = RecordBuffer::new();
    let whole: Vec<_> = fetch.batches().map(|batch| batch.records(&mut buffer).is_ok()).collect();
    assert_eq!(whole, [true, false, true]);
    let log = log.reopened(|disk| change(disk, SEGMENT, 70 + 16, b"?"));
    let refused = log.log.read(&t(), 1, 1000, &Isolation::ReadUncommitted).unwrap_err();
    expect!["partition t-0 is damaged from offset 1 on, at byte 70 of segment 0"]
        .assert_eq(&refused.to_string());
}

#[test]
fn synced_bytes_that_are_gone_are_damage() {
    let log = Fixture::new();
    log.append(&["a"]);
    log.append(&["b"]);
    let log = log.reopened(|disk| disk.open(Path::new(SEGMENT)).unwrap().truncate(70).unwrap());
    assert_eq!(log.log.damaged().len(), 1);
    let log = Fixture::with(&[("segment.bytes", "1024")]);
    fill(&log, 30, &"x".repeat(100));
    let log = log.reopened(|disk| disk.remove(&files(disk, ".log")[1]).unwrap());
    expect!["partition t-0 is damaged from offset 5 on, at byte 0 of segment 10"]
        .assert_eq(&log.log.damaged()[0].to_string());
}

#[test]
fn indexes_checkpoint_and_snapshot_are_only_caches() {
    let fresh = || {
        let log = Fixture::with(&[("segment.bytes", "1024"), ("index.interval.bytes", "100")]);
        for number in 0..40 {
            let producer = Producer { id: number % 3, epoch: 0 };
            let value = format!("value {number}");
            log.log.append(&t(), produced(producer, &[&value]), Acks::Leader).unwrap();
        }
        log
    };
    let whole = read(&fresh().log, &Isolation::ReadUncommitted);
    for end in ["index", "timeindex", "snapshot", "checkpoint"] {
        type Change = fn(&SimDisk, &Path);
        let changes: [Change; 3] = [
            |disk, path| disk.remove(path).unwrap(),
            damage,
            |disk, path| disk.open(path).unwrap().truncate(3).unwrap(),
        ];
        for change in changes {
            let log = fresh().reopened(|disk| {
                let files = files(disk, end);
                assert!(!files.is_empty(), "{end}");
                files.iter().for_each(|path| change(disk, path));
            });
            assert_eq!(read(&log.log, &Isolation::ReadUncommitted), whole, "{end}");
            assert!(read_from(&log.log, 25, &Isolation::ReadCommitted).starts_with("25:value 25"));
            let found = log.log.offset_for_time(&t(), NOW).unwrap();
            assert_eq!(found, Some((0, NOW)));
            let producer = Producer { id: 0, epoch: 0 };
            let next = log.log.append(&t(), produced(producer, &["next"]), Acks::All).unwrap();
            assert_eq!(next, 40, "{end}");
        }
    }
}

#[test]
fn a_folder_that_is_not_whole_is_refused() {
    let refused = |change: &dyn Fn(&SimDisk)| {
        let log = Fixture::new();
        log.append(&["a"]);
        let disk = log.disk.kill();
        change(&disk);
        open(&disk).map(drop).unwrap_err().to_string()
    };
    let remove = |path: &'static str| move |disk: &SimDisk| disk.remove(Path::new(path)).unwrap();
    expect!["folder /data is not whole: meta.properties is missing"]
        .assert_eq(&refused(&remove("/data/meta.properties")));
    expect!["folder /data is not whole: topics is missing"]
        .assert_eq(&refused(&remove("/data/topics")));
    expect!["file /data/producer-ids cannot be used"]
        .assert_eq(&refused(&remove("/data/producer-ids")));
    expect!["folder /data is not whole: t-0/partition.metadata is missing"]
        .assert_eq(&refused(&|disk| disk.remove_folder(Path::new("/data/t-0")).unwrap()));
    expect!["file /data/topics is damaged: it is not a whole list of topics"]
        .assert_eq(&refused(&|disk| damage(disk, Path::new("/data/topics"))));
}

#[test]
fn a_folder_of_another_cluster_is_refused() {
    let disk = SimDisk::new();
    let config = |id: &str| LogConfig { cluster_id: Some(id.into()), ..LogConfig::default() };
    assert_eq!(open_with(&disk, config("mine")).unwrap().cluster_id(), "mine");
    let refused = open_with(&disk, config("yours")).map(drop).unwrap_err();
    expect!["folder /data belongs to cluster mine, not yours"].assert_eq(&refused.to_string());
    assert_eq!(open(&disk).unwrap().cluster_id(), "mine");
}

#[test]
fn two_processes_cannot_have_one_folder() {
    let log = Fixture::new();
    assert!(matches!(open(&log.disk), Err(LogError::Locked(_))));
}

#[test]
fn a_failed_sync_stops_the_partition_and_only_it() {
    let log = Fixture::new();
    log.log.create_topic("u", &TopicConfig::new(1)).unwrap();
    log.log.append(&t(), batch(&["a"]), Acks::All).unwrap();
    log.disk.fail_at(log.disk.operations() + 2, Fault::Io);
    let failed = log.log.append(&t(), batch(&["b"]), Acks::All).unwrap_err();
    expect!["storage of partition t-0 failed"].assert_eq(&failed.to_string());
    for acks in [Acks::All, Acks::Leader] {
        let refused = log.log.append(&t(), batch(&["c"]), acks);
        assert!(matches!(refused, Err(LogError::StorageFailed { .. })));
    }
    assert!(matches!(log.log.flush(&[t()]), Err(LogError::StorageFailed { .. })));
    // What was synced before can still be read; what was not cannot be relied on.
    let fetch = log.log.read(&t(), 0, 1000, &Isolation::ReadUncommitted).unwrap();
    assert_eq!(fetch.next_offset, 1);
    let beyond = log.log.read(&t(), 1, 1000, &Isolation::ReadUncommitted);
    assert!(matches!(beyond, Err(LogError::StorageFailed { .. })));
    let other = tidemill::types::TopicPartition::new("u", 0);
    log.log.append(&other, batch(&["d"]), Acks::All).unwrap();
    let disk = log.disk.crash(PowerLoss { seed: 1, reorders: false });
    assert!(read(&open(&disk).unwrap(), &Isolation::ReadUncommitted).starts_with("0:a"));
}

#[test]
fn a_full_disk_refuses_records_and_nothing_else_until_there_is_room() {
    let log = Fixture::new();
    let transaction = Producer { id: 1, epoch: 0 };
    log.log.append(&t(), transactional(transaction, &["a"]), Acks::All).unwrap();
    // Below the headroom: producers are refused, before the disk itself refuses anything.
    log.disk.set_capacity(64 * 1024 * 1024);
    let big = "x".repeat(100_000);
    let refused = loop {
        match log.log.append(&t(), batch(&[&big]), Acks::Leader) {
            Ok(offset) => assert!(offset < 200, "the room is looked at only from time to time"),
            Err(error) => break error,
        }
    };
    expect!["disk is full: partition t-0 takes no records until there is room"]
        .assert_eq(&refused.to_string());
    assert!(refused.is_retriable());
    log.log.end_transaction(transaction, &[t()], Outcome::Commit).unwrap();
    log.log.delete_records(&t(), 1).unwrap();
    assert!(log.log.read(&t(), 1, 1000, &Isolation::ReadCommitted).is_ok());
    log.disk.set_capacity(u64::MAX);
    log.append(&["room"]);
}

#[test]
fn a_write_that_finds_the_disk_full_leaves_nothing_behind() {
    let log = Fixture::new();
    log.append(&["a"]);
    log.disk.fail_at(log.disk.operations() + 1, Fault::DiskFull);
    let refused = log.log.append(&t(), batch(&["b", "bb"]), Acks::Leader).unwrap_err();
    assert!(refused.is_retriable());
    assert_eq!(log.append(&["c"]), 1);
    let log = log.killed();
    expect!["0:a 1:c"].assert_eq(&read(&log.log, &Isolation::ReadUncommitted));
}

#[test]
fn a_clean_start_reads_no_batch() {
    let log = Fixture::with(&[("segment.bytes", "1024")]);
    fill(&log, 100, &"x".repeat(100));
    // Every byte of the segments is damaged; nobody looks at them until somebody reads.
    let log = log.reopened(|disk| files(disk, ".log").iter().for_each(|path| damage(disk, path)));
    assert!(log.log.was_closed());
    assert_eq!(log.log.offsets(&t()).unwrap().high_watermark, 100);
}

#[test]
fn a_start_after_a_kill_reads_only_what_came_after_the_checkpoint() {
    let log = Fixture::new();
    fill(&log, 100, &"x".repeat(100));
    log.clock.set_wall_ms(NOW);
    let log = log.reopened(|_| ());
    fill(&log, 5, "y");
    let disk = log.disk.kill();
    change(&disk, SEGMENT, 200, b"?");
    let log = open(&disk).unwrap();
    assert!(!log.was_closed() && log.damaged().is_empty());
    assert_eq!(log.offsets(&t()).unwrap().high_watermark, 105);
}

#[test]
fn concurrent_producers_share_their_syncs() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(tidemill::clock::SystemClock::new());
    let disk = Arc::new(tidemill::disk::RealDisk);
    let config = LogConfig { headroom_bytes: 0, ..LogConfig::default() };
    let log = EmbeddedLog::open(disk, clock, folder.path(), config).unwrap();
    log.create_topic("t", &TopicConfig::new(1)).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..50 {
                    log.append(&t(), batch(&["v"]), Acks::All).unwrap();
                }
            });
        }
    });
    assert_eq!(log.offsets(&t()).unwrap().high_watermark, 400);
}
