//! Any bytes in any file: an error or a log, never a panic and never a record that nobody wrote.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use tidemill::disk::{Disk, SimDisk};
use tidemill::log::*;

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
    let mut files = Vec::new();
    for folder in ["/data", "/data/t-0"] {
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
