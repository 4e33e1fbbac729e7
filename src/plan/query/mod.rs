//! Queries: from the SELECT as written to a logical plan.
//!
//! ```text
//! Query ─bind▶ names written out ─relation, join▶ sources ─filter, partition, flat_map, aggregate▶ rows ─project▶ columns
//! ```

mod aggregate;
mod bind;
mod calls;
mod context;
mod filter;
mod flat_map;
mod grouping;
mod join;
mod join_check;
mod join_on;
mod lookup;
mod magic_time;
mod names;
mod partition;
mod pull;
mod project;
mod relation;
mod sources;
pub(crate) mod text;
mod tree;
mod window;

use std::sync::Arc;

use tidemill_grammar::ast::{Emit, ExprKind, Query};

use crate::catalog::{KeyWindow, Source, SourceKind};
use crate::error::Error;
use crate::expr::{Clause, ResolveError, ResolveErrorKind};
use crate::plan::Node;
use crate::plan::query::bind::{Bound, bind};
use crate::plan::query::project::{CheckColumns, SinkShape};
use crate::plan::query::relation::{Relation, RequiredKeys};

pub(crate) use context::Context;
pub(crate) use pull::plan_pull;

/// Where the rows of a query go.
#[derive(Clone, Copy)]
pub(crate) enum Target<'a> {
    /// To the caller.
    Caller,
    /// Into a stream or table that the statement makes, which says something of its columns.
    New(&'a str, SourceKind, CheckColumns<'a>),
    /// Into a stream that is there.
    Existing(&'a Source),
}

/// A query that is planned as far as its own text goes.
pub(crate) struct PlannedQuery {
    /// The last node.
    pub(crate) root: Node,
    /// The streams and tables it reads, in order of first use.
    pub(crate) sources: Vec<Arc<str>>,
    /// The first of them, whose formats results inherit.
    pub(crate) first: Arc<Source>,
    /// The windows of the result's keys.
    pub(crate) window: Option<KeyWindow>,
    /// Whether PARTITION BY NULL has removed the key.
    pub(crate) has_no_key: bool,
}

/// Plans a query.
pub(crate) fn plan_query(
    query: &Query,
    target: Target<'_>,
    ctx: Context<'_>,
) -> Result<PlannedQuery, Error> {
    let bound = bind(query, ctx)?;
    let is_persistent = !matches!(target, Target::Caller);
    bound.check_reserved(is_persistent)?;
    check_clauses(query, &bound, target, ctx)?;
    bound.check(query)?;
    check_functions(&bound, ctx)?;
    let calls = flat_map::table_calls(&bound, ctx)?;
    let is_grouped = is_aggregation(&bound, ctx);
    if is_grouped && !calls.is_empty() {
        return Err(Error::statement("Table functions cannot be used with aggregations."));
    }
    check_kafka_values(&bound, is_grouped)?;
    let mut rows = read(&bound, query, ctx)?;
    if let Some(predicate) = &bound.filter {
        rows = filter::filter(rows, predicate, Clause::Where, ctx)?;
    }
    if !bound.partition_by.is_empty() {
        rows = partition::partition_by(rows, &bound.partition_by, ctx)?;
    }
    if !calls.is_empty() {
        rows = flat_map::flat_map(rows, &calls, ctx)?;
    }
    let selected = project::expand(&bound, &rows);
    if is_grouped {
        rows = aggregate::aggregate(rows, &bound, &selected, query, ctx)?;
        if let Some(having) = &bound.having {
            rows = filter::filter(rows, having, Clause::Having, ctx)?;
        }
    }
    check_emit(query, &bound, ctx)?;
    let shape = |name, columns, check| SinkShape { name, columns, is_grouped, check };
    let root = match target {
        Target::Caller => project::project_all(rows, &selected, ctx)?,
        Target::New(name, _, check) => {
            let shape = shape(name, None, Some(check));
            project::project_for_sink(rows, &selected, &bound, shape, ctx)?
        }
        Target::Existing(sink) => {
            let shape = shape(&sink.name, Some(sink.schema.columns()), None);
            project::project_for_sink(rows, &selected, &bound, shape, ctx)?
        }
    };
    planned(root, &bound, query)
}

fn planned(root: Node, bound: &Bound, query: &Query) -> Result<PlannedQuery, Error> {
    let own = query.window.as_ref().map(|w| window::window_spec(w, query.emit)).transpose()?;
    let first = Arc::clone(&bound.sources.first().source);
    let inherited = first.window.filter(|_| root.is_windowed);
    Ok(PlannedQuery {
        sources: bound.sources.names(),
        window: own.map(|spec| window::key_window(spec.shape)).or(inherited),
        has_no_key: partition::is_null(&bound.partition_by),
        first,
        root,
    })
}

fn read(bound: &Bound, query: &Query, ctx: Context<'_>) -> Result<Relation, Error> {
    if bound.sources.is_join() {
        return join::join(bound, query, ctx);
    }
    let relation = Relation::source(bound.sources.first(), false);
    if ctx.config.optional_stream_keys() && !relation.is_table() {
        return Ok(Relation { required: RequiredKeys::None, ..relation });
    }
    Ok(relation)
}

/// Tells whether rows are aggregated: there is GROUP BY, or an aggregate function is selected.
fn is_aggregation(bound: &Bound, ctx: Context<'_>) -> bool {
    !bound.group_by.is_empty()
        || bound.selected().any(|item| grouping::find_aggregate(&item.expr, ctx).is_some())
}

/// Checks that all functions that are called are there, before more is said of how they are used.
fn check_functions(bound: &Bound, ctx: Context<'_>) -> Result<(), Error> {
    let selected = bound.selected().map(|item| (&item.expr, Clause::Select));
    let filter = bound.filter.iter().map(|expr| (expr, Clause::Where));
    let group_by = bound.group_by.iter().map(|expr| (expr, Clause::GroupBy));
    let having = bound.having.iter().map(|expr| (expr, Clause::Having));
    for (expr, clause) in selected.chain(filter).chain(group_by).chain(having) {
        let mut unknown = None;
        tree::for_each(expr, &mut |part| {
            if let ExprKind::Call { name, .. } = &*part.kind
                && !ctx.registry.contains(&name.name)
            {
                unknown.get_or_insert((name, part.position));
            }
            true
        });
        if let Some((name, position)) = unknown {
            let kind = ResolveErrorKind::Function(ctx.registry.unknown(&name.name));
            return Err(ResolveError::new(kind, position).in_clause(clause));
        }
    }
    Ok(())
}

/// Checks which clauses go together.
fn check_clauses(
    query: &Query,
    bound: &Bound,
    target: Target<'_>,
    ctx: Context<'_>,
) -> Result<(), Error> {
    for (index, expr) in bound.group_by.iter().enumerate() {
        if bound.group_by[..index].contains(expr) {
            let written = text::text(expr, text::Names::Qualified);
            let message = format!("Duplicate GROUP BY expression: {written}");
            return Err(Error::statement(message).at(expr.position.line, expr.position.column));
        }
    }
    let statement = match target {
        Target::Caller => None,
        Target::New(_, SourceKind::Stream, _) => Some("CREATE STREAM AS SELECT"),
        Target::New(_, SourceKind::Table, _) => Some("CREATE TABLE AS SELECT"),
        Target::Existing(_) => Some("INSERT INTO"),
    };
    let Some(statement) = statement else { return Ok(()) };
    if query.limit.is_some() {
        let message = format!("{statement} statements don't support LIMIT clause.");
        return Err(Error::statement(message));
    }
    let call = bound.selected().find_map(|item| grouping::find_aggregate(&item.expr, ctx));
    match call {
        Some(call) if bound.group_by.is_empty() => {
            let selected: Vec<_> = bound.selected().cloned().collect();
            let grouping = grouping::Grouping {
                group_by: &[],
                selected: &selected,
                having: None,
                is_windowed: query.window.is_some(),
                names: text::Names::Flat { is_join: bound.sources.is_join() },
            };
            grouping.check_selected(ctx)?;
            let written = text::text(call, text::Names::Flat { is_join: false });
            // ksqlDB counts rows by their ROWTIME, and says so.
            let written =
                written.replace("COUNT(*)", "COUNT(ROWTIME)").replace("COUNT()", "COUNT(ROWTIME)");
            let message = format!(
                "{statement} statement does not support aggregate function [{written}] without a \
                 GROUP BY clause."
            );
            Err(Error::statement(message).at(call.position.line, call.position.column))
        }
        Some(_) | None => Ok(()),
    }
}

fn check_kafka_values(bound: &Bound, is_grouped: bool) -> Result<(), Error> {
    let aliases = join::kafka_sources(&bound.sources.0);
    let clause = match (bound.sources.is_join(), is_grouped) {
        _ if aliases.is_empty() => return Ok(()),
        (true, _) => "JOIN",
        (false, true) => "GROUP BY",
        (false, false) => return Ok(()),
    };
    Err(Error::statement(format!(
        "Source(s) {} are using the 'KAFKA' value format. This format does not yet support \
         {clause}.\nCopy the source with another format first: CREATE STREAM <name> WITH \
         (VALUE_FORMAT = 'JSON') AS SELECT * FROM <source>;",
        aliases.join(", ")
    )))
}

/// Checks what only an aggregation has.
fn check_emit(query: &Query, bound: &Bound, ctx: Context<'_>) -> Result<(), Error> {
    if bound.group_by.is_empty() {
        if let Some(window) = &query.window {
            let error = Error::statement("WINDOW clause requires a GROUP BY clause.");
            return Err(error.at(window.position.line, window.position.column));
        }
        if let Some(having) = &bound.having {
            let error = Error::statement("HAVING clause requires a GROUP BY clause.");
            return Err(error.at(having.position.line, having.position.column));
        }
    }
    if query.emit != Some(Emit::Final) {
        return Ok(());
    }
    if !ctx.config.suppress() {
        return Err(Error::statement(
            "Suppression is currently disabled. You can enable it by setting \
             ksql.suppress.enabled to true",
        ));
    }
    if query.window.is_none() {
        return Err(Error::statement("EMIT FINAL is only supported for windowed aggregations."));
    }
    Ok(())
}
