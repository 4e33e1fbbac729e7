//! How much memory stores, changes on their way to the backend and batches at work may take together.
//!
//! ```text
//! 0 ────────── three quarters ─────────── limit
//!   caches grow │ stores give way at the end │ tasks wait for the epoch's commit
//!               │ of the epoch               │
//! ```

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Bounds what is kept in memory: hot rows, changes that are not committed yet, batches at work.
#[derive(Debug)]
pub struct MemoryBudget {
    limit: usize,
    used: AtomicUsize,
    shares: AtomicUsize,
}

/// Bytes taken of a budget; they are given back when it is dropped.
#[derive(Debug)]
pub struct MemoryUse {
    budget: Arc<MemoryBudget>,
    bytes: usize,
}

/// What one store takes of a budget.
#[derive(Debug)]
pub struct MemoryShare {
    taken: MemoryUse,
}

/// What a store has to grow or shrink by before the budget hears of it: so the threads seldom meet.
const STEP_BYTES: usize = 64 * 1024;

impl MemoryBudget {
    /// Makes a budget of so many bytes.
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(MemoryBudget { limit, used: AtomicUsize::new(0), shares: AtomicUsize::new(0) })
    }

    /// Opens a store's share, empty at first.
    pub fn share(self: &Arc<Self>) -> MemoryShare {
        self.shares.fetch_add(1, Relaxed);
        MemoryShare { taken: self.open() }
    }

    /// Begins to take bytes for what is not a store, none at first.
    pub fn open(self: &Arc<Self>) -> MemoryUse {
        MemoryUse { budget: Arc::clone(self), bytes: 0 }
    }

    /// Returns how many bytes may be taken.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// Returns how many bytes are taken.
    pub fn used(&self) -> usize {
        self.used.load(Relaxed)
    }

    /// Tells whether more is taken than may be: who adds to it has to wait.
    pub fn is_exceeded(&self) -> bool {
        self.limit < self.used()
    }

    /// Tells whether so much is taken that stores should let go of what they can.
    pub fn is_crowded(&self) -> bool {
        self.limit / 4 * 3 < self.used()
    }

    /// Returns how much to read or write at a time: the less is left, the less.
    pub fn piece(&self, sizes: RangeInclusive<usize>) -> usize {
        let left = self.limit.saturating_sub(self.used());
        (left / 16).clamp(*sizes.start(), *sizes.end())
    }
}

impl MemoryUse {
    /// Says how many bytes are taken now.
    pub fn set(&mut self, bytes: usize) {
        if self.bytes < bytes {
            self.budget.used.fetch_add(bytes - self.bytes, Relaxed);
        } else if bytes < self.bytes {
            self.budget.used.fetch_sub(self.bytes - bytes, Relaxed);
        }
        self.bytes = bytes;
    }

    /// Takes more bytes.
    pub fn add(&mut self, bytes: usize) {
        self.set(self.bytes + bytes);
    }
}

impl Drop for MemoryUse {
    fn drop(&mut self) {
        self.set(0);
    }
}

impl MemoryShare {
    /// Says how many bytes the store takes now, between the ends of epochs: cheap enough for each change of it.
    pub fn note(&mut self, bytes: usize) {
        if STEP_BYTES.min(self.taken.budget.limit / 16) < bytes.abs_diff(self.taken.bytes) {
            self.taken.set(bytes);
        }
    }

    /// Says how many bytes the store takes now. Returns whether it has to let go of what it can: all together take too
    /// much, and it takes more than an equal part.
    pub fn set(&mut self, bytes: usize) -> bool {
        self.taken.set(bytes);
        self.taken.budget.is_crowded() && self.part() < bytes
    }

    /// Returns how many bytes each store may take when all take the same.
    pub fn part(&self) -> usize {
        self.taken.budget.limit / self.taken.budget.shares.load(Relaxed).max(1)
    }
}

impl Drop for MemoryShare {
    fn drop(&mut self) {
        self.taken.budget.shares.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_stores_give_way_first() {
        let budget = MemoryBudget::new(100);
        let (mut small, mut large) = (budget.share(), budget.share());
        assert!(!small.set(10));
        assert!(!large.set(60));
        assert!(large.set(70));
        assert!(!small.set(11));
        assert!(!large.set(40));
        assert_eq!(budget.used(), 51);
        drop(large);
        assert_eq!(budget.used(), 11);
        assert!(small.set(101));
    }

    #[test]
    fn small_changes_of_a_store_are_not_told() {
        let budget = MemoryBudget::new(10 * STEP_BYTES * 16);
        let mut store = budget.share();
        store.note(STEP_BYTES);
        assert_eq!(budget.used(), 0);
        store.note(STEP_BYTES + 1);
        assert_eq!(budget.used(), STEP_BYTES + 1);
        store.note(1);
        assert_eq!(budget.used(), STEP_BYTES + 1);
        store.note(0);
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn pieces_get_smaller_as_memory_gets_short() {
        let budget = MemoryBudget::new(1600);
        let mut batch = budget.open();
        assert_eq!(budget.piece(10..=50), 50);
        assert_eq!(budget.piece(10..=500), 100);
        batch.add(1200);
        assert_eq!(budget.piece(10..=50), 25);
        batch.add(1200);
        assert!(budget.is_exceeded());
        assert_eq!(budget.piece(10..=50), 10);
        drop(batch);
        assert_eq!(budget.used(), 0);
    }
}
