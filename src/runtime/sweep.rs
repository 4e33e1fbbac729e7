//! Room that queries do not need any more: what they have worked off between their sub-topologies, and what ended ones left when a
//! crash came between the statement and its effect.

use std::collections::BTreeSet;

use crate::error::Result;
use crate::log::LogError;
use crate::runtime::offsets::{delete_positions, positioned_queries, positions};
use crate::runtime::{Runtime, RuntimeInner};
use crate::state::{Changes, StoreId, StorePartition};
use crate::topology::is_between_sub_topologies;

impl Runtime {
    /// Removes the state, the positions and the internal topics of queries that are not there any more. All others have to be by now.
    pub fn sweep(&self) -> Result<()> {
        let inner = &self.inner;
        let _commit = inner.commit.lock();
        let (mut ids, mut topics, mut stores) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for (id, query) in inner.queries.read().iter() {
            ids.insert(id.clone());
            topics.extend(query.start.topology.repartition_topics().map(str::to_owned));
            stores.extend(query.start.topology.stores());
        }
        let backend = inner.shared.backend.as_ref();
        let mut changes = Changes::new();
        for id in positioned_queries(backend)?.difference(&ids) {
            tracing::info!(query = %id, "positions of an ended query removed");
            delete_positions(&mut changes, id);
        }
        for store in inner.stores_there()?.into_iter().filter(|store| !stores.contains(store)) {
            tracing::info!(?store, "state of an ended query removed");
            changes.delete_store(store);
        }
        if !changes.is_empty() {
            backend.commit(changes)?;
        }
        let there = inner.shared.log.topics().into_iter().map(|topic| topic.name);
        let is_left = |name: &String| is_between_sub_topologies(name) && !topics.contains(name);
        there.filter(is_left).for_each(|name| inner.delete_topic(&name));
        Ok(())
    }

    /// Removes from the topics between sub-topologies what has been worked off for good.
    pub fn purge(&self) -> Result<()> {
        self.inner.purge()
    }
}

impl RuntimeInner {
    pub(super) fn purge(&self) -> Result<()> {
        let _commit = self.commit.lock();
        let queries: Vec<_> = self.queries.read().values().cloned().collect();
        for query in queries.iter().filter(|query| query.is_persistent()) {
            let topics: BTreeSet<&str> = query.start.topology.repartition_topics().collect();
            if topics.is_empty() {
                continue;
            }
            let read = positions(self.shared.backend.as_ref(), &query.start.id)?;
            for (_, partition, position) in read {
                if !topics.contains(&*partition.topic) {
                    continue;
                }
                match self.shared.log.delete_records(&partition, position.offset) {
                    Ok(()) | Err(LogError::UnknownTopic(_) | LogError::UnknownPartition(_)) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }

    /// Finds the stores that have any state, without reading it.
    fn stores_there(&self) -> Result<Vec<StoreId>> {
        let mut found = Vec::new();
        let mut next = Some(StoreId(StoreId::ENGINE.0 + 1));
        while let Some(store) = next {
            let from = StorePartition::new(store, 0).prefix();
            let first =
                self.shared.backend.scan(&from, &[0xFF; StorePartition::PREFIX_SIZE]).next();
            let Some((key, _)) = first.transpose()? else { break };
            let Some(id) = key.first_chunk::<8>() else { break };
            let store = StoreId(u64::from_be_bytes(*id));
            found.push(store);
            next = store.0.checked_add(1).map(StoreId);
        }
        Ok(found)
    }
}
