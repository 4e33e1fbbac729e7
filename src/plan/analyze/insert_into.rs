//! `INSERT INTO name SELECT …`.

use std::sync::Arc;

use tidemill_grammar::ast::{Ident, Properties, Query};

use crate::catalog::{Source, SourceKind};
use crate::error::{Error, ErrorKind};
use crate::plan::analyze::properties::{PropertySet, With};
use crate::plan::analyze::schemas::check_writable;
use crate::plan::analyze::sink::plan_into;
use crate::plan::query::{Context, Target, plan_query};
use crate::plan::{Action, InsertInto, TopicSpec};
use crate::types::{ColumnRole, Schema};

/// Says what the statement comes to.
pub(super) fn analyze(
    target: &Ident,
    properties: &Properties,
    query: &Query,
    ctx: Context<'_>,
) -> Result<Action, Error> {
    let properties = PropertySet::new(properties, With::Insert)?;
    let at = target.position;
    let place = |error: Error| error.at(at.line, at.column);
    let sink = ctx.catalog.source(&target.name).ok_or_else(|| place(unknown(target, ctx)))?;
    check_target(sink).map_err(place)?;
    let planned = plan_query(query, Target::Existing(sink), ctx)?;
    if planned.root.kind != SourceKind::Stream {
        return Err(Error::statement(format!(
            "Incompatible data sink and query result. Data sink ({}) type is KSTREAM but select \
             query result is KTABLE.",
            sink.name
        )));
    }
    check_schema(&planned.root.schema, &sink.schema)?;
    check_writable(sink)?;
    if planned.window != sink.window {
        return Err(Error::statement(format!(
            "Incompatible windows between results and sink {}: the keys of both must have the same \
             windows.",
            sink.name
        )));
    }
    let topic = TopicSpec {
        name: Arc::clone(&sink.topic),
        partitions: None,
        replicas: None,
        properties: Vec::new(),
    };
    let plan = plan_into(planned, sink, &topic);
    Ok(Action::InsertInto(InsertInto { plan, query_id: properties.query_id()? }))
}

fn unknown(target: &Ident, ctx: Context<'_>) -> Error {
    let hint = ctx.catalog.nearest_source(&target.name);
    let hint = hint.map(|near| format!(" Did you mean {near}?")).unwrap_or_default();
    Error::new(ErrorKind::NotFound, format!("Source `{}` does not exist.{hint}", target.name))
}

fn check_target(sink: &Source) -> Result<(), Error> {
    let name = &sink.name;
    let message = if sink.kind == SourceKind::Table {
        format!("INSERT INTO can only be used to insert into a stream. {name} is a table.")
    } else if sink.schema.columns().iter().any(|c| matches!(c.role, ColumnRole::Header(_))) {
        format!("Cannot insert into {name} because it has header columns")
    } else if sink.is_read_only {
        format!("Cannot insert into read-only {}: {name}", sink.kind.name())
    } else {
        return Ok(());
    };
    Err(Error::statement(message))
}

fn check_schema(result: &Schema, sink: &Schema) -> Result<(), Error> {
    if result == sink {
        return Ok(());
    }
    Err(Error::statement(format!(
        "Incompatible schema between results and sink.\nResult schema is {result}\nSink schema is {sink}"
    )))
}
