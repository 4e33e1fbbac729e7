//! Changes of stores on their way to the backend.

use crate::state::key_index::word_of;
use crate::state::{StoreId, StorePartition};

/// Changes of stores: a later one of the same key wins.
///
/// Full keys and values lie in blocks, so that a million changes are not two million allocations, that sets are joined without
/// copying them, and that what has been written can be let go of before the rest is.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    blocks: Vec<Block>,
}

#[derive(Clone, Debug, Default)]
struct Block {
    /// Key and value of each entry.
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    start: usize,
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

    /// Sorts the changes within each block, as RocksDB takes them best: whoever makes them need not, and goes through its memory
    /// in the order in which that lies. What a key has in the end stays the same.
    pub fn sort(&mut self) {
        self.blocks.iter_mut().for_each(Block::sort);
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
            // There will be more where so much was: room for it is made once.
            let next = |last: &Block| Block {
                bytes: Vec::with_capacity(last.bytes.len()),
                entries: Vec::with_capacity(last.entries.len()),
            };
            self.blocks.push(self.blocks.last().map(next).unwrap_or_default());
        }
        let last = self.blocks.len() - 1;
        let block = &mut self.blocks[last];
        let start = block.bytes.len();
        block.bytes.extend_from_slice(&partition.prefix());
        block.bytes.extend_from_slice(key);
        let value_start = block.bytes.len();
        write_value(&mut block.bytes);
        block.entries.push(Entry { start, value_start, end: block.bytes.len(), kind });
    }
}

impl Block {
    fn key(&self, entry: &Entry) -> &[u8] {
        &self.bytes[entry.start..entry.value_start]
    }

    fn iter(&self) -> impl Iterator<Item = Change<'_>> {
        self.entries.iter().map(|entry| {
            let key = self.key(entry);
            let value = &self.bytes[entry.value_start..entry.end];
            match entry.kind {
                EntryKind::Put => Change::Put(key, value),
                EntryKind::Delete => Change::Delete(key),
                EntryKind::DeleteRange => Change::DeleteRange(key, value),
            }
        })
    }

    /// Sorts each run of changes of a partition. A range that is deleted stays where it is.
    fn sort(&mut self) {
        let entries = std::mem::take(&mut self.entries);
        let prefix = |entry: &Entry| &self.key(entry)[..StorePartition::PREFIX_SIZE];
        let are_one_run = |a: &Entry, b: &Entry| {
            let is_range = [a, b].iter().any(|entry| entry.kind == EntryKind::DeleteRange);
            !is_range && prefix(a) == prefix(b)
        };
        let runs = entries.chunk_by(are_one_run);
        let sorted = runs.flat_map(|run| self.sorted(run)).collect();
        self.entries = sorted;
    }

    /// Returns the entries of a partition in the order of their keys. Most differ in the bytes that are compared first: the others need not
    /// be fetched. The place among the entries comes last: of the same key the later one stays the later one.
    fn sorted(&self, run: &[Entry]) -> Vec<Entry> {
        let words = |(place, entry): (usize, &Entry)| {
            let word =
                |number: usize| word_of(self.key(entry), StorePartition::PREFIX_SIZE + 8 * number);
            ([word(0), word(1), word(2)], place)
        };
        let mut sorted: Vec<_> = run.iter().enumerate().map(words).collect();
        sorted.sort_unstable_by(|a, b| {
            let keys = || self.key(&run[a.1]).cmp(self.key(&run[b.1]));
            a.0.cmp(&b.0).then_with(keys).then(a.1.cmp(&b.1))
        });
        sorted.into_iter().map(|(_, place)| run[place]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{Backend, MemoryBackend};

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

    #[test]
    fn sorted_changes_come_to_the_same() {
        let mut rng = fastrand::Rng::with_seed(5);
        for _ in 0..200 {
            let mut changes = Changes::new();
            for number in 0..rng.u32(0..300) {
                let partition = StorePartition { partition: rng.u32(0..2), ..PARTITION };
                // Keys that begin alike for longer than what is compared first.
                let key = |rng: &mut fastrand::Rng| {
                    [&[7; 24][..rng.usize(..25)], &[rng.u8(..4)]].concat()
                };
                let (first, second) = (key(&mut rng), key(&mut rng));
                match rng.u8(..20) {
                    0 => changes.delete_range(
                        partition,
                        &first.clone().min(second.clone()),
                        Some(&first.max(second)),
                    ),
                    1..6 => changes.delete(partition, &first),
                    _ => changes.put(partition, &first, &number.to_be_bytes()),
                }
            }
            let (in_order, sorted) = (MemoryBackend::default(), MemoryBackend::default());
            in_order.commit(changes.clone()).unwrap();
            changes.sort();
            let all: Vec<_> = changes.iter().collect();
            let are_sorted = |pair: &[Change<'_>]| match pair {
                [Change::Put(a, _) | Change::Delete(a), Change::Put(b, _) | Change::Delete(b)] => {
                    a <= b || a[..12] != b[..12]
                }
                _ => true,
            };
            assert!(all.windows(2).all(are_sorted));
            sorted.commit(changes.clone()).unwrap();
            let contents = |backend: &MemoryBackend| {
                backend.scan(&[], &[u8::MAX; 13]).collect::<Result<Vec<_>, _>>().unwrap()
            };
            assert_eq!(contents(&sorted), contents(&in_order));
        }
    }
}
