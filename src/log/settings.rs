//! How a log and its topics behave: the log's configuration and the topics' properties, by Kafka's names.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Compression, LogError};

/// When an append with [`Acks::All`](super::Acks::All) is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flush {
    /// After a sync that covers it: it survives a power loss.
    #[default]
    Fsync,
    /// After it was written: it survives a kill of the process, as Kafka does by default.
    Os,
}

/// How a log behaves.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// When an append with all acks is answered.
    pub flush: Flush,
    /// The cluster that the folder must belong to; a new folder is given this id, or a random one.
    pub cluster_id: Option<String>,
    /// How much room must be left on the disk for an append to be taken.
    pub headroom_bytes: u64,
    /// How long a producer that sends nothing is remembered (`producer.id.expiration.ms`).
    pub producer_expiration: Duration,
    /// How many bytes of a partition [`maintain`](super::EmbeddedLog::maintain) leaves to be read again at the start
    /// after a kill.
    pub checkpoint_bytes: u64,
    /// How long `maintain` leaves any of them.
    pub checkpoint_interval: Duration,
    /// How much memory one compaction may take for keys (`log.cleaner.dedupe.buffer.size`).
    pub compaction_bytes: usize,
    /// How often a [`LogKeeper`](super::LogKeeper) asks what is to be compacted (`log.cleaner.backoff.ms`).
    pub cleaner_backoff: Duration,
    /// How often it asks what is to be deleted (`log.retention.check.interval.ms`): `flush.ms` and `retention.ms` are kept as
    /// exactly as this.
    pub retention_check_interval: Duration,
}

impl Default for LogConfig {
    fn default() -> Self {
        LogConfig {
            flush: Flush::Fsync,
            cluster_id: None,
            headroom_bytes: 64 * 1024 * 1024,
            producer_expiration: Duration::from_secs(24 * 60 * 60),
            checkpoint_bytes: 64 * 1024 * 1024,
            checkpoint_interval: Duration::from_secs(60),
            compaction_bytes: 64 * 1024 * 1024,
            cleaner_backoff: Duration::from_secs(15),
            retention_check_interval: Duration::from_secs(1),
        }
    }
}

/// What a topic is created with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicConfig {
    /// How many partitions it has.
    pub partitions: u32,
    properties: BTreeMap<String, String>,
}

impl TopicConfig {
    /// Returns the configuration of a topic without properties of its own.
    pub fn new(partitions: u32) -> Self {
        TopicConfig { partitions, properties: BTreeMap::new() }
    }

    /// Returns the configuration of a topic that a query writes. Its records have the times of those that they come from: those
    /// were taken, and may be ahead of a clock that was set back, so that none of these is refused.
    pub fn of_query(partitions: u32) -> Self {
        let any_time = ("message.timestamp.after.max.ms".to_owned(), LONG.to_string());
        TopicConfig { partitions, properties: BTreeMap::from([any_time]) }
    }

    /// Sets a property, by Kafka's name.
    pub fn with(mut self, name: &str, value: &str) -> Result<Self, LogError> {
        self.set(name, value)?;
        Ok(self)
    }

    /// Sets a property, by Kafka's name.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), LogError> {
        let property = property(name)?;
        property.kind.check(property.name, value)?;
        self.properties.insert(name.to_owned(), value.to_owned());
        Ok(())
    }

    /// Takes a property back to its default.
    pub fn unset(&mut self, name: &str) -> Result<(), LogError> {
        property(name)?;
        self.properties.remove(name);
        Ok(())
    }

    /// Returns the properties that were set.
    pub fn properties(&self) -> impl Iterator<Item = (&str, &str)> {
        self.properties.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns a property: what was set, or Kafka's default.
    pub fn get(&self, name: &str) -> Option<&str> {
        let set = self.properties.get(name).map(String::as_str);
        set.or_else(|| Some(property(name).ok()?.default))
    }

    /// Returns how many bytes a batch may have at most.
    pub fn batch_bytes_max(&self) -> usize {
        let Settings { batch_bytes_max, segment_bytes, .. } = self.settings();
        batch_bytes_max.min(usize::try_from(segment_bytes).unwrap_or(usize::MAX))
    }

    /// Returns every property of a topic with its default.
    pub fn known() -> impl Iterator<Item = (&'static str, &'static str)> {
        PROPERTIES.iter().map(|property| (property.name, property.default))
    }

    /// Reads the properties that the log acts on.
    pub(super) fn settings(&self) -> Settings {
        let number = |name: &str| -> i64 {
            let value = self.get(name).expect("the log asks for properties that exist");
            value.parse().expect("a property was checked when it was set")
        };
        let text = |name: &str| self.get(name).expect("the log asks for properties that exist");
        let policy = text("cleanup.policy");
        let is_compacted = policy.split(',').any(|policy| policy.trim() == "compact");
        let max_lag_ms = number("max.compaction.lag.ms");
        // What is never sealed is never compacted.
        let segment_ms_max = if is_compacted { max_lag_ms } else { i64::MAX };
        let dirty_share = text("min.cleanable.dirty.ratio").parse();
        Settings {
            segment_bytes: number("segment.bytes") as u64,
            segment_ms: number("segment.ms").min(segment_ms_max),
            index_interval_bytes: number("index.interval.bytes") as u64,
            batch_bytes_max: number("max.message.bytes") as usize,
            retention_ms: number("retention.ms"),
            retention_bytes: number("retention.bytes"),
            is_deleted: policy.split(',').any(|policy| policy.trim() == "delete"),
            is_compacted,
            dirty_share_min: dirty_share.expect("a property was checked when it was set"),
            delete_retention_ms: number("delete.retention.ms"),
            min_lag_ms: number("min.compaction.lag.ms"),
            max_lag_ms,
            flush_messages: number("flush.messages"),
            flush_ms: number("flush.ms"),
            is_append_time: text("message.timestamp.type") == "LogAppendTime",
            after_ms_max: number("message.timestamp.after.max.ms"),
            before_ms_max: number("message.timestamp.before.max.ms"),
            compression: match text("compression.type") {
                "uncompressed" => Some(Compression::None),
                name => Compression::from_name(name),
            },
        }
    }
}

/// The properties of a topic that the log acts on.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) segment_bytes: u64,
    pub(super) segment_ms: i64,
    pub(super) index_interval_bytes: u64,
    pub(super) batch_bytes_max: usize,
    /// -1: for ever.
    pub(super) retention_ms: i64,
    /// -1: without limit.
    pub(super) retention_bytes: i64,
    pub(super) is_deleted: bool,
    pub(super) is_compacted: bool,
    /// The share of a compacted partition that must be dirty for a compaction to be worth it.
    pub(super) dirty_share_min: f64,
    /// How long tombstones and markers stay when what they delete is gone.
    pub(super) delete_retention_ms: i64,
    pub(super) min_lag_ms: i64,
    pub(super) max_lag_ms: i64,
    /// How many records may be lost in a power loss, whatever acks asked for.
    pub(super) flush_messages: i64,
    /// How long they may.
    pub(super) flush_ms: i64,
    pub(super) is_append_time: bool,
    pub(super) after_ms_max: i64,
    pub(super) before_ms_max: i64,
    /// The codec that batches are brought to; none leaves them as the producer sent them.
    pub(super) compression: Option<Compression>,
}

/// A property of a topic.
struct Property {
    name: &'static str,
    default: &'static str,
    kind: Kind,
}

/// What values a property takes.
enum Kind {
    /// A whole number of at least, and of at most.
    Number(i64, i64),
    /// A number from 0 to 1.
    Share,
    /// `true` or `false`.
    Bool,
    /// One of these.
    Choice(&'static [&'static str]),
    /// Any of these, with commas.
    Choices(&'static [&'static str]),
    /// Any text of one line.
    Text,
}

const LONG: i64 = i64::MAX;
const INT: i64 = i32::MAX as i64;

/// The properties of Kafka 4's topics, with its defaults, by name.
///
/// `retention.ms` counts from a record's timestamp or from its arrival, whichever is later: see `is_expired`. Those
/// about replication, tiered storage, message formats, compression levels, index sizes and jitter are kept and shown,
/// so that a client's `CreateTopics` works, and have no effect on this log.
const PROPERTIES: &[Property] = &[
    Property::new("cleanup.policy", "delete", Kind::Choices(&["delete", "compact"])),
    Property::new("compression.gzip.level", "-1", Kind::Number(-1, 9)),
    Property::new("compression.lz4.level", "9", Kind::Number(1, 17)),
    Property::new("compression.type", "producer", Kind::Choice(CODECS)),
    Property::new("compression.zstd.level", "3", Kind::Number(-131_072, 22)),
    Property::new("delete.retention.ms", "86400000", Kind::Number(0, LONG)),
    Property::new("file.delete.delay.ms", "60000", Kind::Number(0, LONG)),
    Property::new("flush.messages", "9223372036854775807", Kind::Number(1, LONG)),
    Property::new("flush.ms", "9223372036854775807", Kind::Number(0, LONG)),
    Property::new("follower.replication.throttled.replicas", "", Kind::Text),
    Property::new("index.interval.bytes", "4096", Kind::Number(0, INT)),
    Property::new("leader.replication.throttled.replicas", "", Kind::Text),
    Property::new("local.retention.bytes", "-2", Kind::Number(-2, LONG)),
    Property::new("local.retention.ms", "-2", Kind::Number(-2, LONG)),
    Property::new("max.compaction.lag.ms", "9223372036854775807", Kind::Number(1, LONG)),
    Property::new("max.message.bytes", "1048588", Kind::Number(0, INT)),
    Property::new("message.downconversion.enable", "true", Kind::Bool),
    Property::new("message.format.version", "3.0-IV1", Kind::Text),
    Property::new("message.timestamp.after.max.ms", "3600000", Kind::Number(0, LONG)),
    Property::new("message.timestamp.before.max.ms", "9223372036854775807", Kind::Number(0, LONG)),
    Property::new("message.timestamp.type", "CreateTime", Kind::Choice(TIMESTAMP_TYPES)),
    Property::new("min.cleanable.dirty.ratio", "0.5", Kind::Share),
    Property::new("min.compaction.lag.ms", "0", Kind::Number(0, LONG)),
    Property::new("min.insync.replicas", "1", Kind::Number(1, INT)),
    Property::new("preallocate", "false", Kind::Bool),
    Property::new("remote.storage.enable", "false", Kind::Bool),
    Property::new("retention.bytes", "-1", Kind::Number(-1, LONG)),
    Property::new("retention.ms", "604800000", Kind::Number(-1, LONG)),
    Property::new("segment.bytes", "1073741824", Kind::Number(1024, INT)),
    Property::new("segment.index.bytes", "10485760", Kind::Number(4, INT)),
    Property::new("segment.jitter.ms", "0", Kind::Number(0, LONG)),
    Property::new("segment.ms", "604800000", Kind::Number(1, LONG)),
    Property::new("unclean.leader.election.enable", "false", Kind::Bool),
];

const CODECS: &[&str] = &["producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"];
const TIMESTAMP_TYPES: &[&str] = &["CreateTime", "LogAppendTime"];

impl Property {
    const fn new(name: &'static str, default: &'static str, kind: Kind) -> Property {
        Property { name, default, kind }
    }
}

impl Kind {
    fn check(&self, name: &str, value: &str) -> Result<(), LogError> {
        let is_valid = match self {
            Kind::Number(min, max) => {
                value.parse::<i64>().is_ok_and(|number| *min <= number && number <= *max)
            }
            Kind::Share => value.parse::<f64>().is_ok_and(|share| (0.0..=1.0).contains(&share)),
            Kind::Bool => ["true", "false"].contains(&value),
            Kind::Choice(choices) => choices.contains(&value),
            Kind::Choices(choices) => value.split(',').all(|part| choices.contains(&part.trim())),
            Kind::Text => !value.contains(['\n', '\r']),
        };
        if is_valid {
            return Ok(());
        }
        let (name, value) = (name.to_owned(), value.to_owned());
        Err(LogError::InvalidProperty { name, value, reason: self.reason() })
    }

    fn reason(&self) -> &'static str {
        match self {
            Kind::Number(..) => "it is not a number in the allowed range",
            Kind::Share => "it is not a number from 0 to 1",
            Kind::Bool => "it is not true or false",
            Kind::Choice(_) | Kind::Choices(_) => "it is not one of the allowed words",
            Kind::Text => "it is more than one line",
        }
    }
}

fn property(name: &str) -> Result<&'static Property, LogError> {
    let known = PROPERTIES.iter().find(|property| property.name == name);
    known.ok_or_else(|| LogError::UnknownProperty { name: name.to_owned(), nearest: nearest(name) })
}

/// Returns the property whose name is most like a wrong one, if any is like it at all.
fn nearest(wrong: &str) -> Option<&'static str> {
    let distance = |property: &Property| edit_distance(wrong, property.name);
    let best = PROPERTIES.iter().min_by_key(|property| distance(property))?;
    (distance(best) <= wrong.len() / 2).then_some(best.name)
}

/// Counts the letters to insert, remove or replace to get from one word to the other.
fn edit_distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.bytes().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check(name: &str, value: &str, want: Expect) {
        let got = match TopicConfig::new(1).with(name, value) {
            Ok(config) => format!("{name}={}", config.get(name).unwrap()),
            Err(error) => format!("error: {error}"),
        };
        want.assert_eq(&got);
    }

    #[test]
    fn takes_only_kafkas_properties_and_values() {
        check("retention.ms", "-1", expect!["retention.ms=-1"]);
        check("cleanup.policy", "compact,delete", expect!["cleanup.policy=compact,delete"]);
        check(
            "retention.msec",
            "1",
            expect![[
                r#"error: topic has no property "retention.msec"; did you mean retention.ms?"#
            ]],
        );
        check("x", "1", expect![[r#"error: topic has no property "x""#]]);
        check(
            "segment.bytes",
            "10",
            expect![[
                r#"error: property segment.bytes cannot be "10": it is not a number in the allowed range"#
            ]],
        );
        check(
            "compression.type",
            "brotli",
            expect![[
                r#"error: property compression.type cannot be "brotli": it is not one of the allowed words"#
            ]],
        );
    }

    #[test]
    fn every_default_is_allowed() {
        for property in PROPERTIES {
            property.kind.check(property.name, property.default).unwrap();
        }
        let settings = TopicConfig::new(1).settings();
        assert!(settings.is_deleted && !settings.is_compacted && settings.compression.is_none());
    }
}
