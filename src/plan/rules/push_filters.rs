//! Filters a stream before it is joined with a table and before it is repartitioned, where only its own columns are asked for.
//!
//! Joins of two streams stay as they are: a row that a filter drops below the join would no longer move its stream time.

use crate::expr::Expr;
use crate::plan::{Node, NodeOp, QueryPlan};

/// Moves filters down.
pub(super) fn push_filters(plan: QueryPlan) -> QueryPlan {
    QueryPlan { root: rewrite(plan.root), ..plan }
}

fn rewrite(node: Node) -> Node {
    let node = node.map_inputs(&mut rewrite);
    let NodeOp::Filter { input, predicate } = node.op else { return node };
    let parts = match predicate {
        Expr::And(parts) => parts,
        other => vec![other],
    };
    let mut input = *input;
    let mut kept = Vec::new();
    for part in parts {
        match pushed(input, part) {
            Ok(filtered) => input = filtered,
            Err((unchanged, part)) => {
                input = unchanged;
                kept.push(part);
            }
        }
    }
    match kept.len() {
        0 => input,
        1 => kept.into_iter().fold(input, filter),
        _ => filter(input, Expr::And(kept)),
    }
}

fn filter(input: Node, predicate: Expr) -> Node {
    let (schema, kind, is_windowed) = (input.schema.clone(), input.kind, input.is_windowed);
    Node { op: NodeOp::Filter { input: Box::new(input), predicate }, schema, kind, is_windowed }
}

/// Filters below a node; gives both back as they were if that is not the same.
#[expect(clippy::result_large_err, reason = "a plan is rewritten once")]
fn pushed(node: Node, predicate: Expr) -> Result<Node, (Node, Expr)> {
    let Node { op, schema, kind, is_windowed } = node;
    match op {
        NodeOp::StreamTableJoin { left, right, kind: join_kind } => {
            let left_count = left.schema.columns().len();
            let is_left = predicate.columns().iter().all(|column| *column < left_count);
            let (left, rest) = if is_left {
                (filter_below(*left, predicate), None)
            } else {
                (*left, Some(predicate))
            };
            let op = NodeOp::StreamTableJoin { left: Box::new(left), right, kind: join_kind };
            let node = Node { op, schema, kind, is_windowed };
            rest.map_or(Ok(node.clone()), |predicate| Err((node, predicate)))
        }
        NodeOp::Repartition { input, exprs, hashed_as } => {
            let sources: Vec<Option<usize>> = exprs.iter().map(column_index).collect();
            let source = |column: &usize| sources.get(*column).copied().flatten();
            let is_plain = predicate.columns().iter().all(|column| source(column).is_some());
            let (input, rest) = if is_plain {
                let below = predicate.map_columns(&|column| source(&column).unwrap_or(column));
                (filter_below(*input, below), None)
            } else {
                (*input, Some(predicate))
            };
            let op = NodeOp::Repartition { input: Box::new(input), exprs, hashed_as };
            let node = Node { op, schema, kind, is_windowed };
            rest.map_or(Ok(node.clone()), |predicate| Err((node, predicate)))
        }
        op => Err((Node { op, schema, kind, is_windowed }, predicate)),
    }
}

fn filter_below(node: Node, predicate: Expr) -> Node {
    pushed(node, predicate).unwrap_or_else(|(node, predicate)| filter(node, predicate))
}

fn column_index(expr: &Expr) -> Option<usize> {
    if let Expr::Column { index, .. } = expr { Some(*index) } else { None }
}
