//! The files below the last commits, on a simulated disk: one file, replaced as a whole.
//!
//! ```text
//! file  := entry*
//! entry := length (4 bytes) | key | length (4 bytes) | value
//! ```

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::RwLock;
use tidemill::disk::{Disk, SimDisk, read_file, replace_file};
use tidemill::state::{Change, Scan, StagedBackend, StateError, StateFiles};

/// So little that commits are on their way to the files most of the time.
const STAGED_BYTES: usize = 2000;

type Entries = BTreeMap<Vec<u8>, Vec<u8>>;

struct OneFile {
    disk: SimDisk,
    path: PathBuf,
    entries: RwLock<Entries>,
}

/// Opens the state in a folder, or makes it.
pub(super) fn open_state(disk: &SimDisk, folder: &Path) -> Result<StagedBackend, StateError> {
    let journal = folder.join("journal");
    let path = folder.join("entries");
    let open = || -> io::Result<Entries> {
        disk.create_folder(&journal)?;
        disk.sync_folder(folder.parent().expect("a folder of the data folder"))?;
        match disk.open(&path) {
            Ok(_) => Ok(decode(&read_file(disk, &path)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Entries::new()),
            Err(error) => Err(error),
        }
    };
    let entries = RwLock::new(open().map_err(failed)?);
    let files = OneFile { disk: disk.clone(), path, entries };
    StagedBackend::open(Arc::new(disk.clone()), &journal, Box::new(files), STAGED_BYTES)
}

fn failed(error: io::Error) -> StateError {
    StateError::Storage(error.to_string())
}

fn encode(entries: &Entries) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in entries.iter().flat_map(|(key, value)| [key, value]) {
        bytes.extend_from_slice(&(part.len() as u32).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

fn decode(mut bytes: &[u8]) -> Entries {
    let mut next = || {
        let (length, rest) = bytes.split_first_chunk()?;
        let (part, rest) = rest.split_at(u32::from_be_bytes(*length) as usize);
        bytes = rest;
        Some(part.to_vec())
    };
    std::iter::from_fn(|| Some((next()?, next()?))).collect()
}

impl StateFiles for OneFile {
    fn multi_get(&self, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, StateError> {
        let entries = self.entries.read();
        Ok(keys.iter().map(|key| entries.get(*key).cloned()).collect())
    }

    fn scan<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        let is_in = |(key, _): &(&Vec<u8>, _)| from <= key.as_slice() && key.as_slice() < to;
        let entries = self.entries.read();
        let boxed = |(key, value): (&Vec<u8>, &Vec<u8>)| Ok((key[..].into(), value[..].into()));
        let found: Vec<_> = entries.iter().filter(is_in).map(boxed).collect();
        Box::new(found.into_iter())
    }

    fn add(&self, changes: &mut dyn Iterator<Item = Change<'_>>) -> Result<(), StateError> {
        let mut entries = self.entries.read().clone();
        for change in changes {
            match change {
                Change::Put(key, value) => drop(entries.insert(key.to_vec(), value.to_vec())),
                Change::Delete(key) => drop(entries.remove(key)),
                Change::DeleteRange(from, to) => {
                    entries.retain(|key, _| **key < *from || *to <= **key);
                }
            }
        }
        replace_file(&self.disk, &self.path, &encode(&entries)).map_err(failed)?;
        *self.entries.write() = entries;
        Ok(())
    }

    fn approximate_size(&self, from: &[u8], to: &[u8]) -> u64 {
        self.scan(from, to).flatten().map(|(key, value)| (key.len() + value.len()) as u64).sum()
    }
}
