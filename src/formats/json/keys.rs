//! Which key of an object is which column, learnt from the objects that came before.
//!
//! Programs write the keys of their objects in one order and with the same white space. So what stands between two
//! values is the same bytes in every object, and comparing sixteen of them is all it takes to know the next key.

use std::collections::HashMap;
use std::sync::Arc;

/// What a key stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// The column's number among those wanted; None if none has that name.
    pub(super) column: Option<u32>,
    /// Whether the names are the same as they are, not in upper case only.
    pub(super) is_exact: bool,
}

/// Columns by their names, and the keys seen so far in the order in which they follow each other.
pub(super) struct Keys {
    columns: HashMap<Vec<u8>, u32>,
    known: Vec<KnownKey>,
    by_bytes: HashMap<Vec<u8>, u32>,
    /// The key that came first in the last object.
    first: u32,
}

/// A key, with the bytes from the end of the value before it, or the brace, up to its own value.
struct KnownKey {
    /// The first of them, as far as the mask goes.
    start: [u64; 2],
    mask: [u64; 2],
    bytes: Box<[u8]>,
    column: u32,
    /// The key that came after it last time.
    next: u32,
}

/// So many keys, and so long ones, are remembered; the others are looked up each time.
const KNOWN_KEYS_MAX: usize = 1024;
const KNOWN_KEY_BYTES_MAX: usize = 128;
/// No key.
pub(super) const NO_KEY: u32 = u32::MAX;
/// No column: the value is skipped.
pub(super) const NO_COLUMN: u32 = u32::MAX;

impl Keys {
    /// Makes them for columns of these names.
    pub(super) fn new<'a>(names: impl IntoIterator<Item = &'a Arc<str>>) -> Self {
        let names = names.into_iter().zip(0..);
        Keys {
            columns: names.map(|(name, column)| (name.as_bytes().to_vec(), column)).collect(),
            known: Vec::new(),
            by_bytes: HashMap::new(),
            first: NO_KEY,
        }
    }

    /// Returns the key that is expected after another.
    #[inline]
    pub(super) fn expected_after(&self, last: u32) -> u32 {
        self.known.get(last as usize).map_or(self.first, |last| last.next)
    }

    /// Tells the column of an expected key, and how many bytes it takes up to its value, if the rest begins with it.
    #[inline(always)]
    pub(super) fn matches(&self, expected: u32, rest: &[u8]) -> Option<(u32, usize)> {
        let known = self.known.get(expected as usize)?;
        let is_it = match rest.first_chunk::<16>() {
            Some(start) => {
                let start = u128::from_le_bytes(*start);
                let low = (start as u64 & known.mask[0]) ^ known.start[0];
                let high = ((start >> 64) as u64 & known.mask[1]) ^ known.start[1];
                low == 0 && high == 0 && (known.bytes.len() <= 16 || rest.starts_with(&known.bytes))
            }
            None => rest.starts_with(&known.bytes),
        };
        is_it.then_some((known.column, known.bytes.len()))
    }

    /// Finds a key that was not expected, by its bytes up to the value; returns it and its column.
    pub(super) fn find(&mut self, last: u32, bytes: &[u8]) -> Option<(u32, u32)> {
        let found = *self.by_bytes.get(bytes)?;
        self.follow(last, found);
        Some((found, self.known[found as usize].column))
    }

    /// Remembers a key, and that it came after another.
    pub(super) fn learn(&mut self, last: u32, bytes: &[u8], column: u32) -> u32 {
        if KNOWN_KEYS_MAX <= self.known.len() || KNOWN_KEY_BYTES_MAX < bytes.len() {
            return NO_KEY;
        }
        let (mut start, mut mask) = ([0; 16], [0; 16]);
        let count = bytes.len().min(16);
        start[..count].copy_from_slice(&bytes[..count]);
        mask[..count].fill(0xFF);
        let key = self.known.len() as u32;
        self.known.push(KnownKey {
            start: words(start),
            mask: words(mask),
            bytes: bytes.into(),
            column,
            next: NO_KEY,
        });
        self.by_bytes.insert(bytes.to_vec(), key);
        self.follow(last, key);
        key
    }

    fn follow(&mut self, last: u32, key: u32) {
        match self.known.get_mut(last as usize) {
            Some(last) => last.next = key,
            None => self.first = key,
        }
    }

    /// Finds the column of a key: the one of that name, or else the one whose name it is in upper case.
    pub(super) fn target(&self, key: &[u8]) -> Target {
        if let Some(column) = self.columns.get(key) {
            return Target { column: Some(*column), is_exact: true };
        }
        let upper = String::from_utf8_lossy(key).to_uppercase();
        let column = self.columns.get(upper.as_bytes()).copied();
        Target { column, is_exact: false }
    }
}

fn words(bytes: [u8; 16]) -> [u64; 2] {
    let both = u128::from_le_bytes(bytes);
    [both as u64, (both >> 64) as u64]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_as_they_are_or_in_upper_case() {
        let names: Vec<Arc<str>> = ["ID", "Name", "NAME", "ÄB"].map(Into::into).to_vec();
        let keys = Keys::new(&names);
        let check = |key: &str, column, is_exact| {
            assert_eq!(keys.target(key.as_bytes()), Target { column, is_exact }, "{key}");
        };
        check("ID", Some(0), true);
        check("iD", Some(0), false);
        check("Name", Some(1), true);
        check("name", Some(2), false);
        check("äb", Some(3), false);
        check("other", None, false);
    }

    #[test]
    fn learns_the_order_of_keys() {
        let names: Vec<Arc<str>> = ["A", "B"].map(Into::into).to_vec();
        let mut keys = Keys::new(&names);
        let first = keys.learn(NO_KEY, br#"{"A":"#, 0);
        let second = keys.learn(first, br#" , "B" : "#, 1);
        let expect = |keys: &Keys, last, rest: &[u8]| keys.matches(keys.expected_after(last), rest);
        assert_eq!(expect(&keys, NO_KEY, br#"{"A":1}"#), Some((0, 5)));
        assert_eq!(expect(&keys, NO_KEY, br#"{"A":12345678901234567890}"#), Some((0, 5)));
        assert_eq!(expect(&keys, first, br#" , "B" : 2"#), Some((1, 9)));
        assert_eq!(expect(&keys, first, br#","B":2"#), None);
        assert_eq!(expect(&keys, second, br#"{"A":2"#), None);
        assert_eq!(keys.find(second, br#"{"A":"#), Some((first, 0)));
        assert_eq!(expect(&keys, second, br#"{"A":2"#), Some((0, 5)));
    }

    #[test]
    fn forgets_what_is_too_much() {
        let mut keys = Keys::new(&[]);
        assert_eq!(keys.learn(NO_KEY, &[b'x'; KNOWN_KEY_BYTES_MAX + 1], 0), NO_KEY);
        for number in 0..KNOWN_KEYS_MAX as u32 {
            keys.learn(NO_KEY, &number.to_le_bytes(), NO_COLUMN);
        }
        assert_eq!(keys.learn(NO_KEY, b"more", 0), NO_KEY);
    }
}
