//! Changes of stores on their way to the backend.

use crate::state::{StoreId, StorePartition};

/// Changes of stores, in the order in which they were made: a later one of the same key wins.
///
/// Full keys and values lie in one buffer, so that a million changes are not two million allocations.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    key_start: usize,
    value_start: usize,
    end: usize,
    kind: EntryKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EntryKind {
    Put,
    Delete,
    DeleteRange,
}

/// One change, by full keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    /// The key has this value now.
    Put(&'a [u8], &'a [u8]),
    /// The key is gone.
    Delete(&'a [u8]),
    /// All keys from the first up to and without the second are gone.
    DeleteRange(&'a [u8], &'a [u8]),
}

impl Changes {
    /// Makes an empty set.
    pub fn new() -> Self {
        Changes::default()
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Returns how many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Sets a key.
    pub fn put(&mut self, partition: StorePartition, key: &[u8], value: &[u8]) {
        self.put_with(partition, key, |out| out.extend_from_slice(value));
    }

    /// Sets a key to what `write` appends to the buffer.
    pub fn put_with(
        &mut self,
        partition: StorePartition,
        key: &[u8],
        write: impl FnOnce(&mut Vec<u8>),
    ) {
        let (key_start, value_start) = self.begin(&partition.prefix(), key);
        write(&mut self.bytes);
        self.end(key_start, value_start, EntryKind::Put);
    }

    /// Removes a key.
    pub fn delete(&mut self, partition: StorePartition, key: &[u8]) {
        let (key_start, value_start) = self.begin(&partition.prefix(), key);
        self.end(key_start, value_start, EntryKind::Delete);
    }

    /// Removes the keys of a partition from one up to and without another; `None` is the end of the partition.
    pub fn delete_range(&mut self, partition: StorePartition, from: &[u8], to: Option<&[u8]>) {
        let (key_start, value_start) = self.begin(&partition.prefix(), from);
        match to {
            Some(to) => {
                self.bytes.extend_from_slice(&partition.prefix());
                self.bytes.extend_from_slice(to);
            }
            None => self.bytes.extend_from_slice(&partition.end()),
        }
        self.end(key_start, value_start, EntryKind::DeleteRange);
    }

    /// Removes all partitions of a store.
    pub fn delete_store(&mut self, store: StoreId) {
        let first = StorePartition::new(store, 0);
        let (key_start, value_start) = self.begin(&first.prefix(), &[]);
        self.bytes.extend_from_slice(&StorePartition::new(store, u32::MAX).end());
        self.end(key_start, value_start, EntryKind::DeleteRange);
    }

    /// Adds all changes of another set, behind these.
    pub fn append(&mut self, other: &Changes) {
        let base = self.bytes.len();
        self.bytes.extend_from_slice(&other.bytes);
        self.entries.extend(other.entries.iter().map(|entry| Entry {
            key_start: entry.key_start + base,
            value_start: entry.value_start + base,
            end: entry.end + base,
            kind: entry.kind,
        }));
    }

    /// Returns the changes in order.
    pub fn iter(&self) -> impl Iterator<Item = Change<'_>> {
        self.entries.iter().map(|entry| {
            let key = &self.bytes[entry.key_start..entry.value_start];
            let value = &self.bytes[entry.value_start..entry.end];
            match entry.kind {
                EntryKind::Put => Change::Put(key, value),
                EntryKind::Delete => Change::Delete(key),
                EntryKind::DeleteRange => Change::DeleteRange(key, value),
            }
        })
    }

    fn begin(&mut self, prefix: &[u8], key: &[u8]) -> (usize, usize) {
        let key_start = self.bytes.len();
        self.bytes.extend_from_slice(prefix);
        self.bytes.extend_from_slice(key);
        (key_start, self.bytes.len())
    }

    fn end(&mut self, key_start: usize, value_start: usize, kind: EntryKind) {
        self.entries.push(Entry { key_start, value_start, end: self.bytes.len(), kind });
    }
}
