//! Runs one query at a time over records that are in their topics already, as Kafka's TopologyTestDriver does.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use crate::catalog::Source;
use crate::engine::TestRecord;
use crate::engine::test_driver::{TestDriver, Written};
use crate::error::{Error, ErrorKind, Result};
use crate::topology::Output;

impl TestDriver {
    /// Keeps all records of a topic in one partition, in the order in which they come. The number of partitions that a topic was
    /// made with still counts where sources are joined.
    #[must_use]
    pub fn with_one_partition(mut self) -> Self {
        self.is_one_partition = true;
        self
    }

    /// Adds records to a topic without running a query on them.
    pub fn append(&mut self, topic: &str, records: &[TestRecord]) {
        let mut unread = VecDeque::new();
        for record in records {
            self.write_keyed(topic, record.clone(), &mut unread);
        }
    }

    /// Runs one query, and no other, on some records of the first partition of a topic, to the end through its repartition topics.
    pub fn run_query(&mut self, id: &str, topic: &str, records: Range<usize>) -> Result<()> {
        let query = self.queries.iter().position(|query| query.id == id);
        let query = query.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("there is no query with id {id}"))
        })?;
        let inputs = self.topics_of(id);
        for first in records.clone().step_by(self.batch_size) {
            let count = self.batch_size.min(records.end - first);
            let written = Written { topic: topic.to_owned(), partition: 0, first, count };
            let mut waiting = VecDeque::from([written]);
            while let Some(next) = waiting.pop_front() {
                let mut further = self.process(&next, query..query + 1)?;
                further.retain(|written| inputs.contains(&written.topic));
                further.extend(waiting);
                waiting = further;
            }
        }
        Ok(())
    }

    /// Returns the ids of the queries that run, in the order in which they were made.
    pub fn query_ids(&self) -> Vec<String> {
        self.queries.iter().map(|query| query.id.clone()).collect()
    }

    /// Returns the topics that a query reads, its repartition topics too.
    pub fn topics_of(&self, id: &str) -> Vec<String> {
        let query = self.queries.iter().find(|query| query.id == id);
        let parts = query.into_iter().flat_map(|query| &query.topology.sub_topologies);
        parts.flat_map(|part| &part.inputs).map(|input| input.topic.to_string()).collect()
    }

    /// Returns the topics that queries repartition rows through, if a row has come.
    pub fn repartition_topics(&self) -> Vec<String> {
        let parts = self.queries.iter().flat_map(|query| &query.topology.sub_topologies);
        let topic = |output: &Output| match output {
            Output::Repartition { topic, .. } => Some(topic.to_string()),
            Output::Sink { .. } | Output::Rows(_) => None,
        };
        let written = |topic: &String| !self.records(topic).is_empty();
        parts.filter_map(|part| topic(&part.output)).filter(written).collect()
    }

    /// Returns all records of a topic, in the order in which they came.
    pub fn records(&self, topic: &str) -> &[TestRecord] {
        self.topics.get(topic).map_or(&[], |topic| &topic.records)
    }

    /// Returns with how many partitions a topic was made, if it is there.
    pub fn topic_partitions(&self, topic: &str) -> Option<u32> {
        self.topics.get(topic).map(|topic| topic.made_with.max(1))
    }

    /// Returns all streams and tables.
    pub fn sources(&self) -> impl Iterator<Item = &Arc<Source>> {
        self.catalog.sources()
    }
}
