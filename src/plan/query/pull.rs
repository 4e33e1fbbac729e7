//! Pull queries: what is read of a table's state or of a stream's records, and which keys have to be looked at.

use std::sync::Arc;

use tidemill_grammar::ast::{Expr as AstExpr, Query};

use crate::catalog::{Source, SourceKind};
use crate::error::Error;
use crate::expr::Clause;
use crate::plan::query::bind::{Allowed, Bound, Selected, bind, check_columns};
use crate::plan::query::context::Context;
use crate::plan::query::grouping::find_aggregate;
use crate::plan::query::lookup::{check_keys, lookup};
use crate::plan::query::magic_time;
use crate::plan::query::project::expand;
use crate::plan::query::relation::{Relation, as_window_bound};
use crate::plan::query::tree::for_each_column;
use crate::plan::{Lookup, NodeOp, OutputColumn, PullQuery, SourceColumn, system};

/// What is added to messages about pull queries.
const HELP: &str = " See https://cnfl.io/queries for more info.\n\
                    Add EMIT CHANGES if you intended to issue a push query.";

/// Plans a pull query.
pub(crate) fn plan_pull(query: &Query, ctx: Context<'_>) -> Result<PullQuery, Error> {
    let bound = bind(query, ctx)?;
    bound.check_reserved(false)?;
    check_clauses(query, &bound, ctx)?;
    let allowed = Allowed::default();
    for (expr, clause) in clauses(&bound) {
        check_columns(expr, clause, &bound.sources, allowed)?;
    }
    let source = Arc::clone(&bound.sources.first().source);
    check_queryable(&source, ctx)?;
    let relation = Relation::source(bound.sources.first(), false);
    let selected = expand(&bound, &relation);
    let is_table = source.kind == SourceKind::Table;
    let (exprs, output) = output(&relation, &selected, is_table, ctx)?;
    let filter = bound.filter.as_ref().map(magic_time::rewritten);
    if let (Some(filter), true) = (&filter, is_table) {
        check_keys(filter, &source.schema)?;
    }
    let resolve = |expr: &AstExpr| relation.resolve_filter(expr, Clause::Where, ctx);
    let predicate = filter.as_ref().map(resolve).transpose()?;
    let columns = source_columns(&relation);
    let lookup = match is_table {
        true => lookup(predicate.as_ref(), &source, &columns, ctx)?,
        false => Lookup::Scan,
    };
    Ok(PullQuery { source, columns, predicate, lookup, exprs, output, limit: query.limit })
}

fn clauses(bound: &Bound) -> impl Iterator<Item = (&AstExpr, Clause)> {
    let filter = bound.filter.iter().map(|expr| (expr, Clause::Where));
    filter.chain(bound.selected().map(|item| (&item.expr, Clause::Select)))
}

fn source_columns(relation: &Relation) -> Vec<SourceColumn> {
    match &relation.node.op {
        NodeOp::Source { columns, .. } => columns.clone(),
        NodeOp::Filter { .. }
        | NodeOp::Project { .. }
        | NodeOp::FlatMap { .. }
        | NodeOp::Repartition { .. }
        | NodeOp::Aggregate { .. }
        | NodeOp::WindowAggregate { .. }
        | NodeOp::StreamTableJoin { .. }
        | NodeOp::StreamStreamJoin { .. }
        | NodeOp::TableTableJoin { .. }
        | NodeOp::ForeignKeyJoin { .. } => Vec::new(),
    }
}

fn check_clauses(query: &Query, bound: &Bound, ctx: Context<'_>) -> Result<(), Error> {
    let aggregates = || bound.selected().any(|item| find_aggregate(&item.expr, ctx).is_some());
    let clause = if bound.sources.is_join() {
        "JOIN"
    } else if query.window.is_some() {
        "WINDOW"
    } else if !query.group_by.is_empty() || aggregates() {
        "GROUP BY"
    } else if !query.partition_by.is_empty() {
        "PARTITION BY"
    } else if query.having.is_some() {
        "HAVING"
    } else {
        return check_limit(query, ctx).and_then(|()| check_pseudo_columns(bound));
    };
    Err(Error::statement(format!("Pull queries don't support {clause} clauses.{HELP}")))
}

fn check_limit(query: &Query, ctx: Context<'_>) -> Result<(), Error> {
    if query.limit.is_none() || ctx.config.pull_limit() {
        return Ok(());
    }
    Err(Error::statement(format!(
        "LIMIT clause in pull queries is currently disabled. You can enable them by setting \
         ksql.query.pull.limit.clause.enabled=true.{HELP}"
    )))
}

/// Checks that only columns are named that state has: it does not know the records that made it.
fn check_pseudo_columns(bound: &Bound) -> Result<(), Error> {
    for clause in [Clause::Select, Clause::Where] {
        let mut names: Vec<String> = Vec::new();
        for (expr, _) in clauses(bound).filter(|(_, of)| *of == clause) {
            for_each_column(expr, &mut |column| {
                if [system::ROW_PARTITION, system::ROW_OFFSET].contains(&column.name) {
                    names.push(format!("`{}`", column.name));
                }
            });
        }
        if !names.is_empty() {
            return Err(Error::statement(format!(
                "Pull queries don't support the following columns in {} clauses: {}\n{HELP}",
                clause.keyword(),
                names.join(", ")
            )));
        }
    }
    Ok(())
}

/// Checks that a table's state is kept: by the query that makes it, or because it is a SOURCE TABLE.
fn check_queryable(source: &Source, ctx: Context<'_>) -> Result<(), Error> {
    let is_kept = source.kind == SourceKind::Stream
        || source.is_read_only
        || ctx.catalog.query_that_made(&source.name).is_some();
    if is_kept {
        return Ok(());
    }
    let name = &source.name;
    Err(Error::statement(format!(
        "The `{name}` table isn't queryable. To derive a queryable table, you can do 'CREATE TABLE \
         QUERYABLE_{name} AS SELECT * FROM {name}'.{HELP}"
    )))
}

type Output = (Vec<crate::expr::Expr>, Vec<OutputColumn>);

fn output(
    relation: &Relation,
    selected: &[Selected],
    is_table: bool,
    ctx: Context<'_>,
) -> Result<Output, Error> {
    let mut exprs = Vec::new();
    let mut columns: Vec<OutputColumn> = Vec::new();
    for item in selected {
        let expr = relation.resolve(&item.expr, Clause::Select, ctx)?;
        let is_bound = as_window_bound(&item.expr).is_some();
        let column = OutputColumn {
            name: item.name.as_str().into(),
            sql_type: expr.sql_type().clone(),
            is_key: is_table && (is_bound || relation.key_index(&item.expr).is_some()),
        };
        if columns.iter().any(|other| other.name == column.name) {
            return Err(Error::statement(format!(
                "Duplicate value columns found in schema: `{}` {}",
                column.name, column.sql_type
            )));
        }
        columns.push(column);
        exprs.push(expr);
    }
    Ok((exprs, columns))
}
