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

/// A key, with the bytes from behind a comma or brace up to the value.
struct KnownKey {
    /// Its first bytes, as far as the mask goes.
    start: u128,
    mask: u128,
    bytes: Vec<u8>,
    target: Target,
    /// The key that came after it last time.
    next: u32,
}

/// So many keys, and so long ones, are remembered; the others are looked up each time.
const KNOWN_KEYS_MAX: usize = 1024;
const KNOWN_KEY_BYTES_MAX: usize = 128;
/// No key.
pub(super) const NO_KEY: u32 = u32::MAX;

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

    /// Guesses the key that follows another, and tells how many bytes it takes up to the value.
    #[inline]
    pub(super) fn guess(&self, last: u32, rest: &[u8]) -> Option<(u32, Target, usize)> {
        let guess = if last == NO_KEY { self.first } else { self.known.get(last as usize)?.next };
        let known = self.known.get(guess as usize)?;
        let is_it = match rest.first_chunk::<16>() {
            Some(start) => {
                u128::from_le_bytes(*start) & known.mask == known.start
                    && (known.bytes.len() <= 16 || rest.starts_with(&known.bytes))
            }
            None => rest.starts_with(&known.bytes),
        };
        is_it.then_some((guess, known.target, known.bytes.len()))
    }

    /// Finds a key that did not come as guessed, by its bytes up to the value.
    pub(super) fn find(&mut self, last: u32, bytes: &[u8]) -> Option<(u32, Target)> {
        let found = *self.by_bytes.get(bytes)?;
        self.follow(last, found);
        Some((found, self.known[found as usize].target))
    }

    /// Remembers a key, and that it came after another.
    pub(super) fn learn(&mut self, last: u32, bytes: &[u8], target: Target) -> u32 {
        if KNOWN_KEYS_MAX <= self.known.len() || KNOWN_KEY_BYTES_MAX < bytes.len() {
            return NO_KEY;
        }
        let mut start = [0; 16];
        let count = bytes.len().min(16);
        start[..count].copy_from_slice(&bytes[..count]);
        let mask = if count == 16 { u128::MAX } else { (1 << (8 * count)) - 1 };
        let key = self.known.len() as u32;
        self.known.push(KnownKey {
            start: u128::from_le_bytes(start),
            mask,
            bytes: bytes.to_vec(),
            target,
            next: NO_KEY,
        });
        self.by_bytes.insert(bytes.to_vec(), key);
        self.follow(last, key);
        key
    }

    fn follow(&mut self, last: u32, key: u32) {
        match self.known.get_mut(last as usize) {
            Some(last) => last.next = key,
            None if last == NO_KEY => self.first = key,
            None => {}
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
        let (a, b) = (keys.target(b"A"), keys.target(b"B"));
        let first = keys.learn(NO_KEY, br#""A":"#, a);
        let second = keys.learn(first, br#" "B" : "#, b);
        assert_eq!(keys.guess(NO_KEY, br#""A":1}"#), Some((first, a, 4)));
        assert_eq!(keys.guess(NO_KEY, br#""A":12345678901234567890}"#), Some((first, a, 4)));
        assert_eq!(keys.guess(first, br#" "B" : 2"#), Some((second, b, 7)));
        assert_eq!(keys.guess(first, br#""B":2"#), None);
        assert_eq!(keys.guess(second, br#""A":2"#), None);
        assert_eq!(keys.find(second, br#""A":"#), Some((first, a)));
        assert_eq!(keys.guess(second, br#""A":2"#), Some((first, a, 4)));
    }

    #[test]
    fn forgets_what_is_too_much() {
        let mut keys = Keys::new(&[]);
        let target = keys.target(b"x");
        assert_eq!(keys.learn(NO_KEY, &[b'x'; KNOWN_KEY_BYTES_MAX + 1], target), NO_KEY);
        for number in 0..KNOWN_KEYS_MAX as u32 {
            keys.learn(NO_KEY, &number.to_le_bytes(), target);
        }
        assert_eq!(keys.learn(NO_KEY, b"more", target), NO_KEY);
    }
}
