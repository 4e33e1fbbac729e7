//! The stream or table that a query writes into: formats inherited from the left-most source, the topic named after it.

use std::sync::Arc;

use crate::catalog::{Source, SourceKind};
use crate::error::Error;
use crate::formats::{Format, FormatKind, Side};
use crate::plan::analyze::create_source::check_formats;
use crate::plan::analyze::properties::{PropertySet, format_kind};
use crate::plan::analyze::schemas::{TopicSide, bind_sink, sink_key_name};
use crate::plan::analyze::timestamp::timestamp_column;
use crate::plan::query::{Context, PlannedQuery};
use crate::plan::{QueryPlan, Sink, TopicSpec, rules};

/// What a sink is called, and what kind it is.
#[derive(Clone, Copy)]
pub(super) struct SinkName<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// Stream or table, as the statement says.
    pub(super) kind: SourceKind,
    /// The statement's text.
    pub(super) statement: &'a str,
}

/// Describes the stream or table that a query makes, and its topic.
pub(super) fn new_sink(
    planned: &PlannedQuery,
    sink: SinkName<'_>,
    properties: &PropertySet<'_>,
    ctx: Context<'_>,
) -> Result<(Source, TopicSpec), Error> {
    check_kind(planned.root.kind, sink.kind)?;
    let default_topic = format!("{}{}", ctx.config.output_topic_prefix(), sink.name);
    let topic = properties.topic(Some(&default_topic))?;
    let schema = planned.root.schema.clone();
    let mut key_format = key_format(planned, properties, ctx)?;
    let value_format = value_format(planned, properties, ctx)?;
    properties.check_schema_id(Side::Key, key_format.kind, false)?;
    properties.check_schema_id(Side::Value, value_format.kind, false)?;
    check_formats(&key_format, &value_format, &schema)?;
    let timestamp = timestamp_column(properties, &schema)?;
    if key_format.kind == FormatKind::Avro && key_format.full_name.is_none() {
        key_format.full_name = Some(sink_key_name(sink.name));
    }
    let bind = |format, side| {
        let at = TopicSide { side, topic: &topic.name, id: properties.schema_id(side)? };
        bind_sink(format, &schema, at, ctx)
    };
    let (key_format, value_format) =
        (bind(key_format, Side::Key)?, bind(value_format, Side::Value)?);
    let source = Source {
        name: sink.name.into(),
        kind: sink.kind,
        topic: Arc::clone(&topic.name),
        key_format,
        value_format,
        timestamp,
        window: planned.window,
        is_read_only: false,
        partitions: topic.partitions.or(ctx.config.sink_partitions()).or(planned.first.partitions),
        statement: sink.statement.into(),
        schema,
    };
    let partitions = topic.partitions.or(ctx.config.sink_partitions());
    let mut topic = TopicSpec { partitions, ..topic };
    let policy = default_cleanup_policy(&source);
    if policy != "delete" && topic.properties.iter().all(|(name, _)| name != CLEANUP_POLICY) {
        topic.properties.push((CLEANUP_POLICY.to_owned(), policy.to_owned()));
    }
    Ok((source, topic))
}

const CLEANUP_POLICY: &str = "cleanup.policy";

/// Says what becomes of old records where the statement does not: of a table the latest of each key stay, and those of
/// its windows go when they are old.
fn default_cleanup_policy(source: &Source) -> &'static str {
    match (source.kind, source.window) {
        (SourceKind::Stream, _) => "delete",
        (SourceKind::Table, None) => "compact",
        (SourceKind::Table, Some(_)) => "compact,delete",
    }
}

fn check_kind(result: SourceKind, asked: SourceKind) -> Result<(), Error> {
    if result == asked {
        return Ok(());
    }
    let result = result.name().to_uppercase();
    Err(Error::statement(format!(
        "Invalid result type. Your SELECT query produces a {result}. Please use CREATE {result} AS \
         SELECT statement instead."
    )))
}

fn key_format(
    planned: &PlannedQuery,
    properties: &PropertySet<'_>,
    ctx: Context<'_>,
) -> Result<Format, Error> {
    let given = properties.key_format()?;
    let inherited = &planned.first.key_format;
    let key_count = planned.root.schema.key_count();
    let kind = match given {
        Some(kind) if planned.has_no_key && kind != FormatKind::None => {
            return Err(Error::statement("Key format specified for stream without key columns."));
        }
        _ if planned.has_no_key => FormatKind::None,
        Some(kind) => kind,
        None if inherited.kind == FormatKind::None && 0 < key_count => {
            format_kind(ctx.config.default_key_format())?
        }
        None => inherited.kind,
    };
    let given = properties.side(Side::Key, ctx.config)?;
    Ok(given.inherit(given.format(kind, Side::Key, key_count)?, inherited))
}

fn value_format(
    planned: &PlannedQuery,
    properties: &PropertySet<'_>,
    ctx: Context<'_>,
) -> Result<Format, Error> {
    let inherited = &planned.first.value_format;
    let kind = properties.value_format()?.unwrap_or(inherited.kind);
    let given = properties.side(Side::Value, ctx.config)?;
    let count = planned.root.schema.value().count();
    Ok(given.inherit(given.format(kind, Side::Value, count)?, inherited))
}

/// Puts the sink on a plan and rewrites the whole by the rules.
pub(super) fn plan_into(
    planned: PlannedQuery,
    source: &Arc<Source>,
    topic: &TopicSpec,
) -> QueryPlan {
    let timestamp = source.timestamp.as_ref();
    let timestamp = timestamp.and_then(|column| source.schema.find(&column.column));
    let sink = Sink {
        source: Arc::clone(source),
        partitions: topic.partitions,
        topic_properties: topic.properties.clone(),
        timestamp: timestamp.map(|(index, _)| index),
    };
    rules::rewrite(QueryPlan {
        root: planned.root,
        sink: Some(sink),
        sources: planned.sources,
        limit: None,
    })
}
