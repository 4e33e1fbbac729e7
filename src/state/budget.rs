//! How much memory all stores together may keep of what is committed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Bounds what all stores keep in memory: hot rows, and changes that are not committed yet.
#[derive(Debug)]
pub struct MemoryBudget {
    limit: usize,
    used: AtomicUsize,
    shares: AtomicUsize,
}

/// What one store takes of a budget.
#[derive(Debug)]
pub struct MemoryShare {
    budget: Arc<MemoryBudget>,
    bytes: usize,
}

impl MemoryBudget {
    /// Makes a budget of so many bytes.
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(MemoryBudget { limit, used: AtomicUsize::new(0), shares: AtomicUsize::new(0) })
    }

    /// Opens a store's share, empty at first.
    pub fn share(self: &Arc<Self>) -> MemoryShare {
        self.shares.fetch_add(1, Relaxed);
        MemoryShare { budget: Arc::clone(self), bytes: 0 }
    }

    /// Returns how many bytes all stores take.
    pub fn used(&self) -> usize {
        self.used.load(Relaxed)
    }

    /// Tells whether stores take more than they may.
    pub fn is_exceeded(&self) -> bool {
        self.limit < self.used()
    }
}

impl MemoryShare {
    /// Says how many bytes the store takes now. Returns whether it has to let go of what it can: all stores together take too
    /// much, and it takes more than an equal part.
    pub fn set(&mut self, bytes: usize) -> bool {
        if self.bytes <= bytes {
            self.budget.used.fetch_add(bytes - self.bytes, Relaxed);
        } else {
            self.budget.used.fetch_sub(self.bytes - bytes, Relaxed);
        }
        self.bytes = bytes;
        self.budget.is_exceeded() && self.part() < bytes
    }

    /// Returns how many bytes each store may take when all take the same.
    pub fn part(&self) -> usize {
        self.budget.limit / self.budget.shares.load(Relaxed).max(1)
    }
}

impl Drop for MemoryShare {
    fn drop(&mut self) {
        self.set(0);
        self.budget.shares.fetch_sub(1, Relaxed);
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
        assert!(!large.set(90));
        assert!(large.set(95));
        assert!(!small.set(11));
        assert!(!large.set(40));
        assert_eq!(budget.used(), 51);
        drop(large);
        assert_eq!(budget.used(), 11);
        assert!(small.set(101));
    }
}
