//! A sorted run: what commits changed, in the order of the keys.
//!
//! ```text
//! run     := ranges that are gone, then keys with a value or without one
//! block   := change*       about a mebibyte, as it lies in the journal; runs point into it
//! change  := kind (1 byte) | length of the key (4) | length of the value (4) | key | value
//! ```
//!
//! What a run says of a key or a range goes before what older runs say. Its keys go before its ranges.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::state::changes::Change;
use crate::state::key_index::word_of;
use crate::state::staged::ranges::Ranges;
use crate::state::{Changes, StateError, StorePartition};

/// Changes in the order of their keys.
#[derive(Debug, Default)]
pub(super) struct Run {
    blocks: Vec<Arc<Vec<u8>>>,
    sections: Vec<Section>,
    entries: Vec<Entry>,
    ranges: Ranges,
}

/// The entries of one partition of a store.
#[derive(Clone, Debug)]
struct Section {
    /// What all its keys begin with: their store and partition at least.
    common: Box<[u8]>,
    /// Where its entries end; they begin where those of the section before it end.
    end: usize,
}

/// A key, and where it and its value lie.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// What follows what the section has in common, as a number: most keys differ in it, and need not be fetched.
    words: [u64; 2],
    block: u32,
    start: u32,
    key_len: u32,
    /// The length of the value; `DELETED` if there is none.
    value_len: u32,
}

const DELETED: u32 = u32::MAX;
const CHANGE_HEADER: usize = 9;
const PUT: u8 = 0;
const DELETE: u8 = 1;
const DELETE_RANGE: u8 = 2;

/// Writes changes as a block.
pub(super) fn write_block(changes: &Changes) -> Result<Vec<u8>, StateError> {
    let mut out = Vec::with_capacity(changes.size() + changes.len() * CHANGE_HEADER);
    for change in changes.iter() {
        let (kind, key, value) = match change {
            Change::Put(key, value) => (PUT, key, value),
            Change::Delete(key) => (DELETE, key, &[][..]),
            Change::DeleteRange(from, to) => (DELETE_RANGE, from, to),
        };
        out.push(kind);
        out.extend_from_slice(&(key.len() as u32).to_be_bytes());
        out.extend_from_slice(&(value.len() as u32).to_be_bytes());
        out.extend_from_slice(key);
        out.extend_from_slice(value);
    }
    // Whatever is shorter than this has lengths that four bytes hold.
    if out.len() < DELETED as usize {
        return Ok(out);
    }
    Err(StateError::Storage(format!("{} bytes are too much for one key", out.len())))
}

/// Reads a block: one run, or more where a range goes after a key. The oldest comes first.
pub(super) fn read_block(block: Vec<u8>) -> Result<Vec<Run>, StateError> {
    let block = Arc::new(block);
    let (mut runs, mut entries, mut ranges) = (Vec::new(), Vec::new(), Ranges::default());
    let mut at = 0;
    while at < block.len() {
        let (kind, entry) = read_change(&block, at)?;
        let (key, value) = entry.parts(&block);
        at += CHANGE_HEADER + key.len() + value.len();
        if kind != DELETE_RANGE {
            entries.push(entry);
            continue;
        }
        if !entries.is_empty() {
            let ranges = std::mem::take(&mut ranges);
            runs.push(Run::new(&block, std::mem::take(&mut entries), ranges));
        }
        ranges.add(key, value);
    }
    if !entries.is_empty() || !ranges.is_empty() {
        runs.push(Run::new(&block, entries, ranges));
    }
    Ok(runs)
}

fn read_change(block: &[u8], at: usize) -> Result<(u8, Entry), StateError> {
    let damaged = || StateError::Damaged("a change in the journal".to_owned());
    let (header, rest) = block[at..].split_first_chunk::<CHANGE_HEADER>().ok_or_else(damaged)?;
    let [kind, a, b, c, d, e, f, g, h] = *header;
    let (key_len, value_len) = (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]));
    let value = rest.get(key_len as usize..).and_then(|rest| rest.get(..value_len as usize));
    let is_sound = kind <= DELETE_RANGE && StorePartition::PREFIX_SIZE <= key_len as usize;
    if value.is_none() || !is_sound {
        return Err(damaged());
    }
    let value_len = if kind == DELETE { DELETED } else { value_len };
    let start = (at + CHANGE_HEADER) as u32;
    Ok((kind, Entry { words: [0; 2], block: 0, start, key_len, value_len }))
}

impl Entry {
    /// Returns key and value in a block.
    fn parts<'a>(&self, block: &'a [u8]) -> (&'a [u8], &'a [u8]) {
        let (_, rest) = block.split_at(self.start as usize);
        let (key, rest) = rest.split_at(self.key_len as usize);
        (key, &rest[..self.value_size()])
    }

    fn value_size(&self) -> usize {
        if self.value_len == DELETED { 0 } else { self.value_len as usize }
    }
}

/// Returns the numbers that a key is compared by, behind what its section has in common.
fn words_of(key: &[u8], skip: usize) -> [u64; 2] {
    [word_of(key, skip), word_of(key, skip + 8)]
}

/// Returns the store and the partition of a key; all there is of the end of a range that is shorter.
fn prefix_of(key: &[u8]) -> &[u8] {
    key.get(..StorePartition::PREFIX_SIZE).unwrap_or(key)
}

/// Returns how many bytes two keys begin with alike.
fn common_len(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

impl Run {
    /// Sorts entries of one block; of the same key the last one counts.
    fn new(block: &Arc<Vec<u8>>, mut entries: Vec<Entry>, ranges: Ranges) -> Self {
        let key = |entry: &Entry| entry.parts(block).0;
        // Stable, and nothing to do where they come sorted.
        entries.sort_by(|a, b| key(a).cmp(key(b)));
        entries.dedup_by(|later, kept| {
            let is_same = key(later) == key(kept);
            if is_same {
                *kept = *later;
            }
            is_same
        });
        let mut run = Run { blocks: vec![Arc::clone(block)], ranges, ..Run::default() };
        for section in entries.chunk_by(|a, b| prefix_of(key(a)) == prefix_of(key(b))) {
            let [first, .., last] = section else {
                run.push_section(key(&section[0]), section.iter().copied());
                continue;
            };
            let skip = common_len(key(first), key(last));
            let words = |entry: &Entry| Entry { words: words_of(key(entry), skip), ..*entry };
            run.push_section(&key(first)[..skip], section.iter().map(words));
        }
        run
    }

    fn push_section(&mut self, common: &[u8], entries: impl Iterator<Item = Entry>) {
        self.entries.extend(entries);
        self.sections.push(Section { common: common.into(), end: self.entries.len() });
    }

    /// Returns how many keys and ranges it has.
    pub(super) fn len(&self) -> usize {
        self.entries.len() + self.ranges.len()
    }

    /// Returns how many bytes it takes in memory.
    pub(super) fn memory_size(&self) -> usize {
        self.block_bytes() + self.entries.capacity() * size_of::<Entry>()
    }

    /// Returns about how many bytes a range has.
    pub(super) fn approximate_size(&self, from: &[u8], to: &[u8]) -> u64 {
        let start = self.lower_bound(from, 0);
        let count = self.lower_bound(to, start).saturating_sub(start);
        (self.block_bytes() * count / self.entries.len().max(1)) as u64
    }

    fn block_bytes(&self) -> usize {
        self.blocks.iter().map(|block| block.capacity()).sum()
    }

    /// Returns the ranges that are gone.
    pub(super) fn ranges(&self) -> &Ranges {
        &self.ranges
    }

    /// Returns a key and its value now, if it has one.
    pub(super) fn entry(&self, place: usize) -> (&[u8], Option<&[u8]>) {
        let entry = &self.entries[place];
        let (key, value) = entry.parts(&self.blocks[entry.block as usize]);
        (key, (entry.value_len != DELETED).then_some(value))
    }

    fn key(&self, entry: &Entry) -> &[u8] {
        entry.parts(&self.blocks[entry.block as usize]).0
    }

    /// Returns the place of a key.
    pub(super) fn find(&self, key: &[u8], hint: &mut usize) -> Option<usize> {
        *hint = self.lower_bound(key, *hint);
        (*hint < self.entries.len() && self.entry(*hint).0 == key).then_some(*hint)
    }

    /// Returns the place of the first key that is not below another. It is looked for close behind `hint` first.
    pub(super) fn lower_bound(&self, key: &[u8], hint: usize) -> usize {
        let is_below = |section: &Section| prefix_of(&section.common) < prefix_of(key);
        let number = self.sections.partition_point(is_below);
        let start = self.section_start(number);
        let Some(Section { common, end }) = self.sections.get(number) else { return start };
        match key[..common.len().min(key.len())].cmp(common) {
            Ordering::Less => return start,
            Ordering::Greater => return *end,
            Ordering::Equal => {}
        }
        let words = words_of(key, common.len());
        let is_below = |entry: &Entry| match entry.words.cmp(&words) {
            Ordering::Equal => self.key(entry) < key,
            order => order.is_lt(),
        };
        let (mut low, mut high) = (start, *end);
        if (low..high).contains(&hint) && is_below(&self.entries[hint]) {
            let mut step = 1;
            low = hint + 1;
            while low + step < high && is_below(&self.entries[low + step]) {
                low += step + 1;
                step *= 2;
            }
            high = high.min(low + step);
        }
        low + self.entries[low..high].partition_point(is_below)
    }

    fn section_start(&self, number: usize) -> usize {
        number.checked_sub(1).map_or(0, |before| self.sections[before].end)
    }

    /// Returns the sections with their entries.
    fn sections(&self) -> impl Iterator<Item = (&Section, &[Entry])> {
        let entries = |(number, section): (usize, &'_ Section)| {
            &self.entries[self.section_start(number)..section.end]
        };
        self.sections
            .iter()
            .enumerate()
            .map(move |(number, section)| (section, entries((number, section))))
    }

    /// Joins a run with the one that follows it.
    pub(super) fn merge(older: &Run, newer: &Run) -> Run {
        let is_hit =
            |(from, to): (&[u8], &[u8])| older.lower_bound(from, 0) < older.lower_bound(to, 0);
        let without = newer.ranges.iter().any(is_hit).then(|| older.without(&newer.ranges));
        let older = without.as_ref().unwrap_or(older);
        let mut merged = Run {
            blocks: [older.blocks.as_slice(), &newer.blocks].concat(),
            entries: Vec::with_capacity(older.entries.len() + newer.entries.len()),
            ranges: older.ranges.clone(),
            ..Run::default()
        };
        merged.ranges.add_all(&newer.ranges);
        let moved = older.blocks.len() as u32;
        let moved = move |entry: &Entry| Entry { block: entry.block + moved, ..*entry };
        let (mut left, mut right) = (older.sections().peekable(), newer.sections().peekable());
        loop {
            let order = match (left.peek(), right.peek()) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some((a, _)), Some((b, _))) => prefix_of(&a.common).cmp(prefix_of(&b.common)),
            };
            let older_part = if order.is_le() { left.next() } else { None };
            let newer_part = if order.is_ge() { right.next() } else { None };
            match (older_part, newer_part) {
                (Some(a), Some(b)) => merged.merge_section((older, a), (newer, b), moved),
                (Some((section, entries)), None) => {
                    merged.push_section(&section.common, entries.iter().copied());
                }
                (None, Some((section, entries))) => {
                    merged.push_section(&section.common, entries.iter().map(moved));
                }
                (None, None) => {}
            }
        }
        if merged.is_sparse() { merged.compact() } else { merged }
    }

    /// Adds the entries of a partition from two runs.
    fn merge_section(
        &mut self,
        (older, (a, left)): (&Run, (&Section, &[Entry])),
        (newer, (b, right)): (&Run, (&Section, &[Entry])),
        moved: impl Fn(&Entry) -> Entry,
    ) {
        let common = &a.common[..common_len(&a.common, &b.common)];
        let skip = common.len();
        let reword = |run: &Run, section: &Section, entries: &[Entry]| -> Option<Vec<Entry>> {
            let words = |entry: &Entry| Entry { words: words_of(run.key(entry), skip), ..*entry };
            (section.common.len() != skip).then(|| entries.iter().map(words).collect())
        };
        let (left_again, right_again) = (reword(older, a, left), reword(newer, b, right));
        let mut left = left_again.as_deref().unwrap_or(left);
        let mut right = right_again.as_deref().unwrap_or(right);
        while let ([first, left_rest @ ..], [second, right_rest @ ..]) = (left, right) {
            let order = first.words.cmp(&second.words);
            match order.then_with(|| older.key(first).cmp(newer.key(second))) {
                Ordering::Less => {
                    self.entries.push(*first);
                    left = left_rest;
                }
                order => {
                    self.entries.push(moved(second));
                    right = right_rest;
                    if order.is_eq() {
                        left = left_rest;
                    }
                }
            }
        }
        self.push_section(common, left.iter().copied().chain(right.iter().map(moved)));
    }

    /// Returns it without the entries in some ranges.
    fn without(&self, ranges: &Ranges) -> Run {
        let mut kept =
            Run { blocks: self.blocks.clone(), ranges: self.ranges.clone(), ..Run::default() };
        for (section, entries) in self.sections() {
            let before = kept.entries.len();
            kept.entries.extend(entries.iter().filter(|entry| !ranges.cover(self.key(entry))));
            if before < kept.entries.len() {
                kept.push_section(&section.common, std::iter::empty());
            }
        }
        kept
    }

    /// Tells whether its blocks hold many bytes that are no longer needed, or are many.
    fn is_sparse(&self) -> bool {
        let needed = |entry: &Entry| entry.key_len as usize + entry.value_size() + CHANGE_HEADER;
        let needed: usize = self.entries.iter().map(needed).sum();
        needed * 2 < self.block_bytes() || self.blocks.len() * BLOCK_BYTES_MIN > self.block_bytes()
    }

    /// Copies what is needed to new blocks.
    fn compact(&self) -> Run {
        let mut compact =
            Run { sections: self.sections.clone(), ranges: self.ranges.clone(), ..Run::default() };
        let mut block: Vec<u8> = Vec::new();
        for entry in &self.entries {
            let (key, value) = entry.parts(&self.blocks[entry.block as usize]);
            if BLOCK_BYTES <= block.len() {
                compact.blocks.push(Arc::new(std::mem::take(&mut block)));
            }
            let (number, start) = (compact.blocks.len() as u32, block.len() as u32);
            compact.entries.push(Entry { block: number, start, ..*entry });
            block.extend_from_slice(key);
            block.extend_from_slice(value);
        }
        block.shrink_to_fit();
        compact.blocks.push(Arc::new(block));
        compact
    }

    /// Returns what it says, as whoever holds older changes must apply it.
    pub(super) fn changes(&self) -> impl Iterator<Item = Change<'_>> {
        let ranges = self.ranges.iter().map(|(from, to)| Change::DeleteRange(from, to));
        ranges.chain((0..self.entries.len()).map(|place| match self.entry(place) {
            (key, Some(value)) => Change::Put(key, value),
            (key, None) => Change::Delete(key),
        }))
    }
}

/// How large a block becomes when blocks are copied; the last change may go beyond.
const BLOCK_BYTES: usize = 1 << 20;
/// Blocks that are smaller than this on the average are copied together.
const BLOCK_BYTES_MIN: usize = 16 << 10;
