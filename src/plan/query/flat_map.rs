//! Table functions in the SELECT.

use tidemill_grammar::ast::{Expr as AstExpr, ExprKind};

use crate::error::Error;
use crate::plan::query::bind::Bound;
use crate::plan::query::calls::resolve_table;
use crate::plan::query::context::Context;
use crate::plan::query::relation::Relation;
use crate::plan::query::text::{Names, text};
use crate::plan::{Node, NodeOp};
use crate::types::{Column, Schema};

/// What the columns of a table function's results are named.
const SYNTHETIC: &str = "KSQL_SYNTH_";

/// Returns the calls of table functions in a projection, each once, in order.
pub(super) fn table_calls(bound: &Bound, ctx: Context<'_>) -> Result<Vec<AstExpr>, Error> {
    let mut calls = Vec::new();
    for item in bound.selected() {
        collect(&item.expr, Inside::default(), ctx, &mut calls)?;
    }
    Ok(calls)
}

/// What an expression stands in.
#[derive(Clone, Copy, Default)]
struct Inside<'a> {
    table_function: Option<&'a str>,
    case: Option<&'a AstExpr>,
}

fn collect<'a>(
    expr: &'a AstExpr,
    inside: Inside<'a>,
    ctx: Context<'_>,
    calls: &mut Vec<AstExpr>,
) -> Result<(), Error> {
    let mut inside = inside;
    if matches!(&*expr.kind, ExprKind::SearchedCase { .. } | ExprKind::SimpleCase { .. }) {
        inside.case = Some(expr);
    }
    if let ExprKind::Call { name, .. } = &*expr.kind
        && ctx.registry.table(&name.name).is_some()
    {
        let at = expr.position;
        if let Some(outer) = inside.table_function {
            let message = format!("Table functions cannot be nested: {outer}({}())", name.name);
            return Err(Error::statement(message).at(at.line, at.column));
        }
        if let Some(case) = inside.case {
            let case = text(case, Names::Qualified);
            let message = format!("Table functions cannot be used in CASE: {case}");
            return Err(Error::statement(message).at(at.line, at.column));
        }
        inside.table_function = Some(&name.name);
        if !calls.contains(expr) {
            calls.push(expr.clone());
        }
    }
    expr.children().into_iter().try_for_each(|child| collect(child, inside, ctx, calls))
}

/// Calls table functions side by side; their results are columns behind those there are.
pub(super) fn flat_map(
    relation: Relation,
    calls: &[AstExpr],
    ctx: Context<'_>,
) -> Result<Relation, Error> {
    if relation.is_table() {
        return Err(Error::statement("Table source is not supported with table functions"));
    }
    let first = relation.node.schema.columns().len();
    let mut columns = relation.node.schema.columns().to_vec();
    let mut resolved = Vec::new();
    let mut computed = relation.computed.clone();
    for (number, call) in calls.iter().enumerate() {
        let (call_plan, element) = resolve_table(&relation, call, ctx)?;
        columns.push(Column::value(format!("{SYNTHETIC}{number}"), element));
        computed.push((call.clone(), first + number));
        resolved.push(call_plan);
    }
    let node = Node {
        schema: Schema::new(columns),
        kind: relation.node.kind,
        is_windowed: relation.node.is_windowed,
        op: NodeOp::FlatMap { input: Box::new(relation.node), calls: resolved },
    };
    Ok(Relation { node, computed, ..relation })
}
