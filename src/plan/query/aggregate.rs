//! GROUP BY: aggregates per group, and per window.

use std::sync::Arc;

use tidemill_grammar::ast::{Emit, Expr as AstExpr, ExprKind, Literal, Query};

use crate::catalog::SourceKind;
use crate::error::Error;
use crate::expr::{Clause, Expr};
use crate::formats::{Format, Side, check_support};
use crate::plan::query::bind::{Bound, Selected};
use crate::plan::query::calls::resolve_aggregate;
use crate::plan::query::context::Context;
use crate::plan::query::grouping::Grouping;
use crate::plan::query::names::NameGenerator;
use crate::plan::query::partition::rekey;
use crate::plan::query::project::{GROUPING_EXPRESSION, required_texts};
use crate::plan::query::relation::{Relation, RequiredKeys, Visible};
use crate::plan::query::text::{Names, flat_name};
use crate::plan::query::tree::as_column;
use crate::plan::query::window::window_spec;
use crate::plan::{AggregateCall, Node, NodeOp, WindowSpec, system};
use crate::text::join_with;
use crate::types::{Column, Schema, SqlType};

/// What the columns of aggregates are named inside a plan.
const AGGREGATE: &str = "KSQL_AGG_VARIABLE_";

/// Groups rows and aggregates them.
pub(super) fn aggregate(
    relation: Relation,
    bound: &Bound,
    selected: &[Selected],
    query: &Query,
    ctx: Context<'_>,
) -> Result<Relation, Error> {
    // Without GROUP BY all rows are one group.
    let one_group = [AstExpr::new(ExprKind::Literal(Literal::Int(1)))];
    let group_by = if bound.group_by.is_empty() { &one_group } else { bound.group_by.as_slice() };
    let names = Names::Flat { is_join: relation.is_join };
    let grouping = Grouping {
        group_by,
        selected,
        having: bound.having.as_ref(),
        is_windowed: query.window.is_some(),
        names,
    };
    let calls = grouping.check(ctx)?;
    let key_names = key_names(&relation, group_by, selected);
    let window = query.window.as_ref().map(|window| window_spec(window, query.emit)).transpose()?;
    let input = grouped_input(relation, group_by, &key_names, ctx)?;
    let is_table = input.is_table();
    let resolve = |call: &&AstExpr| resolve_aggregate(&input, call, ctx);
    let aggregates: Vec<AggregateCall> = calls.iter().map(resolve).collect::<Result<_, _>>()?;
    if is_table {
        if query.window.is_some() {
            return Err(Error::statement("Windowing not supported for table aggregations."));
        }
        check_undo(&aggregates)?;
    }
    check_intermediate(&aggregates, &bound.sources.first().source.value_format)?;
    let node = node(&input, &key_names, aggregates, window, query.emit);
    let first = group_by.len() + if window.is_some() { 2 } else { 0 };
    let keyed = group_by.iter().enumerate().map(|(index, expr)| (expr.clone(), index));
    let called = calls.iter().enumerate().map(|(index, call)| ((*call).clone(), first + index));
    Ok(Relation {
        visible: window_bounds(group_by.len(), window.is_some()),
        computed: keyed.chain(called).collect(),
        star: Vec::new(),
        required: RequiredKeys::All {
            what: GROUPING_EXPRESSION,
            exprs: required_texts(group_by, names),
        },
        keys: group_by.to_vec(),
        is_join: input.is_join,
        node,
    })
}

/// Returns rows whose key is what is grouped by: through a topic, unless it is so already.
fn grouped_input(
    relation: Relation,
    group_by: &[AstExpr],
    names: &[String],
    ctx: Context<'_>,
) -> Result<Relation, Error> {
    if relation.keys == group_by && !relation.node.is_windowed {
        return Ok(relation);
    }
    rekey(relation, group_by, names, Clause::GroupBy, ctx)
}

/// Names the columns of the key: as the projection does, else as the column, else by a generated name.
fn key_names(relation: &Relation, group_by: &[AstExpr], selected: &[Selected]) -> Vec<String> {
    let columns = relation.node.schema.columns();
    let mut generated = NameGenerator::new(columns.iter().map(|column| &*column.name));
    let mut name = |expr: &AstExpr| {
        let item = selected.iter().find(|item| item.expr == *expr);
        match (item, as_column(expr)) {
            (Some(item), _) => item.name.clone(),
            (None, Some(column)) => flat_name(column.source, column.name, relation.is_join),
            (None, None) => generated.name_for(expr),
        }
    };
    group_by.iter().map(&mut name).collect()
}

fn node(
    input: &Relation,
    key_names: &[String],
    aggregates: Vec<AggregateCall>,
    window: Option<WindowSpec>,
    emit: Option<Emit>,
) -> Node {
    let key_types = input.node.schema.columns().iter().map(|column| &column.sql_type);
    let keys = key_names.iter().zip(key_types);
    let mut columns: Vec<Column> =
        keys.map(|(name, sql_type)| Column::key(name.as_str(), sql_type.clone())).collect();
    if window.is_some() {
        columns.push(Column::value(system::WINDOW_START, SqlType::Bigint));
        columns.push(Column::value(system::WINDOW_END, SqlType::Bigint));
    }
    let results = aggregates.iter().enumerate();
    columns.extend(results.map(|(index, call)| {
        Column::value(format!("{AGGREGATE}{index}"), call.function.return_type.clone())
    }));
    let group_by: Vec<Expr> = (0..key_names.len()).map(|index| input.column(index)).collect();
    let below = Box::new(input.node.clone());
    let op = match window {
        None => NodeOp::Aggregate { input: below, group_by, aggregates },
        Some(window) => {
            let emit_final = emit == Some(Emit::Final);
            NodeOp::WindowAggregate { input: below, group_by, aggregates, window, emit_final }
        }
    };
    Node {
        op,
        schema: Schema::new(columns),
        kind: SourceKind::Table,
        is_windowed: window.is_some(),
    }
}

fn window_bounds(first: usize, is_windowed: bool) -> Vec<Visible> {
    if !is_windowed {
        return Vec::new();
    }
    let bound = |name: &str, index| Visible { source: None, name: Arc::from(name), index };
    vec![bound(system::WINDOW_START, first), bound(system::WINDOW_END, first + 1)]
}

/// Checks that functions can take back the rows that a table's changes replace.
fn check_undo(aggregates: &[AggregateCall]) -> Result<(), Error> {
    let mut names: Vec<String> = Vec::new();
    for call in aggregates.iter().filter(|call| !call.function.has_undo) {
        let name = call.function.name.to_uppercase();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let what = match names.len() {
        0 => return Ok(()),
        1 => "aggregation function",
        _ => "aggregation functions",
    };
    Err(Error::statement(format!(
        "The {what} {} cannot be applied to a table source, only to a stream source.",
        join_with(&names, "and")
    )))
}

/// Checks that the source's value format could hold the states, as ksqlDB does, which writes them with it.
fn check_intermediate(aggregates: &[AggregateCall], format: &Format) -> Result<(), Error> {
    let columns: Vec<Column> = aggregates
        .iter()
        .enumerate()
        .map(|(index, call)| {
            Column::value(format!("{AGGREGATE}{index}"), call.function.intermediate_type())
        })
        .collect();
    check_support(Side::Value, format, &columns).map_err(|error| {
        Error::statement(
            "One of the functions used in the statement has an intermediate type that the value \
             format can not handle. Please remove the function or change the format.",
        )
        .caused_by(error)
    })
}
