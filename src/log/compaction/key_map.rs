//! The latest offset of each key, in a fixed amount of memory.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

use crate::log::Offset;

/// What an entry costs while the table grows: it has two sizes of itself then.
const ENTRY_BYTES: usize = 64;

/// The latest offset of each key in a range of the log.
///
/// A key is known by 128 bits of a keyed hash: nobody can make two keys collide, and by chance they do not.
#[derive(Debug)]
pub(in crate::log) struct KeyMap {
    entries: HashTable<Entry>,
    entries_max: usize,
    hashers: [RandomState; 2],
    end: Offset,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    hash: [u64; 2],
    offset: Offset,
}

impl KeyMap {
    /// Starts a map of that many bytes at most; it knows nothing of records from `from` on yet.
    pub(in crate::log) fn new(bytes_max: usize, from: Offset) -> Self {
        KeyMap {
            entries: HashTable::new(),
            entries_max: (bytes_max / ENTRY_BYTES).max(1),
            hashers: [RandomState::new(), RandomState::new()],
            end: from,
        }
    }

    /// Returns the offset from which on the map knows nothing.
    pub(in crate::log) fn end(&self) -> Offset {
        self.end
    }

    /// Takes note that everything before an offset is in the map.
    pub(in crate::log) fn advance(&mut self, end: Offset) {
        self.end = end;
    }

    /// Takes note of a record, which comes after all before; returns false if there is no room for another key.
    pub(in crate::log) fn put(&mut self, key: &[u8], offset: Offset) -> bool {
        let hash = self.hash(key);
        if let Some(entry) = self.entries.find_mut(hash[0], |entry| entry.hash == hash) {
            entry.offset = offset;
        } else if self.entries.len() == self.entries_max {
            return false;
        } else {
            self.entries.insert_unique(hash[0], Entry { hash, offset }, |entry| entry.hash[0]);
        }
        self.end = offset + 1;
        true
    }

    /// Says whether the map knows no later record of a key.
    pub(in crate::log) fn is_latest(&self, key: &[u8], offset: Offset) -> bool {
        let hash = self.hash(key);
        let found = self.entries.find(hash[0], |entry| entry.hash == hash);
        found.is_none_or(|entry| entry.offset <= offset)
    }

    fn hash(&self, key: &[u8]) -> [u64; 2] {
        [self.hashers[0].hash_one(key), self.hashers[1].hash_one(key)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_latest_offset_of_as_many_keys_as_fit() {
        let mut map = KeyMap::new(2 * ENTRY_BYTES, 5);
        assert!(map.put(b"a", 5) && map.put(b"b", 6) && map.put(b"a", 7));
        assert!(!map.put(b"c", 8));
        assert_eq!(map.end(), 8);
        assert!(!map.is_latest(b"a", 5) && map.is_latest(b"a", 7) && map.is_latest(b"c", 1));
    }
}
