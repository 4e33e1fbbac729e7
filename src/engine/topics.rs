//! Topics, as the engine's users see them.

use crate::engine::{Engine, EngineInner, TopicSummary};
use crate::error::{Error, ErrorKind, Result};
use crate::log::{TopicConfig, TopicDescription};
use crate::state::StorePartition;
use crate::types::TopicPartition;

/// A topic in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicDetails {
    /// Its name.
    pub name: String,
    /// What tells it from others that had the name before.
    pub id: String,
    /// Its partitions, in order.
    pub partitions: Vec<PartitionDetails>,
    /// Its settings by Kafka's names, each with whether it is the default.
    pub config: Vec<(String, String, bool)>,
}

/// A partition of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionDetails {
    /// The partition.
    pub partition: u32,
    /// The offset of its first record.
    pub start: i64,
    /// The offset after its last record.
    pub end: i64,
    /// The offset up to which all transactions have ended.
    pub last_stable: i64,
}

impl Engine {
    /// Creates a topic.
    pub fn create_topic(&self, name: &str, config: &TopicConfig) -> Result<()> {
        Ok(self.inner.log.create_topic(name, config)?)
    }

    /// Deletes a topic that no stream or table stands on.
    pub fn delete_topic(&self, name: &str) -> Result<()> {
        let catalog = self.inner.catalog.read().clone();
        if let Some(source) = catalog.sources().find(|source| *source.topic == *name) {
            return Err(Error::statement(format!(
                "topic {name} is that of {} {}: drop it first, or drop both with DELETE TOPIC",
                source.kind.name(),
                source.name
            )));
        }
        self.find_topic(name)?;
        self.inner.log.delete_topic(name)?;
        Ok(self.inner.offsets.forget_gone()?)
    }

    /// Sets options of a topic, and takes others back to their defaults.
    pub fn alter_topic(
        &self,
        name: &str,
        set: &[(String, String)],
        unset: &[String],
    ) -> Result<()> {
        let mut config = self.find_topic(name)?.config;
        set.iter().try_for_each(|(option, value)| config.set(option, value))?;
        unset.iter().try_for_each(|option| config.unset(option))?;
        Ok(self.inner.log.alter_topic(name, &config)?)
    }

    /// Lists the topics, by name.
    pub fn topics(&self) -> Vec<TopicSummary> {
        self.inner.log.topics().into_iter().map(|topic| self.topic_summary(&topic)).collect()
    }

    fn topic_summary(&self, topic: &TopicDescription) -> TopicSummary {
        let offsets = |partition| {
            self.inner.log.offsets(&TopicPartition::new(topic.name.as_str(), partition))
        };
        let found = (0..topic.config.partitions).filter_map(|partition| offsets(partition).ok());
        let record_count =
            found.map(|o| u64::try_from(o.high_watermark - o.start).unwrap_or(0)).sum();
        TopicSummary {
            name: topic.name.to_string(),
            replica_info: vec![1; topic.config.partitions as usize],
            record_count,
        }
    }

    /// Finds a topic; the error names the nearest.
    pub(super) fn find_topic(&self, name: &str) -> Result<TopicDescription> {
        self.inner.log.topic(name).ok_or_else(|| {
            let names = self.inner.log.topics();
            let nearest = crate::text::nearest(name, names.iter().map(|topic| topic.name.as_ref()));
            let hint = nearest.map(|name| format!(". Did you mean {name}?")).unwrap_or_default();
            Error::new(ErrorKind::NotFound, format!("topic {name} does not exist{hint}"))
        })
    }

    /// Describes a topic.
    pub fn topic(&self, name: &str) -> Result<TopicDetails> {
        let topic = self.find_topic(name)?;
        let partition = |partition: u32| -> Result<PartitionDetails> {
            let offsets = self.inner.log.offsets(&TopicPartition::new(name, partition))?;
            Ok(PartitionDetails {
                partition,
                start: offsets.start,
                end: offsets.high_watermark,
                last_stable: offsets.last_stable,
            })
        };
        let config = TopicConfig::known().map(|(name, default)| {
            let value = topic.config.get(name).unwrap_or(default);
            (name.to_owned(), value.to_owned(), value == default)
        });
        Ok(TopicDetails {
            name: topic.name.to_string(),
            id: topic.id.to_string(),
            partitions: (0..topic.config.partitions).map(partition).collect::<Result<_>>()?,
            config: config.collect(),
        })
    }
}

impl EngineInner {
    /// Returns about how many bytes the stores of a query take.
    pub(super) fn state_bytes(&self, query_id: &str) -> u64 {
        let Some(topology) = self.topologies.read().get(query_id).cloned() else { return 0 };
        let parts = topology.sub_topologies.iter();
        let stores = parts.flat_map(|part| part.operators.iter().filter_map(|o| o.spec.store()));
        stores
            .map(|store| {
                let from = StorePartition::new(store, 0).prefix();
                let to = StorePartition::new(store, u32::MAX).end();
                self.backend.approximate_size(&from, &to)
            })
            .sum()
    }
}
