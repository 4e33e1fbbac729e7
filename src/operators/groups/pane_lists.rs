//! Which blocks of panes a key has.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;

use super::Panes;
use super::open_windows::start_of;
use super::panes::{closed_of, grouping_key};
use crate::state::KeyIndex;

/// The blocks in memory by grouping key, in the order of time.
pub(super) struct PaneLists {
    /// How windows are cut into panes.
    pub(super) panes: Panes,
    hasher: RandomState,
    index: KeyIndex,
    lists: Vec<BlockList>,
    /// The blocks by their numbers.
    placed: Vec<KeyBlock>,
    block_count: usize,
    key_bytes: usize,
}

/// The blocks of a key.
struct BlockList {
    key: Box<[u8]>,
    blocks: Vec<Block>,
}

/// Panes of a key that follow each other, and their rows that count in the same windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Block {
    /// When the first pane begins.
    pub(super) start: i64,
    /// How many of its pane's windows do not count a row.
    pub(super) closed: i32,
    /// Its number.
    pub(super) number: u32,
}

impl Block {
    /// Returns what orders the blocks of a key.
    pub(super) fn place(&self) -> (i64, i32) {
        (self.start, self.closed)
    }
}

/// A block, and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct KeyBlock {
    /// The number of its grouping key.
    pub(super) list: u32,
    pub(super) block: Block,
}

impl PaneLists {
    /// Makes lists without blocks.
    pub(super) fn new(panes: Panes) -> Self {
        PaneLists {
            panes,
            hasher: RandomState::default(),
            index: KeyIndex::default(),
            lists: Vec::new(),
            placed: Vec::new(),
            block_count: 0,
            key_bytes: 0,
        }
    }

    /// Adds a block by its key.
    pub(super) fn add(&mut self, key: &[u8], number: u32) {
        let block = Block { start: start_of(key), closed: closed_of(key), number };
        let list = self.list(grouping_key(key));
        let blocks = &mut self.lists[list as usize].blocks;
        match blocks.last() {
            Some(last) if block < *last => {
                let place = blocks.partition_point(|other| *other < block);
                blocks.insert(place, block);
            }
            _ => blocks.push(block),
        }
        self.block_count += 1;
        let placed = KeyBlock { list, block };
        if self.placed.len() <= number as usize {
            self.placed.resize(number as usize + 1, placed);
        }
        self.placed[number as usize] = placed;
    }

    /// Forgets all blocks; keys have other numbers from now on.
    pub(super) fn clear(&mut self) {
        *self = PaneLists::new(self.panes);
    }

    /// Returns a block by its number.
    pub(super) fn block(&self, number: u32) -> KeyBlock {
        self.placed[number as usize]
    }

    /// Returns a grouping key by its number.
    pub(super) fn key(&self, list: u32) -> &[u8] {
        &self.lists[list as usize].key
    }

    /// Returns the blocks of a key that have a pane in a range, the end not part of it, in the order of time.
    pub(super) fn between(&self, list: u32, from: i64, to: i64) -> &[Block] {
        let blocks = &self.lists[list as usize].blocks;
        let from = self.panes.block(from);
        let first = blocks.partition_point(|block| block.start < from);
        let count = blocks[first..].partition_point(|block| block.start < to);
        &blocks[first..first + count]
    }

    /// Returns about how many bytes it takes.
    pub(super) fn memory_size(&self) -> usize {
        // Lists have room for some more.
        let blocks = self.block_count * size_of::<Block>() * 3 / 2;
        let lists = self.lists.capacity() * size_of::<BlockList>();
        let placed = self.placed.capacity() * size_of::<KeyBlock>();
        blocks + lists + placed + self.key_bytes + self.index.memory_size()
    }

    /// Returns the number of a grouping key.
    fn list(&mut self, key: &[u8]) -> u32 {
        let PaneLists { hasher, index, lists, .. } = self;
        let hash = hasher.hash_one(key);
        if let Some(number) = index.find(hash, |number| *lists[number as usize].key == *key) {
            return number;
        }
        let number = u32::try_from(lists.len()).expect("fewer than 2^32 keys fit in memory");
        lists.push(BlockList { key: key.into(), blocks: Vec::new() });
        index.insert(hash, number);
        self.key_bytes += key.len();
        number
    }
}

#[cfg(test)]
mod tests {
    use super::super::panes::{pane_key, seconds};
    use super::*;

    #[test]
    fn blocks_of_a_key_lie_in_the_order_of_time() {
        // Blocks of two panes of a second.
        let mut lists = PaneLists::new(seconds(2, 1));
        let mut add = |start: i64, name: &[u8], closed, number| {
            lists.add(&pane_key(start * 1000, name, closed), number);
            lists.block(number).list
        };
        let numbers = [
            add(20, b"a", 0, 0),
            add(10, b"b", 0, 1),
            add(10, b"a", 1, 2),
            add(10, b"a", 0, 3),
            add(30, b"a", 0, 4),
        ];
        assert_eq!(numbers, [0, 1, 0, 0, 0]);
        let blocks = |from, to| -> Vec<u32> {
            lists.between(0, from, to).iter().map(|block| block.number).collect()
        };
        assert_eq!(blocks(0, 100_000), [3, 2, 0, 4]);
        assert_eq!(blocks(11_000, 20_001), [3, 2, 0]);
        assert_eq!(blocks(12_000, 30_000), [0]);
        assert_eq!((lists.key(0), lists.key(1)), (&b"a"[..], &b"b"[..]));
    }
}
