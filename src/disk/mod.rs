//! Files behind a small trait, so that a crash can be simulated at every operation.
//!
//! ```text
//! log, state ── Disk / DiskFile ──┬── RealDisk   the file system
//!                                 └── SimDisk    memory, with crashes and faults by seed
//! ```

mod real;
mod sim;

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

pub use real::RealDisk;
pub use sim::{Fault, PowerLoss, SimDisk};

/// A file that is open for reading and writing.
///
/// # Contract
///
/// - Positions are the caller's: there is no cursor, so many threads may read one file.
/// - What [`write_at`](DiskFile::write_at) and [`truncate`](DiskFile::truncate) did survives a process kill at
///   once, and a power loss after the next [`sync_data`](DiskFile::sync_data) that returned `Ok`.
/// - After a failed `sync_data` nobody knows what is on disk; calling it again proves nothing.
pub trait DiskFile: Send + Sync + fmt::Debug {
    /// Reads at a position into `buffer`; returns fewer bytes than asked for only at the end of the file.
    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize>;
    /// Reads up to `len` bytes at a position; fewer only at the end of the file.
    fn read_vec_at(&self, len: usize, position: u64) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; len];
        let len = self.read_at(&mut bytes, position)?;
        bytes.truncate(len);
        Ok(bytes)
    }
    /// Writes all of `bytes` at a position, growing the file as needed.
    fn write_at(&self, bytes: &[u8], position: u64) -> io::Result<()>;
    /// Cuts the file to `len` bytes.
    fn truncate(&self, len: u64) -> io::Result<()>;
    /// Returns the size in bytes.
    fn len(&self) -> io::Result<u64>;
    /// Says whether the file has no bytes.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }
    /// Makes the bytes and the size survive a power loss.
    fn sync_data(&self) -> io::Result<()>;
}

/// One name in a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DiskEntry {
    /// The name, without the folder.
    pub name: String,
    /// Whether it is a folder.
    pub is_folder: bool,
}

/// Keeps a lock file locked until it is dropped.
pub trait DiskLock: Send + Sync + fmt::Debug {}

/// A file system.
///
/// # Contract
///
/// - New, renamed and removed names survive a power loss only after [`sync_folder`](Disk::sync_folder) of the
///   folder that holds the name, whatever was synced of the file itself.
/// - [`rename`](Disk::rename) stays within one folder and is atomic: after a crash the file has one of the two
///   names, and a file of the new name that was there before is either whole or replaced.
pub trait Disk: Send + Sync + fmt::Debug {
    /// Opens a file that exists.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;
    /// Creates a file, or empties the one that exists.
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;
    /// Gives a file or folder another name in the same folder.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Creates a folder and those above it, open to its owner only; no error if it exists.
    fn create_folder(&self, path: &Path) -> io::Result<()>;
    /// Removes a folder with all in it.
    fn remove_folder(&self, path: &Path) -> io::Result<()>;
    /// Lists a folder in order of names.
    fn list(&self, folder: &Path) -> io::Result<Vec<DiskEntry>>;
    /// Makes the names in a folder survive a power loss.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;
    /// Returns how many threads may use the disk at the same time with profit; one keeps a run replayable.
    fn parallelism(&self) -> usize {
        1
    }
    /// Locks a file against other processes, creating it if needed; `WouldBlock` if another holds it.
    fn lock(&self, path: &Path) -> io::Result<Box<dyn DiskLock>>;
    /// Returns how many bytes can still be written below `path`.
    fn free_bytes(&self, path: &Path) -> io::Result<u64>;
}

/// Reads a whole file.
pub fn read_file(disk: &dyn Disk, path: &Path) -> io::Result<Vec<u8>> {
    let file = disk.open(path)?;
    file.read_vec_at(file.len()? as usize, 0)
}

/// Replaces a file as one step that survives a power loss: write aside, sync, rename, sync the folder.
///
/// # Panics
///
/// If `path` has no parent folder or no file name.
pub fn replace_file(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().expect("a file has a parent folder");
    let mut aside = path.file_name().expect("a file has a name").to_os_string();
    aside.push(".tmp");
    let aside = folder.join(aside);
    if let Err(error) = write_aside(disk, &aside, bytes) {
        // The next try needs another file: after a failed sync nobody knows what of this one is on the disk.
        drop(disk.remove(&aside));
        return Err(error);
    }
    disk.rename(&aside, path)?;
    disk.sync_folder(folder)
}

fn write_aside(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let file = disk.create(path)?;
    file.write_at(bytes, 0)?;
    file.sync_data()
}
