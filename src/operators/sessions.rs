//! The sessions of an aggregate: which keys have which, and the states of its functions.

use std::hash::BuildHasher;
use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use foldhash::fast::RandomState;

use crate::formats::row::{EncodedRows, from_ordered, ordered, read_columns};
use crate::functions::aggregate::Accumulator;
use crate::operators::groups::load_states;
use crate::operators::progress::Progress;
use crate::operators::session_closing::SessionClosing;
use crate::operators::stored_sessions::{BY_END, SessionRows, by_end, end_of};
use crate::operators::{AggregateSpec, OperatorError};
use crate::state::{
    Backend, Changes, KeyIndex, MemoryBudget, MemoryShare, StateError, StorePartition, sort_by_key,
};
use crate::types::SqlType;

/// What a key's own allocation takes beside its bytes.
const KEY_OVERHEAD: usize = 8;
/// About what a stored key takes that is to be removed.
const REMOVED_BYTES: usize = 80;
/// No session, no key.
const NONE: u32 = u32::MAX;
/// The bucket of a session that is not stored.
const NO_BUCKET: i64 = i64::MIN;
/// When a session began and when its last record was, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bounds {
    pub(super) start: i64,
    pub(super) end: i64,
}

/// The sessions of one partition of an aggregate.
pub(super) struct Sessions {
    spec: AggregateSpec,
    partition: StorePartition,
    backend: Arc<dyn Backend>,
    pub(super) accumulators: Vec<Box<dyn Accumulator>>,
    index: KeyIndex,
    hasher: RandomState,
    keys: Vec<KeySlot>,
    free_keys: Vec<u32>,
    pub(super) slots: Vec<Session>,
    free: Vec<u32>,
    /// The sessions that this epoch has changed; some may be gone again, and some stand twice.
    changed: Vec<u32>,
    /// The stored keys that this epoch has removed.
    removed: Vec<Vec<u8>>,
    epoch: u64,
    key_bytes: usize,
    share: MemoryShare,
    /// Whether the store may have sessions that are not in memory.
    has_stored: bool,
    expiry: Expiry,
    /// How long a bucket of ends is.
    bucket_ms: i64,
    pub(super) progress: Progress,
    committed_progress: Progress,
    /// What closes next, if sessions are emitted when they close.
    pub(super) closing: Option<SessionClosing>,
}

struct KeySlot {
    key: Box<[u8]>,
    /// The latest session.
    last: u32,
    changed_in: u64,
}

/// A session in memory. Those of a key are a chain, from the latest to the earliest.
pub(super) struct Session {
    pub(super) key: u32,
    earlier: u32,
    pub(super) bounds: Bounds,
    changed_in: u64,
    /// The bucket of its stored entry by end.
    bucket: i64,
    /// The bucket that it waits in to be closed.
    waits_in: i64,
    /// When updates wait to be merged: since when its do, the bounds it was emitted with before, and when the last one came.
    pub(super) generation: u64,
    pub(super) before: Option<Bounds>,
    pub(super) last_update: u32,
}

impl Session {
    /// Tells whether the number stands for a session.
    pub(super) fn is_live(&self) -> bool {
        self.key != NONE
    }
}

/// How far sessions have been removed because their retention is over.
struct Expiry {
    /// Sessions whose end's bucket is before this one are gone.
    bucket: i64,
    /// Where the next two scans for sessions to remove begin: what an epoch has written is seen by the second after it.
    scans_from: [i64; 2],
    is_done_in_epoch: bool,
}

impl Sessions {
    /// Opens a partition of an aggregate's store.
    pub(super) fn open(
        spec: &AggregateSpec,
        partition: StorePartition,
        backend: Arc<dyn Backend>,
        (memory, bucket_ms): (&Arc<MemoryBudget>, i64),
    ) -> Result<Self, OperatorError> {
        let progress = Progress::load(backend.as_ref(), partition)?;
        Ok(Sessions {
            spec: spec.clone(),
            partition,
            backend,
            accumulators: spec.accumulators()?,
            index: KeyIndex::default(),
            hasher: RandomState::default(),
            keys: Vec::new(),
            free_keys: Vec::new(),
            slots: Vec::new(),
            free: Vec::new(),
            changed: Vec::new(),
            removed: Vec::new(),
            epoch: 1,
            key_bytes: 0,
            share: memory.share(),
            has_stored: progress.stream_time != i64::MIN,
            expiry: Expiry { bucket: i64::MIN, scans_from: [i64::MIN; 2], is_done_in_epoch: false },
            bucket_ms,
            progress,
            committed_progress: progress,
            closing: None,
        })
    }

    /// Notes what closes when.
    pub(super) fn with_closing(self) -> Self {
        let closing = Some(SessionClosing::new(self.progress.closed_before));
        Sessions { closing, ..self }
    }

    /// Returns how many results to ask for at a time.
    pub(super) fn results_max(&self) -> usize {
        let each = self.accumulators.iter().map(|states| states.results_per_call_max());
        each.min().unwrap_or(usize::MAX)
    }

    /// Returns the number of each row's key, with all its sessions in memory.
    pub(super) fn find_or_load(&mut self, keys: &EncodedRows) -> Result<Vec<u32>, OperatorError> {
        let mut missing = Vec::new();
        let mut found = Vec::with_capacity(keys.len());
        for key in keys.iter() {
            found.push(self.find(key).unwrap_or_else(|hash| {
                let number = self.add_key(hash, key);
                missing.push(number);
                number
            }));
        }
        self.load(missing)?;
        self.share.note(self.memory_size());
        Ok(found)
    }

    /// Finds the sessions of a key that end at or after a time and begin at or before another, the earliest first.
    pub(super) fn overlapping(&self, key: u32, range: Bounds, found: &mut Vec<u32>) {
        found.clear();
        let mut at = self.keys[key as usize].last;
        while at != NONE {
            let session = &self.slots[at as usize];
            if session.bounds.end < range.start {
                break;
            }
            if session.bounds.start <= range.end {
                found.push(at);
            }
            at = session.earlier;
        }
        found.reverse();
    }

    /// Adds a session to a key.
    pub(super) fn add(&mut self, key: u32, bounds: Bounds) -> u32 {
        let number = self.add_slot(key, bounds);
        self.touch(number);
        self.wait_to_close(number);
        number
    }

    /// Changes when a session begins and ends.
    pub(super) fn extend(&mut self, number: u32, bounds: Bounds) {
        let old = self.slots[number as usize].bounds;
        if old.start != bounds.start {
            self.remove_stored(number);
        }
        self.slots[number as usize].bounds = bounds;
        self.touch(number);
        if old != bounds {
            self.wait_to_close(number);
        }
    }

    /// Removes a session, whose states went elsewhere.
    pub(super) fn remove(&mut self, number: u32) {
        self.remove_stored(number);
        self.unlink(number);
        self.release(number);
    }

    /// Returns the stored key of a session's key.
    pub(super) fn key_of(&self, number: u32) -> &[u8] {
        &self.keys[self.slots[number as usize].key as usize].key
    }

    /// Tells whether a number stands for a session with these bounds.
    pub(super) fn is_session(&self, number: u32, bounds: Bounds) -> bool {
        let session = &self.slots[number as usize];
        session.is_live() && session.bounds == bounds
    }

    /// Returns the bounds, key columns and results of sessions.
    pub(super) fn rows(
        &self,
        sessions: &[u32],
        key_types: &[SqlType],
    ) -> Result<SessionRows, OperatorError> {
        let keys = sessions.iter().map(|number| self.slots[*number as usize].key);
        let keys = self.key_columns(keys, key_types)?;
        let bounds = || sessions.iter().map(|number| self.slots[*number as usize].bounds);
        Ok(SessionRows {
            starts: bounds().map(|bounds| bounds.start).collect(),
            ends: bounds().map(|bounds| bounds.end).collect(),
            keys,
            results: self.spec.results(&self.accumulators, sessions),
        })
    }

    /// Returns the columns of keys.
    pub(super) fn key_columns(
        &self,
        keys: impl Iterator<Item = u32>,
        key_types: &[SqlType],
    ) -> Result<Vec<ArrayRef>, OperatorError> {
        let mut keys: Vec<&[u8]> = keys.map(|key| &*self.keys[key as usize].key).collect();
        let damaged = |_| StateError::Damaged("the key of a session".to_owned());
        Ok(read_columns(&mut keys, key_types).map_err(damaged)?)
    }

    fn bucket_of(&self, end: i64) -> i64 {
        end.div_euclid(self.bucket_ms)
    }

    fn find(&self, key: &[u8]) -> Result<u32, u64> {
        let hash = self.hasher.hash_one(key);
        let found = self.index.find(hash, |number| *self.keys[number as usize].key == *key);
        found.ok_or(hash)
    }

    fn add_key(&mut self, hash: u64, key: &[u8]) -> u32 {
        self.key_bytes += key.len();
        let slot = KeySlot { key: key.into(), last: NONE, changed_in: 0 };
        let number = place(&mut self.keys, &mut self.free_keys, slot);
        self.index.insert(hash, number);
        number
    }

    /// Puts a session into its key's chain.
    fn add_slot(&mut self, key: u32, bounds: Bounds) -> u32 {
        let session = Session {
            key,
            earlier: NONE,
            bounds,
            changed_in: 0,
            bucket: NO_BUCKET,
            waits_in: NO_BUCKET,
            generation: 0,
            before: None,
            last_update: NONE,
        };
        let number = place(&mut self.slots, &mut self.free, session);
        let mut later = NONE;
        let mut at = self.keys[key as usize].last;
        while at != NONE && bounds.start < self.slots[at as usize].bounds.start {
            later = at;
            at = self.slots[at as usize].earlier;
        }
        self.slots[number as usize].earlier = at;
        match later {
            NONE => self.keys[key as usize].last = number,
            later => self.slots[later as usize].earlier = number,
        }
        let slot_count = self.slots.len();
        if number as usize + 1 == slot_count {
            self.accumulators.iter_mut().for_each(|states| states.resize(slot_count));
        }
        number
    }

    fn unlink(&mut self, number: u32) {
        let Session { key, earlier, .. } = self.slots[number as usize];
        let mut at = self.keys[key as usize].last;
        if at == number {
            self.keys[key as usize].last = earlier;
            return;
        }
        while self.slots[at as usize].earlier != number {
            at = self.slots[at as usize].earlier;
        }
        self.slots[at as usize].earlier = earlier;
    }

    fn release(&mut self, number: u32) {
        self.accumulators.iter_mut().for_each(|states| states.reset(number));
        self.slots[number as usize].key = NONE;
        self.free.push(number);
    }

    fn touch(&mut self, number: u32) {
        let session = &mut self.slots[number as usize];
        if session.changed_in != self.epoch {
            session.changed_in = self.epoch;
            self.keys[session.key as usize].changed_in = self.epoch;
            self.changed.push(number);
        }
    }

    /// Notes that what is stored of a session, if anything is, goes away.
    fn remove_stored(&mut self, number: u32) {
        if self.slots[number as usize].bucket != NO_BUCKET {
            self.removed.push(self.stored_key(number));
            self.slots[number as usize].bucket = NO_BUCKET;
        }
    }

    fn stored_key(&self, number: u32) -> Vec<u8> {
        let start = self.slots[number as usize].bounds.start;
        [self.key_of(number), &ordered(start)].concat()
    }

    /// Brings the sessions of new keys in from the store, in the order of the keys.
    fn load(&mut self, mut keys: Vec<u32>) -> Result<(), OperatorError> {
        if keys.is_empty() || !self.has_stored {
            return Ok(());
        }
        sort_by_key(&mut keys, false, |number| &self.keys[number as usize].key);
        let range = |key: &u32| {
            let from = self.partition.full_key(&self.keys[*key as usize].key);
            let to = [&from[..], &[u8::MAX; 9]].concat();
            (from, to)
        };
        let ranges: Vec<_> = keys.iter().map(range).collect();
        let backend = Arc::clone(&self.backend);
        backend.scan_each(&ranges, &mut |number, full_key, value| {
            let start = &full_key[ranges[number].0.len()..];
            self.add_stored(keys[number], start, value)
        })?;
        Ok(())
    }

    fn add_stored(&mut self, key: u32, start: &[u8], value: &[u8]) -> Result<(), StateError> {
        let damaged = || StateError::Damaged("the key of a session".to_owned());
        let start = from_ordered(start).ok_or_else(damaged)?;
        let end = end_of(value)?;
        let bucket = self.bucket_of(end);
        if bucket < self.expiry.bucket {
            return Ok(());
        }
        let number = self.add_slot(key, Bounds { start, end });
        load_states(&mut self.accumulators, number, value)?;
        self.slots[number as usize].bucket = bucket;
        self.wait_to_close(number);
        Ok(())
    }

    fn wait_to_close(&mut self, number: u32) {
        let bucket = self.bucket_of(self.slots[number as usize].bounds.end);
        if let Some(closing) = &mut self.closing {
            let session = &mut self.slots[number as usize];
            if closing.add(number, session.bounds, (bucket, session.waits_in)) {
                session.waits_in = bucket;
            }
        }
    }

    /// Returns the sessions that closed before a time and have not been returned before, by end, start and key.
    pub(super) fn close(&mut self, before: i64) -> Result<Vec<u32>, OperatorError> {
        let last = self.progress.closed_before;
        let Some(closing) = &mut self.closing else { return Ok(Vec::new()) };
        if before <= last.max(0) {
            return Ok(Vec::new());
        }
        if let Some((from, to)) = closing.advance(before, self.bucket_ms) {
            let waiting = closing.take_waiting(to);
            self.load_ending(from, to)?;
            for number in waiting {
                // Another session may have the number by now, or this one may have grown: it is in a later bucket then.
                let session = &self.slots[number as usize];
                if session.is_live() && self.bucket_of(session.bounds.end) < to {
                    self.wait_to_close(number);
                }
            }
        }
        let due = self.closing.as_mut().map(|c| c.take_due(before)).unwrap_or_default();
        let mut closed: Vec<u32> = due
            .into_iter()
            .filter(|(bounds, number)| self.is_session(*number, *bounds))
            .map(|(_, number)| number)
            .collect();
        closed.sort_by(|a, b| self.closing_order(*a).cmp(&self.closing_order(*b)));
        closed.dedup();
        self.progress.closed_before = before;
        Ok(closed)
    }

    fn closing_order(&self, number: u32) -> (i64, i64, &[u8]) {
        let Bounds { start, end } = self.slots[number as usize].bounds;
        (end, start, self.key_of(number))
    }

    /// Brings the sessions in whose ends are in a range of buckets.
    fn load_ending(&mut self, from: i64, to: i64) -> Result<(), OperatorError> {
        if !self.has_stored {
            return Ok(());
        }
        let mut missing = Vec::new();
        for (key, _) in self.stored_by_end(from, to)? {
            if let Err(hash) = self.find(&key) {
                missing.push(self.add_key(hash, &key));
            }
        }
        self.load(missing)
    }

    /// Returns key and start of the sessions that have entries in a range of buckets.
    fn stored_by_end(&self, from: i64, to: i64) -> Result<Vec<(Vec<u8>, i64)>, OperatorError> {
        let at = |bucket: i64| self.partition.full_key(&by_end(bucket));
        let mut found = Vec::new();
        for entry in self.backend.scan(&at(from), &at(to)) {
            let (full_key, _) = entry?;
            let key = &full_key[StorePartition::PREFIX_SIZE + 9..];
            let (key, start) = key
                .split_last_chunk::<8>()
                .and_then(|(key, start)| Some((key.to_vec(), from_ordered(start)?)))
                .ok_or_else(|| StateError::Damaged("the end of a session".to_owned()))?;
            found.push((key, start));
        }
        Ok(found)
    }

    /// Tells whether sessions that ended before a time are to be removed: whole buckets of them, at most once in an epoch.
    pub(super) fn is_expiry_due(&self, before: i64) -> bool {
        !self.expiry.is_done_in_epoch && self.expiry.bucket < self.bucket_of(before) && 0 < before
    }

    /// Removes the sessions that ended in buckets before that of a time.
    pub(super) fn expire(&mut self, before: i64) -> Result<(), OperatorError> {
        let bucket = self.bucket_of(before);
        let [from, next] = self.expiry.scans_from;
        let entries = self.stored_by_end(from, bucket)?;
        self.expiry = Expiry { bucket, scans_from: [next, bucket], is_done_in_epoch: true };
        let mut unknown = Vec::new();
        for (key, start) in entries {
            match self.find(&key) {
                Ok(number) => self.expire_session(number, start),
                Err(_) => unknown.push([&key[..], &ordered(start)].concat()),
            }
        }
        let full_keys: Vec<_> = unknown.iter().map(|key| self.partition.full_key(key)).collect();
        let values = self.backend.multi_get(&full_keys)?;
        for (key, value) in unknown.into_iter().zip(values) {
            if let Some(value) = value
                && self.bucket_of(end_of(&value)?) < bucket
            {
                self.removed.push(key);
            }
        }
        Ok(())
    }

    fn expire_session(&mut self, key: u32, start: i64) {
        let mut at = self.keys[key as usize].last;
        while at != NONE && start < self.slots[at as usize].bounds.start {
            at = self.slots[at as usize].earlier;
        }
        if at != NONE
            && self.slots[at as usize].bounds.start == start
            && self.bucket_of(self.slots[at as usize].bounds.end) < self.expiry.bucket
        {
            self.remove(at);
        }
    }

    /// Hands over this epoch's changes, sorted by key.
    pub(super) fn hand_over(&mut self, changes: &mut Changes) {
        if self.progress != self.committed_progress {
            self.progress.hand_over(self.partition, changes);
            self.committed_progress = self.progress;
        }
        if self.expiry.is_done_in_epoch {
            // Entries of the epoch before may not be there yet when sessions are looked for: they stay for the next time.
            let done = self.expiry.scans_from[0];
            changes.delete_range(self.partition, &[BY_END], Some(&by_end(done)));
            self.expiry.is_done_in_epoch = false;
        }
        self.removed.drain(..).for_each(|key| changes.delete(self.partition, &key));
        let mut changed = std::mem::take(&mut self.changed);
        changed.retain(|number| self.slots[*number as usize].is_live());
        changed.sort_unstable();
        changed.dedup();
        let mut key = Vec::new();
        for number in changed {
            self.hand_over_session(number, &mut key, changes);
        }
        if self.share.set(self.memory_size()) {
            self.evict();
            self.share.set(self.memory_size());
        }
        self.epoch += 1;
    }

    /// Hands a session over; `key` is a buffer.
    fn hand_over_session(&mut self, number: u32, key: &mut Vec<u8>, changes: &mut Changes) {
        let Bounds { start, end } = self.slots[number as usize].bounds;
        let bucket = self.bucket_of(end);
        // Behind the entry by end, the key: it ends in the session's own.
        key.clear();
        key.extend_from_slice(&by_end(bucket));
        let own = key.len();
        key.extend_from_slice(self.key_of(number));
        key.extend_from_slice(&ordered(start));
        changes.put_with(self.partition, &key[own..], |out| {
            out.extend_from_slice(&end.to_be_bytes());
            self.accumulators.iter().for_each(|states| states.save(number, out));
        });
        if self.slots[number as usize].bucket != bucket {
            self.slots[number as usize].bucket = bucket;
            changes.put(self.partition, key, &[]);
        }
    }

    fn memory_size(&self) -> usize {
        let states: usize = self.accumulators.iter().map(|states| states.memory_size()).sum();
        let keys = self.key_bytes
            + self.index.len() * KEY_OVERHEAD
            + self.keys.capacity() * size_of::<KeySlot>()
            + self.index.memory_size();
        let changed =
            self.changed.capacity() * size_of::<u32>() + self.removed.len() * REMOVED_BYTES;
        states + keys + changed + self.slots.capacity() * size_of::<Session>()
    }

    /// Drops the keys from memory that are committed as they are. The epoch at hand is not, and what is about to close has to
    /// be at hand.
    fn evict(&mut self) {
        let mut dropped = Vec::new();
        for number in self.index.iter() {
            let key = &self.keys[number as usize];
            if key.changed_in < self.epoch && !self.is_about_to_close(key.last) {
                dropped.push(number);
            }
        }
        for number in dropped {
            let mut at = self.keys[number as usize].last;
            while at != NONE {
                let earlier = self.slots[at as usize].earlier;
                self.release(at);
                at = earlier;
            }
            let key = std::mem::take(&mut self.keys[number as usize].key);
            self.key_bytes -= key.len();
            let hash = self.hasher.hash_one(&*key);
            self.index.remove(hash, number);
            self.free_keys.push(number);
        }
        self.has_stored = true;
        if self.slots.len() / 4 < self.free.len() || self.keys.len() / 4 < self.free_keys.len() {
            self.compact();
        }
    }

    /// Numbers keys and sessions anew, so that what was dropped takes no memory.
    fn compact(&mut self) {
        let live_keys: Vec<u32> = self.index.iter().collect();
        let is_live = |number: &u32| self.slots[*number as usize].is_live();
        let live: Vec<u32> = (0..self.slots.len() as u32).filter(is_live).collect();
        let Some(accumulators) = self.copied_states(&live) else { return };
        let new_keys = numbered_anew(&live_keys, self.keys.len());
        let new = numbered_anew(&live, self.slots.len());
        let moved = |number: u32| if number == NONE { NONE } else { new[number as usize] };
        let session = |number: &u32| {
            let session = &self.slots[*number as usize];
            let (key, earlier) = (new_keys[session.key as usize], moved(session.earlier));
            Session { key, earlier, waits_in: NO_BUCKET, ..*session }
        };
        let slots: Vec<Session> = live.iter().map(session).collect();
        let mut old_keys = std::mem::take(&mut self.keys);
        let key = |number: &u32| {
            let KeySlot { key, last, changed_in } = &mut old_keys[*number as usize];
            KeySlot { key: std::mem::take(key), last: moved(*last), changed_in: *changed_in }
        };
        self.keys = live_keys.iter().map(key).collect();
        (self.slots, self.accumulators) = (slots, accumulators);
        (self.free, self.free_keys) = (Vec::new(), Vec::new());
        self.index.renumber();
        self.closing.iter_mut().for_each(SessionClosing::clear);
        (0..self.slots.len() as u32).for_each(|number| self.wait_to_close(number));
    }

    /// Copies the states of sessions, numbered in their order.
    fn copied_states(&self, sessions: &[u32]) -> Option<Vec<Box<dyn Accumulator>>> {
        let mut copies = self.spec.accumulators().ok()?;
        copies.iter_mut().for_each(|states| states.resize(sessions.len()));
        let mut bytes = Vec::new();
        for (copy, number) in sessions.iter().enumerate() {
            bytes.clear();
            bytes.extend_from_slice(&self.slots[*number as usize].bounds.end.to_be_bytes());
            self.accumulators.iter().for_each(|states| states.save(*number, &mut bytes));
            load_states(&mut copies, copy as u32, &bytes).ok()?;
        }
        Some(copies)
    }

    fn is_about_to_close(&self, mut at: u32) -> bool {
        let Some(closing) = &self.closing else { return false };
        while at != NONE {
            let session = &self.slots[at as usize];
            if closing.is_due(session.bounds.end)
                && self.progress.closed_before <= session.bounds.end
            {
                return true;
            }
            at = session.earlier;
        }
        false
    }
}

/// Returns the new number of each old one, if those that are live are numbered in their order.
fn numbered_anew(live: &[u32], old_count: usize) -> Vec<u32> {
    let mut numbers = vec![NONE; old_count];
    live.iter().enumerate().for_each(|(new, old)| numbers[*old as usize] = new as u32);
    numbers
}

/// Puts a value into a free place, or at the end.
fn place<T>(values: &mut Vec<T>, free: &mut Vec<u32>, value: T) -> u32 {
    if let Some(number) = free.pop() {
        values[number as usize] = value;
        return number;
    }
    values.push(value);
    u32::try_from(values.len() - 1).expect("fewer than 2^32 sessions fit in memory")
}
