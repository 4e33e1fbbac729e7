//! State that survives: stores of keys and rows, in layers.
//!
//! ```text
//! operator -> Cached (this task's changes, hot rows)      -> Backend (what is committed: Staged over RocksDB, or memory)
//!          -> Ordered (the same, read in order)
//!          -> Window (rows by key and time, which expire)
//! ```
//!
//! A task never writes to the backend: it hands its [`Changes`] over at the end of an epoch, and the epoch's commit writes
//! those of all tasks at once. So committed state is never ahead of committed offsets.

use std::path::Path;
use std::sync::Arc;

use crate::disk::RealDisk;

mod backend;
mod budget;
mod cached;
mod changes;
mod key_index;
mod memory;
mod ordered;
mod rocks;
mod staged;
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
use rocks::RocksFiles;
pub use staged::{StagedBackend, StateFiles};
pub use window::{FoundRows, RowPlace, WindowRetention, WindowStore};

/// RocksDB does not work with less.
const MEMORY_MIN: usize = 4 << 20;

/// Opens the state in a folder, or makes it.
///
/// `memory_bytes` bounds what it takes: one half is RocksDB's cache, the other what has been committed and is not in files yet.
pub fn open_state(folder: &Path, memory_bytes: usize) -> Result<StagedBackend, StateError> {
    let memory_bytes = memory_bytes.max(MEMORY_MIN);
    let staged_bytes = memory_bytes / 6;
    let journal = folder.join("journal");
    let files = RocksFiles::open(folder, &journal, memory_bytes / 2, staged_bytes)?;
    StagedBackend::open(Arc::new(RealDisk), &journal, Box::new(files), staged_bytes)
}
