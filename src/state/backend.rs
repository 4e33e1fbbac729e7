//! What is committed, and how a store's keys lie in it.

use std::fmt;

use crate::state::Changes;

/// Why state cannot be read or written.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StateError {
    /// The disk or RocksDB failed. What is committed is still there: stop, look at the machine, start again.
    #[error("the state store failed: {0}")]
    Storage(String),
    /// Bytes in the store are not what was written. The store has to be rebuilt.
    #[error("state is damaged: {0}")]
    Damaged(String),
}

/// Names a store by what it means: the fingerprint of its operator (inputs, keys, windows, functions) in its query.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StoreId(pub u64);

impl fmt::Debug for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "store {:016x}", self.0)
    }
}

impl StoreId {
    /// Holds what the engine itself keeps: offsets, producers, the last epoch.
    pub const ENGINE: StoreId = StoreId(0);
}

/// One partition of a store. Its keys in the backend are `store (8 bytes) | partition (4 bytes) | key`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StorePartition {
    /// The store.
    pub store: StoreId,
    /// The partition.
    pub partition: u32,
}

impl StorePartition {
    /// The length of what stands before a key.
    pub const PREFIX_SIZE: usize = 12;

    /// Names a partition of a store.
    pub fn new(store: StoreId, partition: u32) -> Self {
        StorePartition { store, partition }
    }

    /// Returns what stands before each key.
    pub fn prefix(self) -> [u8; Self::PREFIX_SIZE] {
        let mut prefix = [0; Self::PREFIX_SIZE];
        prefix[..8].copy_from_slice(&self.store.0.to_be_bytes());
        prefix[8..].copy_from_slice(&self.partition.to_be_bytes());
        prefix
    }

    /// Returns a key as it lies in the backend.
    pub fn full_key(self, key: &[u8]) -> Vec<u8> {
        let mut full = Vec::with_capacity(Self::PREFIX_SIZE + key.len());
        full.extend_from_slice(&self.prefix());
        full.extend_from_slice(key);
        full
    }

    /// Returns the partition that a full key is in, and the key there.
    ///
    /// # Panics
    ///
    /// If it is shorter than a prefix: such keys are never stored.
    pub fn split(full_key: &[u8]) -> (Self, &[u8]) {
        let (prefix, key) = full_key.split_at(Self::PREFIX_SIZE);
        let (store, partition) = prefix.split_at(8);
        let store = store.try_into().map_or(0, u64::from_be_bytes);
        let partition = partition.try_into().map_or(0, u32::from_be_bytes);
        (StorePartition::new(StoreId(store), partition), key)
    }

    /// Returns the first full key behind all of this partition's.
    pub fn end(self) -> Vec<u8> {
        match self.partition.checked_add(1) {
            Some(next) => StorePartition::new(self.store, next).prefix().to_vec(),
            None => {
                StorePartition::new(StoreId(self.store.0.saturating_add(1)), 0).prefix().to_vec()
            }
        }
    }
}

/// Full keys and values in the order of the keys.
pub type Scan<'a> = Box<dyn Iterator<Item = Result<(Box<[u8]>, Box<[u8]>), StateError>> + 'a>;

/// Takes an entry, with the number of the range it is in.
pub type ShowEntry<'a> = dyn FnMut(usize, &[u8], &[u8]) -> Result<(), StateError> + 'a;

/// Shows the entries of ranges, each of which is scanned on its own.
pub(super) fn scan_one_by_one<'a>(
    scan: impl Fn(&[u8], &[u8]) -> Scan<'a>,
    ranges: &[(Vec<u8>, Vec<u8>)],
    show: &mut ShowEntry<'_>,
) -> Result<(), StateError> {
    for (number, (from, to)) in ranges.iter().enumerate() {
        for entry in scan(from, to) {
            let (key, value) = entry?;
            show(number, &key, &value)?;
        }
    }
    Ok(())
}

/// What is committed.
///
/// # Contract
///
/// - `commit` is atomic and durable: after it returns, and after a crash at any later point, all of it can be read; after a
///   crash before it returns, all of it or none.
/// - Reads see whole commits only; a scan sees the commits that had returned when it began.
/// - All methods may be called from any thread.
pub trait Backend: Send + Sync {
    /// Returns the value of a full key.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StateError>;
    /// Returns the values of full keys, in their order; cheaper than one by one when the keys are sorted.
    fn multi_get(&self, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, StateError>;
    /// Reads from one full key up to and without another, in order.
    fn scan<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a>;
    /// Reads several ranges as `scan` does, and shows each entry with the number of its range; cheaper than one by one when the
    /// ranges are sorted.
    fn scan_each(
        &self,
        ranges: &[(Vec<u8>, Vec<u8>)],
        show: &mut ShowEntry<'_>,
    ) -> Result<(), StateError> {
        scan_one_by_one(|from, to| self.scan(from, to), ranges, show)
    }
    /// Writes changes, all or none of them.
    fn commit(&self, changes: Changes) -> Result<(), StateError>;
    /// Returns about how many bytes a range takes.
    fn approximate_size(&self, from: &[u8], to: &[u8]) -> u64;
}
