//! Which panes a key has.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;

use super::open_windows::start_of;
use super::panes::{closed_of, grouping_key};
use crate::state::KeyIndex;

/// The panes in memory by key, in the order of time.
#[derive(Default)]
pub(super) struct PaneLists {
    hasher: RandomState,
    index: KeyIndex,
    lists: Vec<PaneList>,
    pane_count: usize,
    key_bytes: usize,
}

/// The panes of a key.
struct PaneList {
    key: Box<[u8]>,
    panes: Vec<Pane>,
}

/// The rows of a pane that count in the same windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pane {
    /// When the pane begins.
    pub(super) start: i64,
    /// How many of its windows do not count the rows.
    pub(super) closed: i32,
    /// The group.
    pub(super) group: u32,
}

impl PaneLists {
    /// Adds a group by its stored key, and returns the number of its grouping key.
    pub(super) fn add(&mut self, key: &[u8], group: u32) -> u32 {
        let pane = Pane { start: start_of(key), closed: closed_of(key), group };
        let number = self.number_of(grouping_key(key));
        let panes = &mut self.lists[number as usize].panes;
        match panes.last() {
            Some(last) if pane < *last => {
                let place = panes.partition_point(|other| *other < pane);
                panes.insert(place, pane);
            }
            _ => panes.push(pane),
        }
        self.pane_count += 1;
        number
    }

    /// Forgets all groups; keys have other numbers from now on.
    pub(super) fn clear(&mut self) {
        *self = PaneLists::default();
    }

    /// Returns a key by its number.
    pub(super) fn key(&self, number: u32) -> &[u8] {
        &self.lists[number as usize].key
    }

    /// Returns the panes of a key that begin in a range, the end not part of it, in the order of time.
    pub(super) fn between(&self, number: u32, from: i64, to: i64) -> &[Pane] {
        let panes = &self.lists[number as usize].panes;
        let first = panes.partition_point(|pane| pane.start < from);
        let count = panes[first..].partition_point(|pane| pane.start < to);
        &panes[first..first + count]
    }

    /// Returns about how many bytes it takes.
    pub(super) fn memory_size(&self) -> usize {
        // Lists have room for some more.
        let panes = self.pane_count * size_of::<Pane>() * 3 / 2;
        let lists = self.lists.capacity() * size_of::<PaneList>();
        panes + lists + self.key_bytes + self.index.memory_size()
    }

    fn number_of(&mut self, key: &[u8]) -> u32 {
        let PaneLists { hasher, index, lists, .. } = self;
        let hash = hasher.hash_one(key);
        if let Some(number) = index.find(hash, |number| *lists[number as usize].key == *key) {
            return number;
        }
        let number = u32::try_from(lists.len()).expect("fewer than 2^32 keys fit in memory");
        lists.push(PaneList { key: key.into(), panes: Vec::new() });
        index.insert(hash, number);
        self.key_bytes += key.len();
        number
    }
}

#[cfg(test)]
mod tests {
    use super::super::panes::pane_key;
    use super::*;

    #[test]
    fn panes_of_a_key_lie_in_the_order_of_time() {
        let mut lists = PaneLists::default();
        let mut add =
            |start, name: &[u8], closed, group| lists.add(&pane_key(start, name, closed), group);
        let numbers = [
            add(20, b"a", 0, 0),
            add(10, b"b", 0, 1),
            add(10, b"a", 1, 2),
            add(10, b"a", 0, 3),
            add(30, b"a", 0, 4),
        ];
        assert_eq!(numbers, [0, 1, 0, 0, 0]);
        let groups = |from, to| -> Vec<u32> {
            lists.between(0, from, to).iter().map(|pane| pane.group).collect()
        };
        assert_eq!(groups(0, 100), [3, 2, 0, 4]);
        assert_eq!(groups(11, 30), [0]);
        assert_eq!((lists.key(0), lists.key(1)), (&b"a"[..], &b"b"[..]));
    }
}
