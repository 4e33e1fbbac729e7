//! Another topology in the place of a query's.
//!
//! The query goes on where it stood. A store whose meaning did not change keeps what is in it; the others begin empty. What lies
//! between the old topology's sub-topologies, in a form that only they know, is worked off first.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};
use crate::runtime::offsets::{delete_positions, positions, put_position};
use crate::runtime::queries::{RunningQuery, partition_count};
use crate::runtime::{QueryStart, Runtime, RuntimeInner};
use crate::state::{Changes, StoreId};
use crate::topology::Topology;
use crate::types::TopicPartition;

/// How long a query may take to work off what lies between its sub-topologies.
const DRAIN_MAX: Duration = Duration::from_secs(30);

impl Runtime {
    /// Makes a query ready to be replaced: it takes in nothing more, and what it has taken in is worked off.
    ///
    /// Fails, and lets the query go on, if it is paused, has failed, or takes too long.
    pub fn prepare_replacement(&self, id: &str) -> Result<()> {
        let found = self.inner.queries.read().get(id).cloned();
        let Some(query) = found else { return Ok(()) };
        if query.start.topology.repartition_topics().next().is_none() {
            return Ok(());
        }
        // Committed, so that a crash finds nothing between the sub-topologies either.
        let drained = self.drain(&query).and_then(|()| self.inner.commit_epoch());
        drained.map(drop).inspect_err(|_| self.cancel_replacement(id))
    }

    /// Ends a replacement that a crash cut off behind the statement: the query stands where the old topology stood. It is one that
    /// does not run yet; what the old topology alone had is left to [`sweep`](Runtime::sweep).
    pub fn finish_replacement(&self, start: &QueryStart) -> Result<()> {
        self.inner.create_repartition_topics(&start.topology)?;
        let changes = self.inner.moved_positions(start)?;
        Ok(self.inner.shared.backend.commit(changes)?)
    }

    /// Lets a query that was to be replaced go on.
    pub fn cancel_replacement(&self, id: &str) {
        if let Some(query) = self.inner.queries.read().get(id) {
            query.owner.is_draining.store(false, Ordering::Release);
            query.tasks().iter().for_each(|task| task.wake.wake());
        }
    }

    fn drain(&self, query: &RunningQuery) -> Result<()> {
        query.owner.is_draining.store(true, Ordering::Release);
        let clock = Arc::clone(&self.inner.shared.clock);
        let deadline = clock.monotonic() + DRAIN_MAX;
        while !self.inner.is_drained(query) {
            let id = &query.owner.query_id;
            let error = query.owner.error.lock().clone();
            let reason = match error {
                Some(error) => format!("it has failed: {error}"),
                None if query.owner.is_paused.load(Ordering::Acquire) => {
                    "it is paused; RESUME it first".to_owned()
                }
                None if deadline <= clock.monotonic() => {
                    "it still works off what it has read; try again later".to_owned()
                }
                None => {
                    self.inner.commit_epoch()?;
                    clock.wait(Duration::from_millis(1));
                    continue;
                }
            };
            let message = format!("query {id} cannot be replaced now: {reason}");
            return Err(Error::new(ErrorKind::Retry, message));
        }
        Ok(())
    }

    /// Puts another topology in the place of a query's, which has the same id.
    pub fn replace_query(&self, start: QueryStart) -> Result<()> {
        let old = self.inner.queries.read().get(&start.id).cloned();
        // What the old topology writes is committed together with where it stands: nothing may come behind that.
        let was_paused = old.as_ref().is_some_and(|old| old.set_paused(true));
        let replaced = self.inner.commit_epoch().and_then(|_| self.put_in_place(start));
        if let (Err(_), Some(old)) = (&replaced, old) {
            old.set_paused(was_paused);
        }
        replaced
    }

    fn put_in_place(&self, start: QueryStart) -> Result<()> {
        self.inner.create_repartition_topics(&start.topology)?;
        let _commit = self.inner.commit.lock();
        let old = self.inner.queries.write().remove(&start.id);
        let mut changes = self.inner.moved_positions(&start)?;
        if let Some(old) = old {
            old.close_tasks();
            let (was, is) = (&old.start.topology, &start.topology);
            let kept: BTreeSet<StoreId> = is.stores().collect();
            was.stores().filter(|s| !kept.contains(s)).for_each(|s| changes.delete_store(s));
            self.inner.shared.backend.commit(changes)?;
            topics_gone(was, is).for_each(|topic| self.inner.delete_topic(topic));
        } else {
            self.inner.shared.backend.commit(changes)?;
        }
        self.inner.add_query(start, None).map(drop)
    }
}

fn topics_gone<'a>(was: &'a Topology, is: &'a Topology) -> impl Iterator<Item = &'a str> {
    was.repartition_topics().filter(|topic| is.repartition_topics().all(|kept| kept != *topic))
}

impl RuntimeInner {
    /// Tells whether a query has worked off what lies between its sub-topologies.
    fn is_drained(&self, query: &RunningQuery) -> bool {
        // Upstream sub-topologies come first: what one has worked off cannot be added to any more.
        query.tasks().iter().all(|task| {
            let core = task.task.core.lock();
            let Some(core) = core.as_ref() else { return false };
            core.inputs.iter().all(|input| {
                let end = || self.shared.log.offsets(&input.partition).map(|o| o.high_watermark);
                let is_read =
                    !input.is_internal || end().is_ok_and(|end| end <= input.position().offset);
                is_read && !input.has_rows()
            })
        })
    }

    /// Says where the new topology goes on: in each partition where the old one stood, in whichever of its sub-topologies.
    fn moved_positions(&self, start: &QueryStart) -> Result<Changes> {
        let old = positions(self.shared.backend.as_ref(), &start.id)?;
        let mut changes = Changes::new();
        delete_positions(&mut changes, &start.id);
        for (number, part) in start.topology.sub_topologies.iter().enumerate() {
            for partition in 0..partition_count(part, self)? {
                for input in &part.inputs {
                    let partition = TopicPartition::new(Arc::clone(&input.topic), partition);
                    let same = old.iter().filter(|(_, known, _)| *known == partition);
                    let exact = same.clone().find(|(at, _, _)| *at == number);
                    let found = exact.or_else(|| same.min_by_key(|(_, _, position)| *position));
                    if let Some((_, _, position)) = found {
                        put_position(&mut changes, &start.id, number, &partition, *position);
                    }
                }
            }
        }
        Ok(changes)
    }
}
