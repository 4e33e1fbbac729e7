//! The file that keeps what a partition knows of its producers, in Kafka's format.
//!
//! ```text
//! version i16 = 1 | crc32c u32 of all from the count on | count i32 | entries:
//! producer i64 | epoch i16 | last sequence i32 | last offset i64 | offset delta i32 | timestamp i64
//!              | coordinator epoch i32 | first offset of the open transaction i64, or -1
//! ```
//!
//! Kafka keeps only a producer's last batch. Here a producer has an entry for each batch that is remembered, the
//! last one last: Kafka, which believes the last entry of a producer, reads the file all the same.

use std::io;
use std::path::{Path, PathBuf};

use super::Offset;
use super::batch::COORDINATOR_EPOCH;
use super::index::file_name;
use super::producers::{KeptBatch, ProducerState, Producers};
use crate::disk::{Disk, read_file, replace_file};

const VERSION: i16 = 1;
const FRONT_SIZE: usize = 10;
const ENTRY_SIZE: usize = 46;
/// Stands for "no batch": Kafka's sequence of a producer that has only ended transactions.
const NO_BATCH: KeptBatch =
    KeptBatch { last_sequence: -1, last_offset: -1, offset_delta: 0, timestamp: -1 };

/// Writes the snapshot of an offset and returns how many entries it has.
pub(super) fn store(
    disk: &dyn Disk,
    folder: &Path,
    offset: Offset,
    producers: &Producers,
) -> io::Result<usize> {
    let bytes = encode(producers);
    replace_file(disk, &path(folder, offset), &bytes)?;
    Ok((bytes.len() - FRONT_SIZE) / ENTRY_SIZE)
}

/// Reads the snapshot of an offset; none if it is not whole.
pub(super) fn load(disk: &dyn Disk, folder: &Path, offset: Offset) -> Option<Producers> {
    decode(&read_file(disk, &path(folder, offset)).ok()?)
}

/// Returns where the snapshot of an offset is.
pub(super) fn path(folder: &Path, offset: Offset) -> PathBuf {
    folder.join(file_name(offset, "snapshot"))
}

fn encode(producers: &Producers) -> Vec<u8> {
    let mut entries = Vec::new();
    for (id, state) in producers.iter() {
        if state.batches.is_empty() {
            put_entry(&mut entries, id, state, &NO_BATCH);
        }
        state.batches.iter().for_each(|batch| put_entry(&mut entries, id, state, batch));
    }
    let count = (entries.len() / ENTRY_SIZE) as i32;
    let crc = crc32c::crc32c_append(crc32c::crc32c(&count.to_be_bytes()), &entries);
    let mut bytes = VERSION.to_be_bytes().to_vec();
    bytes.extend_from_slice(&crc.to_be_bytes());
    bytes.extend_from_slice(&count.to_be_bytes());
    bytes.append(&mut entries);
    bytes
}

fn put_entry(target: &mut Vec<u8>, id: i64, state: &ProducerState, batch: &KeptBatch) {
    // A marker may be younger than the last batch; the last entry carries the time that counts.
    let is_last = state.batches.last().is_none_or(|last| last == batch);
    let timestamp = if is_last { state.last_timestamp } else { batch.timestamp };
    target.extend_from_slice(&id.to_be_bytes());
    target.extend_from_slice(&state.epoch.to_be_bytes());
    target.extend_from_slice(&batch.last_sequence.to_be_bytes());
    target.extend_from_slice(&batch.last_offset.to_be_bytes());
    target.extend_from_slice(&batch.offset_delta.to_be_bytes());
    target.extend_from_slice(&timestamp.to_be_bytes());
    target.extend_from_slice(&COORDINATOR_EPOCH.to_be_bytes());
    target.extend_from_slice(&state.transaction_start.unwrap_or(-1).to_be_bytes());
}

fn decode(bytes: &[u8]) -> Option<Producers> {
    let version = i16::from_be_bytes(*bytes.first_chunk()?);
    let crc = u32::from_be_bytes(*bytes.get(2..)?.first_chunk()?);
    let checked = bytes.get(6..)?;
    let count = i32::from_be_bytes(*checked.first_chunk()?);
    let entries = checked.get(4..)?;
    let is_whole = version == VERSION
        && crc == crc32c::crc32c(checked)
        && Some(entries.len()) == usize::try_from(count).ok()?.checked_mul(ENTRY_SIZE);
    if !is_whole {
        return None;
    }
    let mut producers = Producers::default();
    for entry in entries.chunks_exact(ENTRY_SIZE) {
        let (id, mut state) = read_entry(entry)?;
        if let Some(known) = producers.get(id) {
            let newest = std::mem::take(&mut state.batches);
            state.batches.clone_from(&known.batches);
            state.batches.extend(newest);
        }
        producers.insert(id, state);
    }
    Some(producers)
}

fn read_entry(entry: &[u8]) -> Option<(i64, ProducerState)> {
    let timestamp = i64::from_be_bytes(*entry.get(26..)?.first_chunk()?);
    let batch = KeptBatch {
        last_sequence: i32::from_be_bytes(*entry.get(10..)?.first_chunk()?),
        last_offset: i64::from_be_bytes(*entry.get(14..)?.first_chunk()?),
        offset_delta: i32::from_be_bytes(*entry.get(22..)?.first_chunk()?),
        timestamp,
    };
    let transaction_start = i64::from_be_bytes(*entry.get(38..)?.first_chunk()?);
    let state = ProducerState {
        epoch: i16::from_be_bytes(*entry.get(8..)?.first_chunk()?),
        batches: if batch.last_sequence < 0 { Vec::new() } else { vec![batch] },
        transaction_start: (0 <= transaction_start).then_some(transaction_start),
        last_timestamp: timestamp,
    };
    Some((i64::from_be_bytes(*entry.first_chunk()?), state))
}
