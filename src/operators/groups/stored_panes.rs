//! How queries read hopping windows whose panes are stored.

use std::collections::BTreeMap;

use super::panes::{closed_of, grouping_key};
use super::{Panes, load_states, start_of, window_row};
use crate::operators::{AggregateSpec, OperatorError};
use crate::state::{Backend, StateError, StorePartition};

/// An entry of a store as it lies there: a full key and its value.
type StoredEntry = (Box<[u8]>, Box<[u8]>);

/// Takes a stored group: its key and its value.
type ShowGroup<'a> = dyn FnMut(&[u8], &[u8]) -> Result<(), StateError> + 'a;

/// Reads the windows of an aggregate that stores panes, as the entries of one that stores windows.
pub struct PaneReader<'a> {
    /// The aggregate.
    pub spec: &'a AggregateSpec,
    /// Its panes.
    pub panes: Panes,
    /// What is committed.
    pub backend: &'a dyn Backend,
    /// The partition of its store.
    pub partition: StorePartition,
}

impl PaneReader<'_> {
    /// Returns the start of the first window from a time on that may have rows, if there is one.
    pub fn next_start(&self, from: i64) -> Result<Option<i64>, StateError> {
        let from = self.panes.next_window(from.max(0));
        let begin = self.partition.full_key(&window_row(from));
        let first = self.backend.scan(&begin, &self.partition.end()).next().transpose()?;
        let Some((key, _)) = first else { return Ok(None) };
        let windows = self.panes.windows(start_of(&key[StorePartition::PREFIX_SIZE..]), 0);
        Ok(windows.skip(windows.up_to(from.saturating_sub(1))).iter().next())
    }

    /// Returns the entries of the window that begins at a time, of all keys or of one, by key.
    pub fn entries(
        &self,
        start: i64,
        key: Option<&[u8]>,
    ) -> Result<Vec<StoredEntry>, OperatorError> {
        let mut groups: BTreeMap<Box<[u8]>, Vec<u32>> = BTreeMap::new();
        let mut accumulators = self.spec.accumulators()?;
        let mut times = Vec::new();
        self.visit(start, key, &mut |stored, value| {
            let group = u32::try_from(times.len()).expect("fewer than 2^32 groups fit in memory");
            accumulators.iter_mut().for_each(|states| states.resize(times.len() + 1));
            times.push(load_states(&mut accumulators, group, value)?);
            groups.entry(grouping_key(stored).into()).or_default().push(group);
            Ok(())
        })?;
        let mut entries = Vec::with_capacity(groups.len());
        for (key, groups) in groups {
            let (into, others) = groups.split_first().expect("a key is there by a group");
            let mut time = times[*into as usize];
            for from in others {
                time = time.max(times[*from as usize]);
                for states in &mut accumulators {
                    states.merge(*into, *from).map_err(StateError::Damaged)?;
                }
            }
            let full_key = self.partition.full_key(&[&window_row(start)[..], &key].concat());
            let mut value = time.to_be_bytes().to_vec();
            accumulators.iter().for_each(|states| states.save(*into, &mut value));
            entries.push((full_key.into(), value.into()));
        }
        Ok(entries)
    }

    /// Shows the stored groups of a window, of all keys or of one.
    fn visit(
        &self,
        start: i64,
        key: Option<&[u8]>,
        show: &mut ShowGroup<'_>,
    ) -> Result<(), StateError> {
        let Some(key) = key else {
            return self.scan(&window_row(start), &window_row(self.panes.end(start)), start, show);
        };
        for pane in self.panes.of_window(start) {
            let from = [&window_row(pane)[..], key].concat();
            // Behind the key stands a number: a flag below 2, then four bytes.
            let to = [&from[..], &[u8::MAX]].concat();
            self.scan(&from, &to, start, show)?;
        }
        Ok(())
    }

    fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        start: i64,
        show: &mut ShowGroup<'_>,
    ) -> Result<(), StateError> {
        let (from, to) = (self.partition.full_key(from), self.partition.full_key(to));
        for entry in self.backend.scan(&from, &to) {
            let (key, value) = entry?;
            let key = &key[StorePartition::PREFIX_SIZE..];
            if self.panes.has(start, start_of(key), closed_of(key)) {
                show(key, &value)?;
            }
        }
        Ok(())
    }
}
