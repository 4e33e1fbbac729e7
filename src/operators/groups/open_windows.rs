//! Which groups have which window: for aggregates that emit a window once, when it closes.

use std::collections::BTreeMap;

use crate::formats::row::{PRESENT, from_ordered, ordered};

/// The groups in memory by the start of their window or pane, as far as it is not closed.
#[derive(Default)]
pub(super) struct OpenWindows {
    by_start: BTreeMap<i64, Vec<u32>>,
}

impl OpenWindows {
    /// Adds a group by its stored key.
    pub(super) fn add(&mut self, key: &[u8], group: u32) {
        self.by_start.entry(start_of(key)).or_default().push(group);
    }

    /// Forgets all groups.
    pub(super) fn clear(&mut self) {
        self.by_start.clear();
    }

    /// Returns the groups of what begins in a range, both bounds part of it.
    pub(super) fn between(&self, from: i64, to: i64) -> Vec<u32> {
        self.by_start.range(from..=to).flat_map(|(_, groups)| groups).copied().collect()
    }

    /// Forgets what begins before a time: it is not asked for any more.
    pub(super) fn forget_before(&mut self, start: i64) {
        self.by_start = self.by_start.split_off(&start);
    }
}

/// Returns the window's start, which stands first in the stored key of a windowed group: a flag and eight bytes.
pub(in crate::operators) fn start_of(key: &[u8]) -> i64 {
    key.get(1..9).and_then(from_ordered).expect("a windowed key begins with its window")
}

/// Returns what the stored keys of windows that begin at a time begin with.
pub fn window_row(start: i64) -> Vec<u8> {
    [&[PRESENT][..], &ordered(start)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_there_until_they_are_forgotten() {
        let mut windows = OpenWindows::default();
        for (group, start) in [(0, 20), (1, 10), (2, 10), (3, 0)] {
            windows.add(&window_row(start), group);
        }
        assert_eq!(windows.between(5, 10), [1, 2]);
        windows.forget_before(20);
        assert_eq!(windows.between(0, 20), [0]);
        assert_eq!(windows.between(21, i64::MAX), [0_u32; 0]);
    }
}
