//! Which of the windows that an aggregate has committed a query sees: those that are kept, and that were emitted if only final
//! results are.

use crate::operators::groups::start_of;
use crate::operators::progress::{PROGRESS_KEY, Progress};
use crate::operators::stored_sessions::{BY_END, end_of};
use crate::operators::{SessionWindows, TimeWindows};
use crate::state::{Backend, StateError, StoreId, StorePartition};

/// Which windows an aggregate has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as their parts are")]
pub enum AggregateWindows {
    Time(TimeWindows),
    Session(SessionWindows),
}

/// Tells which committed windows of an aggregate a query sees.
pub struct VisibleWindows {
    windows: AggregateWindows,
    /// By partition.
    progress: Vec<Progress>,
}

impl VisibleWindows {
    /// Reads how far each partition has come.
    pub fn load(
        windows: AggregateWindows,
        store: StoreId,
        partition_count: u32,
        backend: &dyn Backend,
    ) -> Result<Self, StateError> {
        let load = |partition| Progress::load(backend, StorePartition::new(store, partition));
        let progress = (0..partition_count).map(load).collect::<Result<_, _>>()?;
        Ok(VisibleWindows { windows, progress })
    }

    /// Tells whether a query sees an entry of the store.
    pub fn sees(&self, full_key: &[u8], value: &[u8]) -> Result<bool, StateError> {
        let (StorePartition { partition, .. }, key) = StorePartition::split(full_key);
        let Some(progress) = self.progress.get(partition as usize) else { return Ok(false) };
        if key == PROGRESS_KEY || key.first() == Some(&BY_END) {
            return Ok(false);
        }
        Ok(match self.windows {
            AggregateWindows::Time(windows) => windows.sees(progress, start_of(key)),
            AggregateWindows::Session(windows) => windows.sees(progress, end_of(value)?),
        })
    }
}
