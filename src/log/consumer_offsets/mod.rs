//! Where consumer groups stand: the offsets they committed, kept in the topic `__consumer_offsets` in Kafka's format.
//!
//! ```text
//! commit ─▶ a record for each partition ─▶ synced ─▶ answered
//!        └▶ memory, which answers every fetch; a start reads the topic once
//! ```
//!
//! The topic is compacted: the last record of a group's partition is where it stands, a tombstone forgets it.

mod records;

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};

use self::records::{Entry, encode_key, encode_value, read_entry};
use super::{
    Acks, Compression, Isolation, Log, LogError, RecordBatchBuilder, RecordBuffer, TopicConfig,
    TopicId,
};
use crate::clock::Clock;
use crate::types::TopicPartition;

pub use self::records::CommittedOffset;

/// The topic that keeps what groups committed.
pub const OFFSETS_TOPIC: &str = "__consumer_offsets";

/// The longest metadata that may come with an offset (`offset.metadata.max.bytes`).
pub const METADATA_BYTES_MAX: usize = 4096;

/// The longest name of a group.
const GROUP_BYTES_MAX: usize = i16::MAX as usize;

const FETCH_BYTES: usize = 1024 * 1024;

/// What one group committed.
type GroupOffsets = BTreeMap<TopicPartition, Kept>;

/// An offset, and the topic it was committed for: one of the same name that is created later has another id.
#[derive(Clone, Debug)]
struct Kept {
    topic: Option<TopicId>,
    offset: CommittedOffset,
}

/// The offsets that consumer groups committed.
pub struct ConsumerOffsets {
    log: Arc<dyn Log>,
    clock: Arc<dyn Clock>,
    groups: RwLock<BTreeMap<String, GroupOffsets>>,
    /// Held while a change is appended and remembered: both happen in the same order.
    change: Mutex<()>,
}

impl ConsumerOffsets {
    /// Reads what the groups of a log committed.
    pub fn open(log: Arc<dyn Log>, clock: Arc<dyn Clock>) -> Result<Self, LogError> {
        let mut groups = BTreeMap::new();
        if log.topic(OFFSETS_TOPIC).is_some() {
            read_all(log.as_ref(), &mut groups)?;
        }
        let groups = RwLock::new(groups);
        let offsets = ConsumerOffsets { log, clock, groups, change: Mutex::new(()) };
        // A crash may have come between the deletion of a topic and this.
        offsets.forget_gone()?;
        Ok(offsets)
    }

    /// Commits offsets of a group; when this returns, they survive a power loss.
    ///
    /// The time of the commit is that of now, whatever the offsets say.
    pub fn commit(
        &self,
        group: &str,
        offsets: &[(TopicPartition, CommittedOffset)],
    ) -> Result<(), LogError> {
        check_group(group)?;
        for (partition, offset) in offsets {
            self.check_partition(partition)?;
            if METADATA_BYTES_MAX < offset.metadata.len() {
                let (size, max) = (offset.metadata.len(), METADATA_BYTES_MAX);
                return Err(LogError::MetadataTooLarge { size, max });
            }
        }
        let now = self.clock.wall_ms();
        let changes = offsets.iter().map(|(partition, offset)| {
            let offset = CommittedOffset { commit_timestamp: now, ..offset.clone() };
            (partition.clone(), Some(offset))
        });
        self.apply(group, changes.collect())
    }

    /// Returns what a group committed for a partition.
    pub fn fetch(&self, group: &str, partition: &TopicPartition) -> Option<CommittedOffset> {
        let groups = self.groups.read();
        let kept = groups.get(group)?.get(partition)?;
        self.is_live(partition, kept).then(|| kept.offset.clone())
    }

    /// Returns all that a group committed, by partition.
    pub fn fetch_all(&self, group: &str) -> Vec<(TopicPartition, CommittedOffset)> {
        let groups = self.groups.read();
        let offsets = groups.get(group).into_iter().flatten();
        let live = offsets.filter(|(partition, kept)| self.is_live(partition, kept));
        live.map(|(partition, kept)| (partition.clone(), kept.offset.clone())).collect()
    }

    /// Returns the groups that committed something, by name.
    pub fn groups(&self) -> Vec<String> {
        self.groups.read().keys().cloned().collect()
    }

    /// Forgets what a group committed for some partitions; those it has nothing for are passed over.
    pub fn delete(&self, group: &str, partitions: &[TopicPartition]) -> Result<(), LogError> {
        let has = |partition: &&TopicPartition| self.fetch(group, partition).is_some();
        let changes = partitions.iter().filter(has).map(|partition| (partition.clone(), None));
        let changes = changes.collect();
        self.apply(group, changes)
    }

    /// Forgets a group; fails if it has committed nothing.
    pub fn delete_group(&self, group: &str) -> Result<(), LogError> {
        let offsets = self.fetch_all(group);
        if offsets.is_empty() {
            return Err(LogError::UnknownGroup(group.to_owned()));
        }
        self.apply(group, offsets.into_iter().map(|(partition, _)| (partition, None)).collect())
    }

    /// Forgets what was committed for topics that are gone.
    pub fn forget_gone(&self) -> Result<(), LogError> {
        self.forget_where(|_, partition, kept| !self.is_live(partition, kept)).map(drop)
    }

    /// Forgets offsets that were committed before a time, of groups that are not in use; returns how many.
    ///
    /// `is_in_use` says so of a group: one with members expires nothing, whenever it last committed.
    pub fn expire(
        &self,
        before_ms: i64,
        is_in_use: impl Fn(&str) -> bool,
    ) -> Result<usize, LogError> {
        self.forget_where(|group, _, kept| {
            kept.offset.commit_timestamp < before_ms && !is_in_use(group)
        })
    }

    fn forget_where(
        &self,
        is_past: impl Fn(&str, &TopicPartition, &Kept) -> bool,
    ) -> Result<usize, LogError> {
        let mut past: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for (group, offsets) in self.groups.read().iter() {
            for (partition, kept) in offsets {
                if is_past(group, partition, kept) {
                    past.entry(group.clone()).or_default().push((partition.clone(), None));
                }
            }
        }
        let count = past.values().map(Vec::len).sum();
        past.into_iter().try_for_each(|(group, changes)| self.apply(&group, changes))?;
        Ok(count)
    }

    fn is_live(&self, partition: &TopicPartition, kept: &Kept) -> bool {
        kept.topic.is_some() && topic_id(self.log.as_ref(), partition) == kept.topic
    }

    fn check_partition(&self, partition: &TopicPartition) -> Result<(), LogError> {
        let Some(topic) = self.log.topic(&partition.topic) else {
            return Err(LogError::UnknownTopic(partition.topic.to_string()));
        };
        if topic.partitions <= partition.partition {
            return Err(LogError::UnknownPartition(partition.clone()));
        }
        Ok(())
    }

    /// Writes changes of a group: a new offset, or none.
    fn apply(
        &self,
        group: &str,
        changes: Vec<(TopicPartition, Option<CommittedOffset>)>,
    ) -> Result<(), LogError> {
        if changes.is_empty() {
            return Ok(());
        }
        let mut batch = RecordBatchBuilder::new(Compression::None);
        let now = self.clock.wall_ms();
        for (partition, offset) in &changes {
            let value = offset.as_ref().map(encode_value);
            batch.push(now, Some(&encode_key(group, partition)), value.as_deref(), &[])?;
        }
        let partition = TopicPartition::new(OFFSETS_TOPIC, 0);
        {
            let _change = self.change.lock();
            self.create_topic()?;
            self.log.append(&partition, batch.finish(), Acks::Leader)?;
            remember(self.log.as_ref(), &mut self.groups.write(), group, changes);
        }
        // Outside of the lock: one sync serves all groups that commit at the same time.
        self.log.flush(&[partition])
    }

    /// Makes the topic when the first group commits.
    fn create_topic(&self) -> Result<(), LogError> {
        if self.log.topic(OFFSETS_TOPIC).is_some() {
            return Ok(());
        }
        let config = TopicConfig::new(1)
            .with("cleanup.policy", "compact")?
            .with("compression.type", "producer")?
            .with("segment.bytes", "104857600")?;
        match self.log.create_topic(OFFSETS_TOPIC, &config) {
            Err(LogError::TopicExists(_)) => Ok(()),
            created => created,
        }
    }
}

fn topic_id(log: &dyn Log, partition: &TopicPartition) -> Option<TopicId> {
    log.topic(&partition.topic).map(|topic| topic.id)
}

fn remember(
    log: &dyn Log,
    groups: &mut BTreeMap<String, GroupOffsets>,
    group: &str,
    changes: Vec<(TopicPartition, Option<CommittedOffset>)>,
) {
    let offsets = groups.entry(group.to_owned()).or_default();
    for (partition, offset) in changes {
        match offset {
            Some(offset) => {
                let topic = topic_id(log, &partition);
                offsets.insert(partition, Kept { topic, offset });
            }
            None => {
                offsets.remove(&partition);
            }
        }
    }
    if offsets.is_empty() {
        groups.remove(group);
    }
}

fn check_group(group: &str) -> Result<(), LogError> {
    if group.is_empty() || GROUP_BYTES_MAX < group.len() {
        return Err(LogError::InvalidGroup(group.chars().take(100).collect()));
    }
    Ok(())
}

/// Reads the whole topic.
fn read_all(log: &dyn Log, groups: &mut BTreeMap<String, GroupOffsets>) -> Result<(), LogError> {
    let topic = log.topic(OFFSETS_TOPIC);
    let mut buffer = RecordBuffer::new();
    for number in 0..topic.map_or(0, |topic| topic.partitions) {
        let partition = TopicPartition::new(OFFSETS_TOPIC, number);
        let mut next = log.offsets(&partition)?.start;
        loop {
            let fetch = log.read(&partition, next, FETCH_BYTES, &Isolation::ReadCommitted)?;
            if fetch.next_offset <= next {
                break;
            }
            for batch in fetch.batches() {
                let damaged =
                    |error| LogError::damaged_batch(&partition, batch.base_offset(), error);
                for record in batch.records(&mut buffer).map_err(damaged)? {
                    let record = record.map_err(damaged)?;
                    match read_entry(record.key.unwrap_or_default(), record.value) {
                        Some(Entry { group, partition, offset }) => {
                            remember(log, groups, &group, vec![(partition, offset)]);
                        }
                        // Group metadata, or of a version that is not known.
                        None => tracing::debug!(offset = record.offset, "record passed over"),
                    }
                }
            }
            next = fetch.next_offset;
        }
    }
    Ok(())
}
