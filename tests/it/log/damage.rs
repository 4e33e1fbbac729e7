//! Any bytes in any file: an error or a log, never a panic and never a record that nobody wrote. Any one byte that is
//! changed is found, or harms nothing.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tidemill::clock::ManualClock;
use tidemill::disk::{Disk, SimDisk};
use tidemill::log::*;
use tidemill::types::TopicPartition;

use super::fixture::*;
use crate::random::Random;

/// How many damaged folders are tried; `TIDEMILL_DAMAGES` sets another count.
const DAMAGES: u64 = 3_000;

fn original() -> (SimDisk, HashSet<String>) {
    let log = Fixture::with(&[("segment.bytes", "1024"), ("index.interval.bytes", "150")]);
    let mut written = HashSet::new();
    for number in 0..60 {
        let value = format!("value{number}");
        let producer = Producer { id: number % 2, epoch: 0 };
        let batch = match number % 4 {
            0 => batch(&[&value]),
            _ => transactional(producer, &[&value]),
        };
        log.log.append(&t(), batch, Acks::Leader).unwrap();
        written.insert(format!("{number}:{value}"));
        written.insert(value);
        if number == 40 {
            log.log.maintain(NOW).unwrap();
        }
        if number % 7 == 6 {
            log.log.end_transaction(producer, &[t()], Outcome::Abort).unwrap();
        }
    }
    (log.disk, written)
}

fn all_files(disk: &SimDisk) -> Vec<PathBuf> {
    files_of(disk, &["/data", "/data/t-0"])
}

fn files_of(disk: &SimDisk, folders: &[&str]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in folders {
        for entry in disk.list(Path::new(folder)).unwrap() {
            if !entry.is_folder {
                files.push(Path::new(folder).join(entry.name));
            }
        }
    }
    files
}

fn damage(disk: &SimDisk, random: &mut Random) {
    let files = all_files(disk);
    let path = &files[random.below(files.len() as u64) as usize];
    let file = disk.open(path).unwrap();
    let len = file.len().unwrap();
    let position = random.below(len + 1);
    match random.below(6) {
        0 => disk.remove(path).unwrap(),
        1 => file.truncate(position).unwrap(),
        2 => file.write_at(&vec![0; random.below(700) as usize], position).unwrap(),
        3 => file.write_at(&vec![0xff; random.below(9) as usize], position).unwrap(),
        _ => file.write_at(&[random.below(256) as u8], position).unwrap(),
    }
}

#[test]
fn any_bytes_in_any_file_are_an_error_or_a_log() {
    let damages = std::env::var("TIDEMILL_DAMAGES");
    let damages = damages.map_or(DAMAGES, |count| count.parse().unwrap());
    let (original, written) = original();
    let mut opened = 0;
    for seed in 0..damages {
        let disk = original.kill();
        let mut random = Random::new(seed);
        for _ in 0..=random.below(3) {
            damage(&disk, &mut random);
        }
        let Ok(log) = open(&disk) else { continue };
        opened += 1;
        look_at_all(&log, &written, seed);
    }
    assert!(damages / 3 < opened, "{opened}");
}

fn look_at_all(log: &EmbeddedLog, written: &HashSet<String>, seed: u64) {
    let Ok(PartitionOffsets { start, .. }) = log.offsets(&t()) else { return };
    for isolation in [Isolation::ReadUncommitted, Isolation::ReadCommitted] {
        let (mut next, mut buffer) = (start, RecordBuffer::new());
        while let Ok(fetch) = log.read(&t(), next, 100, &isolation) {
            for batch in fetch.batches() {
                let Ok(records) = batch.records(&mut buffer) else { continue };
                for record in records {
                    let record = record.unwrap();
                    let value = String::from_utf8(record.value.unwrap().to_vec()).unwrap();
                    assert!(written.contains(&value), "seed {seed}: {value}");
                }
            }
            if fetch.next_offset == next {
                break;
            }
            next = fetch.next_offset;
        }
    }
    let _ = log.offset_for_time(&t(), NOW);
    let _ = log.append(&t(), batch(&["next"]), Acks::All);
    let _ = log.maintain(NOW);
    let _ = log.close();
}

/// Two small partitions, one of them compacted and with deleted records, and a group.
fn small() -> (SimDisk, [&'static str; 4]) {
    let log = Fixture::with(&[("segment.bytes", "1024"), ("index.interval.bytes", "150")]);
    let mut config = TopicConfig::new(1);
    for (name, value) in [
        ("cleanup.policy", "compact"),
        ("segment.bytes", "1024"),
        ("min.cleanable.dirty.ratio", "0"),
    ] {
        config.set(name, value).unwrap();
    }
    log.log.create_topic("c", &config).unwrap();
    let c = TopicPartition::new("c", 0);
    let producer = log.log.allocate_producer().unwrap();
    for number in 0..8 {
        let value = format!("{number}-{}", "v".repeat(200));
        log.append(&[&value]);
        log.log.append(&t(), transactional(producer, &["x"]), Acks::Leader).unwrap();
        let outcome = if number % 2 == 0 { Outcome::Abort } else { Outcome::Commit };
        log.log.end_transaction(producer, &[t()], outcome).unwrap();
        log.log.append(&c, batch(&[&value]), Acks::Leader).unwrap();
    }
    log.log.delete_records(&t(), 1).unwrap();
    log.log.maintain(NOW).unwrap();
    let (disk, log) = (log.disk, Arc::new(log.log));
    let shared = Arc::clone(&log) as Arc<dyn Log>;
    let offsets = ConsumerOffsets::open(shared, Arc::new(ManualClock::new(NOW))).unwrap();
    let committed = CommittedOffset { offset: 3, ..CommittedOffset::default() };
    offsets.commit("g", &[(t(), committed)]).unwrap();
    log.close().unwrap();
    drop((offsets, log));
    (disk, ["/data", "/data/t-0", "/data/c-0", "/data/__consumer_offsets-0"])
}

/// All that a log says; none if it found damage.
fn all_of(disk: &SimDisk) -> Option<String> {
    let log = Arc::new(open(disk).ok()?);
    if !log.damaged().is_empty() || !log.dropped().is_empty() {
        return None;
    }
    let mut said = format!("{:?} {:?}", log.cluster_id(), log.open_transactions());
    for topic in log.topics() {
        let partition = TopicPartition::new(topic.name.as_str(), 0);
        let offsets = log.offsets(&partition).ok()?;
        said += &format!("\n{topic:?} {offsets:?}");
        for isolation in [Isolation::ReadUncommitted, Isolation::ReadCommitted] {
            said += &records_of(&log, &partition, offsets.start, &isolation)?;
        }
        said += &format!(" {:?}", log.offset_for_time(&partition, NOW).ok()?);
    }
    let shared = Arc::clone(&log) as Arc<dyn Log>;
    let offsets = ConsumerOffsets::open(shared, Arc::new(ManualClock::new(NOW))).ok()?;
    said += &format!("\n{:?} {:?}", offsets.fetch_all("g"), log.allocate_producer().ok()?);
    Some(said)
}

fn records_of(
    log: &EmbeddedLog,
    partition: &TopicPartition,
    start: Offset,
    isolation: &Isolation,
) -> Option<String> {
    let (mut said, mut next, mut buffer) = (String::new(), start, RecordBuffer::new());
    loop {
        let fetch = log.read(partition, next, 100, isolation).ok()?;
        for batch in fetch.batches() {
            for record in batch.records(&mut buffer).ok()? {
                let RecordView { offset, timestamp, key, value, .. } = record.ok()?;
                said += &format!("\n{offset} {timestamp} {key:?} {value:?}");
            }
        }
        if fetch.next_offset == next {
            return Some(said);
        }
        next = fetch.next_offset;
    }
}

#[test]
fn every_byte_that_is_changed_is_found_or_harms_nothing() {
    let is_thorough = std::env::var("TIDEMILL_FLIPS").is_ok();
    let (original, folders) = small();
    let whole = all_of(&original.kill()).unwrap();
    let (mut found, mut harmless) = (0, 0);
    for path in files_of(&original, &folders) {
        let len = original.open(&path).unwrap().len().unwrap();
        for position in 0..len {
            let bits = if is_thorough { 0..8 } else { position % 8..position % 8 + 1 };
            for bit in bits {
                let disk = original.kill();
                let file = disk.open(&path).unwrap();
                let mut byte = [0];
                file.read_at(&mut byte, position).unwrap();
                file.write_at(&[byte[0] ^ (1 << bit)], position).unwrap();
                match all_of(&disk) {
                    None => found += 1,
                    Some(said) => {
                        let place = format!("{} at {position}, bit {bit}", path.display());
                        assert_eq!(said, whole, "{place}");
                        harmless += 1;
                    }
                }
            }
        }
    }
    assert!(1_000 < found && 100 < harmless, "{found} found, {harmless} harmless");
}
