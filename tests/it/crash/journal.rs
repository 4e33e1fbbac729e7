//! State on a simulated disk: a journal of commits, read into memory at the start.
//!
//! ```text
//! journal := commit*
//! commit  := length (4 bytes) | CRC-32C (4 bytes) | change*
//! change  := kind (1 byte) | length (4 bytes) | key | length (4 bytes) | value, or the key that ends a range
//! ```

use std::io;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use tidemill::disk::{Disk, DiskFile, read_file};
use tidemill::state::{
    Backend, Change, Changes, MemoryBackend, Scan, StateError, StoreId, StorePartition,
};

const HEADER: usize = 8;

pub(super) struct JournalBackend {
    memory: MemoryBackend,
    file: Arc<dyn DiskFile>,
    end: Mutex<End>,
}

/// Where the next commit goes.
struct End {
    position: u64,
    /// A write or a sync failed: nobody knows what is on the disk.
    is_broken: bool,
}

impl JournalBackend {
    pub(super) fn open(disk: &dyn Disk, folder: &Path) -> Result<Self, StateError> {
        let memory = MemoryBackend::default();
        let (file, position) = recover(disk, folder, &memory).map_err(failed)?;
        let end = Mutex::new(End { position, is_broken: false });
        Ok(JournalBackend { memory, file, end })
    }
}

fn failed(error: io::Error) -> StateError {
    StateError::Storage(error.to_string())
}

fn recover(
    disk: &dyn Disk,
    folder: &Path,
    memory: &MemoryBackend,
) -> io::Result<(Arc<dyn DiskFile>, u64)> {
    let path = folder.join("journal");
    if disk.open(&path).is_err() {
        disk.create_folder(folder)?;
        disk.create(&path)?;
    }
    let bytes = read_file(disk, &path)?;
    let mut rest = bytes.as_slice();
    while let Some((commit, after)) = next_commit(rest) {
        memory.commit(decode(commit)).expect("memory takes all");
        rest = after;
    }
    let file = disk.open(&path)?;
    let position = (bytes.len() - rest.len()) as u64;
    // What is torn was never promised; what was found is synced before anybody builds on it.
    file.truncate(position)?;
    file.sync_data()?;
    disk.sync_folder(folder)?;
    disk.sync_folder(folder.parent().expect("a folder of the data folder"))?;
    Ok((file, position))
}

/// Splits off the next whole commit.
fn next_commit(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (header, rest) = bytes.split_at_checked(HEADER)?;
    let length = u32::from_be_bytes(header[..4].try_into().ok()?) as usize;
    let (commit, rest) = rest.split_at_checked(length)?;
    let is_whole = length != 0 && header[4..] == crc32c::crc32c(commit).to_be_bytes();
    is_whole.then_some((commit, rest))
}

fn encode(changes: &Changes) -> Vec<u8> {
    let mut bytes = vec![0; HEADER];
    let mut part = |kind: u8, key: &[u8], value: &[u8]| {
        bytes.push(kind);
        for part in [key, value] {
            bytes.extend_from_slice(&(part.len() as u32).to_be_bytes());
            bytes.extend_from_slice(part);
        }
    };
    for change in changes.iter() {
        match change {
            Change::Put(key, value) => part(0, key, value),
            Change::Delete(key) => part(1, key, &[]),
            Change::DeleteRange(from, to) => part(2, from, to),
        }
    }
    let length = (bytes.len() - HEADER) as u32;
    let sum = crc32c::crc32c(&bytes[HEADER..]);
    bytes[..4].copy_from_slice(&length.to_be_bytes());
    bytes[4..HEADER].copy_from_slice(&sum.to_be_bytes());
    bytes
}

fn decode(mut bytes: &[u8]) -> Changes {
    let mut changes = Changes::new();
    while let Some((kind, rest)) = bytes.split_first() {
        let (key, rest) = part(rest);
        let (value, rest) = part(rest);
        bytes = rest;
        let (partition, key) = split_key(key);
        match kind {
            0 => changes.put(partition, key, value),
            1 => changes.delete(partition, key),
            _ if value == partition.end() => changes.delete_range(partition, key, None),
            _ => changes.delete_range(partition, key, Some(split_key(value).1)),
        }
    }
    changes
}

fn part(bytes: &[u8]) -> (&[u8], &[u8]) {
    let (length, rest) = bytes.split_at(4);
    rest.split_at(u32::from_be_bytes(length.try_into().expect("four bytes")) as usize)
}

fn split_key(full: &[u8]) -> (StorePartition, &[u8]) {
    let (store, rest) = full.split_at(8);
    let (partition, key) = rest.split_at(4);
    let store = StoreId(u64::from_be_bytes(store.try_into().expect("eight bytes")));
    let partition = u32::from_be_bytes(partition.try_into().expect("four bytes"));
    (StorePartition::new(store, partition), key)
}

impl Backend for JournalBackend {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        self.memory.get(key)
    }

    fn multi_get(&self, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, StateError> {
        self.memory.multi_get(keys)
    }

    fn scan<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        self.memory.scan(from, to)
    }

    fn commit(&self, changes: Changes) -> Result<(), StateError> {
        let mut end = self.end.lock();
        if end.is_broken {
            return Err(StateError::Storage("the journal failed before".to_owned()));
        }
        if changes.is_empty() {
            return Ok(());
        }
        let bytes = encode(&changes);
        let written = self.file.write_at(&bytes, end.position).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            end.is_broken = true;
            return Err(failed(error));
        }
        end.position += bytes.len() as u64;
        self.memory.commit(changes)
    }

    fn approximate_size(&self, from: &[u8], to: &[u8]) -> u64 {
        self.memory.approximate_size(from, to)
    }
}
