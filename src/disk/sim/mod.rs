//! A disk in memory that can lose power, be killed, fill up and fail, replayed by seed.
//!
//! ```text
//! SimDisk ── Tree     names: what the folders show, and what would survive a power loss
//!         ── Contents bytes: the same for each file, by sectors of 512 bytes
//!         ── Faults   counts operations and makes the chosen one fail
//! ```
//!
//! Without faults it is a plain disk in memory.

mod contents;
mod faults;
mod random;
mod tree;

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::{Mutex, RwLock};

use self::contents::Contents;
use self::faults::{Faults, Go};
use self::random::Random;
use self::tree::Tree;
use super::{Disk, DiskEntry, DiskFile, DiskLock};

pub use self::faults::Fault;

/// How a simulated power loss treats what was not synced.
#[derive(Clone, Copy, Debug)]
pub struct PowerLoss {
    /// Decides what is lost.
    pub seed: u64,
    /// Whether later sectors and names may survive where earlier ones are lost.
    pub reorders: bool,
}

/// A disk in memory.
///
/// Clones share the disk. [`crash`](SimDisk::crash) and [`kill`](SimDisk::kill) leave the disk itself as it is and
/// return another: the one that the next process would find.
#[derive(Clone, Debug)]
pub struct SimDisk {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    tree: Mutex<Tree>,
    faults: Faults,
    space: Space,
    locked: Arc<Mutex<HashSet<PathBuf>>>,
    /// The disk as each operation found it, if that is wanted.
    crash_points: Mutex<Option<Vec<SimDisk>>>,
}

/// Bytes that may be written, and that were.
#[derive(Debug)]
struct Space {
    capacity: AtomicU64,
    used: AtomicU64,
}

impl SimDisk {
    /// Creates an empty disk without limit.
    pub fn new() -> Self {
        SimDisk::with_tree(Tree::new())
    }

    fn with_tree(tree: Tree) -> Self {
        let space =
            Space { capacity: AtomicU64::new(u64::MAX), used: AtomicU64::new(tree.bytes()) };
        let (locked, crash_points) = (Arc::default(), Mutex::new(None));
        let (tree, faults) = (Mutex::new(tree), Faults::default());
        let shared = Shared { tree, faults, space, locked, crash_points };
        SimDisk { shared: Arc::new(shared) }
    }

    /// Returns how many operations changed or synced the disk so far.
    pub fn operations(&self) -> u64 {
        self.shared.faults.operations()
    }

    /// Makes the operation number `nth` (the next is `operations() + 1`) fail.
    pub fn fail_at(&self, nth: u64, fault: Fault) {
        self.shared.faults.plan(nth, fault);
    }

    /// Says whether a [`Fault::Stop`] has happened.
    pub fn is_stopped(&self) -> bool {
        self.shared.faults.is_stopped()
    }

    /// Begins to keep the disk as each operation that changes or syncs it finds it: all places where a process may end.
    ///
    /// A write is kept half done, since it may end there.
    pub fn keep_crash_points(&self) {
        *self.shared.crash_points.lock() = Some(Vec::new());
    }

    /// Returns what was kept since the last call; [`kill`](SimDisk::kill) and [`crash`](SimDisk::crash) say what the
    /// next process finds of each.
    pub fn take_crash_points(&self) -> Vec<SimDisk> {
        self.shared.crash_points.lock().as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Limits the bytes of all files together.
    pub fn set_capacity(&self, bytes: u64) {
        self.shared.space.capacity.store(bytes, Ordering::Relaxed);
    }

    /// Returns the disk as it may be after a power loss: what was synced, and some of what was not.
    pub fn crash(&self, loss: PowerLoss) -> SimDisk {
        let mut random = Random::new(loss.seed);
        SimDisk::with_tree(self.shared.tree.lock().after_power_loss(&mut random, loss.reorders))
    }

    /// Returns the disk as it is after a kill of the process: all that was written, synced or not.
    pub fn kill(&self) -> SimDisk {
        SimDisk::with_tree(self.shared.tree.lock().after_kill())
    }

    /// Changes names, or leaves them if the operation is to fail.
    fn change<T>(&self, act: impl FnOnce(&mut Tree) -> io::Result<T>) -> io::Result<T> {
        self.shared.keep_crash_point(None);
        let mut tree = self.shared.tree.lock();
        match self.shared.faults.next()? {
            Go::On => act(&mut tree),
            // The process may end just before the operation or just after it.
            Go::Stopping(coin) => {
                if coin % 2 == 0 {
                    act(&mut tree)?;
                }
                Err(faults::stopped())
            }
        }
    }

    fn handle(&self, contents: Arc<RwLock<Contents>>) -> Arc<dyn DiskFile> {
        Arc::new(SimFile { shared: Arc::clone(&self.shared), contents })
    }
}

impl Default for SimDisk {
    fn default() -> Self {
        SimDisk::new()
    }
}

impl Disk for SimDisk {
    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        self.shared.faults.check()?;
        let contents = self.shared.tree.lock().file(path)?;
        Ok(self.handle(contents))
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let contents = self.change(|tree| tree.create(path))?;
        let freed = contents.write().truncate(0);
        self.shared.space.release(freed);
        Ok(self.handle(contents))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let freed = self.change(|tree| tree.rename(from, to))?;
        self.shared.space.release(freed);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let freed = self.change(|tree| tree.remove(path))?;
        self.shared.space.release(freed);
        Ok(())
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.change(|tree| tree.create_folder(path))
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        let freed = self.change(|tree| tree.remove_folder(path))?;
        self.shared.space.release(freed);
        Ok(())
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<DiskEntry>> {
        self.shared.faults.check()?;
        self.shared.tree.lock().list(folder)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.change(|tree| tree.sync(folder))
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn DiskLock>> {
        self.shared.faults.check()?;
        if !self.shared.locked.lock().insert(path.to_path_buf()) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(Box::new(SimLock { path: path.to_path_buf(), locked: Arc::clone(&self.shared.locked) }))
    }

    fn free_bytes(&self, _path: &Path) -> io::Result<u64> {
        Ok(self.shared.space.free())
    }
}

/// A write that the process may not live to end.
struct Torn<'a> {
    contents: &'a Arc<RwLock<Contents>>,
    bytes: &'a [u8],
    position: u64,
}

impl Shared {
    /// Keeps the disk as it is now, but for a part of a write.
    fn keep_crash_point(&self, torn: Option<Torn<'_>>) {
        let mut points = self.crash_points.lock();
        let Some(points) = points.as_mut() else { return };
        let tree = self.tree.lock();
        let kept = tree.after_kill();
        if let Some(Torn { contents, bytes, position }) = torn
            && let Some(contents) = kept.twin(&tree, contents)
        {
            let nth = self.faults.operations() + 1;
            let done = Random::new(nth).up_to(bytes.len());
            contents.write().write(&bytes[..done], position as usize);
        }
        points.push(SimDisk::with_tree(kept));
    }
}

impl Space {
    fn free(&self) -> u64 {
        let capacity = self.capacity.load(Ordering::Relaxed);
        capacity.saturating_sub(self.used.load(Ordering::Relaxed))
    }

    fn release(&self, bytes: u64) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }

    fn take(&self, bytes: u64) -> io::Result<()> {
        if self.free() < bytes {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.used.fetch_add(bytes, Ordering::Relaxed);
        Ok(())
    }
}

/// An open file; it stays readable when its name is removed.
#[derive(Debug)]
struct SimFile {
    shared: Arc<Shared>,
    contents: Arc<RwLock<Contents>>,
}

impl DiskFile for SimFile {
    fn read_at(&self, buffer: &mut [u8], position: u64) -> io::Result<usize> {
        self.shared.faults.check()?;
        Ok(self.contents.read().read(buffer, position as usize))
    }

    fn write_at(&self, bytes: &[u8], position: u64) -> io::Result<()> {
        let torn = Torn { contents: &self.contents, bytes, position };
        self.shared.keep_crash_point(Some(torn));
        let mut contents = self.contents.write();
        let go = self.shared.faults.next()?;
        let end = position + bytes.len() as u64;
        self.shared.space.take(end.saturating_sub(contents.len()))?;
        match go {
            Go::On => contents.write(bytes, position as usize),
            Go::Stopping(coin) => {
                let done = coin as usize % (bytes.len() + 1);
                contents.write(&bytes[..done], position as usize);
                return Err(faults::stopped());
            }
        }
        Ok(())
    }

    fn truncate(&self, len: u64) -> io::Result<()> {
        self.shared.keep_crash_point(None);
        let mut contents = self.contents.write();
        let go = self.shared.faults.next()?;
        if matches!(go, Go::Stopping(coin) if coin % 2 == 0) {
            return Err(faults::stopped());
        }
        self.shared.space.release(contents.truncate(len as usize));
        if matches!(go, Go::On) { Ok(()) } else { Err(faults::stopped()) }
    }

    fn len(&self) -> io::Result<u64> {
        self.shared.faults.check()?;
        Ok(self.contents.read().len())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.shared.keep_crash_point(None);
        let mut contents = self.contents.write();
        match self.shared.faults.next() {
            Ok(Go::On) => contents.sync(),
            Ok(Go::Stopping(coin)) => {
                if coin % 2 == 0 {
                    contents.sync();
                }
                return Err(faults::stopped());
            }
            Err(error) => {
                contents.poison();
                return Err(error);
            }
        }
        Ok(())
    }
}

/// A locked name.
#[derive(Debug)]
struct SimLock {
    path: PathBuf,
    locked: Arc<Mutex<HashSet<PathBuf>>>,
}

impl DiskLock for SimLock {}

impl Drop for SimLock {
    fn drop(&mut self) {
        self.locked.lock().remove(&self.path);
    }
}
