//! That log and state belong together: neither may start empty beside the other.

use std::path::Path;

use crate::error::{Error, ErrorKind, Result};
use crate::log::{EmbeddedLog, Log};
use crate::state::{Backend, Changes, StoreId, StorePartition};

const ENGINE: StorePartition = StorePartition { store: StoreId::ENGINE, partition: 0 };
const CLUSTER_ID: &[u8] = b"c";

/// Notes in a new state whose it is; refuses a state that belongs to another log, or to none though the log is old.
///
/// A state without its log would skip what it thinks it has read; a log without its state would be read again, and
/// its results written twice.
pub(super) fn check_belongs(
    log: &EmbeddedLog,
    backend: &dyn Backend,
    data_dir: &Path,
) -> Result<()> {
    let stored = backend.get(&ENGINE.full_key(CLUSTER_ID))?;
    let cluster_id = log.cluster_id();
    match stored {
        Some(stored) if stored == cluster_id.as_bytes() => Ok(()),
        Some(stored) => Err(not_whole(
            data_dir,
            format!(
                "state/ belongs to cluster {}, log/ to cluster {cluster_id}",
                String::from_utf8_lossy(&stored)
            ),
        )),
        None if log.topics().is_empty() || !is_empty(backend)? => {
            let mut changes = Changes::new();
            changes.put(ENGINE, CLUSTER_ID, cluster_id.as_bytes());
            Ok(backend.commit(changes)?)
        }
        None => Err(not_whole(data_dir, "state/ is empty, but log/ has topics".to_owned())),
    }
}

fn is_empty(backend: &dyn Backend) -> Result<bool> {
    let first = backend.scan(&ENGINE.prefix(), &ENGINE.end()).next();
    Ok(first.transpose()?.is_none())
}

fn not_whole(data_dir: &Path, reason: String) -> Error {
    let folder = data_dir.display();
    let message = format!("data folder {folder} is not whole: {reason}. Restore what is missing");
    Error::new(ErrorKind::Storage, message)
}
