//! Changes of stores on their way to the backend.

use crate::state::{StoreId, StorePartition};

/// Changes of stores, in the order in which they were made: a later one of the same key wins.
///
/// Full keys and values lie in blocks, so that a million changes are not two million allocations, that sets are joined without
/// copying them, and that what has been written can be let go of before the rest is.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    blocks: Vec<Block>,
}

#[derive(Clone, Debug, Default)]
struct Block {
    /// Key and value of each entry, one entry behind the other.
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
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

/// A block that has grown to this takes no further entry. What it is short of a mebibyte is room for the last one.
const BLOCK_BYTES: usize = (1 << 20) - (16 << 10);

impl Changes {
    /// Makes an empty set.
    pub fn new() -> Self {
        Changes::default()
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// Returns how many there are.
    pub fn len(&self) -> usize {
        self.blocks.iter().map(|block| block.entries.len()).sum()
    }

    /// Returns how many bytes keys and values have.
    pub fn size(&self) -> usize {
        self.blocks.iter().map(|block| block.bytes.len()).sum()
    }

    /// Returns how many bytes they take in memory.
    pub fn memory_size(&self) -> usize {
        let size = |b: &Block| b.bytes.capacity() + b.entries.capacity() * size_of::<Entry>();
        self.blocks.iter().map(size).sum()
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
        self.add(EntryKind::Put, (partition, key), write);
    }

    /// Removes a key.
    pub fn delete(&mut self, partition: StorePartition, key: &[u8]) {
        self.add(EntryKind::Delete, (partition, key), |_| {});
    }

    /// Removes the keys of a partition from one up to and without another; `None` is the end of the partition.
    pub fn delete_range(&mut self, partition: StorePartition, from: &[u8], to: Option<&[u8]>) {
        self.add(EntryKind::DeleteRange, (partition, from), |out| match to {
            Some(to) => {
                out.extend_from_slice(&partition.prefix());
                out.extend_from_slice(to);
            }
            None => out.extend_from_slice(&partition.end()),
        });
    }

    /// Removes all partitions of a store.
    pub fn delete_store(&mut self, store: StoreId) {
        let (first, last) = (StorePartition::new(store, 0), StorePartition::new(store, u32::MAX));
        self.add(EntryKind::DeleteRange, (first, &[]), |out| out.extend_from_slice(&last.end()));
    }

    /// Adds all changes of another set, behind these.
    pub fn append(&mut self, other: Changes) {
        self.blocks.extend(other.blocks);
    }

    /// Returns the changes in order.
    pub fn iter(&self) -> impl Iterator<Item = Change<'_>> {
        self.blocks.iter().flat_map(Block::iter)
    }

    /// Takes the set apart: sets of about a mebibyte, in order.
    pub fn into_parts(self) -> impl Iterator<Item = Changes> {
        self.blocks.into_iter().map(|block| Changes { blocks: vec![block] })
    }

    fn add(
        &mut self,
        kind: EntryKind,
        (partition, key): (StorePartition, &[u8]),
        write_value: impl FnOnce(&mut Vec<u8>),
    ) {
        if self.blocks.last().is_none_or(|block| BLOCK_BYTES <= block.bytes.len()) {
            self.blocks.push(Block::default());
        }
        let last = self.blocks.len() - 1;
        let block = &mut self.blocks[last];
        block.bytes.extend_from_slice(&partition.prefix());
        block.bytes.extend_from_slice(key);
        let value_start = block.bytes.len();
        write_value(&mut block.bytes);
        block.entries.push(Entry { value_start, end: block.bytes.len(), kind });
    }
}

impl Block {
    fn iter(&self) -> impl Iterator<Item = Change<'_>> {
        let mut start = 0;
        self.entries.iter().map(move |entry| {
            let key = &self.bytes[start..entry.value_start];
            let value = &self.bytes[entry.value_start..entry.end];
            start = entry.end;
            match entry.kind {
                EntryKind::Put => Change::Put(key, value),
                EntryKind::Delete => Change::Delete(key),
                EntryKind::DeleteRange => Change::DeleteRange(key, value),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTITION: StorePartition = StorePartition { store: StoreId(7), partition: 3 };

    #[test]
    fn parts_are_the_whole_in_order() {
        let mut changes = Changes::new();
        let mut more = Changes::new();
        for number in 0..3000_u32 {
            let target = if number < 2500 { &mut changes } else { &mut more };
            target.put(PARTITION, &number.to_be_bytes(), &[number as u8; 1000]);
        }
        more.delete(PARTITION, b"key");
        more.delete_range(PARTITION, b"from", Some(b"to"));
        changes.append(more);
        assert_eq!((changes.len(), changes.size()), (3002, 3000 * 1016 + 15 + 16 + 14));
        assert!(changes.size() < changes.memory_size());
        let all: Vec<_> = changes.iter().map(|change| format!("{change:?}")).collect();
        let parts: Vec<_> = changes.clone().into_parts().collect();
        assert!(parts.iter().all(|part| part.memory_size() < 5 << 18), "about a mebibyte each");
        assert!(3 <= parts.len());
        let in_parts = parts.iter().flat_map(Changes::iter).map(|change| format!("{change:?}"));
        assert_eq!(in_parts.collect::<Vec<_>>(), all);
    }
}
