//! The records of `__consumer_offsets`, in Kafka's format.
//!
//! ```text
//! key    version i16 = 0 or 1 | group string | topic string | partition i32
//! value  version i16 = 3 | offset i64 | leader epoch i32 | metadata string | commit timestamp i64
//!        0: offset, metadata, timestamp   1: and an expire timestamp i64   2: like 0
//! ```
//!
//! A string is its length as i16, then UTF-8. Keys of version 2 are those of group metadata.

use crate::log::Offset;
use crate::types::TopicPartition;

const KEY_VERSION: i16 = 1;
const VALUE_VERSION: i16 = 3;
/// Stands for "no leader epoch".
const NO_LEADER_EPOCH: i32 = -1;

/// An offset that a group committed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommittedOffset {
    /// The next offset that the group will read.
    pub offset: Offset,
    /// The epoch of the leader the last record came from, if the group said it.
    pub leader_epoch: Option<i32>,
    /// What the group wanted to remember beside it.
    pub metadata: String,
    /// When it was committed.
    pub commit_timestamp: i64,
}

/// What a record says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) group: String,
    pub(super) partition: TopicPartition,
    /// None forgets what was committed before.
    pub(super) offset: Option<CommittedOffset>,
}

pub(super) fn encode_key(group: &str, partition: &TopicPartition) -> Vec<u8> {
    let mut key = KEY_VERSION.to_be_bytes().to_vec();
    put_string(&mut key, group);
    put_string(&mut key, &partition.topic);
    key.extend_from_slice(&(partition.partition as i32).to_be_bytes());
    key
}

pub(super) fn encode_value(offset: &CommittedOffset) -> Vec<u8> {
    let mut value = VALUE_VERSION.to_be_bytes().to_vec();
    value.extend_from_slice(&offset.offset.to_be_bytes());
    value.extend_from_slice(&offset.leader_epoch.unwrap_or(NO_LEADER_EPOCH).to_be_bytes());
    put_string(&mut value, &offset.metadata);
    value.extend_from_slice(&offset.commit_timestamp.to_be_bytes());
    value
}

/// Reads a record; none if it is of another kind or version, or damaged.
pub(super) fn read_entry(key: &[u8], value: Option<&[u8]>) -> Option<Entry> {
    let mut key = Reader(key);
    if !(0..=KEY_VERSION).contains(&key.i16()?) {
        return None;
    }
    let group = key.string()?;
    let topic = key.string()?;
    let partition = TopicPartition::new(topic.as_str(), u32::try_from(key.i32()?).ok()?);
    let offset = match value {
        Some(value) => Some(read_value(Reader(value))?),
        None => None,
    };
    Some(Entry { group, partition, offset })
}

fn read_value(mut value: Reader<'_>) -> Option<CommittedOffset> {
    let version = value.i16()?;
    if !(0..=VALUE_VERSION).contains(&version) {
        return None;
    }
    Some(CommittedOffset {
        offset: value.i64()?,
        leader_epoch: match version {
            VALUE_VERSION => Some(value.i32()?).filter(|epoch| *epoch != NO_LEADER_EPOCH),
            _ => None,
        },
        metadata: value.string()?,
        commit_timestamp: value.i64()?,
    })
}

/// Appends a string, whose length was checked.
fn put_string(target: &mut Vec<u8>, text: &str) {
    target.extend_from_slice(&(text.len() as i16).to_be_bytes());
    target.extend_from_slice(text.as_bytes());
}

/// Reads forward through bytes that nobody has checked.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn i16(&mut self) -> Option<i16> {
        self.take().map(i16::from_be_bytes)
    }

    fn i32(&mut self) -> Option<i32> {
        self.take().map(i32::from_be_bytes)
    }

    fn i64(&mut self) -> Option<i64> {
        self.take().map(i64::from_be_bytes)
    }

    fn string(&mut self) -> Option<String> {
        let len = usize::try_from(self.i16()?).ok()?;
        let (text, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        String::from_utf8(text.to_vec()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partition() -> TopicPartition {
        TopicPartition::new("orders", 2)
    }

    #[test]
    fn bytes_are_those_of_kafka() {
        let key = encode_key("g", &partition());
        assert_eq!(key, b"\x00\x01\x00\x01g\x00\x06orders\x00\x00\x00\x02");
        let offset = CommittedOffset {
            offset: 7,
            leader_epoch: None,
            metadata: "m".to_owned(),
            commit_timestamp: 9,
        };
        let value = encode_value(&offset);
        let want = b"\x00\x03\0\0\0\0\0\0\0\x07\xff\xff\xff\xff\x00\x01m\0\0\0\0\0\0\0\x09";
        assert_eq!(value, want);
        let entry = Entry { group: "g".into(), partition: partition(), offset: Some(offset) };
        assert_eq!(read_entry(&key, Some(&value)), Some(entry));
    }

    #[test]
    fn older_versions_are_read_and_others_passed_over() {
        let key = encode_key("g", &partition());
        let value = b"\x00\x01\0\0\0\0\0\0\0\x07\x00\x01m\0\0\0\0\0\0\0\x09\0\0\0\0\0\0\0\x0a";
        let entry = read_entry(&key, Some(value)).unwrap();
        let offset = entry.offset.unwrap();
        assert_eq!((offset.offset, offset.commit_timestamp), (7, 9));
        assert_eq!(offset.metadata, "m");
        assert_eq!(read_entry(b"\x00\x02\x00\x01g", Some(b"")), None);
        for len in 0..key.len() {
            assert_eq!(read_entry(&key[..len], None), None, "{len}");
        }
    }
}
