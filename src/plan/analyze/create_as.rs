//! `CREATE STREAM | TABLE name WITH (…) AS SELECT …`.

use std::sync::Arc;

use tidemill_grammar::ast::CreateAsSelect;

use crate::catalog::SourceKind;
use crate::error::Error;
use crate::plan::analyze::create_source::{check_columns_kept, exists};
use crate::plan::analyze::properties::{PropertySet, With};
use crate::plan::analyze::sink::{SinkName, new_sink, plan_into};
use crate::plan::analyze::timestamp::timestamp_column;
use crate::plan::query::{Context, Target, plan_query};
use crate::plan::{Action, CreateAs};
use crate::types::Schema;

/// Says what the statement comes to.
pub(super) fn analyze(
    statement: &CreateAsSelect,
    text: &str,
    ctx: Context<'_>,
) -> Result<Action, Error> {
    let kind = SourceKind::from(statement.kind);
    let name = &statement.name.name;
    let properties = PropertySet::new(&statement.properties, With::AsSelect)?;
    if let Some(existing) = ctx.catalog.source(name) {
        if statement.if_not_exists {
            return Ok(Action::Unchanged(format!(
                "Cannot add {} `{name}`: A {} with the same name already exists.",
                kind.name(),
                existing.kind.name()
            )));
        }
        if !statement.or_replace {
            return Err(exists(kind, existing));
        }
    }
    check_not_itself(statement, name)?;
    let check = |schema: &Schema| timestamp_column(&properties, schema).map(|_| ());
    let planned = plan_query(&statement.query, Target::New(name, kind, &check), ctx)?;
    let sink = SinkName { name, kind, statement: text };
    let (source, topic) = new_sink(&planned, sink, &properties, ctx)?;
    if let Some(existing) = ctx.catalog.source(name) {
        if existing.kind != kind {
            return Err(exists(kind, existing));
        }
        check_columns_kept(&existing.schema, &source.schema).map_err(|reason| {
            Error::statement(format!(
                "Cannot upgrade data source: DataSource '`{name}`' has schema = {} which is not \
                 upgradeable to {}. {reason}",
                existing.schema, source.schema
            ))
        })?;
    }
    let source = Arc::new(source);
    let plan = plan_into(planned, &source, &topic);
    Ok(Action::CreateAs(CreateAs { source, topic, plan, replaces: statement.or_replace }))
}

/// Checks that a query that is replaced does not read what it writes.
fn check_not_itself(statement: &CreateAsSelect, name: &str) -> Result<(), Error> {
    let joined = statement.query.joins.iter().map(|join| &join.right);
    let mut read = std::iter::once(&statement.query.from).chain(joined);
    match read.find(|relation| relation.name.name == *name) {
        Some(relation) if statement.or_replace => {
            let at = relation.name.position;
            let message = format!("Source name '{name}' should not be referenced itself.");
            Err(Error::statement(message).at(at.line, at.column))
        }
        Some(_) | None => Ok(()),
    }
}
