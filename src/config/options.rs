//! The list of options, in the order of SHOW PROPERTIES.

use crate::config::{ConfigOption, OptionKind};

const FORMATS: &str = "the name of a format, such as JSON";

/// Makes an option that a session may set.
const fn session(
    name: &'static str,
    kind: OptionKind,
    default: &'static str,
    doc: &'static str,
) -> ConfigOption {
    ConfigOption { name, aliases: &[], kind, default, is_session: true, doc }
}

/// Makes an option of the whole engine.
const fn engine(
    name: &'static str,
    kind: OptionKind,
    default: &'static str,
    doc: &'static str,
) -> ConfigOption {
    ConfigOption { name, aliases: &[], kind, default, is_session: false, doc }
}

/// Makes an option of ksqlDB or Kafka that is taken and has nothing to change here.
const fn inert(name: &'static str, default: &'static str, doc: &'static str) -> ConfigOption {
    ConfigOption { name, aliases: &[], kind: OptionKind::Text, default, is_session: true, doc }
}

impl ConfigOption {
    const fn or_named(self, aliases: &'static [&'static str]) -> Self {
        ConfigOption { aliases, ..self }
    }
}

/// Every option.
pub const OPTIONS: &[ConfigOption] = &[
    session(
        "auto.offset.reset",
        OptionKind::Choice(&["earliest", "latest", "none"]),
        "latest",
        "Where a new query begins to read: at the earliest record, or after the latest.",
    ),
    session(
        "cache.max.bytes.buffering",
        OptionKind::Number,
        "10485760",
        "How many bytes of table updates may wait to be merged; 0 sends every update on.",
    )
    .or_named(&["statestore.cache.max.bytes"]),
    session(
        "commit.interval.ms",
        OptionKind::Number,
        "100",
        "How long an epoch lasts at most: what is computed in it is committed together. It ends sooner when all there is has been read.",
    ),
    session(
        "processing.guarantee",
        OptionKind::Choice(&["exactly_once_v2", "exactly_once", "at_least_once"]),
        "exactly_once_v2",
        "How often a record's effects can be seen after a failure.",
    ),
    engine(
        "repartition.purge.interval.ms",
        OptionKind::Number,
        "30000",
        "How often records that were worked off are removed from the topics between a query's parts.",
    ),
    engine(
        "num.stream.threads",
        OptionKind::Number,
        "0",
        "How many worker threads run tasks; 0 is one per core.",
    ),
    engine(
        "memory.limit",
        OptionKind::Number,
        "0",
        "How many bytes stores, changes, batches, RocksDB and the log's compaction may take together; 0 is 512 MiB.",
    ),
    engine(
        "log.flush",
        OptionKind::Choice(&["fsync", "os"]),
        "fsync",
        "What a produce request waits for: the disk, or the page cache as in Kafka.",
    ),
    engine(
        "log.headroom.bytes",
        OptionKind::Number,
        "67108864",
        "How much room must be left on the disk for a produce request to be taken.",
    ),
    engine(
        "log.cleaner.dedupe.buffer.size",
        OptionKind::Number,
        "67108864",
        "How many bytes one compaction may take for the keys it knows; at the most an eighth of memory.limit.",
    ),
    engine(
        "log.cleaner.backoff.ms",
        OptionKind::Number,
        "15000",
        "How often it is asked whether a topic is to be compacted.",
    ),
    engine(
        "log.retention.check.interval.ms",
        OptionKind::Number,
        "1000",
        "How often it is asked what is too old or too much, and is deleted.",
    ),
    engine(
        "producer.id.expiration.ms",
        OptionKind::Number,
        "86400000",
        "How long a producer that sends nothing is remembered.",
    ),
    engine(
        "offsets.retention.minutes",
        OptionKind::Number,
        "10080",
        "How long what a consumer group committed is remembered.",
    ),
    engine(
        "cluster.id",
        OptionKind::Text,
        "",
        "The cluster that the data folder must belong to; a new folder gets it, or one of its own.",
    ),
    engine("ksql.service.id", OptionKind::Text, "default_", "What internal topics are named by."),
    session("ksql.persistence.default.format.key", OptionKind::Text, "KAFKA", FORMATS),
    session("ksql.persistence.default.format.value", OptionKind::Text, "", FORMATS),
    session(
        "ksql.persistence.wrap.single.values",
        OptionKind::OptionalBoolean,
        "",
        "Whether a value of one column is wrapped in a struct where the statement does not say.",
    ),
    session(
        "ksql.output.topic.name.prefix",
        OptionKind::Text,
        "",
        "What the names of sink topics begin with.",
    ),
    session(
        "ksql.sink.partitions",
        OptionKind::OptionalNumber,
        "",
        "How many partitions a sink topic gets when nothing else says.",
    ),
    inert("ksql.sink.replicas", "1", "One process keeps one copy of each partition."),
    session(
        "ksql.timestamp.throw.on.invalid",
        OptionKind::Boolean,
        "false",
        "Whether an invalid event time fails the query instead of being skipped and reported.",
    ),
    session(
        "ksql.query.pull.table.scan.enabled",
        OptionKind::Boolean,
        "true",
        "Whether a pull query may read a whole table.",
    ),
    session(
        "ksql.query.pull.range.scan.enabled",
        OptionKind::Boolean,
        "true",
        "Whether a pull query may read a range of keys.",
    ),
    session(
        "ksql.query.pull.stream.enabled",
        OptionKind::Boolean,
        "true",
        "Whether a pull query may read a stream.",
    ),
    session(
        "ksql.query.pull.limit.clause.enabled",
        OptionKind::Boolean,
        "true",
        "Whether a pull query may have a LIMIT.",
    ),
    engine(
        "ksql.max.push.queries",
        OptionKind::Number,
        "100",
        "How many push queries may run at once.",
    ),
    engine(
        "ksql.query.persistent.active.limit",
        OptionKind::Number,
        "2147483647",
        "How many persistent queries may run at once.",
    ),
    session(
        "ksql.suppress.enabled",
        OptionKind::Boolean,
        "true",
        "Whether EMIT FINAL may be used.",
    ),
    session(
        "ksql.headers.columns.enabled",
        OptionKind::Boolean,
        "true",
        "Whether streams and tables may have HEADERS columns.",
    ),
    session(
        "ksql.source.table.materialization.enabled",
        OptionKind::Boolean,
        "true",
        "Whether a SOURCE TABLE is kept ready for pull queries.",
    ),
    session(
        "ksql.variable.substitution.enable",
        OptionKind::Boolean,
        "true",
        "Whether ${variable} is replaced in statements.",
    ),
    session(
        "ksql.create.or.replace.enabled",
        OptionKind::Boolean,
        "true",
        "Whether CREATE OR REPLACE may be used.",
    ),
    session(
        "ksql.functions.collect_list.limit",
        OptionKind::Number,
        "1000",
        "How many values COLLECT_LIST keeps.",
    ),
    session(
        "ksql.functions.collect_set.limit",
        OptionKind::Number,
        "1000",
        "How many values COLLECT_SET keeps.",
    ),
    inert("ksql.functions.substring.legacy.args", "false", "SUBSTRING counts from 1."),
    session(
        "ksql.new.query.planner.enabled",
        OptionKind::Boolean,
        "false",
        "Whether a projection may leave out the key of a stream, as ksqlDB's newer planner lets it.",
    ),
    inert("ksql.windowed.session.key.legacy", "false", "Session keys hold both bounds."),
    inert(
        "ksql.fail.on.deserialization.error",
        "false",
        "A record that does not decode is reported and skipped.",
    ),
    inert(
        "ksql.fail.on.production.error",
        "true",
        "A record that cannot be written stops its query.",
    ),
    inert("ksql.schema.registry.url", "", "The schema registry is part of the engine."),
    inert("topology.optimization", "all", "The plan's rules always run."),
    inert(
        "default.timestamp.extractor",
        "",
        "A record without a valid event time is reported and skipped.",
    ),
    inert(
        "default.deserialization.exception.handler",
        "",
        "A record that does not decode is reported and skipped.",
    ),
    inert(
        "__emit.interval.ms.kstreams.windowed.aggregation__",
        "0",
        "Closed windows come at once.",
    ),
    inert("max.task.idle.ms", "0", "Inputs of a task are merged by event time as they come."),
    inert("replication.factor", "1", "One process keeps one copy of each partition."),
    inert("num.standby.replicas", "0", "One process keeps one copy of each store."),
    inert("state.dir", "", "Stores live in the engine's data folder."),
    inert("consumer.auto.offset.reset", "", "Use auto.offset.reset."),
    inert("producer.compression.type", "", "The topic's own setting holds."),
    inert("use.exact.numeric.comparison", "true", "It concerns test tools only."),
];
