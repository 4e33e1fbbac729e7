//! What a partition knows of its producers: their epochs, their last batches, their open transactions.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use super::batch::advance_sequence;
use super::{BatchHeader, LogError, NO_SEQUENCE, Offset, OpenTransaction, Producer};
use crate::types::TopicPartition;

/// How many batches of a producer are remembered, to recognise one that is sent again: a client keeps at most five
/// in flight (KIP-98).
pub(super) const BATCHES_KEPT: usize = 5;

/// A batch that was appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KeptBatch {
    pub(super) last_sequence: i32,
    pub(super) last_offset: Offset,
    pub(super) offset_delta: i32,
    pub(super) timestamp: i64,
}

impl KeptBatch {
    fn of(batch: &BatchHeader) -> KeptBatch {
        KeptBatch {
            last_sequence: batch.last_sequence(),
            last_offset: batch.last_offset(),
            offset_delta: batch.last_offset_delta,
            timestamp: batch.max_timestamp,
        }
    }

    fn first_offset(&self) -> Offset {
        self.last_offset - i64::from(self.offset_delta)
    }
}

/// What is known of one producer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ProducerState {
    pub(super) epoch: i16,
    /// Of this epoch, the oldest first.
    pub(super) batches: Vec<KeptBatch>,
    pub(super) transaction_start: Option<Offset>,
    /// When it was last heard of.
    pub(super) last_timestamp: i64,
}

impl ProducerState {
    pub(super) fn new(epoch: i16) -> Self {
        ProducerState { epoch, batches: Vec::new(), transaction_start: None, last_timestamp: -1 }
    }

    fn last_sequence(&self) -> Option<i32> {
        self.batches.last().map(|batch| batch.last_sequence)
    }

    /// Returns the sequence that comes next.
    fn next_sequence(&self) -> i32 {
        self.last_sequence().map_or(0, |last| advance_sequence(last, 1))
    }

    fn find(&self, batch: &BatchHeader) -> Option<&KeptBatch> {
        self.batches.iter().find(|kept| {
            kept.last_sequence == batch.last_sequence()
                && kept.offset_delta == batch.last_offset_delta
        })
    }

    fn raise_epoch(&mut self, epoch: i16) {
        if epoch != self.epoch {
            self.epoch = epoch;
            self.batches.clear();
        }
    }

    /// Takes note of a batch of records.
    pub(super) fn add(&mut self, batch: &BatchHeader) {
        self.raise_epoch(batch.producer_epoch);
        if self.batches.len() == BATCHES_KEPT {
            self.batches.remove(0);
        }
        self.batches.push(KeptBatch::of(batch));
        self.last_timestamp = batch.max_timestamp;
        if batch.is_transactional() && self.transaction_start.is_none() {
            self.transaction_start = Some(batch.base_offset);
        }
    }
}

/// What is to happen with a batch that was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Checked {
    /// Append it with this sequence.
    Append { base_sequence: i32 },
    /// It is there already, at this offset.
    Duplicate { offset: Offset },
}

/// All producers of a partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Producers {
    states: HashMap<i64, ProducerState, foldhash::fast::FixedState>,
    /// The open transactions, by their first offsets.
    open: BTreeMap<Offset, i64>,
}

impl Producers {
    pub(super) fn is_empty(&self) -> bool {
        self.states.is_empty()
    }

    /// Returns all producers, in order of their ids.
    pub(super) fn iter(&self) -> impl Iterator<Item = (i64, &ProducerState)> {
        let mut ids: Vec<_> = self.states.iter().map(|(id, state)| (*id, state)).collect();
        ids.sort_by_key(|(id, _)| *id);
        ids.into_iter()
    }

    /// Puts a producer in, as a snapshot has it.
    pub(super) fn insert(&mut self, id: i64, state: ProducerState) {
        if let Some(start) = state.transaction_start {
            self.open.insert(start, id);
        }
        self.states.insert(id, state);
    }

    /// Returns what is known of a producer, for [`check`] and to be put back with [`insert`](Producers::insert).
    pub(super) fn get(&self, id: i64) -> Option<&ProducerState> {
        self.states.get(&id)
    }

    /// Returns the open transactions, by their first offsets.
    pub(super) fn open(&self) -> &BTreeMap<Offset, i64> {
        &self.open
    }

    /// Takes note of a batch that was appended, or is found in the log at the start.
    pub(super) fn add(&mut self, batch: &BatchHeader) {
        if !batch.has_producer() {
            return;
        }
        let (id, epoch) = (batch.producer_id, batch.producer_epoch);
        let state = self.states.entry(id).or_insert_with(|| ProducerState::new(epoch));
        state.add(batch);
        if let Some(start) = state.transaction_start {
            self.open.insert(start, id);
        }
    }

    /// Takes note of a marker and returns where the transaction began that it ends, if there is one.
    pub(super) fn end(&mut self, marker: &BatchHeader) -> Option<Offset> {
        let (id, epoch) = (marker.producer_id, marker.producer_epoch);
        let state = self.states.entry(id).or_insert_with(|| ProducerState::new(epoch));
        state.raise_epoch(epoch);
        state.last_timestamp = marker.max_timestamp;
        let first_offset = state.transaction_start.take()?;
        self.open.remove(&first_offset);
        Some(first_offset)
    }

    /// Returns the open transactions of a partition.
    pub(super) fn open_transactions(&self, partition: &TopicPartition) -> Vec<OpenTransaction> {
        let open = |(first_offset, id): (&Offset, &i64)| {
            let epoch = self.states.get(id).map_or(0, |state| state.epoch);
            let (producer, partition) = (Producer { id: *id, epoch }, partition.clone());
            OpenTransaction { producer, partition, first_offset: *first_offset }
        };
        self.open.iter().map(open).collect()
    }

    /// Returns the first offset of an open transaction, or `end` if there is none.
    pub(super) fn last_stable(&self, end: Offset) -> Offset {
        self.open.keys().next().copied().unwrap_or(end)
    }

    /// Forgets producers that were not heard of since `before` and have no open transaction.
    pub(super) fn expire(&mut self, before: i64) -> usize {
        let count = self.states.len();
        self.states
            .retain(|_, state| state.transaction_start.is_some() || before <= state.last_timestamp);
        count - self.states.len()
    }

    /// Checks that a producer may end a transaction here; false if it has none open.
    pub(super) fn may_end(
        &self,
        partition: &TopicPartition,
        producer: Producer,
    ) -> Result<bool, LogError> {
        let Some(state) = self.states.get(&producer.id) else { return Ok(false) };
        if producer.epoch < state.epoch {
            return Err(fenced(partition, producer, state.epoch));
        }
        Ok(state.transaction_start.is_some())
    }
}

/// Checks a batch against what is known of its producer (KIP-98; fencing by epoch, duplicates, gaps).
pub(super) fn check(
    partition: &TopicPartition,
    known: Option<&ProducerState>,
    batch: &BatchHeader,
) -> Result<Checked, LogError> {
    let sequence = batch.base_sequence;
    let Some(state) = known else {
        let base_sequence = if sequence == NO_SEQUENCE { 0 } else { sequence };
        return Ok(Checked::Append { base_sequence });
    };
    let producer = Producer { id: batch.producer_id, epoch: batch.producer_epoch };
    if producer.epoch < state.epoch {
        return Err(fenced(partition, producer, state.epoch));
    }
    let is_new_epoch = state.epoch < producer.epoch;
    if sequence != NO_SEQUENCE
        && !is_new_epoch
        && let Some(kept) = state.find(batch)
    {
        return Ok(Checked::Duplicate { offset: kept.first_offset() });
    }
    // A transaction ends with its own epoch, and holds all that its producer sends until then.
    if state.transaction_start.is_some() && (is_new_epoch || !batch.is_transactional()) {
        let (partition, producer_id) = (partition.clone(), producer.id);
        return Err(LogError::InvalidTransactionState { partition, producer_id });
    }
    let expected = if is_new_epoch { 0 } else { state.next_sequence() };
    // Nothing is known of this epoch's batches after a marker alone: any sequence may be the first.
    let is_first = !is_new_epoch && state.batches.is_empty();
    if sequence == NO_SEQUENCE || is_first || sequence == expected {
        let base_sequence = if sequence == NO_SEQUENCE { expected } else { sequence };
        return Ok(Checked::Append { base_sequence });
    }
    let (partition, producer_id) = (partition.clone(), producer.id);
    Err(LogError::OutOfOrderSequence { partition, producer_id, sequence, expected })
}

fn fenced(partition: &TopicPartition, producer: Producer, current: i16) -> LogError {
    let Producer { id: producer_id, epoch } = producer;
    LogError::ProducerFenced { partition: partition.clone(), producer_id, epoch, current }
}
