//! Ranges of keys that are gone.

/// From one full key up to and without another.
type KeyRange = (Box<[u8]>, Box<[u8]>);

/// Ranges of full keys, each from one up to and without another: in order, apart from each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ranges {
    ranges: Vec<KeyRange>,
}

impl Ranges {
    /// Adds a range; one that has no key adds nothing.
    pub(super) fn add(&mut self, from: &[u8], to: &[u8]) {
        if to <= from {
            return;
        }
        // Those that touch it become a part of it.
        let first = self.ranges.partition_point(|(_, end)| **end < *from);
        let last = self.ranges.partition_point(|(start, _)| **start <= *to);
        let touched = &self.ranges[first..last.max(first)];
        let from = touched.first().map_or(from, |(start, _)| from.min(start));
        let to = touched.last().map_or(to, |(_, end)| to.max(end));
        let joined = (from.into(), to.into());
        self.ranges.splice(first..last.max(first), [joined]);
    }

    /// Adds all of another set.
    pub(super) fn add_all(&mut self, other: &Ranges) {
        other.iter().for_each(|(from, to)| self.add(from, to));
    }

    /// Tells whether a key is in one of them.
    pub(super) fn cover(&self, key: &[u8]) -> bool {
        let at = self.ranges.partition_point(|(_, end)| **end <= *key);
        self.ranges.get(at).is_some_and(|(start, _)| **start <= *key)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.ranges.iter().map(|(from, to)| (&**from, &**to))
    }

    pub(super) fn len(&self) -> usize {
        self.ranges.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_cover_what_was_added() {
        let mut rng = fastrand::Rng::with_seed(11);
        for _ in 0..300 {
            let (mut ranges, mut expected) = (Ranges::default(), [false; 40]);
            for _ in 0..rng.usize(0..12) {
                let (from, to) = (rng.u8(..40), rng.u8(..40));
                ranges.add(&[from], &[to]);
                (from..to).for_each(|key| expected[usize::from(key)] = true);
            }
            let covered: Vec<_> = (0..40).map(|key| ranges.cover(&[key])).collect();
            assert_eq!(covered, expected, "{ranges:?}");
            let ends: Vec<_> = ranges.iter().flat_map(|(from, to)| [from, to]).collect();
            assert!(ends.is_sorted() && ends.windows(2).all(|pair| pair[0] != pair[1]));
        }
    }
}
