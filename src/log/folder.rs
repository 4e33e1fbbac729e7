//! The data folder as a whole: whose it is, that nobody else uses it, that it is all there.
//!
//! ```text
//! .lock             held by the process that has the log open
//! meta.properties   marks the folder; the cluster it belongs to
//! .clean            there if the last process closed the log
//! topics            all topics and their properties
//! producer-ids      the first producer id that was never handed out
//! orders-0/ …       the partitions
//! ```

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use super::error::AtPath;
use super::topics::{self, Topics};
use super::{LogError, TopicId, producer_ids};
use crate::disk::{Disk, DiskLock, read_file, replace_file};

const LOCK: &str = ".lock";
const MARKER: &str = "meta.properties";
const CLEAN: &str = ".clean";
/// Stands before the checksum of the marker's lines.
const CHECKSUM: &str = "#crc32c=";

/// A data folder that this process has.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) cluster_id: String,
    /// Whether the last process closed the log.
    pub(super) was_closed: bool,
    _lock: Box<dyn DiskLock>,
}

impl Folder {
    /// Takes the folder; a new or empty one is marked, any other must be whole.
    pub(super) fn take(
        disk: &dyn Disk,
        folder: &Path,
        expected: Option<&str>,
    ) -> Result<Folder, LogError> {
        disk.create_folder(folder).at(folder)?;
        let lock = Folder::lock(disk, folder)?;
        let entries = disk.list(folder).at(folder)?;
        let has = |name: &str| entries.iter().any(|entry| entry.name == name);
        let is_new = !has(MARKER);
        if is_new {
            let is_foreign = entries.iter().any(|entry| !may_precede_marker(&entry.name));
            if is_foreign || has(topics::FILE) && !Topics::load(disk, folder)?.is_empty() {
                let (folder, missing) = (folder.to_path_buf(), MARKER.to_owned());
                return Err(LogError::Incomplete { folder, missing });
            }
            begin(disk, folder, expected)?;
        }
        let cluster_id = read_cluster_id(disk, folder)?;
        if let Some(expected) = expected
            && expected != cluster_id
        {
            let (folder, expected) = (folder.to_path_buf(), expected.to_owned());
            return Err(LogError::WrongCluster { folder, found: cluster_id, expected });
        }
        let was_closed = has(CLEAN);
        if was_closed {
            let path = folder.join(CLEAN);
            disk.remove(&path).at(&path)?;
            disk.sync_folder(folder).at(folder)?;
        }
        Ok(Folder { cluster_id, was_closed, _lock: lock })
    }

    /// Keeps all other processes out.
    pub(super) fn lock(disk: &dyn Disk, folder: &Path) -> Result<Box<dyn DiskLock>, LogError> {
        let path = folder.join(LOCK);
        disk.lock(&path).map_err(|error| match error.kind() {
            ErrorKind::WouldBlock => LogError::Locked(folder.to_path_buf()),
            _ => LogError::disk(&path, error),
        })
    }

    /// Fails if a folder is not marked as a log's.
    pub(super) fn check_marked(disk: &dyn Disk, folder: &Path) -> Result<(), LogError> {
        read_cluster_id(disk, folder).map(drop)
    }

    /// Says that everything is stored.
    pub(super) fn mark_clean(&self, disk: &dyn Disk, folder: &Path) -> Result<(), LogError> {
        let path = folder.join(CLEAN);
        replace_file(disk, &path, b"").at(&path)
    }
}

/// Says whether a name may be in a folder that has no marker: what a start that was killed left, and what a file
/// system puts into every volume.
fn may_precede_marker(name: &str) -> bool {
    let name = name.strip_suffix(".tmp").unwrap_or(name);
    [LOCK, MARKER, topics::FILE, producer_ids::FILE, "lost+found"].contains(&name)
}

/// Fills a new folder; the marker comes last, since it says that all is there.
fn begin(disk: &dyn Disk, folder: &Path, cluster_id: Option<&str>) -> Result<(), LogError> {
    sync_above(disk, folder)?;
    Topics::default().store(disk, folder)?;
    producer_ids::store(disk, folder, 0)?;
    let cluster_id = cluster_id.map_or_else(|| TopicId::random().to_string(), str::to_owned);
    let path = folder.join(MARKER);
    let text = format!("version=1\ncluster.id={cluster_id}\nnode.id=0\n");
    // A comment to Kafka's tools.
    let text = format!("{text}{CHECKSUM}{:08x}\n", crc32c::crc32c(text.as_bytes()));
    replace_file(disk, &path, text.as_bytes()).at(&path)
}

/// Makes the folder's own name survive, and the names of the folders above, which may be as new.
fn sync_above(disk: &dyn Disk, folder: &Path) -> Result<(), LogError> {
    let mut above = folder.ancestors().skip(1);
    let or_here = |path| if path == Path::new("") { Path::new(".") } else { path };
    if let Some(parent) = above.next().map(or_here) {
        disk.sync_folder(parent).at(parent)?;
    }
    // One that may not be opened was not made here, and neither were those above it.
    let _ = above.map(or_here).try_for_each(|path| disk.sync_folder(path));
    Ok(())
}

fn read_cluster_id(disk: &dyn Disk, folder: &Path) -> Result<String, LogError> {
    let path = folder.join(MARKER);
    let bytes = read_file(disk, &path).at(&path)?;
    let text = String::from_utf8_lossy(&bytes);
    let whole = text.strip_suffix('\n').and_then(|text| text.split_once(CHECKSUM));
    let Some((text, crc)) = whole else {
        return Err(LogError::DamagedFile { path, reason: "it has no checksum" });
    };
    if u32::from_str_radix(crc, 16) != Ok(crc32c::crc32c(text.as_bytes())) {
        return Err(LogError::DamagedFile { path, reason: "it is not what its checksum says" });
    }
    let properties: BTreeMap<_, _> = text.lines().filter_map(|line| line.split_once('=')).collect();
    match properties.get("cluster.id") {
        Some(id) => Ok((*id).to_owned()),
        None => Err(LogError::DamagedFile { path, reason: "it has no cluster.id" }),
    }
}
