//! Putting a cleaned segment in the place of those it was made of, so that a crash at any step leaves either.
//!
//! ```text
//! 1  BASE.log.cleaned   written and synced                             a start removes it
//! 2  BASE.log.swap      renamed, folder synced: it is decided          a start goes on with 3
//! 3  the checkpoint is told; the other segments are removed, folder synced
//! 4  BASE.log           renamed over the first of them, folder synced
//! ```

use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::disk::Disk;
use crate::log::checkpoint::{Checkpoint, KnownSegment};
use crate::log::error::AtPath;
use crate::log::index::{IndexProgress, Indexes, Marks, base_of, file_name};
use crate::log::scan::{BatchScanner, ScanError};
use crate::log::{LogError, Offset};

const CLEANED: &str = "log.cleaned";
const SWAP: &str = "log.swap";

/// A cleaned segment on its way.
#[derive(Clone, Debug)]
pub(in crate::log) struct Swap {
    folder: PathBuf,
    base: Offset,
}

impl Swap {
    /// Names the segment that begins at `base`.
    pub(in crate::log) fn new(folder: &Path, base: Offset) -> Self {
        Swap { folder: folder.to_path_buf(), base }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn base(&self) -> Offset {
        self.base
    }

    pub(in crate::log) fn cleaned_path(&self) -> PathBuf {
        self.folder.join(file_name(self.base, CLEANED))
    }

    fn swap_path(&self) -> PathBuf {
        self.folder.join(file_name(self.base, SWAP))
    }

    /// Gives up a cleaned segment that nobody wants.
    pub(in crate::log) fn abandon(&self, disk: &dyn Disk) {
        // If it stays, the next start removes it.
        drop(disk.remove(&self.cleaned_path()));
    }

    /// Decides that the cleaned segment, which is synced, replaces the others.
    pub(in crate::log) fn decide(&self, disk: &dyn Disk) -> Result<(), LogError> {
        let swap = self.swap_path();
        disk.rename(&self.cleaned_path(), &swap).at(&swap)?;
        disk.sync_folder(&self.folder).at(&self.folder)
    }

    /// Removes the other segments and gives the cleaned one its name; can be called again after it failed.
    pub(in crate::log) fn finish(
        &self,
        disk: &dyn Disk,
        replaced: &[Offset],
    ) -> Result<(), LogError> {
        for base in replaced.iter().filter(|base| **base != self.base) {
            for extension in ["log", "index", "timeindex", "txnindex"] {
                let path = self.folder.join(file_name(*base, extension));
                match disk.remove(&path) {
                    Err(error) if error.kind() != ErrorKind::NotFound => {
                        return Err(LogError::disk(&path, error));
                    }
                    _ => {}
                }
            }
        }
        // The others must be gone for good before the cleaned one loses the name that tells of it.
        disk.sync_folder(&self.folder).at(&self.folder)?;
        let (from, to) = (self.swap_path(), self.folder.join(file_name(self.base, "log")));
        match disk.rename(&from, &to) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            renamed => renamed.at(&to)?,
        }
        disk.sync_folder(&self.folder).at(&self.folder)
    }
}

/// Finds the cleaned segments that a crash kept from taking their place: their offsets and files.
pub(in crate::log) fn cleaned_segments(
    disk: &dyn Disk,
    folder: &Path,
    names: &[String],
) -> Result<Vec<(Range<Offset>, PathBuf)>, LogError> {
    let mut found = Vec::new();
    for base in names.iter().filter_map(|name| base_of(name, SWAP)) {
        let swap = Swap::new(folder, base);
        if let Some(inspected) = inspect(disk, &swap)? {
            found.push((base..inspected.next_offset, swap.swap_path()));
        }
    }
    Ok(found)
}

/// What a start finds in a cleaned segment.
struct Inspected {
    next_offset: Offset,
    size: u64,
    progress: IndexProgress,
}

/// Finishes what a crash has cut short at some time before now, and corrects the checkpoint where it speaks of the segments before.
pub(in crate::log) fn finish_swaps(
    disk: &dyn Disk,
    folder: &Path,
    checkpoint: &mut Checkpoint,
    now: i64,
) -> Result<(), LogError> {
    let names: Vec<_> = disk.list(folder).at(folder)?.into_iter().map(|it| it.name).collect();
    for base in names.iter().filter_map(|name| base_of(name, SWAP)) {
        let swap = Swap::new(folder, base);
        let Some(found) = inspect(disk, &swap)? else {
            // It was synced before it got its name. What it was made of may still be there.
            tracing::error!(path = %swap.swap_path().display(), "cleaned segment is damaged");
            continue;
        };
        let range = base..found.next_offset;
        let bases = names.iter().filter_map(|name| base_of(name, "log"));
        let replaced: Vec<_> = bases.filter(|base| range.contains(base)).collect();
        if range.end <= checkpoint.log_start {
            // All of it was deleted meanwhile.
            disk.remove(&swap.swap_path()).at(&swap.swap_path())?;
            continue;
        }
        let known = KnownSegment {
            base,
            size: found.size,
            largest: found.progress.largest,
            appended_at: now,
            marks: Marks::UNKNOWN,
        };
        if checkpoint.replace(range.end, known) {
            checkpoint.store(disk, folder).at(folder)?;
        }
        swap.finish(disk, &replaced)?;
    }
    Ok(())
}

/// Reads a cleaned segment; none if it is not whole.
fn inspect(disk: &dyn Disk, swap: &Swap) -> Result<Option<Inspected>, LogError> {
    let path = swap.swap_path();
    let file = disk.open(&path).at(&path)?;
    let size = file.len().at(&path)?;
    let (mut next_offset, mut progress) = (swap.base, IndexProgress::new());
    // Only the largest timestamp is wanted.
    let indexes = Indexes::empty(&swap.folder, swap.base);
    let mut scanner = BatchScanner::new(&*file, 0, size);
    loop {
        match scanner.next() {
            Ok(Some((position, batch))) => {
                if batch.base_offset() != next_offset || batch.verify().is_err() {
                    return Ok(None);
                }
                progress.add(&indexes, batch.header(), position, u64::MAX);
                next_offset = batch.next_offset();
            }
            Ok(None) => break,
            Err(ScanError::NoBatch) => return Ok(None),
            Err(ScanError::Disk(error)) => return Err(LogError::disk(&path, error)),
        }
    }
    Ok((swap.base < next_offset).then_some(Inspected { next_offset, size, progress }))
}
