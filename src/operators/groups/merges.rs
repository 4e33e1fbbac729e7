//! How windows that follow each other are merged from their panes.
//!
//! In blocks of a window's length, from both ends: about three merges for a window, however many panes it has.
//!
//! Source: van Herk, "A Fast Algorithm for Local Minimum and Maximum Filters on Rectangular and Octagonal Kernels", 1992; Gil and
//! Werman, "Computing 2-D Min, Median, and Max Filters", 1993.

use crate::functions::aggregate::Merge;

/// A group, or states that are merged already, with what is known beside them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) group: u32,
    /// The largest event time.
    pub(super) time: i64,
    /// The windows that have it are asked for, and this stamp is what they are ordered by; none if it only belongs to such windows.
    pub(super) stamp: Option<u32>,
}

/// Merges, in order. What they make is numbered behind the groups.
pub(super) struct Merges {
    pub(super) steps: Vec<Merge>,
    /// What the next one makes.
    pub(super) next: u32,
    tails: Vec<Option<Node>>,
    heads: Vec<Option<Node>>,
}

impl Merges {
    /// Begins with so many groups.
    pub(super) fn new(group_count: u32) -> Self {
        Merges { steps: Vec::new(), next: group_count, tails: Vec::new(), heads: Vec::new() }
    }

    /// Merges two, where both are there.
    pub(super) fn join(&mut self, left: Option<Node>, right: Option<Node>) -> Option<Node> {
        let (Some(left), Some(right)) = (left, right) else { return left.or(right) };
        let group = self.next;
        self.next += 1;
        self.steps.push(Merge { into: group, left: left.group, right: right.group });
        let time = left.time.max(right.time);
        Some(Node { group, time, stamp: left.stamp.max(right.stamp) })
    }

    /// Merges windows of panes that stand one after the other: each begins `step` panes after the one before it and has `size`.
    /// Shows each window.
    pub(super) fn slide(
        &mut self,
        panes: &[Option<Node>],
        (size, step): (usize, usize),
        mut show: impl FnMut(&mut Self, Option<Node>),
    ) {
        let last = panes.len() - size;
        // From each pane to the end of its block, and from the begin of a block to each pane.
        let mut tails = std::mem::take(&mut self.tails);
        tails.clear();
        tails.extend_from_slice(&panes[..=last]);
        let mut tail = None;
        for at in (0..panes.len().min(last / size * size + size)).rev() {
            tail =
                if (at + 1).is_multiple_of(size) { panes[at] } else { self.join(panes[at], tail) };
            if let Some(place) = tails.get_mut(at) {
                *place = tail;
            }
        }
        let mut heads = std::mem::take(&mut self.heads);
        heads.clear();
        heads.extend_from_slice(panes);
        for at in size..panes.len() {
            if !at.is_multiple_of(size) {
                heads[at] = self.join(heads[at - 1], panes[at]);
            }
        }
        for at in (0..=last).step_by(step) {
            let window = match at.is_multiple_of(size) {
                true => tails[at],
                false => self.join(tails[at], heads[at + size - 1]),
            };
            show(self, window);
        }
        (self.tails, self.heads) = (tails, heads);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Merges sets of panes, each a bit; `present` says which panes have rows.
    fn check(present: u64, pane_count: usize, size: usize, step: usize) {
        let node = |pane: usize| {
            let is_present = present >> pane & 1 == 1;
            let time = pane as i64;
            is_present.then_some(Node { group: pane as u32, time, stamp: Some(99 - pane as u32) })
        };
        let panes: Vec<_> = (0..pane_count).map(node).collect();
        let mut merges = Merges::new(pane_count as u32);
        let mut windows = Vec::new();
        merges.slide(&panes, (size, step), |_, window| windows.push(window));
        let mut sets: Vec<u64> = (0..pane_count).map(|pane| 1 << pane).collect();
        for Merge { into, left, right } in &merges.steps {
            assert_eq!(*into as usize, sets.len());
            let (left, right) = (sets[*left as usize], sets[*right as usize]);
            assert_eq!(left & right, 0, "a row would count twice");
            sets.push(left | right);
        }
        for (number, window) in windows.iter().enumerate() {
            let expected = (present >> (number * step)) & ((1 << size) - 1);
            let found = window.map_or(0, |node| sets[node.group as usize] >> (number * step));
            assert_eq!(found, expected, "window {number} of {size} panes, {present:b}");
            let Some(node) = window else { continue };
            let panes = sets[node.group as usize];
            assert_eq!(node.time, i64::from(63 - panes.leading_zeros()), "the latest pane's time");
            assert_eq!(node.stamp, Some(99 - panes.trailing_zeros()), "the largest stamp");
        }
        assert_eq!(windows.len(), (pane_count - size) / step + 1);
        assert!(merges.steps.len() <= 3 * pane_count, "{} steps", merges.steps.len());
    }

    #[test]
    fn windows_are_merged_from_their_panes() {
        let mut random = fastrand::Rng::with_seed(1);
        for _ in 0..20_000 {
            let (size, step) = (random.usize(1..9), random.usize(1..4));
            let pane_count = size + step * random.usize(0..9);
            check(random.u64(..) | random.u64(..), pane_count, size, step);
            check(random.u64(..) & random.u64(..) & random.u64(..), pane_count, size, step);
        }
    }
}
