//! Every option once: its name, type, default and doc; ksqlDB's and Kafka's names where they have one.
//!
//! ```text
//! session ▶ engine ▶ default      the first layer that has a value wins
//! ```

mod kind;
mod options;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::{Error, ErrorKind};

pub use kind::{ConfigOption, OptionKind};
pub use options::OPTIONS;

/// ksqlDB's prefix for what it hands to Kafka Streams; with or without it, the option is the same.
const STREAMS_PREFIX: &str = "ksql.streams.";

/// Where a new query begins to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OffsetReset {
    /// At the first record that is still there.
    Earliest,
    /// After the last record.
    Latest,
}

/// How often a record's effects can be seen after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProcessingGuarantee {
    /// Once.
    ExactlyOnce,
    /// Once or more.
    AtLeastOnce,
}

/// What a produce request waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogFlush {
    /// The disk: an answer survives a power loss.
    Fsync,
    /// The page cache, as in Kafka: an answer survives a killed process.
    Os,
}

/// Who set an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layer {
    /// Nobody.
    Default,
    /// The engine's configuration.
    Engine,
    /// SET, or the properties of a request.
    Session,
}

/// The options in force. A clone costs little, so that every session and every query has its own.
#[derive(Clone, Debug, Default)]
pub struct Config {
    engine: Arc<BTreeMap<&'static str, String>>,
    session: Arc<BTreeMap<&'static str, String>>,
}

impl Config {
    /// Sets an option for the whole engine.
    pub fn set_engine(&mut self, name: &str, value: &str) -> Result<(), Error> {
        let option = checked(name, value)?;
        Arc::make_mut(&mut self.engine).insert(option.name, value.trim().to_owned());
        Ok(())
    }

    /// Sets an option for the session; some can be set for the engine only.
    pub fn set_session(&mut self, name: &str, value: &str) -> Result<(), Error> {
        let option = checked(name, value)?;
        if !option.is_session {
            return Err(Error::new(
                ErrorKind::Input,
                format!("Cannot override property '{name}': it is set for the whole engine"),
            ));
        }
        Arc::make_mut(&mut self.session).insert(option.name, value.trim().to_owned());
        Ok(())
    }

    /// Takes a session's value back; tells whether there was one.
    pub fn unset_session(&mut self, name: &str) -> Result<bool, Error> {
        let option = find(name)?;
        Ok(Arc::make_mut(&mut self.session).remove(option.name).is_some())
    }

    /// Returns an option's value as text, and who set it.
    pub fn get(&self, name: &str) -> Result<(&str, Layer), Error> {
        let option = find(name)?;
        Ok(self.value_of(option))
    }

    /// Returns the value of an option as text, and who set it.
    pub fn value_of(&self, option: &ConfigOption) -> (&str, Layer) {
        if let Some(value) = self.session.get(option.name) {
            return (value, Layer::Session);
        }
        match self.engine.get(option.name) {
            Some(value) => (value, Layer::Engine),
            None => (option.default, Layer::Default),
        }
    }

    /// Returns what the session set, by name.
    pub fn session_values(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.session.iter().map(|(name, value)| (*name, value.as_str()))
    }
}

/// Finds an option by any of its names; the error names the nearest.
pub fn find(name: &str) -> Result<&'static ConfigOption, Error> {
    let bare = name.strip_prefix(STREAMS_PREFIX).unwrap_or(name);
    let is_it = |option: &&ConfigOption| {
        [name, bare].iter().any(|name| option.name == *name || option.aliases.contains(name))
    };
    OPTIONS.iter().find(is_it).ok_or_else(|| unknown(name))
}

fn unknown(name: &str) -> Error {
    let names =
        OPTIONS.iter().flat_map(|o| std::iter::once(o.name).chain(o.aliases.iter().copied()));
    let hint = match crate::text::nearest(name, names) {
        Some(nearest) => format!(" Did you mean '{nearest}'?"),
        None => String::new(),
    };
    Error::new(ErrorKind::Input, format!("Unknown property: {name}.{hint}"))
}

fn checked(name: &str, value: &str) -> Result<&'static ConfigOption, Error> {
    let option = find(name)?;
    let wrong = |reason: String| {
        Error::new(ErrorKind::Input, format!("Invalid value {value} for property {name}: {reason}"))
    };
    option.kind.check(value.trim()).map_err(wrong)?;
    Ok(option)
}

/// The options by name, with their types.
impl Config {
    /// Where a new query begins to read.
    pub fn offset_reset(&self) -> OffsetReset {
        if self.text("auto.offset.reset").eq_ignore_ascii_case("earliest") {
            OffsetReset::Earliest
        } else {
            OffsetReset::Latest
        }
    }

    /// How often a record's effects can be seen after a failure.
    pub fn processing_guarantee(&self) -> ProcessingGuarantee {
        if self.text("processing.guarantee") == "at_least_once" {
            ProcessingGuarantee::AtLeastOnce
        } else {
            ProcessingGuarantee::ExactlyOnce
        }
    }

    /// What a produce request waits for.
    pub fn log_flush(&self) -> LogFlush {
        if self.text("log.flush") == "os" { LogFlush::Os } else { LogFlush::Fsync }
    }

    /// How many bytes of updates may wait to be merged; 0 sends every update on.
    pub fn cache_bytes_max(&self) -> u64 {
        self.number("cache.max.bytes.buffering")
    }

    /// How long an epoch lasts.
    pub fn commit_interval_ms(&self) -> u64 {
        self.number("commit.interval.ms")
    }

    /// How often what was worked off is removed from repartition topics.
    pub fn purge_interval_ms(&self) -> u64 {
        self.number("repartition.purge.interval.ms")
    }

    /// How many worker threads there are; 0 is one per core.
    pub fn worker_count(&self) -> usize {
        match usize::try_from(self.number("num.stream.threads")).unwrap_or(usize::MAX) {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            count => count,
        }
    }

    /// How many bytes caches, stores and buffers may take; 0 leaves it to the machine's size.
    pub fn memory_limit_bytes(&self) -> u64 {
        self.number("memory.limit")
    }

    /// How much room must be left on the disk for an append to be taken.
    pub fn log_headroom_bytes(&self) -> u64 {
        self.number("log.headroom.bytes")
    }

    /// How many bytes one compaction may take for keys.
    pub fn cleaner_buffer_bytes(&self) -> u64 {
        self.number("log.cleaner.dedupe.buffer.size")
    }

    /// How often it is asked whether a topic is to be compacted.
    pub fn cleaner_backoff_ms(&self) -> u64 {
        self.number("log.cleaner.backoff.ms")
    }

    /// How often it is asked what of the log is to be deleted.
    pub fn retention_check_interval_ms(&self) -> u64 {
        self.number("log.retention.check.interval.ms")
    }

    /// How long a producer that sends nothing is remembered.
    pub fn producer_expiration_ms(&self) -> u64 {
        self.number("producer.id.expiration.ms")
    }

    /// How long what a consumer group committed is remembered.
    pub fn offsets_retention_minutes(&self) -> u64 {
        self.number("offsets.retention.minutes")
    }

    /// The cluster that the data folder must belong to, if one is named.
    pub fn cluster_id(&self) -> Option<&str> {
        Some(self.text("cluster.id")).filter(|text| !text.is_empty())
    }

    /// The key format of a statement that names none.
    pub fn default_key_format(&self) -> &str {
        self.text("ksql.persistence.default.format.key")
    }

    /// The value format of a statement that names none, if one is set.
    pub fn default_value_format(&self) -> Option<&str> {
        Some(self.text("ksql.persistence.default.format.value")).filter(|text| !text.is_empty())
    }

    /// Whether a value of one column is wrapped in a struct where the statement does not say.
    pub fn wrap_single_values(&self) -> Option<bool> {
        match self.text("ksql.persistence.wrap.single.values") {
            "" => None,
            text => Some(text.eq_ignore_ascii_case("true")),
        }
    }

    /// What the names of sink topics begin with.
    pub fn output_topic_prefix(&self) -> &str {
        self.text("ksql.output.topic.name.prefix")
    }

    /// How many partitions a sink topic gets when neither the statement nor a source says.
    pub fn sink_partitions(&self) -> Option<u32> {
        self.text("ksql.sink.partitions").parse().ok()
    }

    /// Whether a projection may leave out the key of a stream.
    pub fn optional_stream_keys(&self) -> bool {
        self.flag("ksql.new.query.planner.enabled")
    }

    /// Whether an invalid event time fails the query instead of being skipped.
    pub fn throw_on_invalid_timestamp(&self) -> bool {
        self.flag("ksql.timestamp.throw.on.invalid")
    }

    /// Whether a pull query may read a whole table.
    pub fn pull_table_scan(&self) -> bool {
        self.flag("ksql.query.pull.table.scan.enabled")
    }

    /// Whether pull queries may have a LIMIT.
    pub fn pull_limit(&self) -> bool {
        self.flag("ksql.query.pull.limit.clause.enabled")
    }

    /// Whether EMIT FINAL may be used.
    pub fn suppress(&self) -> bool {
        self.flag("ksql.suppress.enabled")
    }

    /// Whether a SOURCE TABLE is kept ready for pull queries.
    pub fn source_table_materialization(&self) -> bool {
        self.flag("ksql.source.table.materialization.enabled")
    }

    /// Whether streams and tables may have HEADERS columns.
    pub fn headers_columns(&self) -> bool {
        self.flag("ksql.headers.columns.enabled")
    }

    /// Whether `${variable}` is replaced in statements.
    pub fn variable_substitution(&self) -> bool {
        self.flag("ksql.variable.substitution.enable")
    }

    /// How many push queries may run at once.
    pub fn push_queries_max(&self) -> u64 {
        self.number("ksql.max.push.queries")
    }

    /// What functions are told: the options that begin with `ksql.functions.`, by name.
    pub fn function_properties(&self) -> BTreeMap<String, String> {
        let of_functions = OPTIONS.iter().filter(|o| o.name.starts_with("ksql.functions."));
        of_functions.map(|o| (o.name.to_owned(), self.value_of(o).0.to_owned())).collect()
    }

    fn text(&self, name: &str) -> &str {
        let option = OPTIONS.iter().find(|option| option.name == name);
        self.value_of(option.expect("a getter names an option of the list")).0
    }

    fn number(&self, name: &str) -> u64 {
        // The value was checked when it was set.
        self.text(name).parse().unwrap_or(0)
    }

    fn flag(&self, name: &str) -> bool {
        self.text(name).eq_ignore_ascii_case("true")
    }
}

#[cfg(test)]
mod tests;
