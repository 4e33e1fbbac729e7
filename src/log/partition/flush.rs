//! Syncing what was appended: one sync serves all who wait for it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::Partition;
use crate::disk::DiskFile;
use crate::log::settings::Settings;
use crate::log::{LogError, Offset};

/// Up to where a partition is synced, and whether somebody is about to sync more.
#[derive(Debug)]
pub(super) struct Flushed {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    offset: Offset,
    is_syncing: bool,
    /// When it was first seen that something after the offset is not synced.
    waits_since: Option<(Offset, Duration)>,
}

/// What one who wants a partition synced is to do.
#[derive(Debug)]
enum Turn {
    /// Nothing: it is synced.
    Done,
    /// Sync this file, which has everything before the offset.
    Sync(Arc<dyn DiskFile>, Offset),
    /// Wait for the one who is syncing, then ask again.
    Wait,
}

impl Flushed {
    pub(super) fn new(offset: Offset) -> Self {
        let state = State { offset, is_syncing: false, waits_since: None };
        Flushed { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Takes note that everything before an offset is synced.
    pub(super) fn advance(&self, offset: Offset) {
        let mut state = self.state.lock();
        state.offset = state.offset.max(offset);
        self.changed.notify_all();
    }

    pub(super) fn offset(&self) -> Offset {
        self.state.lock().offset
    }
}

impl Partition {
    /// Returns after a sync that covers everything before an offset.
    pub(in crate::log) fn flush_to(&self, offset: Offset) -> Result<(), LogError> {
        loop {
            match self.begin_flush(offset)? {
                Turn::Done => return Ok(()),
                Turn::Sync(file, end) => self.end_flush(end, file.sync_data())?,
                Turn::Wait => self.wait_for_flush(),
            }
        }
    }

    /// Returns after a sync that covers everything that was appended.
    pub(in crate::log) fn flush(&self) -> Result<(), LogError> {
        self.flush_to(self.end())
    }

    /// Syncs what was appended if it is as much as `flush.messages` allows to be lost.
    pub(in crate::log) fn flush_if_many(&self, end: Offset) -> Result<(), LogError> {
        let is_due = self.settings().flush_messages <= end - self.flushed.offset();
        if is_due { self.flush_to(end) } else { Ok(()) }
    }

    /// Syncs what has waited as long as `flush.ms` allows.
    pub(super) fn flush_if_due(&self, settings: &Settings) -> Result<(), LogError> {
        if settings.flush_ms == i64::MAX {
            return Ok(());
        }
        let now = self.environment.clock.monotonic();
        let end = self.end();
        {
            let mut state = self.flushed.state.lock();
            let waits = state.waits_since.filter(|(offset, _)| state.offset < *offset);
            let first = waits.or((state.offset < end).then_some((end, now)));
            state.waits_since = first;
            let is_due = first.is_some_and(|(_, since)| {
                Duration::from_millis(settings.flush_ms as u64) <= now.saturating_sub(since)
            });
            if !is_due {
                return Ok(());
            }
        }
        self.flush_to(end)
    }

    /// Asks what to do for everything before an offset to be synced.
    fn begin_flush(&self, offset: Offset) -> Result<Turn, LogError> {
        let mut state = self.flushed.state.lock();
        if offset <= state.offset {
            return Ok(Turn::Done);
        }
        self.check_storage()?;
        if state.is_syncing {
            return Ok(Turn::Wait);
        }
        state.is_syncing = true;
        drop(state);
        // All that is in the file by now is synced with it, for those who come in the meantime.
        let writer = self.writer.lock();
        Ok(Turn::Sync(Arc::clone(&writer.file), writer.next_offset))
    }

    /// Tells all who wait how the sync went.
    fn end_flush(&self, end: Offset, synced: io::Result<()>) -> Result<(), LogError> {
        // The failure is known before anybody may sync again and be told that all is well.
        let failed = synced.err().map(|error| self.fail(error));
        let mut state = self.flushed.state.lock();
        state.is_syncing = false;
        if failed.is_none() {
            state.offset = state.offset.max(end);
        }
        self.flushed.changed.notify_all();
        failed.map_or(Ok(()), Err)
    }

    fn wait_for_flush(&self) {
        let mut state = self.flushed.state.lock();
        if state.is_syncing {
            self.flushed.changed.wait(&mut state);
        }
    }
}
