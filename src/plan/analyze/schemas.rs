//! Schemas of the registry: the columns they stand for, and those that columns get.

use std::sync::Arc;

use crate::catalog::Source;
use crate::error::Error;
use crate::formats::{
    FieldNames, Format, FormatError, FormatKind, Inference, Serde, Side, SideSchemas, encoder,
    inferred_columns, schema_text,
};
use crate::plan::query::Context;
use crate::registry::{RegisteredSchema, SchemaKind};
use crate::types::{Column, ColumnRole, Schema, SqlType};

/// A side of a topic's records.
#[derive(Clone, Copy)]
pub(super) struct TopicSide<'a> {
    /// Key or value.
    pub(super) side: Side,
    /// The topic.
    pub(super) topic: &'a str,
    /// `KEY_SCHEMA_ID`, `VALUE_SCHEMA_ID`.
    pub(super) id: Option<u32>,
}

impl TopicSide<'_> {
    /// Returns the subject of its schemas.
    fn subject(self) -> String {
        match self.side {
            Side::Key => format!("{}-key", self.topic),
            Side::Value => format!("{}-value", self.topic),
        }
    }

    fn name(self) -> &'static str {
        match self.side {
            Side::Key => "key",
            Side::Value => "value",
        }
    }

    /// Returns the schema that is asked for, or else the latest.
    fn schema(self, ctx: Context<'_>) -> Result<Arc<RegisteredSchema>, Error> {
        let found = match self.id {
            Some(id) => ctx.schemas.by_id(id),
            None => ctx.schemas.latest(&self.subject()),
        };
        found.ok_or_else(|| {
            let (name, topic, subject) = (self.name(), self.topic, self.subject());
            let id = self.id.map(|id| format!("Schema Id: {id}\n")).unwrap_or_default();
            Error::statement(format!(
                "Schema for message {name}s on topic '{topic}' does not exist in the Schema Registry.\n\
                 {id}Subject: {subject}\n\
                 Declare the columns, or let a program that writes the topic register its schema first."
            ))
        })
    }
}

/// Returns the columns that the schema of a side stands for.
pub(super) fn infer(
    at: TopicSide<'_>,
    format: FormatKind,
    wrap_single_value: Option<bool>,
    full_name: Option<&str>,
    ctx: Context<'_>,
) -> Result<Vec<Column>, Error> {
    let schema = at.schema(ctx)?;
    check_kind(&schema, at, format)?;
    let names = match at.id {
        Some(_) => FieldNames::AsTheyAre,
        None => FieldNames::Upper,
    };
    let is_unwrapped = Format::is_whole_unwrapped(format, at.side, wrap_single_value);
    let inference = Inference { side: at.side, format, is_unwrapped, full_name, names };
    let columns = inferred_columns(&schema, &inference);
    let columns = columns.map_err(|error| match error {
        FormatError::NotInferred { reason, .. } => Error::statement(format!(
            "Unable to verify if the {} schema for topic: {} is compatible with ksqlDB.\nReason: {reason}",
            at.name(),
            at.topic
        )),
        other => Error::statement(other.to_string()),
    })?;
    let column = |(name, sql_type): (Arc<str>, SqlType)| match at.side {
        Side::Key => Column::key(name, sql_type),
        Side::Value => Column::value(name, sql_type),
    };
    Ok(columns.into_iter().map(column).collect())
}

/// Checks that a schema is in the language of a format.
fn check_kind(
    schema: &RegisteredSchema,
    at: TopicSide<'_>,
    format: FormatKind,
) -> Result<(), Error> {
    let kind = schema.schema.kind();
    if format.schema_kind() == Some(kind) {
        return Ok(());
    }
    let actual = match kind {
        SchemaKind::Avro => "AVRO",
        SchemaKind::Json => "JSON_SR",
        SchemaKind::Protobuf => "PROTOBUF",
    };
    let (first, property) = match at.side {
        Side::Key => ("Key", "KEY_FORMAT"),
        Side::Value => ("Value", "VALUE_FORMAT"),
    };
    Err(Error::statement(format!(
        "{first} schema is not in the expected format. You may want to set {property} to \
         '{actual}'.\ntopic: {}\nexpected format: {}\nactual format from Schema Registry: {actual}",
        at.topic,
        format.name()
    )))
}

/// Says which schema a declared side is written with: the one that is asked for, the latest, or else one that is made of the
/// columns.
pub(super) fn bind_declared(
    format: Format,
    columns: &Schema,
    at: TopicSide<'_>,
    ctx: Context<'_>,
) -> Result<Format, Error> {
    if format.kind.schema_kind().is_none() {
        return Ok(format);
    }
    if at.id.is_none() && ctx.schemas.latest(&at.subject()).is_none() {
        return bind_new(format, columns, at, ctx);
    }
    let writer = at.schema(ctx)?;
    Ok(bound(format, writer, ctx))
}

/// Registers the schema of a side's columns, if the format has schemas.
pub(super) fn bind_new(
    format: Format,
    schema: &Schema,
    at: TopicSide<'_>,
    ctx: Context<'_>,
) -> Result<Format, Error> {
    let columns = side_columns(schema, at.side);
    let Some(kind) = format.kind.schema_kind() else { return Ok(format) };
    if columns.is_empty() && at.side == Side::Key {
        return Ok(format);
    }
    let columns: Vec<_> = columns.into_iter().map(|c| (c.name, c.sql_type)).collect();
    let text = schema_text(&format, &columns);
    let text = text.map_err(|error| Error::statement(error.to_string()))?;
    let registered = ctx.schemas.register(&at.subject(), kind, &text, Vec::new());
    let writer = registered.map_err(|error| {
        Error::statement(format!("Could not register schema for topic: {error}"))
    })?;
    Ok(bound(format, writer, ctx))
}

/// Says which schema a sink's side is written with: the one that is asked for, or one that is made of the columns.
pub(super) fn bind_sink(
    format: Format,
    schema: &Schema,
    at: TopicSide<'_>,
    ctx: Context<'_>,
) -> Result<Format, Error> {
    if at.id.is_none() {
        return bind_new(format, schema, at, ctx);
    }
    let writer = at.schema(ctx)?;
    check_columns(&format, &writer, &side_columns(schema, at.side), at)?;
    Ok(bound(format, writer, ctx))
}

fn bound(format: Format, writer: Arc<RegisteredSchema>, ctx: Context<'_>) -> Format {
    let schemas = SideSchemas { registry: ctx.schemas.registry().clone(), writer };
    Format { schemas: Some(schemas), ..format }
}

fn side_columns(schema: &Schema, side: Side) -> Vec<Column> {
    match side {
        Side::Key => schema.key().to_vec(),
        Side::Value => schema.value().cloned().collect(),
    }
}

/// Checks that the schema of an id has the columns of a query, in their order; it may have more.
fn check_columns(
    format: &Format,
    writer: &RegisteredSchema,
    columns: &[Column],
    at: TopicSide<'_>,
) -> Result<(), Error> {
    check_kind(writer, at, format.kind)?;
    let inference = Inference {
        side: at.side,
        format: format.kind,
        is_unwrapped: format.unwrapped,
        full_name: format.full_name.as_deref(),
        names: FieldNames::AsTheyAre,
    };
    let wanted = inferred_columns(writer, &inference);
    let wanted = wanted.map_err(|error| Error::statement(error.to_string()))?;
    let is_there = |place: usize, column: &Column| {
        wanted.get(place).is_some_and(|(name, sql_type)| {
            *sql_type == column.sql_type && (format.unwrapped || *name == column.name)
        })
    };
    let changed = columns.iter().enumerate().filter(|(place, column)| !is_there(*place, column));
    let plain =
        |(_, column): (usize, &Column)| Column { role: ColumnRole::Value, ..column.clone() };
    let changed: Vec<Column> = changed.map(plain).collect();
    if changed.is_empty() {
        return Ok(());
    }
    let words = at.name();
    let wanted = wanted.into_iter().map(|(name, sql_type)| Column::value(name, sql_type));
    Err(Error::statement(format!(
        "The following {words} columns are changed, missing or reordered: [{}]. Schema from schema \
         registry is [{}]",
        Schema::new(changed),
        Schema::new(wanted)
    )))
}

/// Checks that records of all columns can be written with the schemas that the topic's records are written with.
pub(super) fn check_writable(sink: &Source) -> Result<(), Error> {
    for (format, side) in [(&sink.key_format, Side::Key), (&sink.value_format, Side::Value)] {
        let columns = side_columns(&sink.schema, side);
        encoder(&Serde::new(format.clone(), &columns)).map_err(|error| {
            Error::statement(format!("Cannot insert into {}: {error}", sink.name))
        })?;
    }
    Ok(())
}

/// Returns the name that the schema of a sink's key gets in AVRO: programs made of the schemas of many sinks tell them apart.
pub(super) fn sink_key_name(sink: &str) -> Arc<str> {
    let word = |word: &str| {
        let mut letters = word.chars().filter(char::is_ascii_alphanumeric);
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        first
            .into_iter()
            .chain(letters.map(|letter| letter.to_ascii_lowercase()))
            .collect::<String>()
    };
    let camel: String = sink.split('_').map(word).collect();
    format!("io.confluent.ksql.avro_schemas.{camel}Key").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_sinks_are_named_after_them() {
        assert_eq!(&*sink_key_name("OUTPUT"), "io.confluent.ksql.avro_schemas.OutputKey");
        assert_eq!(&*sink_key_name("MY_SINK"), "io.confluent.ksql.avro_schemas.MySinkKey");
    }
}
