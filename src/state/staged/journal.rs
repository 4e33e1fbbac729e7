//! The journal: what has been committed and is not in files yet, to be read again at the next start.
//!
//! ```text
//! folder  := 0000000001.journal, 0000000002.journal, …    a file is removed when all of it is in the files below
//! file    := commit*
//! commit  := length of what follows (8 bytes) | CRC-32C of the length and of the blocks (4) | number of blocks (4) | length (4)* | block*
//! ```
//!
//! A commit that is cut off at the end of the last file never returned. Anything else that cannot be read is damage.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::disk::{Disk, DiskFile, read_file};
use crate::state::StateError;

/// Writes commits. One at a time.
#[derive(Debug)]
pub(super) struct Journal {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    /// The file that is written to, if one has been begun.
    file: Option<Arc<dyn DiskFile>>,
    /// Its number, or that of the next one.
    number: u64,
    position: u64,
    /// How many files there were at the start.
    file_count: usize,
    /// A write or a sync failed: nobody knows what is on the disk.
    is_broken: bool,
}

const SUFFIX: &str = ".journal";
const HEADER: usize = 16;

pub(super) fn failed(path: &Path, error: io::Error) -> StateError {
    StateError::Storage(format!("{}: {error}", path.display()))
}

impl Journal {
    /// Opens the journal in a folder, or makes it, and returns the blocks of all commits, the oldest first.
    pub(super) fn open(
        disk: Arc<dyn Disk>,
        folder: &Path,
    ) -> Result<(Self, Vec<Vec<u8>>), StateError> {
        let on_disk = |error| failed(folder, error);
        disk.create_folder(folder).map_err(on_disk)?;
        if let Some(parent) = folder.parent() {
            disk.sync_folder(parent).map_err(on_disk)?;
        }
        let entries = disk.list(folder).map_err(on_disk)?;
        let numbers =
            entries.iter().filter_map(|entry| entry.name.strip_suffix(SUFFIX)?.parse().ok());
        let mut numbers: Vec<u64> = numbers.collect();
        numbers.sort_unstable();
        let mut blocks = Vec::new();
        for (place, number) in numbers.iter().enumerate() {
            let path = path(folder, *number);
            let is_last = place + 1 == numbers.len();
            read_commits(disk.as_ref(), &path, is_last, &mut blocks)?;
        }
        disk.sync_folder(folder).map_err(on_disk)?;
        let number = numbers.last().map_or(1, |last| last + 1);
        let folder = folder.to_owned();
        let file_count = numbers.len();
        let (file, position, is_broken) = (None, 0, false);
        let journal = Journal { disk, folder, file, number, position, file_count, is_broken };
        Ok((journal, blocks))
    }

    /// Writes a commit and makes it durable.
    pub(super) fn append(&mut self, blocks: &[Vec<u8>]) -> Result<(), StateError> {
        if self.is_broken {
            let reason = "the journal could not be written before; start again".to_owned();
            return Err(StateError::Storage(reason));
        }
        let path = path(&self.folder, self.number);
        let file = self.current(&path).map_err(|error| failed(&path, error))?;
        let mut header = vec![0; HEADER];
        header[12..].copy_from_slice(&(blocks.len() as u32).to_be_bytes());
        for block in blocks {
            header.extend_from_slice(&(block.len() as u32).to_be_bytes());
        }
        let size: usize = header.len() + blocks.iter().map(Vec::len).sum::<usize>();
        header[..8].copy_from_slice(&((size - 12) as u64).to_be_bytes());
        let parts =
            [&header[..8], &header[12..]].into_iter().chain(blocks.iter().map(Vec::as_slice));
        let sum = parts.fold(0, crc32c::crc32c_append);
        header[8..12].copy_from_slice(&sum.to_be_bytes());
        let written = self.write(file.as_ref(), &header, blocks);
        self.is_broken = written.is_err();
        self.position += size as u64;
        written.map_err(|error| failed(&path, error))
    }

    fn write(&self, file: &dyn DiskFile, header: &[u8], blocks: &[Vec<u8>]) -> io::Result<()> {
        let mut position = self.position;
        // What is small goes in one write.
        if let [block] = blocks {
            file.write_at(&[header, block].concat(), position)?;
            return file.sync_data();
        }
        for part in std::iter::once(header).chain(blocks.iter().map(Vec::as_slice)) {
            file.write_at(part, position)?;
            position += part.len() as u64;
        }
        file.sync_data()
    }

    fn current(&mut self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        if let Some(file) = &self.file {
            return Ok(Arc::clone(file));
        }
        let file = self.disk.create(path)?;
        self.disk.sync_folder(&self.folder)?;
        self.position = 0;
        self.file = Some(Arc::clone(&file));
        Ok(file)
    }

    /// Returns how many files it had when it was opened.
    pub(super) fn file_count(&self) -> usize {
        self.file_count
    }

    /// Returns how many bytes the current file has.
    pub(super) fn size(&self) -> u64 {
        self.position
    }

    /// Begins another file with the next commit, and returns its number: the files below it have all commits so far.
    pub(super) fn begin_next(&mut self) -> u64 {
        if self.file.take().is_some() {
            self.number += 1;
        }
        self.position = 0;
        self.number
    }

    /// Returns what removes files that are no longer needed.
    pub(super) fn remover(&self) -> JournalRemover {
        JournalRemover { disk: Arc::clone(&self.disk), folder: self.folder.clone() }
    }
}

/// Removes files of a journal.
pub(super) struct JournalRemover {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
}

impl JournalRemover {
    /// Removes the files below a number. An older one must never outlive a newer one: read again alone, it would bring back what
    /// has changed since.
    pub(super) fn remove_below(&self, number: u64) -> Result<(), StateError> {
        let on_disk = |error| failed(&self.folder, error);
        let numbers = self.disk.list(&self.folder).map_err(on_disk)?;
        let numbers =
            numbers.iter().filter_map(|entry| entry.name.strip_suffix(SUFFIX)?.parse().ok());
        for old in numbers.filter(|old: &u64| *old < number) {
            self.disk.remove(&path(&self.folder, old)).map_err(on_disk)?;
            self.disk.sync_folder(&self.folder).map_err(on_disk)?;
        }
        Ok(())
    }
}

fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:010}{SUFFIX}"))
}

fn read_commits(
    disk: &dyn Disk,
    path: &Path,
    is_last: bool,
    blocks: &mut Vec<Vec<u8>>,
) -> Result<(), StateError> {
    let on_disk = |error| failed(path, error);
    let bytes = read_file(disk, path).map_err(on_disk)?;
    let mut rest = bytes.as_slice();
    while let Some((found, after)) = next_commit(rest) {
        blocks.extend(found.into_iter().map(<[u8]>::to_vec));
        rest = after;
    }
    let at = bytes.len() - rest.len();
    if rest.is_empty() {
        // What a process that was killed has written is here, but may not be on the disk: soon others build on it.
        let synced =
            if is_last { disk.open(path).and_then(|file| file.sync_data()) } else { Ok(()) };
        return synced.map_err(on_disk);
    }
    let is_followed = || {
        let length = rest.first_chunk().map_or(0, |length| u64::from_be_bytes(*length));
        let after =
            usize::try_from(length).ok().and_then(|length| rest.get(length.checked_add(12)?..));
        after.and_then(next_commit).is_some()
    };
    if !is_last || is_followed() {
        let reason = format!("{}: the commit at byte {at} is not what was written", path.display());
        return Err(StateError::Damaged(reason));
    }
    tracing::info!(path = %path.display(), at, bytes = rest.len(), "cut a commit off that never returned");
    let cut = disk.open(path).and_then(|file| {
        file.truncate(at as u64)?;
        file.sync_data()
    });
    cut.map_err(on_disk)
}

/// Splits off the next whole commit: its blocks, and what follows.
fn next_commit(bytes: &[u8]) -> Option<(Vec<&[u8]>, &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    let (sum, rest) = rest.split_first_chunk()?;
    let (commit, rest) = rest.split_at_checked(u64::from_be_bytes(*length).try_into().ok()?)?;
    if crc32c::crc32c_append(crc32c::crc32c(length), commit) != u32::from_be_bytes(*sum) {
        return None;
    }
    let (count, commit) = commit.split_first_chunk()?;
    let (lengths, mut commit) = commit.split_at_checked(4 * u32::from_be_bytes(*count) as usize)?;
    let mut blocks = Vec::new();
    for length in lengths.chunks_exact(4) {
        let length = u32::from_be_bytes(length.try_into().ok()?) as usize;
        let (block, after) = commit.split_at_checked(length)?;
        blocks.push(block);
        commit = after;
    }
    Some((blocks, rest))
}
