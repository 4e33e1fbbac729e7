//! Committing an epoch, rolling one back, and ending what a crash left open.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::log::{Log, LogError, Outcome, Producer, TopicDescription};
use crate::runtime::epochs::{Epochs, HandedOver};
use crate::runtime::offsets;
use crate::runtime::queries::RunningQuery;
use crate::runtime::{CommitState, RuntimeInner};
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
        for partition in &partitions {
            match end(log, producer, partition, outcome) {
                // It takes nothing, a marker neither, until it is repaired.
                Err(error @ LogError::Damaged { .. }) => {
                    tracing::warn!(%partition, %error, "transaction not ended");
                }
                ended => ended?,
            }
        }
    }
    if ours.is_empty() {
        return Ok(());
    }
    // The next producers' ids take the place of these, and the next commit that of the last: a marker that is lost after that,
    // one of the last process's too, is never written again.
    let partitions_of = |topic: &TopicDescription| {
        let topic_name: Arc<str> = topic.name.as_str().into();
        let partitions = 0..topic.partitions;
        partitions.map(move |number| TopicPartition::new(Arc::clone(&topic_name), number))
    };
    let all: BTreeSet<TopicPartition> = log.topics().iter().flat_map(partitions_of).collect();
    Ok(flush(log, all)?)
}

/// Notes which producers are the engine's, before they write anything.
pub(super) fn note_producers(epochs: &Epochs, backend: &dyn Backend) -> Result<()> {
    let mut changes = Changes::new();
    offsets::put_producers(&mut changes, &epochs.producer_ids());
    Ok(backend.commit(changes)?)
}

/// Makes partitions durable. A topic may be deleted at any time: what is gone needs no sync.
fn flush(log: &dyn Log, mut partitions: BTreeSet<TopicPartition>) -> Result<(), LogError> {
    loop {
        partitions.retain(|partition| log.topic(&partition.topic).is_some());
        match log.flush(&partitions.iter().cloned().collect::<Vec<_>>()) {
            Err(LogError::UnknownTopic(_) | LogError::UnknownPartition(_)) => {}
            flushed => return flushed,
        }
    }
}

/// Ends a transaction on a partition; on one that was deleted there is nothing to end.
fn end(
    log: &dyn Log,
    producer: Producer,
    partition: &TopicPartition,
    outcome: Outcome,
) -> Result<(), LogError> {
    match log.end_transaction(producer, std::slice::from_ref(partition), outcome) {
        Err(LogError::UnknownTopic(_) | LogError::UnknownPartition(_)) => Ok(()),
        ended => ended,
    }
}

/// How long an epoch lasts at least. Where there is no backlog nothing is gained by a longer one, and readers wait for its end.
const EPOCH_MIN: Duration = Duration::from_millis(20);

/// How long a query that failed waits before it is tried again, at first and at most.
pub(super) const RETRY_AFTER: (Duration, Duration) =
    (Duration::from_secs(1), Duration::from_secs(60));

impl RuntimeInner {
    /// The committer's thread.
    pub(super) fn commit_until_stopped(&self) {
        let mut purged = self.shared.clock.monotonic();
        let mut committed = purged;
        let mut heeds_hurry = true;
        let interval = self.config.commit_interval;
        let requests = &self.shared.requests;
        while let Some(is_hurried) = requests.wait(interval.min(EPOCH_MIN), heeds_hurry) {
            let is_due = is_hurried || committed + interval <= self.shared.clock.monotonic();
            if self.shared.has_backlog.swap(false, Ordering::Relaxed) && !is_due {
                continue;
            }
            committed = self.shared.clock.monotonic();
            let outcome = self.commit_epoch();
            // What fails is not tried again at once.
            heeds_hurry = outcome.is_ok();
            if let Err(error) = outcome {
                tracing::error!(%error, "commit failed");
            }
            if self.commit.lock().broken.is_some() {
                // Said once; nothing more can come of trying.
                return;
            }
            self.retry_failed();
            let now = self.shared.clock.monotonic();
            if purged + self.config.purge_interval <= now {
                purged = now;
                if let Err(error) = self.purge() {
                    tracing::warn!(%error, "records that were worked off are not removed yet");
                }
            }
        }
    }

    /// Commits an epoch, if anything was done in it.
    pub(super) fn commit_epoch(&self) -> Result<bool> {
        let mut state = self.commit.lock();
        if let Some(reason) = &state.broken {
            return Err(Error::new(ErrorKind::Storage, reason.clone()));
        }
        let outcome = self.commit_or_roll_back(&mut state);
        if let Err(error) = &outcome {
            // Whatever is left to do is tried again, unless it cannot be.
            self.shared.has_progress.store(true, Ordering::Release);
            if error.kind() == ErrorKind::Storage {
                let reason = format!("nothing can be committed any more: {error}");
                self.stop_all(&reason);
                state.broken = Some(reason);
            }
        }
        drop(state);
        if self.shared.requests.take_hurry() {
            self.wake_tasks();
        }
        outcome
    }

    fn wake_tasks(&self) {
        for query in self.queries.read().values() {
            query.tasks().iter().for_each(|task| task.wake.wake());
        }
    }

    fn commit_or_roll_back(&self, state: &mut CommitState) -> Result<bool> {
        self.finish_commit(state)?;
        if state.is_closed {
            return Ok(false);
        }
        // What is rolled back is done again: there is something to commit, or will be.
        let rolls_back = state.must_roll_back || self.failed_queries().next().is_some();
        if rolls_back {
            self.roll_back(state)?;
        }
        if !self.shared.has_progress.swap(false, Ordering::AcqRel) {
            return Ok(rolls_back);
        }
        Ok(self.commit_progress(state)? || rolls_back)
    }

    /// Commits what all tasks hand over.
    fn commit_progress(&self, state: &mut CommitState) -> Result<bool> {
        let shared = &self.shared;
        let epoch = shared.epochs.begin_next();
        if !self.await_hand_over(epoch + 1) {
            // A task failed in this epoch: nothing of it may be committed, by no task.
            self.roll_back(state)?;
            return Ok(true);
        }
        let transaction = shared.epochs.transaction(epoch);
        let partitions = transaction.partitions();
        let HandedOver { mut changes, inputs, memory } = shared.epochs.take();
        if changes.is_empty() && partitions.is_empty() {
            return Ok(false);
        }
        // Only the last transaction's markers can be written again after a crash: those before it are made durable here.
        let durable = inputs.into_iter().chain(partitions.iter().cloned());
        let durable = durable.chain(state.marked.iter().cloned());
        let durable: BTreeSet<TopicPartition> = durable.collect();
        // Should this or the next fail, what was handed over is done again from the last commit.
        state.must_roll_back = true;
        flush(shared.log.as_ref(), durable)?;
        // An epoch without output has no transaction to finish, and its producer's epoch does not rise: noted, it would pass
        // for the next one that has.
        if !partitions.is_empty() {
            offsets::put_committed(&mut changes, transaction.producer);
        }
        offsets::put_producers(&mut changes, &shared.epochs.producer_ids());
        shared.backend.commit(changes)?;
        drop(memory);
        state.must_roll_back = false;
        let now = shared.clock.monotonic();
        self.queries.read().values().for_each(|query| query.forget_failures(now));
        state.marked = partitions;
        state.unmarked = (!state.marked.is_empty()).then_some(epoch);
        self.finish_commit(state)?;
        Ok(true)
    }

    /// Writes the markers of the last commit, if they are not written yet. It is decided by then: all that can be done is to
    /// try again.
    fn finish_commit(&self, state: &mut CommitState) -> Result<()> {
        let Some(epoch) = state.unmarked else { return Ok(()) };
        let shared = &self.shared;
        let producer = shared.epochs.transaction(epoch).producer;
        for partition in &state.marked {
            end(shared.log.as_ref(), producer, partition, Outcome::Commit)?;
        }
        shared.epochs.renew(epoch, shared.log.as_ref())?;
        state.unmarked = None;
        Ok(())
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
        // One that failed before has no part in this epoch.
        self.failed_queries().next().is_none()
    }

    /// Takes all tasks back to the last commit and aborts what they have written since.
    fn roll_back(&self, state: &mut CommitState) -> Result<()> {
        state.must_roll_back = true;
        let shared = &self.shared;
        let is_there =
            |query: &&Arc<RunningQuery>| query.is_persistent() && !query.waits_for_retry();
        let queries: Vec<_> = self.queries.read().values().filter(is_there).cloned().collect();
        queries.iter().for_each(|query| query.close_tasks());
        shared.epochs.take();
        let current = shared.epochs.current();
        for epoch in [current - 1, current] {
            let transaction = shared.epochs.transaction(epoch);
            let partitions = transaction.partitions();
            if !partitions.is_empty() {
                self.abort(transaction.producer, &partitions)?;
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
        state.must_roll_back = false;
        Ok(())
    }

    /// Aborts a transaction. A partition that takes no marker because its storage failed gets it at the next start.
    fn abort(&self, producer: Producer, partitions: &[TopicPartition]) -> Result<()> {
        for partition in partitions {
            match end(self.shared.log.as_ref(), producer, partition, Outcome::Abort) {
                Err(error) if !error.is_retriable() => {
                    tracing::warn!(%partition, %error, "transaction not aborted");
                }
                ended => ended?,
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
