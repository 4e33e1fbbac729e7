//! What is committed, in two layers: the last commits in memory, all that came before in files.
//!
//! ```text
//! commit -> journal, one sync -> runs in memory ── full ──> frozen runs -> files below (RocksDB), then the journal is removed
//! read   -> runs -> frozen runs -> files below
//! ```
//!
//! RocksDB would put each change into its memtable, one at a time: that is what most of the time of a query with many keys went
//! to. Here an epoch's changes, which come sorted, become a run, runs are joined like the levels of an LSM tree, and RocksDB
//! gets whole files. What is frozen may be written to the files below in any number of steps, and again after a crash: until it
//! is forgotten it hides whatever the files say of its keys.

mod journal;
mod ranges;
mod run;
mod runs;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use parking_lot::{Condvar, Mutex, RwLock};

use crate::disk::Disk;
use crate::state::backend::scan_one_by_one;
use crate::state::changes::Change;
use crate::state::{Backend, Changes, Scan, ShowEntry, StateError};

use journal::{Journal, JournalRemover};
use run::{read_block, write_block};
use runs::{Found, Runs};

/// Where changes go in large, sorted portions.
///
/// # Contract
///
/// - After `add` returned, all that was added can be read, after a crash too. A crash before that, or an error, may leave a part.
/// - A scan sees the files as they are when it begins.
pub trait StateFiles: Send + Sync {
    /// Returns the values of full keys, in their order.
    fn multi_get(&self, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, StateError>;
    /// Reads from one full key up to and without another, in order.
    fn scan<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a>;
    /// Reads several ranges as `scan` does, and shows each entry with the number of its range.
    fn scan_each(
        &self,
        ranges: &[(Vec<u8>, Vec<u8>)],
        show: &mut ShowEntry<'_>,
    ) -> Result<(), StateError> {
        scan_one_by_one(|from, to| self.scan(from, to), ranges, show)
    }
    /// Adds changes: ranges that are deleted first, then keys in order, none of them twice.
    fn add(&self, changes: &mut dyn Iterator<Item = Change<'_>>) -> Result<(), StateError>;
    /// Returns about how many bytes a range takes.
    fn approximate_size(&self, from: &[u8], to: &[u8]) -> u64;
}

/// Keeps the last commits in memory and in a journal, and all others in files.
pub struct StagedBackend {
    shared: Arc<Shared>,
    journal: Mutex<Journal>,
    /// How many bytes the runs may take before they are frozen.
    bytes_max: usize,
}

struct Shared {
    files: Box<dyn StateFiles>,
    remover: JournalRemover,
    layers: RwLock<Layers>,
    flush: Mutex<Flush>,
    flush_ended: Condvar,
}

#[derive(Default)]
struct Layers {
    /// The last commits.
    active: Runs,
    /// Those before them, which are on their way to the files.
    frozen: Runs,
    /// How often runs were frozen.
    generation: u64,
}

impl Layers {
    /// Returns what is not in the files yet, as it is now.
    fn runs(&self) -> Runs {
        self.active.on_top_of(&self.frozen)
    }
}

/// The way of what is frozen to the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flush {
    /// Nothing is frozen.
    Done,
    /// A thread is at it.
    Running,
    /// It failed and is to be tried again. Then journal files below this number are removed.
    Failed { journal: u64 },
}

/// A journal that is longer than this, or than a few times what the runs may take, is not written on, however little of it is still
/// needed: the next start reads it.
const JOURNAL_BYTES_MAX: usize = 64 << 20;
const JOURNAL_TO_RUNS: usize = 4;
/// What a start that has found more than this to read puts into files, so that the next one is quick.
const START_BYTES_MAX: usize = 1 << 20;
const START_FILES_MAX: usize = 16;

impl StagedBackend {
    /// Opens the journal in a folder, or makes it, on top of files.
    ///
    /// `bytes_max` is what the last commits may take in memory; for a while the double of it is taken.
    pub fn open(
        disk: Arc<dyn Disk>,
        folder: &Path,
        files: Box<dyn StateFiles>,
        bytes_max: usize,
    ) -> Result<Self, StateError> {
        let (journal, blocks) = Journal::open(disk, folder)?;
        let is_long = START_BYTES_MAX < blocks.iter().map(Vec::len).sum()
            || START_FILES_MAX < journal.file_count();
        let mut active = Runs::default();
        for block in blocks {
            read_block(block)?.into_iter().for_each(|run| active.push(run));
        }
        let shared = Shared {
            files,
            remover: journal.remover(),
            layers: RwLock::new(Layers { active, ..Layers::default() }),
            flush: Mutex::new(Flush::Done),
            flush_ended: Condvar::new(),
        };
        let journal = Mutex::new(journal);
        let backend = StagedBackend { shared: Arc::new(shared), journal, bytes_max };
        if is_long {
            backend.freeze(&mut backend.journal.lock())?;
        }
        Ok(backend)
    }

    /// Freezes the last commits if they are too many.
    fn make_room(&self, journal: &mut Journal) -> Result<(), StateError> {
        let bytes = self.shared.layers.read().active.memory_size();
        let journal_max = self.bytes_max.saturating_mul(JOURNAL_TO_RUNS).min(JOURNAL_BYTES_MAX);
        if bytes < self.bytes_max && journal.size() < journal_max as u64 {
            return Ok(());
        }
        self.freeze(journal)
    }

    /// Freezes the last commits, and waits for those before them.
    fn freeze(&self, journal: &mut Journal) -> Result<(), StateError> {
        let shared = &self.shared;
        let mut flush = shared.flush.lock();
        while *flush == Flush::Running {
            shared.flush_ended.wait(&mut flush);
        }
        if let Flush::Failed { journal } = *flush {
            shared.write_frozen(journal)?;
        }
        let below = journal.begin_next();
        let mut layers = shared.layers.write();
        layers.frozen = std::mem::take(&mut layers.active);
        layers.generation += 1;
        drop(layers);
        *flush = Flush::Running;
        drop(flush);
        let flushing = Arc::clone(shared);
        let name = "state-flush".to_owned();
        if thread::Builder::new().name(name).spawn(move || flushing.run_flush(below)).is_err() {
            // No thread to be had: it is done here.
            self.shared.run_flush(below);
        }
        Ok(())
    }

    /// Reads what changes while it is read anew: a commit is never seen in part.
    fn read<T>(&self, read: impl Fn(&Runs) -> Result<T, StateError>) -> Result<T, StateError> {
        loop {
            let layers = self.shared.layers.read();
            let (runs, generation) = (layers.runs(), layers.generation);
            drop(layers);
            let found = read(&runs)?;
            // What was committed since can be in the files only if it was frozen since.
            if self.shared.layers.read().generation == generation {
                return Ok(found);
            }
        }
    }
}

impl Shared {
    fn run_flush(&self, journal: u64) {
        let outcome = self.write_frozen(journal);
        let mut flush = self.flush.lock();
        *flush = match outcome {
            Ok(()) => Flush::Done,
            Err(error) => {
                tracing::warn!(%error, "state not written to files yet");
                Flush::Failed { journal }
            }
        };
        drop(flush);
        self.flush_ended.notify_all();
    }

    /// Writes what is frozen to the files and forgets it.
    fn write_frozen(&self, journal: u64) -> Result<(), StateError> {
        let frozen = self.layers.read().frozen.clone();
        if !frozen.is_empty() {
            let merged = frozen.merged();
            self.layers.write().frozen.replace(Arc::clone(&merged));
            drop(frozen);
            self.files.add(&mut merged.changes())?;
            self.layers.write().frozen = Runs::default();
        }
        self.remover.remove_below(journal)
    }
}

impl Drop for StagedBackend {
    /// The folder may be opened again at once.
    fn drop(&mut self) {
        let mut flush = self.shared.flush.lock();
        while *flush == Flush::Running {
            self.shared.flush_ended.wait(&mut flush);
        }
    }
}

impl Backend for StagedBackend {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        Ok(self.multi_get(&[key.to_vec()])?.pop().flatten())
    }

    fn multi_get(&self, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, StateError> {
        self.read(|runs| {
            let mut finder = runs.finder();
            let mut below: Vec<&[u8]> = Vec::new();
            let mut found: Vec<Option<Vec<u8>>> = Vec::with_capacity(keys.len());
            let mut places = Vec::new();
            for (place, key) in keys.iter().enumerate() {
                found.push(match finder.find(key) {
                    Found::Here(value) => value.map(<[u8]>::to_vec),
                    Found::Below => {
                        below.push(key);
                        places.push(place);
                        None
                    }
                });
            }
            let values = self.shared.files.multi_get(&below)?;
            places.into_iter().zip(values).for_each(|(place, value)| found[place] = value);
            Ok(found)
        })
    }

    fn scan<'a>(&'a self, from: &[u8], to: &[u8]) -> Scan<'a> {
        let begun = self.read(|runs| Ok((runs.range(from, to), self.shared.files.scan(from, to))));
        let (mut range, mut below) = match begun {
            Ok((range, below)) => (Some(range), below),
            Err(error) => return Box::new(std::iter::once(Err(error))),
        };
        let mut ready = VecDeque::new();
        Box::new(std::iter::from_fn(move || {
            while ready.is_empty() {
                let staged = range.as_mut()?;
                let next = match below.next() {
                    Some(Err(error)) => return Some(Err(error)),
                    Some(Ok(next)) => Some(next),
                    None => None,
                };
                let bound = next.as_ref().map(|(key, _)| &**key);
                let shown = staged.show_below(bound, |key, value| {
                    ready.push_back((Box::from(key), Box::from(value)));
                    Ok(())
                });
                if let Err(error) = shown {
                    return Some(Err(error));
                }
                match next {
                    Some((key, value)) if staged.lets_through(&key) => {
                        ready.push_back((key, value));
                    }
                    Some(_) => {}
                    None => range = None,
                }
            }
            ready.pop_front().map(Ok)
        }))
    }

    fn scan_each(
        &self,
        ranges: &[(Vec<u8>, Vec<u8>)],
        show: &mut ShowEntry<'_>,
    ) -> Result<(), StateError> {
        let runs = self.shared.layers.read().runs();
        if runs.is_empty() {
            return self.shared.files.scan_each(ranges, show);
        }
        let mut finder = runs.finder();
        let mut staged = ranges.iter().map(|(from, to)| finder.range(from, to));
        let mut current = staged.next();
        let mut number = 0;
        let mut show_up_to = |range: usize, bound: Option<(&[u8], &[u8])>| {
            while let Some(staged_range) = &mut current {
                let is_here = number == range;
                let key = bound.filter(|_| is_here).map(|(key, _)| key);
                staged_range.show_below(key, |key, value| show(number, key, value))?;
                if is_here && let Some((key, value)) = bound {
                    return match staged_range.lets_through(key) {
                        true => show(range, key, value),
                        false => Ok(()),
                    };
                }
                current = staged.next();
                number += 1;
            }
            Ok(())
        };
        self.shared
            .files
            .scan_each(ranges, &mut |range, key, value| show_up_to(range, Some((key, value))))?;
        show_up_to(ranges.len(), None)
    }

    fn commit(&self, changes: Changes) -> Result<(), StateError> {
        if changes.is_empty() {
            return Ok(());
        }
        let mut journal = self.journal.lock();
        self.make_room(&mut journal)?;
        // Part by part, so that nothing is in memory twice.
        let blocks: Result<Vec<_>, _> =
            changes.into_parts().map(|part| write_block(&part)).collect();
        let blocks = blocks?;
        journal.append(&blocks)?;
        let mut active = self.shared.layers.read().active.clone();
        for block in blocks {
            read_block(block)?.into_iter().for_each(|run| active.push(run));
        }
        self.shared.layers.write().active = active;
        Ok(())
    }

    fn approximate_size(&self, from: &[u8], to: &[u8]) -> u64 {
        let staged = self.shared.layers.read().runs().approximate_size(from, to);
        staged + self.shared.files.approximate_size(from, to)
    }
}
