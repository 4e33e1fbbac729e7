//! The rows of a join of two streams that wait for a match until their window closes.
//!
//! ```text
//! key   := time (8 bytes) | the row's key, with its window if it has one
//! value := row*               the rows of one time and key, in the order of arrival
//! ```

use crate::state::{Changes, OrderedStore, StateError};

/// The rows of one side that wait.
///
/// Source: the outer-join store of Kafka Streams' `KStreamKStreamJoin`.
pub(super) struct Unmatched {
    store: OrderedStore,
    /// How long after its time a row's window closes.
    closes_after_ms: i64,
    /// A time before which none waits.
    none_before: i64,
    key: Vec<u8>,
    value: Vec<u8>,
}

/// Rows of one time and key whose window has closed without a match.
pub(super) struct Closed {
    pub(super) time: i64,
    full_key: Box<[u8]>,
    /// One row after the other.
    pub(super) rows: Box<[u8]>,
}

const TIME_SIZE: usize = 8;

impl Unmatched {
    /// Makes the set on its store.
    pub(super) fn new(store: OrderedStore, closes_after_ms: i64) -> Self {
        let (key, value) = (Vec::new(), Vec::new());
        Unmatched { store, closes_after_ms, none_before: i64::MIN, key, value }
    }

    /// Brings what waits of some times and keys into memory, so that `add` finds it.
    pub(super) fn load<'a>(
        &mut self,
        rows: impl Iterator<Item = (i64, &'a [u8])>,
    ) -> Result<(), StateError> {
        if self.store.is_complete() {
            return Ok(());
        }
        let keys: Vec<Vec<u8>> = rows.map(|(time, key)| full_key(time, key)).collect();
        self.store.load(keys.iter().map(Vec::as_slice))
    }

    /// Adds a row that has no match yet.
    pub(super) fn add(&mut self, time: i64, key: &[u8], row: &[u8]) {
        write_key(time, key, &mut self.key);
        self.value.clear();
        self.value.extend_from_slice(self.store.get(&self.key).unwrap_or_default());
        self.value.extend_from_slice(row);
        self.store.put(&self.key, &self.value);
        self.none_before = self.none_before.min(time);
    }

    /// Removes the rows of a time and key: they have a match now.
    pub(super) fn remove(&mut self, time: i64, key: &[u8]) {
        write_key(time, key, &mut self.key);
        self.store.remove(&self.key);
    }

    /// Takes the rows whose window is closed at a stream time: by time, by key, by arrival.
    pub(super) fn take_closed(&mut self, stream_time: i64) -> Result<Vec<Closed>, StateError> {
        let bound = stream_time.saturating_sub(self.closes_after_ms);
        if bound <= self.none_before {
            return Ok(Vec::new());
        }
        let to = full_key(bound, &[]);
        self.store.load_below(&to)?;
        let found = self.store.range(&[], &to)?;
        self.none_before = bound;
        found.iter().for_each(|(key, _)| self.store.remove(key));
        Ok(found.into_iter().map(|(key, rows)| Closed::new(key, rows)).collect())
    }

    /// Hands over the changes of the epoch that ends.
    pub(super) fn hand_over(&mut self, changes: &mut Changes) {
        self.store.hand_over(changes);
    }
}

impl Closed {
    fn new(full_key: Box<[u8]>, rows: Box<[u8]>) -> Self {
        let mut time = [0; TIME_SIZE];
        time.copy_from_slice(&full_key[..TIME_SIZE]);
        Closed { time: (u64::from_be_bytes(time) ^ (1 << 63)) as i64, full_key, rows }
    }

    /// Returns the key of the rows.
    pub(super) fn key(&self) -> &[u8] {
        &self.full_key[TIME_SIZE..]
    }
}

fn full_key(time: i64, key: &[u8]) -> Vec<u8> {
    let mut full = Vec::with_capacity(TIME_SIZE + key.len());
    write_key(time, key, &mut full);
    full
}

fn write_key(time: i64, key: &[u8], out: &mut Vec<u8>) {
    out.clear();
    out.extend_from_slice(&((time as u64) ^ (1 << 63)).to_be_bytes());
    out.extend_from_slice(key);
}
