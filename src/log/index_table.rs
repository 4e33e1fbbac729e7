//! A file of entries of one size: the form of the offset, the time and the aborted-transaction index.
//!
//! An index is a cache. Its entries are kept in memory while they are used; the file gets them when the segment is
//! sealed or at a checkpoint, which remembers how many there are and their checksum. A file that does not have
//! exactly these is not believed, and the index is built anew from the log.

use std::io;
use std::path::{Path, PathBuf};

use parking_lot::RwLock;

use crate::disk::{Disk, read_file};

/// One entry.
pub(super) trait Entry: Copy + Send + Sync {
    /// Its size in the file.
    const SIZE: usize;
    /// Whether Kafka's tools do without the file when it has no entries.
    const IS_OPTIONAL: bool = false;
    /// Appends its bytes.
    fn put(&self, target: &mut Vec<u8>);
    /// Reads it from `SIZE` bytes.
    fn read(bytes: &[u8]) -> Self;
}

/// What an index file must hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) count: usize,
    pub(super) crc: u32,
}

impl Mark {
    /// No file holds this: the index is built anew when it is needed.
    pub(super) const UNKNOWN: Mark = Mark { count: u32::MAX as usize, crc: 0 };
}

/// The file is missing or does not hold what it must.
#[derive(Debug)]
pub(super) struct NotBelieved;

/// An index of one segment.
#[derive(Debug)]
pub(super) struct IndexTable<E> {
    path: PathBuf,
    state: RwLock<State<E>>,
}

#[derive(Debug)]
struct State<E> {
    /// None: not loaded.
    entries: Option<Vec<E>>,
    /// What of them the file has.
    stored: Mark,
    /// What of them survives a power loss.
    synced: Mark,
}

impl<E> State<E> {
    fn empty() -> Self {
        State { entries: Some(Vec::new()), stored: Mark::default(), synced: Mark::default() }
    }
}

impl<E: Entry> IndexTable<E> {
    /// Starts an index that has no entries.
    pub(super) fn empty(path: PathBuf) -> Self {
        IndexTable { path, state: RwLock::new(State::empty()) }
    }

    /// Trusts a file, as far as it holds what the mark says.
    pub(super) fn stored(path: PathBuf, mark: Mark) -> Self {
        let state = State { entries: None, stored: mark, synced: mark };
        IndexTable { path, state: RwLock::new(state) }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Says whether there is no entry, without loading them.
    pub(super) fn is_empty(&self) -> bool {
        let state = self.state.read();
        state.entries.as_ref().map_or(state.stored.count == 0, Vec::is_empty)
    }

    /// Adds an entry; the index has been loaded before.
    pub(super) fn push(&self, entry: E) {
        let mut state = self.state.write();
        state.entries.as_mut().expect("an index that grows is loaded").push(entry);
    }

    /// Returns the last entry; the index has been loaded before.
    pub(super) fn last(&self) -> Option<E> {
        self.state.read().entries.as_ref().expect("an index that grows is loaded").last().copied()
    }

    /// Takes the entries of another; the file is written whole at the next store.
    pub(super) fn replace(&self, other: IndexTable<E>) {
        *self.state.write() = other.state.into_inner();
    }

    /// Looks at the entries, loading them first if needed.
    pub(super) fn with<T>(
        &self,
        disk: &dyn Disk,
        look: impl Fn(&[E]) -> T,
    ) -> Result<T, NotBelieved> {
        if let Some(entries) = &self.state.read().entries {
            return Ok(look(entries));
        }
        let mut state = self.state.write();
        if state.entries.is_none() {
            state.entries = Some(self.load(disk, state.stored)?);
        }
        Ok(look(state.entries.as_deref().unwrap_or_default()))
    }

    fn load(&self, disk: &dyn Disk, mark: Mark) -> Result<Vec<E>, NotBelieved> {
        if mark.count == 0 {
            return Ok(Vec::new());
        }
        let bytes = read_file(disk, &self.path).map_err(|_| NotBelieved)?;
        let bytes = bytes.get(..mark.count * E::SIZE).ok_or(NotBelieved)?;
        if crc32c::crc32c(bytes) != mark.crc {
            return Err(NotBelieved);
        }
        Ok(bytes.chunks_exact(E::SIZE).map(E::read).collect())
    }

    /// Brings the file up to date, though it is not synced, and returns what it now holds.
    pub(super) fn write(&self, disk: &dyn Disk) -> io::Result<Mark> {
        let mut state = self.state.write();
        let State { entries: Some(entries), stored, .. } = &mut *state else {
            return Ok(state.stored);
        };
        let file = match disk.open(&self.path) {
            Ok(file) => file,
            Err(_) if entries.is_empty() && E::IS_OPTIONAL => return Ok(*stored),
            Err(_) => {
                *stored = Mark::default();
                disk.create(&self.path)?
            }
        };
        let position = (stored.count * E::SIZE) as u64;
        // Bytes of an earlier life behind the last entry would be read by Kafka's tools.
        if file.len()? != position {
            file.truncate(position)?;
        }
        if stored.count < entries.len() {
            let mut bytes = Vec::with_capacity((entries.len() - stored.count) * E::SIZE);
            entries[stored.count..].iter().for_each(|entry| entry.put(&mut bytes));
            file.write_at(&bytes, position)?;
            let crc = crc32c::crc32c_append(stored.crc, &bytes);
            *stored = Mark { count: entries.len(), crc };
        }
        Ok(*stored)
    }

    /// Makes what was written survive a power loss.
    pub(super) fn sync(&self, disk: &dyn Disk) -> io::Result<()> {
        let mut state = self.state.write();
        if state.synced != state.stored {
            disk.open(&self.path)?.sync_data()?;
            state.synced = state.stored;
        }
        Ok(())
    }

    /// Frees the memory of an index whose file has all entries.
    pub(super) fn unload(&self) {
        let mut state = self.state.write();
        if state.entries.as_ref().is_some_and(|entries| entries.len() == state.stored.count) {
            state.entries = None;
        }
    }
}
