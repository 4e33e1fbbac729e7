//! A backend in memory, for `TestDriver` and tests.

use std::collections::BTreeMap;
use std::ops::Bound;

use parking_lot::RwLock;

use crate::state::changes::Change;
use crate::state::{Backend, Changes, Scan, StateError};

/// Keeps state in memory; it is gone with the process.
#[derive(Debug, Default)]
pub struct MemoryBackend {
    entries: RwLock<BTreeMap<Vec<u8>, Vec<u8>>>,
}

impl Backend for MemoryBackend {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        Ok(self.entries.read().get(key).cloned())
    }

    fn multi_get(&self, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, StateError> {
        let entries = self.entries.read();
        Ok(keys.iter().map(|key| entries.get(key).cloned()).collect())
    }

    fn scan<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        if from >= to {
            return Box::new(std::iter::empty());
        }
        let range = (Bound::Included(from.to_vec()), Bound::Excluded(to.to_vec()));
        let found: Vec<_> = self
            .entries
            .read()
            .range(range)
            .map(|(key, value)| Ok((key.as_slice().into(), value.as_slice().into())))
            .collect();
        Box::new(found.into_iter())
    }

    fn commit(&self, changes: Changes) -> Result<(), StateError> {
        let mut entries = self.entries.write();
        for change in changes.iter() {
            match change {
                Change::Put(key, value) => {
                    entries.insert(key.to_vec(), value.to_vec());
                }
                Change::Delete(key) => {
                    entries.remove(key);
                }
                Change::DeleteRange(from, to) => {
                    entries.retain(|key, _| key.as_slice() < from || to <= key.as_slice());
                }
            }
        }
        Ok(())
    }

    fn approximate_size(&self, from: &[u8], to: &[u8]) -> u64 {
        let range = (Bound::Included(from.to_vec()), Bound::Excluded(to.to_vec()));
        let entries = self.entries.read();
        entries.range(range).map(|(key, value)| (key.len() + value.len()) as u64).sum()
    }
}
