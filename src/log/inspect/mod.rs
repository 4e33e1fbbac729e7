//! Looking at a data folder that no process has open: is it whole, what is in it, what would a repair lose.
//!
//! [`verify`] reads every byte of every segment, which a start does not; [`repair`] takes out what is damaged;
//! [`dump`] shows what a file holds.

mod dump;
mod repair;
mod verify;

use std::path::Path;

use super::error::AtPath;
use super::folder::Folder;
use super::topics::Topics;
use super::{LogError, Offset};
use crate::disk::{Disk, DiskLock};
use crate::types::TopicPartition;

pub use self::dump::dump;
pub use self::repair::repair;
pub use self::verify::verify;

/// What was found in a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionReport {
    /// The partition.
    pub partition: TopicPartition,
    /// How many segments it has.
    pub segment_count: usize,
    /// Their bytes.
    pub bytes: u64,
    /// The first offset.
    pub start: Offset,
    /// The offset after the last.
    pub end: Offset,
    /// The records that can be read.
    pub record_count: u64,
    /// What cannot be read, in order of the offsets.
    pub damages: Vec<Damage>,
    /// What the next start puts right without losing anything that was promised.
    pub notes: Vec<String>,
}

/// Offsets of a partition that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The first of them.
    pub from: Offset,
    /// The offset after the last of them.
    pub to: Offset,
    /// The segment they are in, or would be; none if they come before all segments.
    pub segment: Option<Offset>,
    /// Where in the segment the bytes begin.
    pub position: u64,
    /// How many bytes are no record batch.
    pub bytes: u64,
    /// Why.
    pub reason: String,
}

impl std::fmt::Display for PartitionReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let PartitionReport { partition, segment_count, bytes, start, end, record_count, .. } =
            self;
        let verdict = if self.damages.is_empty() { "whole" } else { "DAMAGED" };
        write!(
            f,
            "{partition}: {verdict}, segments {segment_count}, bytes {bytes}, start {start}, end {end}, \
             records {record_count}"
        )?;
        for damage in &self.damages {
            write!(f, "\n  lost: {damage}")?;
        }
        for note in &self.notes {
            write!(f, "\n  note: {note}")?;
        }
        Ok(())
    }
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Damage { from, to, segment, position, bytes, reason } = self;
        match to - from {
            0 => write!(f, "from offset {from} on")?,
            1 => write!(f, "offset {from}")?,
            _ => write!(f, "offsets {from} to {}", to - 1)?,
        }
        if let Some(segment) = segment {
            write!(f, ", {bytes} bytes at {position} of segment {segment}")?;
        }
        write!(f, ": {reason}")
    }
}

/// A data folder that nobody else has open meanwhile.
struct Closed {
    topics: Topics,
    _lock: Box<dyn DiskLock>,
}

impl Closed {
    fn take(disk: &dyn Disk, folder: &Path) -> Result<Closed, LogError> {
        // Locking creates the lock file: not in a folder that is none of ours.
        disk.list(folder).at(folder)?;
        Folder::check_marked(disk, folder)?;
        let lock = Folder::lock(disk, folder)?;
        Ok(Closed { topics: Topics::load(disk, folder)?, _lock: lock })
    }

    /// Returns the partitions there must be: all, those of a topic, or one.
    fn partitions(&self, only: Option<&str>) -> Result<Vec<TopicPartition>, LogError> {
        let topics = self.topics.live.values();
        let all = topics.flat_map(|topic| {
            (0..topic.partitions).map(|number| TopicPartition::new(topic.name.as_str(), number))
        });
        let is_wanted = |partition: &TopicPartition| {
            only.is_none_or(|only| *only == *partition.topic || *only == partition.to_string())
        };
        let wanted: Vec<_> = all.filter(is_wanted).collect();
        match only {
            Some(only) if wanted.is_empty() => Err(LogError::UnknownTopic(only.to_owned())),
            _ => Ok(wanted),
        }
    }
}
