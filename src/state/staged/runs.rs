//! Runs on top of each other, read as one.

use std::sync::Arc;

use crate::state::StateError;
use crate::state::staged::run::Run;

/// Runs, the oldest first. To clone them is to look at them as they are now.
#[derive(Clone, Debug, Default)]
pub(super) struct Runs {
    runs: Vec<Arc<Run>>,
}

/// What runs say of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    /// It has this value, or none.
    Here(Option<&'a [u8]>),
    /// Nothing: it is as whatever lies below has it.
    Below,
}

impl Runs {
    /// Puts a run on top. Those that it is not much smaller than are joined with it: as many are left as the number of all
    /// keys has bits, and no key is moved more often than that.
    pub(super) fn push(&mut self, run: Run) {
        let mut top = Arc::new(run);
        while let Some(below) = self.runs.pop_if(|below| below.len() < 2 * top.len()) {
            top = Arc::new(Run::merge(&below, &top));
        }
        self.runs.push(top);
    }

    /// Joins all of them.
    pub(super) fn merged(&self) -> Arc<Run> {
        let mut newest_first = self.runs.iter().rev().cloned();
        let newest = newest_first.next().unwrap_or_default();
        newest_first.fold(newest, |newer, older| Arc::new(Run::merge(&older, &newer)))
    }

    /// Makes them one.
    pub(super) fn replace(&mut self, merged: Arc<Run>) {
        self.runs = vec![merged];
    }

    /// Puts other runs below these.
    pub(super) fn on_top_of(&self, below: &Runs) -> Runs {
        Runs { runs: below.runs.iter().chain(&self.runs).cloned().collect() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Returns how many bytes they take in memory.
    pub(super) fn memory_size(&self) -> usize {
        self.runs.iter().map(|run| run.memory_size()).sum()
    }

    /// Returns about how many bytes a range has.
    pub(super) fn approximate_size(&self, from: &[u8], to: &[u8]) -> u64 {
        self.runs.iter().map(|run| run.approximate_size(from, to)).sum()
    }

    /// Starts to look keys up.
    pub(super) fn finder(&self) -> Finder<'_> {
        Finder { runs: &self.runs, hints: vec![0; self.runs.len()] }
    }

    /// Returns what they say of a range.
    pub(super) fn range(&self, from: &[u8], to: &[u8]) -> RunsRange {
        let mut finder = self.finder();
        finder.range(from, to)
    }
}

/// Looks keys up; fastest in their order.
pub(super) struct Finder<'a> {
    runs: &'a [Arc<Run>],
    /// Where the last key was found, or would be, in each run.
    hints: Vec<usize>,
}

impl<'a> Finder<'a> {
    pub(super) fn find(&mut self, key: &[u8]) -> Found<'a> {
        for (run, hint) in self.runs.iter().zip(&mut self.hints).rev() {
            if let Some(place) = run.find(key, hint) {
                return Found::Here(run.entry(place).1);
            }
            if run.ranges().cover(key) {
                return Found::Here(None);
            }
        }
        Found::Below
    }

    /// Returns what the runs say of a range.
    pub(super) fn range(&mut self, from: &[u8], to: &[u8]) -> RunsRange {
        let mut places: Vec<(u32, u32)> = Vec::new();
        for (number, run) in self.runs.iter().enumerate().rev() {
            let start = run.lower_bound(from, self.hints[number]);
            self.hints[number] = start;
            let end = if from < to { run.lower_bound(to, start).max(start) } else { start };
            let newer = &self.runs[number + 1..];
            let is_gone =
                |place: &usize| newer.iter().any(|newer| newer.ranges().cover(run.entry(*place).0));
            let older = (start..end).filter(|place| !is_gone(place));
            let older = older.map(|place| (number as u32, place as u32));
            places = merge(places, older.collect(), |(run, place)| {
                self.runs[run as usize].entry(place as usize).0
            });
        }
        RunsRange { runs: self.runs.to_vec(), places, at: 0 }
    }
}

/// Merges places in the order of their keys. Of the same key the newer one stays.
fn merge<'k>(
    newer: Vec<(u32, u32)>,
    older: Vec<(u32, u32)>,
    key: impl Fn((u32, u32)) -> &'k [u8],
) -> Vec<(u32, u32)> {
    if newer.is_empty() || older.is_empty() {
        return if newer.is_empty() { older } else { newer };
    }
    let mut merged = Vec::with_capacity(newer.len() + older.len());
    let mut older = older.into_iter().peekable();
    for place in newer {
        let here = key(place);
        while let Some(before) = older.next_if(|place| key(*place) < here) {
            merged.push(before);
        }
        older.next_if(|place| key(*place) == here);
        merged.push(place);
    }
    merged.extend(older);
    merged
}

/// What runs say of a range of keys.
pub(super) struct RunsRange {
    runs: Vec<Arc<Run>>,
    places: Vec<(u32, u32)>,
    at: usize,
}

impl RunsRange {
    /// Returns the next key and its value, if it has one.
    fn peek(&self) -> Option<(&[u8], Option<&[u8]>)> {
        let (run, place) = self.places.get(self.at)?;
        Some(self.runs[*run as usize].entry(*place as usize))
    }

    fn hides(&self, key: &[u8]) -> bool {
        self.runs.iter().any(|run| run.ranges().cover(key))
    }

    /// Shows the keys up to and without one that have a value.
    pub(super) fn show_below(
        &mut self,
        bound: Option<&[u8]>,
        mut show: impl FnMut(&[u8], &[u8]) -> Result<(), StateError>,
    ) -> Result<(), StateError> {
        while let Some((key, value)) = self.peek()
            && bound.is_none_or(|bound| key < bound)
        {
            if let Some(value) = value {
                show(key, value)?;
            }
            self.at += 1;
        }
        Ok(())
    }

    /// Tells whether a key that lies below is still there, as all keys up to it have been shown.
    pub(super) fn lets_through(&self, key: &[u8]) -> bool {
        self.peek().is_none_or(|(next, _)| next != key) && !self.hides(key)
    }
}
