//! Committing an epoch, rolling one back, and ending what a crash left open.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::log::{Log, Outcome, Producer};
use crate::runtime::RuntimeInner;
use crate::runtime::epochs::Epochs;
use crate::runtime::offsets;
use crate::runtime::queries::RunningQuery;
use crate::state::{Backend, Changes};
use crate::types::TopicPartition;

/// Ends the transactions that a crash left open.
pub(super) fn recover(log: &dyn Log, backend: &dyn Backend) -> Result<()> {
    let ours = offsets::producers(backend)?;
    let committed = offsets::committed(backend)?;
    let mut open: BTreeMap<Producer, Vec<TopicPartition>> = BTreeMap::new();
    for transaction in log.open_transactions() {
        if ours.contains(&transaction.producer.id) {
            open.entry(transaction.producer).or_default().push(transaction.partition);
        }
    }
    for (producer, partitions) in open {
        let outcome = if Some(producer) == committed { Outcome::Commit } else { Outcome::Abort };
        tracing::info!(?producer, ?outcome, partitions = partitions.len(), "ended a transaction");
        log.end_transaction(producer, &partitions, outcome)?;
    }
    Ok(())
}

/// Notes which producers are the engine's, before they write anything.
pub(super) fn note_producers(epochs: &Epochs, backend: &dyn Backend) -> Result<()> {
    let mut changes = Changes::new();
    offsets::put_producers(&mut changes, &epochs.producer_ids());
    Ok(backend.commit(changes)?)
}

/// How long a query that failed waits before it is tried again, at first and at most.
const RETRY_AFTER: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

impl RuntimeInner {
    /// The committer's thread.
    pub(super) fn commit_until_stopped(&self) {
        loop {
            {
                let mut stop = self.stop.lock();
                if !*stop {
                    self.stopped.wait_for(&mut stop, self.config.commit_interval);
                }
                if *stop {
                    return;
                }
            }
            if let Err(error) = self.commit_epoch() {
                tracing::error!(%error, "commit failed");
            }
            self.retry_failed();
        }
    }

    /// Commits an epoch, if anything was done in it.
    pub(super) fn commit_epoch(&self) -> Result<bool> {
        let mut state = self.commit.lock();
        if let Some(reason) = &state.broken {
            return Err(Error::new(ErrorKind::Storage, reason.clone()));
        }
        if self.failed_queries().next().is_some() {
            self.roll_back()?;
        }
        if !self.shared.has_progress.swap(false, Ordering::AcqRel) {
            return Ok(false);
        }
        let outcome = self.commit_progress(&mut state.marked);
        if let Err(error) = &outcome
            && error.kind() == ErrorKind::Storage
        {
            let reason = format!("nothing can be committed any more: {error}");
            self.stop_all(&reason);
            state.broken = Some(reason);
        }
        outcome
    }

    /// Commits what all tasks hand over. `marked` are the partitions that the last commit wrote markers to.
    fn commit_progress(&self, marked: &mut Vec<TopicPartition>) -> Result<bool> {
        let shared = &self.shared;
        let epoch = shared.epochs.begin_next();
        if !self.await_hand_over(epoch + 1) {
            // A task failed in this epoch: nothing of it may be committed, by no task.
            shared.epochs.take();
            self.roll_back()?;
            return Ok(true);
        }
        let transaction = shared.epochs.transaction(epoch);
        let partitions = transaction.partitions();
        let (mut changes, inputs) = shared.epochs.take();
        if changes.is_empty() && partitions.is_empty() {
            return Ok(false);
        }
        // Only the last transaction's markers can be written again after a crash: those before it are made durable here.
        let durable = inputs.into_iter().chain(partitions.iter().cloned()).chain(marked.drain(..));
        let durable: BTreeSet<TopicPartition> = durable.collect();
        shared.log.flush(&durable.into_iter().collect::<Vec<_>>())?;
        offsets::put_committed(&mut changes, transaction.producer);
        offsets::put_producers(&mut changes, &shared.epochs.producer_ids());
        shared.backend.commit(changes)?;
        if !partitions.is_empty() {
            shared.log.end_transaction(transaction.producer, &partitions, Outcome::Commit)?;
            shared.epochs.renew(epoch, shared.log.as_ref())?;
            *marked = partitions;
        }
        Ok(true)
    }

    /// Waits until every task is in `epoch`. Returns false if one failed instead.
    fn await_hand_over(&self, epoch: u64) -> bool {
        let queries: Vec<_> = self.queries.read().values().cloned().collect();
        for query in queries.iter().filter(|query| query.is_persistent()) {
            for task in query.tasks().iter() {
                while task.task.epoch.load(Ordering::Acquire) < epoch {
                    if query.owner.error.lock().is_some() {
                        return false;
                    }
                    task.wake.wake();
                    self.shared.epochs.wait();
                }
            }
        }
        queries.iter().all(|query| !query.is_persistent() || query.owner.error.lock().is_none())
    }

    /// Takes all tasks back to the last commit and aborts what they have written since.
    pub(super) fn roll_back(&self) -> Result<()> {
        let shared = &self.shared;
        let queries: Vec<_> =
            self.queries.read().values().filter(|query| query.is_persistent()).cloned().collect();
        queries.iter().for_each(|query| query.close_tasks());
        shared.epochs.take();
        let current = shared.epochs.current();
        for epoch in [current - 1, current] {
            let transaction = shared.epochs.transaction(epoch);
            let partitions = transaction.partitions();
            if !partitions.is_empty() {
                shared.log.end_transaction(transaction.producer, &partitions, Outcome::Abort)?;
                shared.epochs.renew(epoch, shared.log.as_ref())?;
            }
        }
        note_producers(&shared.epochs, shared.backend.as_ref())?;
        for query in &queries {
            let failed = query.owner.error.lock().is_some();
            if failed {
                query.schedule_retry(shared.clock.monotonic(), RETRY_AFTER);
            } else if let Err(error) = query.open_tasks(self) {
                query.owner.error.lock().get_or_insert(error.to_string());
                query.schedule_retry(shared.clock.monotonic(), RETRY_AFTER);
            }
        }
        Ok(())
    }

    /// Opens failed queries again whose time has come.
    fn retry_failed(&self) {
        let _commit = self.commit.lock();
        let now = self.shared.clock.monotonic();
        let queries: Vec<_> = self.queries.read().values().cloned().collect();
        for query in queries.iter().filter(|query| query.is_retry_due(now)) {
            *query.owner.error.lock() = None;
            if let Err(error) = query.open_tasks(self) {
                *query.owner.error.lock() = Some(error.to_string());
                query.schedule_retry(now, RETRY_AFTER);
            }
        }
    }

    /// Finds the queries that failed and whose tasks are still open.
    fn failed_queries(&self) -> impl Iterator<Item = Arc<RunningQuery>> {
        let has_failed = |query: &&Arc<RunningQuery>| {
            query.is_persistent() && query.owner.error.lock().is_some() && query.is_open()
        };
        let failed: Vec<_> = self.queries.read().values().filter(has_failed).cloned().collect();
        failed.into_iter()
    }

    fn stop_all(&self, reason: &str) {
        for query in self.queries.read().values() {
            query.owner.error.lock().get_or_insert_with(|| reason.to_owned());
        }
    }
}
