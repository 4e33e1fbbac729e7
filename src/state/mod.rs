//! State that survives: stores of keys and rows, in layers.
//!
//! ```text
//! operator -> Cached (this task's changes, hot rows)      -> Backend (what is committed: RocksDB, or memory)
//!          -> Ordered (the same, read in order)
//!          -> Window (rows by key and time, which expire)
//! ```
//!
//! A task never writes to the backend: it hands its [`Changes`] over at the end of an epoch, and the epoch's commit writes
//! those of all tasks at once. So committed state is never ahead of committed offsets.

mod backend;
mod budget;
mod cached;
mod changes;
mod key_index;
mod memory;
mod ordered;
mod rocks;
mod window;
#[cfg(test)]
mod tests;

pub use backend::{Backend, Scan, ShowEntry, StateError, StoreId, StorePartition};
pub use budget::{MemoryBudget, MemoryShare, MemoryUse};
pub use cached::CachedStore;
pub use changes::{Change, Changes};
pub use key_index::{KeyIndex, sort_by_key};
pub use memory::MemoryBackend;
pub use ordered::{OrderedEntry, OrderedStore};
pub use rocks::RocksBackend;
pub use window::{FoundRows, RowPlace, WindowRetention, WindowStore};
