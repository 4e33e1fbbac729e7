//! Epochs: all tasks' progress between two commits, and the log transaction that holds their output.
//!
//! ```text
//! epoch      n-1            n              n+1
//! task A  ──────────┤hand over├──────────────────
//! task B  ───────────────┤hand over├─────────────
//! producer    P0            P1             P2            (three take turns)
//! ```
//!
//! A task in epoch `n` reads what the transactions of `n-1` and `n` hold, committed or not: they commit with it or before it.
//! What belongs to `n+1` it must not see before it has handed over. Three producers take turns, so that the transaction of
//! `n-1`, which may still be on its way, is never mistaken for that of `n+1`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::{Condvar, Mutex, RwLock};

use crate::log::{Isolation, Log, LogError, Producer};
use crate::state::{Changes, MemoryBudget, MemoryUse};
use crate::types::TopicPartition;

const PRODUCER_COUNT: u64 = 3;

/// The log transaction of an epoch.
pub(super) struct EpochTransaction {
    pub(super) producer: Producer,
    partitions: Mutex<BTreeSet<TopicPartition>>,
}

impl EpochTransaction {
    fn new(producer: Producer) -> Arc<Self> {
        Arc::new(EpochTransaction { producer, partitions: Mutex::default() })
    }

    /// Notes that the transaction has records in a partition; called before the first append.
    pub(super) fn add(&self, partition: &TopicPartition) {
        let mut partitions = self.partitions.lock();
        if !partitions.contains(partition) {
            partitions.insert(partition.clone());
        }
    }

    /// Returns where it has records.
    pub(super) fn partitions(&self) -> Vec<TopicPartition> {
        self.partitions.lock().iter().cloned().collect()
    }
}

/// The epochs of an engine.
pub(super) struct Epochs {
    current: AtomicU64,
    transactions: RwLock<Vec<Arc<EpochTransaction>>>,
    memory: Arc<MemoryBudget>,
    handed: Mutex<HandedOver>,
    handed_over: Condvar,
}

/// What tasks have handed over.
pub(super) struct HandedOver {
    pub(super) changes: Changes,
    /// What was read: an offset may be kept only of records that are durable.
    pub(super) inputs: BTreeSet<TopicPartition>,
    /// What the changes take; it is held until they are committed.
    pub(super) memory: MemoryUse,
}

impl HandedOver {
    fn new(memory: &Arc<MemoryBudget>) -> Self {
        let (changes, inputs) = (Changes::new(), BTreeSet::new());
        HandedOver { changes, inputs, memory: memory.open() }
    }
}

impl Epochs {
    /// Starts with epoch 1 and three producers that nobody else uses.
    pub(super) fn new(log: &dyn Log, memory: &Arc<MemoryBudget>) -> Result<Self, LogError> {
        let producers = (0..PRODUCER_COUNT).map(|_| log.allocate_producer());
        let transactions =
            producers.map(|p| p.map(EpochTransaction::new)).collect::<Result<_, _>>()?;
        Ok(Epochs {
            current: AtomicU64::new(1),
            transactions: RwLock::new(transactions),
            memory: Arc::clone(memory),
            handed: Mutex::new(HandedOver::new(memory)),
            handed_over: Condvar::new(),
        })
    }

    /// Returns the producers' ids, which tell the engine's transactions from others' after a crash.
    pub(super) fn producer_ids(&self) -> Vec<i64> {
        self.transactions.read().iter().map(|transaction| transaction.producer.id).collect()
    }

    /// Returns the epoch that tasks should be in.
    pub(super) fn current(&self) -> u64 {
        self.current.load(Ordering::Acquire)
    }

    /// Returns the transaction of an epoch that is current or being committed.
    pub(super) fn transaction(&self, epoch: u64) -> Arc<EpochTransaction> {
        Arc::clone(&self.transactions.read()[(epoch % PRODUCER_COUNT) as usize])
    }

    /// Returns what a task in an epoch may read.
    pub(super) fn isolation(&self, epoch: u64) -> Isolation {
        let transactions = self.transactions.read();
        let id = |epoch: u64| transactions[(epoch % PRODUCER_COUNT) as usize].producer.id;
        Isolation::ReadCommittedAnd(vec![id(epoch), id(epoch + PRODUCER_COUNT - 1)])
    }

    /// Begins the next epoch; tasks hand over as they notice.
    pub(super) fn begin_next(&self) -> u64 {
        self.current.fetch_add(1, Ordering::AcqRel)
    }

    /// Takes what a task hands over.
    pub(super) fn hand_over<'a>(
        &self,
        changes: Changes,
        inputs: impl Iterator<Item = &'a TopicPartition>,
    ) {
        let mut handed = self.handed.lock();
        // Twice: here, and in what is written.
        handed.memory.add(2 * changes.memory_size());
        handed.changes.append(changes);
        handed.inputs.extend(inputs.cloned());
        drop(handed);
        self.handed_over.notify_all();
    }

    /// Tells the committer that a task has nothing to hand over any more.
    pub(super) fn notify(&self) {
        let _handed = self.handed.lock();
        self.handed_over.notify_all();
    }

    /// Waits until a task hands over, or a moment.
    pub(super) fn wait(&self) {
        self.handed_over.wait_for(&mut self.handed.lock(), Duration::from_millis(5));
    }

    /// Takes all that was handed over.
    pub(super) fn take(&self) -> HandedOver {
        std::mem::replace(&mut *self.handed.lock(), HandedOver::new(&self.memory))
    }

    /// Gives the producer of an epoch that has ended a new transaction. Its epoch rises with every one (KIP-890), so that a
    /// late end cannot touch the next; one that is used up is replaced.
    pub(super) fn renew(&self, epoch: u64, log: &dyn Log) -> Result<(), LogError> {
        let old = self.transaction(epoch).producer;
        let producer = match old.epoch.checked_add(1).filter(|epoch| *epoch < i16::MAX) {
            Some(epoch) => Producer { epoch, ..old },
            None => log.allocate_producer()?,
        };
        let slot = (epoch % PRODUCER_COUNT) as usize;
        self.transactions.write()[slot] = EpochTransaction::new(producer);
        Ok(())
    }
}
