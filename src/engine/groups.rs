//! Where consumer groups stand, as the engine's users see them.

use crate::engine::{ConsumeFrom, Engine, RecordStream};
use crate::error::Result;
use crate::log::CommittedOffset;
use crate::types::TopicPartition;

impl Engine {
    /// Reads a topic from where a group stands, and from `from` on where it stands nowhere; `is_bounded` ends at what
    /// the topic holds now.
    pub fn consume_as_group(
        &self,
        topic: &str,
        group: &str,
        from: ConsumeFrom,
        is_bounded: bool,
    ) -> Result<RecordStream> {
        let mut stream = self.open_stream(topic, from, is_bounded)?;
        for (partition, next) in self.committed_offsets(group, topic) {
            stream.resume(partition, next);
        }
        Ok(stream)
    }

    /// Commits where a group stands in partitions of a topic: the offset of the next record of each.
    pub fn commit_offsets(&self, group: &str, topic: &str, next: &[(u32, i64)]) -> Result<()> {
        let offset = |(partition, offset): &(u32, i64)| {
            let offset = CommittedOffset { offset: *offset, ..CommittedOffset::default() };
            (TopicPartition::new(topic, *partition), offset)
        };
        let offsets: Vec<_> = next.iter().map(offset).collect();
        Ok(self.inner.offsets.commit(group, &offsets)?)
    }

    /// Returns where a group stands in a topic: partition and offset of the next record.
    pub fn committed_offsets(&self, group: &str, topic: &str) -> Vec<(u32, i64)> {
        let all = self.inner.offsets.fetch_all(group).into_iter();
        let ours = all.filter(|(partition, _)| &*partition.topic == topic);
        ours.map(|(partition, offset)| (partition.partition, offset.offset)).collect()
    }

    /// Lists the groups that committed something.
    pub fn groups(&self) -> Vec<String> {
        self.inner.offsets.groups()
    }

    /// Forgets where a group stands.
    pub fn delete_group(&self, group: &str) -> Result<()> {
        Ok(self.inner.offsets.delete_group(group)?)
    }
}
