//! A store of rows by key: the task's own changes and hot rows in memory, over what is committed.

use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use crate::state::{Backend, Changes, MemoryBudget, MemoryShare, Scan, StateError, StorePartition};

/// A partition of a key-value store, as its task sees it.
///
/// Keys that this epoch or the one being committed has changed are never dropped from memory: the backend does not know
/// them yet. Others are, when there are too many.
pub struct CachedStore {
    partition: StorePartition,
    backend: Arc<dyn Backend>,
    rows: HashMap<Box<[u8]>, Slot, RandomState>,
    /// The keys that changed in this epoch.
    changed: Vec<Box<[u8]>>,
    epoch: u64,
    /// What the rows and the list of what changed take; and of that, the list.
    bytes: usize,
    changed_bytes: usize,
    share: MemoryShare,
}

struct Slot {
    value: Option<Box<[u8]>>,
    /// The epoch that changed it last; 0 if it was only read.
    changed_in: u64,
}

/// What a key and its slot take beside their bytes: a place in a table that is three quarters full, two allocations.
const SLOT_OVERHEAD: usize = 80;
/// What a key in the list of what changed takes beside its bytes.
const CHANGED_OVERHEAD: usize = 32;

impl CachedStore {
    /// Opens a partition of a store. `memory` bounds what all stores together keep in memory of what is committed already.
    pub fn new(
        partition: StorePartition,
        backend: Arc<dyn Backend>,
        memory: &Arc<MemoryBudget>,
    ) -> Self {
        CachedStore {
            partition,
            backend,
            rows: HashMap::with_hasher(RandomState::default()),
            changed: Vec::new(),
            epoch: 1,
            bytes: 0,
            changed_bytes: 0,
            share: memory.share(),
        }
    }

    /// Brings keys into memory in one read, so that `get` finds them.
    pub fn load<'a>(&mut self, keys: impl Iterator<Item = &'a [u8]>) -> Result<(), StateError> {
        let mut missing: Vec<Vec<u8>> = keys
            .filter(|key| !self.rows.contains_key(*key))
            .map(|key| self.partition.full_key(key))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        missing.sort_unstable();
        missing.dedup();
        let values = self.backend.multi_get(&missing)?;
        for (key, value) in missing.iter().zip(values) {
            let slot = Slot { value: value.map(Vec::into_boxed_slice), changed_in: 0 };
            self.insert(key[StorePartition::PREFIX_SIZE..].into(), slot);
        }
        self.share.note(self.bytes);
        Ok(())
    }

    /// Returns the row of a key that `load` brought in or `put` set; `None` for any other.
    pub fn get(&self, key: &[u8]) -> Option<&[u8]> {
        self.rows.get(key).and_then(|slot| slot.value.as_deref())
    }

    /// Sets or removes a key.
    pub fn put(&mut self, key: &[u8], value: Option<&[u8]>) {
        let slot = Slot { value: value.map(Into::into), changed_in: self.epoch };
        if let Some(old) = self.rows.get_mut(key) {
            self.bytes -= old.value.as_ref().map_or(0, |value| value.len());
            self.bytes += slot.value.as_ref().map_or(0, |value| value.len());
            let is_first = old.changed_in < self.epoch;
            *old = slot;
            if is_first {
                self.note_changed(key);
            }
            self.share.note(self.bytes);
            return;
        }
        self.note_changed(key);
        self.insert(key.into(), slot);
        self.share.note(self.bytes);
    }

    /// Reads what is committed from one key up to and without another; this epoch's changes are not in it.
    pub fn scan_committed(&self, from: &[u8], to: Option<&[u8]>) -> Scan<'_> {
        let from = self.partition.full_key(from);
        let to = to.map_or_else(|| self.partition.end(), |to| self.partition.full_key(to));
        self.backend.scan(&from, &to)
    }

    /// Removes the keys below one, from memory and from the store. They must not come back before this epoch is committed.
    pub fn expire(&mut self, horizon: &[u8], changes: &mut Changes) {
        self.rows.retain(|key, _| horizon <= &**key);
        self.changed.retain(|key| horizon <= &**key);
        self.count_bytes();
        changes.delete_range(self.partition, &[], Some(horizon));
    }

    /// Hands over this epoch's changes and begins the next epoch. The epoch before this one is committed by now.
    pub fn hand_over(&mut self, changes: &mut Changes) {
        for key in std::mem::take(&mut self.changed) {
            match self.rows.get(&key).and_then(|slot| slot.value.as_deref()) {
                Some(value) => changes.put(self.partition, &key, value),
                None => changes.delete(self.partition, &key),
            }
        }
        self.bytes -= std::mem::take(&mut self.changed_bytes);
        if self.share.set(self.bytes) {
            self.evict();
        }
        self.epoch += 1;
    }

    fn note_changed(&mut self, key: &[u8]) {
        self.changed.push(key.into());
        self.changed_bytes += CHANGED_OVERHEAD + key.len();
        self.bytes += CHANGED_OVERHEAD + key.len();
    }

    fn insert(&mut self, key: Box<[u8]>, slot: Slot) {
        self.bytes +=
            SLOT_OVERHEAD + key.len() + slot.value.as_ref().map_or(0, |value| value.len());
        self.rows.insert(key, slot);
    }

    /// Drops what is committed. Hot keys come back with the next `load`; dropping all at once costs nothing per access.
    fn evict(&mut self) {
        let epoch = self.epoch;
        self.rows.retain(|_, slot| epoch <= slot.changed_in);
        self.rows.shrink_to_fit();
        self.count_bytes();
        self.share.set(self.bytes);
    }

    fn count_bytes(&mut self) {
        self.changed_bytes = self.changed.iter().map(|key| CHANGED_OVERHEAD + key.len()).sum();
        self.bytes = self.changed_bytes;
        for (key, slot) in &self.rows {
            let value_size = slot.value.as_ref().map_or(0, |value| value.len());
            self.bytes += SLOT_OVERHEAD + key.len() + value_size;
        }
    }
}
