//! What all partitions of a log share.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use super::LogConfig;
use crate::clock::Clock;
use crate::disk::Disk;

/// How many bytes are appended at most before the room on the disk is looked at again.
const BYTES_UNSEEN_MAX: u64 = 16 * 1024 * 1024;

/// What all partitions of a log share.
#[derive(Debug)]
pub(super) struct Environment {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) config: LogConfig,
    /// The data folder.
    pub(super) folder: PathBuf,
    pub(super) is_closed: AtomicBool,
    /// How many bytes may be appended before the room on the disk must be looked at.
    unseen: AtomicI64,
}

impl Environment {
    pub(super) fn new(
        disk: Arc<dyn Disk>,
        clock: Arc<dyn Clock>,
        folder: PathBuf,
        config: LogConfig,
    ) -> Self {
        let (is_closed, unseen) = (AtomicBool::new(false), AtomicI64::new(0));
        Environment { disk, clock, config, folder, is_closed, unseen }
    }

    /// Says whether `bytes` can be appended and the headroom be kept.
    ///
    /// The headroom is for what must go on when producers are refused: markers, checkpoints, deletions.
    pub(super) fn has_room(&self, bytes: usize) -> bool {
        let bytes = bytes as i64;
        if bytes <= self.unseen.fetch_sub(bytes, Ordering::Relaxed) {
            return true;
        }
        // A disk that does not tell its room is found full by the write itself.
        let free = self.disk.free_bytes(&self.folder).unwrap_or(u64::MAX);
        let spare = free.saturating_sub(self.config.headroom_bytes);
        self.unseen.store(spare.min(BYTES_UNSEEN_MAX) as i64 - bytes, Ordering::Relaxed);
        bytes as u64 <= spare
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Relaxed)
    }
}
