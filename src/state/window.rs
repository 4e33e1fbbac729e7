//! A store of rows by key and time: what a join of two streams remembers of one side.
//!
//! ```text
//! key   := segment (8 bytes) | key | sequence (8)        the segments of time stand one after the other, so that they expire as a range
//! value := (time (8) | size (4) | row)*                  what one epoch added to the key, in the order of arrival
//! ""    := stream time (8) | next sequence (8)
//! ```

use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::fast::RandomState;
use smallvec::SmallVec;

use crate::state::{
    Backend, Changes, KeyIndex, MemoryBudget, MemoryShare, StateError, StorePartition,
};

/// A partition of a window store, as its task sees it.
///
/// Time is cut into segments as long as the longest look-up, so that none touches more than two. What a segment has is in memory
/// from its beginning; if memory gets short the oldest segments are dropped from it first, and keys of them come back one by one.
///
/// What this epoch changed is never dropped from memory: the backend does not know it yet.
pub struct WindowStore {
    partition: StorePartition,
    backend: Arc<dyn Backend>,
    hasher: RandomState,
    segment_ms: i64,
    retention_ms: i64,
    /// In the order of their numbers.
    segments: Vec<Segment>,
    /// The last segment that was there when the store was opened.
    opened_with: i64,
    stream_time: i64,
    /// Of the segments after this one everything is in memory.
    complete_after: i64,
    /// Segments before this one have been removed.
    expired_before: i64,
    next_sequence: u64,
    is_changed: bool,
    /// What the segments take.
    bytes: usize,
    share: MemoryShare,
}

/// The rows of a stretch of time.
struct Segment {
    number: i64,
    index: KeyIndex,
    slots: Vec<Slot>,
    /// The keys and rows of all slots.
    bytes: Vec<u8>,
    row_count: usize,
    /// What this epoch added, in the order of arrival.
    fresh: Vec<(u32, Row)>,
    /// Whether a key that is not in memory has no rows at all.
    is_complete: bool,
}

struct Slot {
    key: Span,
    /// By time; those of one time by arrival. Most keys have one in a segment.
    rows: SmallVec<[Row; 1]>,
    /// Whether rows of earlier epochs that are not in memory have been looked for.
    is_loaded: bool,
    /// The sequence number of the epoch since which all of its rows are in memory.
    since: u64,
}

#[derive(Clone, Copy)]
struct Row {
    time: i64,
    span: Span,
}

/// A stretch of a segment's bytes.
#[derive(Clone, Copy)]
struct Span {
    start: usize,
    size: u32,
}

/// Where the rows of a key between two times are.
#[derive(Clone, Copy)]
pub struct FoundRows {
    from: i64,
    to: i64,
    /// The first of the segments that time touches, by place, and the key's slot in it and in the next.
    segment: usize,
    slots: [Option<u32>; 2],
}

/// Where a row of a key goes.
#[derive(Clone, Copy)]
pub struct RowPlace {
    hash: u64,
    /// The key's slot in the row's segment, if it has one yet.
    slot: Option<u32>,
}

const META_KEY: &[u8] = b"";
/// What a key's list of rows takes beside them: room for some more.
const ROWS_OVERHEAD: usize = 3 * size_of::<Row>();
/// However short look-ups are, there are no more segments than about this many.
const SEGMENTS_MAX: i64 = 2048;

/// How long rows are looked for and kept, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowRetention {
    /// The longest stretch of time that is looked up.
    pub look_up_ms: i64,
    /// How long a row is kept after its time, in stream time.
    pub retention_ms: i64,
}

impl WindowStore {
    /// Opens a partition of a store. `memory` bounds what all stores together keep in memory of what is committed already; stores that are to be
    /// asked with the same hashes share a hasher.
    pub fn open(
        partition: StorePartition,
        backend: Arc<dyn Backend>,
        hasher: RandomState,
        retention: WindowRetention,
        memory: &Arc<MemoryBudget>,
    ) -> Result<Self, StateError> {
        let meta = backend.get(&partition.full_key(META_KEY))?;
        let (stream_time, next_sequence) = read_meta(meta.as_deref())?;
        let WindowRetention { look_up_ms, retention_ms } = retention;
        let segment_ms = look_up_ms.max(retention_ms / SEGMENTS_MAX).max(1);
        let opened_with = meta.map_or(i64::MIN, |_| stream_time.div_euclid(segment_ms));
        Ok(WindowStore {
            partition,
            backend,
            hasher,
            segment_ms,
            retention_ms,
            segments: Vec::new(),
            opened_with,
            stream_time,
            complete_after: opened_with,
            expired_before: i64::MIN,
            next_sequence,
            is_changed: false,
            bytes: 0,
            share: memory.share(),
        })
    }

    /// Returns the largest time of its rows; `i64::MIN` before the first.
    pub fn stream_time(&self) -> i64 {
        self.stream_time
    }

    /// Returns the hash of a key, as `find` and `place` want it.
    pub fn hash(&self, key: &[u8]) -> u64 {
        self.hasher.hash_one(key)
    }

    /// Brings what the store has for keys between two times, both included, into memory, so that `find` finds it.
    pub fn load<'a>(
        &mut self,
        look_ups: impl Iterator<Item = (&'a [u8], i64, i64)>,
    ) -> Result<(), StateError> {
        if self.complete_after == i64::MIN {
            return Ok(());
        }
        let mut missing: Vec<(i64, &[u8])> = Vec::new();
        for (key, from, to) in look_ups {
            let Some((first, last)) = self.segment_range(from, to) else { continue };
            for number in first..=last.min(self.complete_after) {
                if !self.knows(number, key) {
                    missing.push((number, key));
                }
            }
        }
        missing.sort_unstable();
        missing.dedup();
        missing.into_iter().try_for_each(|(number, key)| self.load_key(number, key))?;
        self.bytes = self.segments.iter().map(Segment::memory_size).sum();
        self.share.note(self.bytes);
        Ok(())
    }

    /// Finds the rows of a key between two times, both included. Rows that are older than the retention are not among them.
    pub fn find(&self, hash: u64, key: &[u8], from: i64, to: i64) -> FoundRows {
        let from = from.max(self.oldest_visible());
        let mut found = FoundRows { from, to, segment: 0, slots: [None; 2] };
        if let Some((first, last)) = self.segment_range(from, to) {
            found.segment = self.segments.partition_point(|segment| segment.number < first);
            let segments = self.segments[found.segment..].iter();
            for (slot, segment) in found.slots.iter_mut().zip(segments) {
                if segment.number <= last {
                    *slot = segment.find(hash, key);
                }
            }
        }
        found
    }

    /// Returns rows that were found, by time, those of one time by arrival. Between the two this store may not change.
    pub fn rows(&self, found: FoundRows) -> impl Iterator<Item = (i64, &[u8])> {
        let FoundRows { from, to, segment, slots } = found;
        slots.into_iter().enumerate().filter_map(|(at, slot)| Some((at, slot?))).flat_map(
            move |(at, slot)| {
                let segment = &self.segments[segment + at];
                let rows = &segment.slots[slot as usize].rows;
                let begin = rows.partition_point(|row| row.time < from);
                rows[begin..]
                    .iter()
                    .take_while(move |row| row.time <= to)
                    .map(|row| (row.time, segment.slice(row.span)))
            },
        )
    }

    /// Finds where a row of a key at a time goes.
    pub fn place(&self, hash: u64, key: &[u8], time: i64) -> RowPlace {
        let number = time.div_euclid(self.segment_ms);
        let at = self.segments.binary_search_by_key(&number, |segment| segment.number);
        let slot = at.ok().and_then(|at| self.segments[at].find(hash, key));
        RowPlace { hash, slot }
    }

    /// Adds a row where it goes and moves stream time; between the two this store may not change. Returns false if the row is
    /// older than the retention: it is not kept then.
    pub fn put(&mut self, place: RowPlace, key: &[u8], time: i64, row: &[u8]) -> bool {
        self.stream_time = self.stream_time.max(time);
        self.is_changed = true;
        if time < self.oldest_visible() {
            return false;
        }
        let since = self.next_sequence;
        let number = time.div_euclid(self.segment_ms);
        let segment = segment_of(&mut self.segments, number, self.complete_after);
        let before = segment.memory_size();
        let slot = match place.slot {
            Some(slot) => slot,
            None => segment.add_slot(place.hash, key, since),
        };
        let row = Row { time, span: segment.add_bytes(row) };
        segment.fresh.push((slot, row));
        segment.add_row(slot, row);
        self.bytes += segment.memory_size() - before;
        self.share.note(self.bytes);
        true
    }

    /// Hands over this epoch's changes and begins the next epoch. The epoch before this one is committed by now.
    pub fn hand_over(&mut self, changes: &mut Changes) {
        if self.is_changed {
            self.is_changed = false;
            self.expire(changes);
            for segment in &self.segments {
                segment.hand_over(self.partition, self.next_sequence, changes);
            }
            self.next_sequence += 1;
            let mut meta = [0; 16];
            meta[..8].copy_from_slice(&self.stream_time.to_be_bytes());
            meta[8..].copy_from_slice(&self.next_sequence.to_be_bytes());
            changes.put(self.partition, META_KEY, &meta);
        }
        self.evict();
        self.segments.iter_mut().for_each(|segment| segment.fresh = Vec::new());
    }

    fn oldest_visible(&self) -> i64 {
        self.stream_time.saturating_sub(self.retention_ms).saturating_add(1)
    }

    /// Returns the segments that a stretch of time touches, of those that are not older than the retention.
    fn segment_range(&self, from: i64, to: i64) -> Option<(i64, i64)> {
        let from = from.max(self.oldest_visible());
        (from <= to).then(|| (from.div_euclid(self.segment_ms), to.div_euclid(self.segment_ms)))
    }

    /// Tells whether memory has all that there is of a key in a segment.
    fn knows(&self, number: i64, key: &[u8]) -> bool {
        match self.segments.binary_search_by_key(&number, |segment| segment.number) {
            Ok(at) => {
                let segment = &self.segments[at];
                segment.is_complete
                    || segment
                        .find(self.hasher.hash_one(key), key)
                        .is_some_and(|slot| segment.slots[slot as usize].is_loaded)
            }
            Err(_) => self.complete_after < number,
        }
    }

    fn load_key(&mut self, number: i64, key: &[u8]) -> Result<(), StateError> {
        let mut from = segment_prefix(number);
        from.extend_from_slice(key);
        let (start, end) = (self.partition.full_key(&from), {
            // A key's bytes end in themselves, so that no other key begins with them.
            from.extend_from_slice(&[u8::MAX; 9]);
            self.partition.full_key(&from)
        });
        let (hash, since) = (self.hasher.hash_one(key), self.next_sequence);
        let segment = segment_of(&mut self.segments, number, self.complete_after);
        let slot = match segment.find(hash, key) {
            Some(slot) => slot,
            None => segment.add_slot(hash, key, since),
        };
        segment.slots[slot as usize].is_loaded = true;
        let since = segment.slots[slot as usize].since;
        let mut rows = SmallVec::new();
        for entry in self.backend.scan(&start, &end) {
            let (full_key, value) = entry?;
            let sequence = full_key
                .last_chunk::<8>()
                .ok_or_else(|| StateError::Damaged("the key of a window store".to_owned()))?;
            if u64::from_be_bytes(*sequence) < since {
                segment.add_stored(&value, &mut rows)?;
            }
        }
        // What was loaded arrived before what is there; rows of one time stay in the order of arrival.
        let slot = &mut segment.slots[slot as usize];
        rows.append(&mut slot.rows);
        rows.sort_by_key(|row| row.time);
        slot.rows = rows;
        Ok(())
    }

    /// Removes segments whose rows are all older than the retention, from memory and from the store.
    fn expire(&mut self, changes: &mut Changes) {
        let first = self.oldest_visible().div_euclid(self.segment_ms);
        let has_older = self.segments.first().is_some_and(|segment| segment.number < first)
            || self.expired_before <= self.opened_with;
        if first <= self.expired_before || !has_older {
            return;
        }
        self.segments.retain(|segment| first <= segment.number);
        let from = segment_prefix(self.expired_before);
        changes.delete_range(self.partition, &from, Some(&segment_prefix(first)));
        self.expired_before = first;
    }

    /// Drops from memory what is committed, the oldest first, until half of what is allowed is left.
    fn evict(&mut self) {
        self.bytes = self.segments.iter().map(Segment::memory_size).sum();
        if !self.share.set(self.bytes) {
            return;
        }
        // What is kept is what the epoch handed over last has added.
        let since = self.next_sequence.saturating_sub(1);
        for segment in &mut self.segments {
            if self.bytes <= self.share.part() / 2 {
                break;
            }
            let before = segment.memory_size();
            segment.drop_committed(since, &self.hasher);
            self.complete_after = self.complete_after.max(segment.number);
            self.bytes -= before - segment.memory_size().min(before);
        }
        self.share.set(self.bytes);
    }
}

impl Span {
    fn of(self, bytes: &[u8]) -> &[u8] {
        &bytes[self.start..self.start + self.size as usize]
    }
}

impl Segment {
    fn new(number: i64, is_complete: bool) -> Self {
        Segment {
            number,
            index: KeyIndex::default(),
            slots: Vec::new(),
            bytes: Vec::new(),
            row_count: 0,
            fresh: Vec::new(),
            is_complete,
        }
    }

    fn slice(&self, span: Span) -> &[u8] {
        span.of(&self.bytes)
    }

    fn find(&self, hash: u64, key: &[u8]) -> Option<u32> {
        self.index.find(hash, |slot| self.slice(self.slots[slot as usize].key) == key)
    }

    fn add_slot(&mut self, hash: u64, key: &[u8], since: u64) -> u32 {
        let key = self.add_bytes(key);
        let number = u32::try_from(self.slots.len()).expect("fewer than 2^32 keys fit in memory");
        let (rows, is_loaded) = (SmallVec::new(), self.is_complete);
        self.slots.push(Slot { key, rows, is_loaded, since });
        self.index.insert(hash, number);
        number
    }

    fn add_bytes(&mut self, bytes: &[u8]) -> Span {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        let size = u32::try_from(bytes.len()).expect("a record is smaller than 4 GiB");
        Span { start, size }
    }

    fn add_row(&mut self, slot: u32, row: Row) {
        let rows = &mut self.slots[slot as usize].rows;
        self.row_count += 1;
        match rows.last() {
            Some(last) if row.time < last.time => {
                let at = rows.partition_point(|other| other.time <= row.time);
                rows.insert(at, row);
            }
            _ => rows.push(row),
        }
    }

    /// Reads the rows of a stored value.
    fn add_stored(
        &mut self,
        value: &[u8],
        rows: &mut SmallVec<[Row; 1]>,
    ) -> Result<(), StateError> {
        let damaged = || StateError::Damaged("a row of a window store".to_owned());
        let mut rest = value;
        while !rest.is_empty() {
            let (time, after) = rest.split_first_chunk::<8>().ok_or_else(damaged)?;
            let (size, after) = after.split_first_chunk::<4>().ok_or_else(damaged)?;
            let size = u32::from_be_bytes(*size) as usize;
            let row = after.get(..size).ok_or_else(damaged)?;
            rows.push(Row { time: i64::from_be_bytes(*time), span: self.add_bytes(row) });
            self.row_count += 1;
            rest = &after[size..];
        }
        Ok(())
    }

    /// Writes what this epoch added: one entry per key.
    fn hand_over(&self, partition: StorePartition, sequence: u64, changes: &mut Changes) {
        if self.fresh.is_empty() {
            return;
        }
        let key_of = |slot: u32| self.slice(self.slots[slot as usize].key);
        let rows = self.fresh.iter().zip(0_u32..);
        let mut fresh: Vec<(u32, u32)> = rows.map(|((slot, _), row)| (*slot, row)).collect();
        fresh.sort_unstable();
        let mut key = segment_prefix(self.number);
        for of_key in fresh.chunk_by(|a, b| a.0 == b.0) {
            key.truncate(8);
            key.extend_from_slice(key_of(of_key[0].0));
            key.extend_from_slice(&sequence.to_be_bytes());
            changes.put_with(partition, &key, |out| {
                for (_, row) in of_key {
                    let (_, row) = &self.fresh[*row as usize];
                    out.extend_from_slice(&row.time.to_be_bytes());
                    out.extend_from_slice(&row.span.size.to_be_bytes());
                    out.extend_from_slice(self.slice(row.span));
                }
            });
        }
    }

    /// Keeps only what this epoch added.
    fn drop_committed(&mut self, since: u64, hasher: &RandomState) {
        let old = std::mem::replace(self, Segment::new(self.number, false));
        for (slot, row) in &old.fresh {
            let slot = &old.slots[*slot as usize];
            let key = old.slice(slot.key);
            let hash = hasher.hash_one(key);
            let new = match self.find(hash, key) {
                Some(new) => new,
                None => self.add_slot(hash, key, since),
            };
            let span = self.add_bytes(old.slice(row.span));
            self.add_row(new, Row { span, ..*row });
        }
    }

    fn memory_size(&self) -> usize {
        let rows = self.row_count * size_of::<Row>() + self.slots.len() * ROWS_OVERHEAD;
        let fresh = self.fresh.capacity() * size_of::<(u32, Row)>();
        let slots = self.slots.capacity() * size_of::<Slot>() + self.index.memory_size();
        self.bytes.capacity() + rows + fresh + slots
    }
}

/// Finds a segment, or begins it.
fn segment_of(segments: &mut Vec<Segment>, number: i64, complete_after: i64) -> &mut Segment {
    let at = match segments.binary_search_by_key(&number, |segment| segment.number) {
        Ok(at) => at,
        Err(at) => {
            segments.insert(at, Segment::new(number, complete_after < number));
            at
        }
    };
    &mut segments[at]
}

fn segment_prefix(number: i64) -> Vec<u8> {
    ((number as u64) ^ (1 << 63)).to_be_bytes().to_vec()
}

fn read_meta(meta: Option<&[u8]>) -> Result<(i64, u64), StateError> {
    let Some(meta) = meta else { return Ok((i64::MIN, 0)) };
    let parts = meta.split_first_chunk::<8>().and_then(|(time, rest)| {
        Some((i64::from_be_bytes(*time), u64::from_be_bytes(rest.try_into().ok()?)))
    });
    parts.ok_or_else(|| StateError::Damaged("the stream time of a window store".to_owned()))
}
