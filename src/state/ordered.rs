//! A store that is read in the order of its keys: this task's changes and as much of the rest as fits, over what is committed.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use crate::state::{Backend, Changes, MemoryBudget, MemoryShare, StateError, StorePartition};

/// A partition of a store that is read in the order of its keys.
///
/// Memory holds what this epoch and the one being committed have changed, and all that there is below some key: reads below it ask
/// nobody else. While the store is small that is everything.
pub struct OrderedStore {
    partition: StorePartition,
    backend: Arc<dyn Backend>,
    rows: BTreeMap<Box<[u8]>, Slot>,
    /// Below it everything is in memory; none: everything is.
    complete_below: Option<Box<[u8]>>,
    /// The keys that changed in this epoch, and in the one before.
    changed: [Vec<Box<[u8]>>; 2],
    epoch: u64,
    bytes: usize,
    /// What the lists of what changed take.
    changed_bytes: usize,
    share: MemoryShare,
}

struct Slot {
    value: Option<Box<[u8]>>,
    /// The epoch that changed it last; 0 if it was only read.
    changed_in: u64,
    /// Whether the backend may have the key, now or when the epochs on their way are committed.
    is_stored: bool,
}

/// A key and what it has.
pub type OrderedEntry = (Box<[u8]>, Box<[u8]>);

/// What a key and its slot take beside their bytes.
const SLOT_OVERHEAD: usize = 96;
/// What a key in a list of what changed takes beside its bytes.
const CHANGED_OVERHEAD: usize = 32;
/// How many entries are brought into memory at a time.
const READ_AHEAD: usize = 4096;

impl OrderedStore {
    /// Opens a partition of a store. `memory` bounds what all stores together keep in memory of what is committed already.
    pub fn open(
        partition: StorePartition,
        backend: Arc<dyn Backend>,
        memory: &Arc<MemoryBudget>,
    ) -> Result<Self, StateError> {
        let first = backend.scan(&partition.prefix(), &partition.end()).next().transpose()?;
        Ok(OrderedStore {
            partition,
            backend,
            rows: BTreeMap::new(),
            complete_below: first.map(|_| Box::default()),
            changed: Default::default(),
            epoch: 1,
            bytes: 0,
            changed_bytes: 0,
            share: memory.share(),
        })
    }

    /// Tells whether everything there is is in memory.
    pub fn is_complete(&self) -> bool {
        self.complete_below.is_none()
    }

    /// Brings keys into memory in one read, so that `get` finds them.
    pub fn load<'a>(&mut self, keys: impl Iterator<Item = &'a [u8]>) -> Result<(), StateError> {
        if self.is_complete() {
            return Ok(());
        }
        let mut missing: Vec<Vec<u8>> = keys
            .filter(|key| !self.is_known(key))
            .map(|key| self.partition.full_key(key))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        missing.sort_unstable();
        missing.dedup();
        for (key, value) in missing.iter().zip(self.backend.multi_get(&missing)?) {
            let is_stored = value.is_some();
            let slot = Slot { value: value.map(Vec::into_boxed_slice), changed_in: 0, is_stored };
            self.insert(key[StorePartition::PREFIX_SIZE..].into(), slot);
        }
        self.note();
        Ok(())
    }

    /// Returns what a key has that `load` brought in or `put` set; `None` for any other.
    pub fn get(&self, key: &[u8]) -> Option<&[u8]> {
        self.rows.get(key).and_then(|slot| slot.value.as_deref())
    }

    /// Sets a key.
    pub fn put(&mut self, key: &[u8], value: &[u8]) {
        let is_stored = self.may_be_stored(key);
        self.change(key, Slot { value: Some(value.into()), changed_in: self.epoch, is_stored });
    }

    /// Removes a key, whether it is in memory or not.
    pub fn remove(&mut self, key: &[u8]) {
        if self.may_be_stored(key) {
            self.change(key, Slot { value: None, changed_in: self.epoch, is_stored: true });
        } else if let Some(slot) = self.rows.remove(key) {
            self.bytes -= size_of_slot(key, &slot);
        }
    }

    /// Returns what there is from one key up to and without another, in order.
    pub fn range(&self, from: &[u8], to: &[u8]) -> Result<Vec<OrderedEntry>, StateError> {
        let mut found = Vec::new();
        if to <= from {
            return Ok(found);
        }
        let unknown_from = match &self.complete_below {
            Some(bound) if &**bound < to => Some(from.max(bound)),
            Some(_) | None => None,
        };
        if let Some(unknown_from) = unknown_from {
            let (start, end) = (self.partition.full_key(unknown_from), self.partition.full_key(to));
            for entry in self.backend.scan(&start, &end) {
                let (full_key, value) = entry?;
                let key = &full_key[StorePartition::PREFIX_SIZE..];
                if !self.rows.contains_key(key) {
                    found.push((key.into(), value));
                }
            }
        }
        let is_merged = !found.is_empty();
        let bounds = (Bound::Included(from), Bound::Excluded(to));
        for (key, slot) in self.rows.range::<[u8], _>(bounds) {
            found.extend(slot.value.clone().map(|value| (key.clone(), value)));
        }
        if is_merged {
            found.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        }
        Ok(found)
    }

    /// Brings everything below a key into memory, and what follows it while it is at it: for stores that are read from the front.
    pub fn load_below(&mut self, to: &[u8]) -> Result<(), StateError> {
        while let Some(bound) = &self.complete_below
            && &**bound < to
        {
            let start = self.partition.full_key(bound);
            let backend = Arc::clone(&self.backend);
            let entries: Vec<_> = backend
                .scan(&start, &self.partition.end())
                .take(READ_AHEAD)
                .collect::<Result<_, _>>()?;
            self.complete_below = match entries.last() {
                // The least key after the last one read.
                Some((last, _)) if entries.len() == READ_AHEAD => {
                    Some([&last[StorePartition::PREFIX_SIZE..], &[0]].concat().into())
                }
                Some(_) | None => None,
            };
            for (full_key, value) in entries {
                let key = &full_key[StorePartition::PREFIX_SIZE..];
                if !self.rows.contains_key(key) {
                    let slot = Slot { value: Some(value), changed_in: 0, is_stored: true };
                    self.insert(key.into(), slot);
                }
            }
        }
        self.note();
        Ok(())
    }

    /// Hands over this epoch's changes and begins the next epoch. The epoch before this one is committed by now.
    pub fn hand_over(&mut self, changes: &mut Changes) {
        let [now, before] = &mut self.changed;
        for key in before.drain(..) {
            // The removal is committed: the backend does not have the key any more.
            let is_gone = |slot: &Slot| slot.value.is_none() && slot.changed_in < self.epoch;
            if self.rows.get(&key).is_some_and(is_gone) {
                self.bytes -= SLOT_OVERHEAD + key.len();
                self.rows.remove(&key);
            }
        }
        now.sort_unstable();
        now.dedup();
        self.changed_bytes = now.iter().map(|key| CHANGED_OVERHEAD + key.len()).sum();
        for key in now.iter() {
            // A key that is not there any more came and went within the epoch.
            let Some(slot) = self.rows.get_mut(key) else { continue };
            match &slot.value {
                Some(value) => changes.put(self.partition, key, value),
                None => changes.delete(self.partition, key),
            }
            slot.is_stored = true;
        }
        std::mem::swap(now, before);
        if self.share.set(self.bytes + self.changed_bytes) {
            self.evict();
        }
        self.epoch += 1;
    }

    fn note(&mut self) {
        self.share.note(self.bytes + self.changed_bytes);
    }

    fn is_known(&self, key: &[u8]) -> bool {
        let is_below = self.complete_below.as_ref().is_none_or(|bound| key < &**bound);
        is_below || self.rows.contains_key(key)
    }

    fn may_be_stored(&self, key: &[u8]) -> bool {
        match self.rows.get(key) {
            Some(slot) => slot.is_stored,
            None => !self.is_known(key),
        }
    }

    fn change(&mut self, key: &[u8], slot: Slot) {
        let is_first = self.rows.get(key).is_none_or(|old| old.changed_in < self.epoch);
        if is_first {
            self.changed[0].push(key.into());
            self.changed_bytes += CHANGED_OVERHEAD + key.len();
        }
        if let Some(old) = self.rows.get_mut(key) {
            self.bytes -= size_of_slot(key, old);
            self.bytes += size_of_slot(key, &slot);
            *old = slot;
        } else {
            self.insert(key.into(), slot);
        }
        self.note();
    }

    fn insert(&mut self, key: Box<[u8]>, slot: Slot) {
        self.bytes += size_of_slot(&key, &slot);
        self.rows.insert(key, slot);
    }

    /// Drops what is committed, from the far end, until half of what is allowed is left.
    fn evict(&mut self) {
        let mut kept = 0;
        let mut bound = None;
        for (key, slot) in &self.rows {
            kept += size_of_slot(key, slot);
            if self.share.part() / 2 < kept {
                bound = Some(key.clone());
                break;
            }
        }
        let Some(bound) = bound else { return };
        let epoch = self.epoch;
        self.rows.retain(|key, slot| *key < bound || epoch <= slot.changed_in);
        self.bytes = self.rows.iter().map(|(key, slot)| size_of_slot(key, slot)).sum();
        let old = self.complete_below.take();
        self.complete_below = Some(old.map_or(bound.clone(), |old| old.min(bound)));
        self.share.set(self.bytes + self.changed_bytes);
    }
}

fn size_of_slot(key: &[u8], slot: &Slot) -> usize {
    SLOT_OVERHEAD + key.len() + slot.value.as_ref().map_or(0, |value| value.len())
}
