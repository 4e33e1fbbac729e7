//! A set of elements of several arrays, without copies of them.

use std::hash::BuildHasher;

use datafusion::arrow::array::ArrayRef;
use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::functions::Pick;
use crate::functions::elements::{elements_equal, hash_element};

/// A set of elements.
pub(super) struct ElementSet<'a> {
    sources: &'a [&'a ArrayRef],
    table: HashTable<Pick>,
    hasher: RandomState,
}

impl<'a> ElementSet<'a> {
    /// Begins an empty set of elements of these arrays.
    pub(super) fn new(sources: &'a [&'a ArrayRef]) -> Self {
        ElementSet { sources, table: HashTable::new(), hasher: RandomState::default() }
    }

    /// Takes all elements out.
    pub(super) fn clear(&mut self) {
        self.table.clear();
    }

    /// Adds an element; returns false if an equal one is there.
    pub(super) fn insert(&mut self, pick: Pick) -> bool {
        if self.contains(pick) {
            return false;
        }
        let (sources, hasher) = (self.sources, &self.hasher);
        self.table
            .insert_unique(hash(sources, hasher, pick), pick, |pick| hash(sources, hasher, *pick));
        true
    }

    /// Tells whether an equal element is there.
    pub(super) fn contains(&self, pick: Pick) -> bool {
        let element = |(source, row): Pick| (self.sources[source], row);
        let is_equal = |known: &Pick| elements_equal(element(*known), element(pick));
        self.table.find(hash(self.sources, &self.hasher, pick), is_equal).is_some()
    }
}

fn hash(sources: &[&ArrayRef], hasher: &RandomState, (source, row): Pick) -> u64 {
    let mut state = hasher.build_hasher();
    hash_element((sources[source], row), &mut state);
    std::hash::Hasher::finish(&state)
}
