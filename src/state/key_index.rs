//! Which number a key has. The keys lie with whoever numbers them.

use hashbrown::HashTable;

/// Finds the numbers of keys by their hashes.
///
/// Half of each hash lies beside its number: what has another hash is told apart, and the table grows, without a look at a key.
#[derive(Default)]
pub struct KeyIndex {
    table: HashTable<Entry>,
}

#[derive(Clone, Copy)]
struct Entry {
    hash: u32,
    number: u32,
}

impl Entry {
    fn hash(&self) -> u64 {
        spread(self.hash)
    }
}

fn short(hash: u64) -> u32 {
    (hash >> 32) as u32 ^ hash as u32
}

/// The table takes a place from the lower bits of a hash and a mark from the upper ones.
fn spread(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash)
}

impl KeyIndex {
    /// Returns the number of a key with a hash; `is_it` compares the key of a number with the one looked for.
    pub fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let hash = short(hash);
        let found =
            self.table.find(spread(hash), |entry| entry.hash == hash && is_it(entry.number));
        found.map(|entry| entry.number)
    }

    /// Adds a key that is not there.
    pub fn insert(&mut self, hash: u64, number: u32) {
        let hash = short(hash);
        self.table.insert_unique(spread(hash), Entry { hash, number }, Entry::hash);
    }

    /// Removes the key of a number, if it is there.
    pub fn remove(&mut self, hash: u64, number: u32) {
        if let Ok(entry) =
            self.table.find_entry(spread(short(hash)), |entry| entry.number == number)
        {
            entry.remove();
        }
    }

    /// Keeps some keys, and removes the others.
    pub fn retain(&mut self, mut keeps: impl FnMut(u32) -> bool) {
        self.table.retain(|entry| keeps(entry.number));
    }

    /// Numbers the keys anew, in the order of `iter`, and gives back room that is not needed.
    pub fn renumber(&mut self) {
        self.table.iter_mut().zip(0..).for_each(|(entry, number)| entry.number = number);
        self.table.shrink_to_fit(Entry::hash);
    }

    /// Returns the numbers of all keys, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.table.iter().map(|entry| entry.number)
    }

    /// Returns how many keys there are.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Tells whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// Returns how many bytes it takes.
    pub fn memory_size(&self) -> usize {
        self.table.allocation_size()
    }
}

/// Sorts numbers by their keys. Most keys differ in the bytes that are compared first: the others need not be fetched.
///
/// A key begins with a flag, which is the same for all; `starts_with_time` says that eight bytes and another flag follow.
pub fn sort_by_key<'a>(
    numbers: &mut [u32],
    starts_with_time: bool,
    key_of: impl Fn(u32) -> &'a [u8],
) {
    let prefixed = |number: &u32| {
        let key = key_of(*number);
        (word_of(key, 1), word_of(key, if starts_with_time { 10 } else { 9 }), *number)
    };
    let mut sorted: Vec<(u64, u64, u32)> = numbers.iter().map(prefixed).collect();
    sorted.sort_unstable_by(|a, b| {
        (a.0, a.1).cmp(&(b.0, b.1)).then_with(|| key_of(a.2).cmp(key_of(b.2)))
    });
    numbers.iter_mut().zip(sorted).for_each(|(place, (_, _, number))| *place = number);
}

/// Returns eight bytes of a key as a number that sorts as they do.
pub(super) fn word_of(key: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    let bytes = key.get(at..).unwrap_or_default();
    let size = bytes.len().min(8);
    word[..size].copy_from_slice(&bytes[..size]);
    u64::from_be_bytes(word)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::hash::BuildHasher;

    use foldhash::fast::RandomState;

    use super::*;

    #[test]
    fn it_finds_what_a_map_finds() {
        let mut rng = fastrand::Rng::with_seed(3);
        // A hash that hardly tells keys apart must do too.
        for mask in [u64::MAX, 0xf_0000_0000] {
            let hasher = RandomState::default();
            let hash = |key: u32| hasher.hash_one(key) & mask;
            let mut keys: Vec<u32> = Vec::new();
            let (mut index, mut expected) = (KeyIndex::default(), HashMap::new());
            for _ in 0..3000 {
                let key = rng.u32(0..500);
                let found = index.find(hash(key), |number| keys[number as usize] == key);
                assert_eq!(found, expected.get(&key).copied());
                match found {
                    Some(number) if rng.bool() => {
                        index.remove(hash(key), number);
                        expected.remove(&key);
                    }
                    Some(_) => {}
                    None => {
                        index.insert(hash(key), keys.len() as u32);
                        expected.insert(key, keys.len() as u32);
                        keys.push(key);
                    }
                }
            }
            index.retain(|number| keys[number as usize].is_multiple_of(2));
            expected.retain(|key, _| key.is_multiple_of(2));
            keys = index.iter().map(|number| keys[number as usize]).collect();
            index.renumber();
            assert_eq!((index.len(), keys.len()), (expected.len(), expected.len()));
            for (number, key) in keys.iter().enumerate() {
                let found = index.find(hash(*key), |number| keys[number as usize] == *key);
                assert_eq!(found, Some(number as u32));
            }
        }
    }

    #[test]
    fn numbers_are_sorted_by_their_keys() {
        let mut rng = fastrand::Rng::with_seed(4);
        let key = |rng: &mut fastrand::Rng| -> Vec<u8> {
            let text = (0..rng.usize(0..30)).map(|_| rng.u8(0..3));
            std::iter::once(1).chain(text).collect()
        };
        for starts_with_time in [false, true] {
            let keys: Vec<Vec<u8>> = (0..500)
                .map(|_| match starts_with_time {
                    true => [&[1], &rng.u64(0..4).to_be_bytes()[..], &key(&mut rng)].concat(),
                    false => key(&mut rng),
                })
                .collect();
            let mut numbers: Vec<u32> = (0..500).collect();
            let key_of = |number| &keys[number as usize][..];
            sort_by_key(&mut numbers, starts_with_time, key_of);
            assert!(numbers.is_sorted_by_key(|number| key_of(*number)));
        }
    }
}
