//! Which groups have which window: for aggregates that emit a window once, when it closes.

use std::collections::BTreeMap;

use crate::operators::window_aggregate::window_row;

/// The groups in memory by the start of their window, as far as it is not closed.
pub(super) struct OpenWindows {
    by_start: BTreeMap<i64, Vec<u32>>,
    /// Windows that begin up to this time may have groups that are in the store only.
    pub(super) stored_up_to: i64,
}

impl OpenWindows {
    /// Begins with no group in memory, and a store with windows that begin up to a time.
    pub(super) fn new(stored_up_to: i64) -> Self {
        OpenWindows { by_start: BTreeMap::new(), stored_up_to }
    }

    /// Adds a group by its stored key.
    pub(super) fn add(&mut self, key: &[u8], group: u32) {
        self.by_start.entry(start_of(key)).or_default().push(group);
    }

    /// Forgets all groups.
    pub(super) fn clear(&mut self) {
        self.by_start.clear();
    }

    /// Takes the groups of windows that begin in a range; those before it are not asked for any more.
    pub(super) fn take(&mut self, from: i64, to: i64) -> Vec<u32> {
        let later = self.by_start.split_off(&to.saturating_add(1));
        let closed = std::mem::replace(&mut self.by_start, later);
        closed.into_iter().filter(|(start, _)| from <= *start).flat_map(|(_, g)| g).collect()
    }

    /// Returns the stored keys of a range of windows, the end not part of it, if groups may be there that are not in memory.
    pub(super) fn stored(&self, from: i64, to: i64) -> Option<(Vec<u8>, Vec<u8>)> {
        let to = to.min(self.stored_up_to);
        (from <= to).then(|| (window_row(from), window_row(to.saturating_add(1))))
    }
}

/// Returns the window's start, which stands first in the stored key of a windowed group: a flag and eight bytes.
pub(super) fn start_of(key: &[u8]) -> i64 {
    let start = key.get(1..9).and_then(|bytes| bytes.first_chunk::<8>());
    let start = start.expect("a windowed key begins with its window");
    (u64::from_be_bytes(*start) ^ (1 << 63)) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_windows_are_taken_once() {
        let mut windows = OpenWindows::new(i64::MIN);
        for (group, start) in [(0, 20), (1, 10), (2, 10), (3, 0)] {
            windows.add(&window_row(start), group);
        }
        assert_eq!(windows.take(5, 10), [1, 2]);
        assert_eq!(windows.take(0, 19), [0_u32; 0]);
        assert_eq!(windows.take(11, 20), [0]);
    }

    #[test]
    fn only_what_was_stored_is_looked_for() {
        let windows = OpenWindows::new(10);
        assert_eq!(windows.stored(11, 20), None);
        assert_eq!(windows.stored(-5, 20), Some((window_row(-5), window_row(11))));
    }
}
