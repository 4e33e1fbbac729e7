//! Drops columns that nothing uses, down to what sources decode. Keys stay: they say where a row belongs.

use std::collections::BTreeSet;

use crate::expr::Expr;
use crate::plan::{AggregateCall, Node, NodeOp, QueryPlan, TableCall};
use crate::types::{Column, Schema};

/// Drops columns that nothing uses.
pub(super) fn prune_columns(plan: QueryPlan) -> QueryPlan {
    let all = (0..plan.root.schema.columns().len()).collect();
    QueryPlan { root: prune(plan.root, &all).node, ..plan }
}

/// A node with fewer columns, and where those that are left have gone.
struct Pruned {
    node: Node,
    /// The new index of each old column that is left.
    moved: Vec<Option<usize>>,
}

impl Pruned {
    fn index(&self, old: usize) -> usize {
        self.moved.get(old).copied().flatten().expect("a column that is used is kept")
    }

    fn expr(&self, expr: Expr) -> Expr {
        expr.map_columns(&|old| self.index(old))
    }
}

/// The parts of a node besides what it computes.
struct Shell {
    schema: Schema,
    kind: crate::catalog::SourceKind,
    is_windowed: bool,
}

impl Shell {
    /// Makes the node of those columns.
    fn node(self, op: NodeOp, kept: &[usize]) -> Pruned {
        let columns = kept.iter().map(|index| self.schema.columns()[*index].clone());
        let columns: Vec<Column> = columns.collect();
        let mut moved = vec![None; self.schema.columns().len()];
        for (new, old) in kept.iter().enumerate() {
            moved[*old] = Some(new);
        }
        let schema = Schema::new(columns);
        Pruned { node: Node { op, schema, kind: self.kind, is_windowed: self.is_windowed }, moved }
    }

    /// Returns the columns that are wanted, and the key's.
    fn kept(&self, wanted: &BTreeSet<usize>) -> Vec<usize> {
        let key_count = self.schema.key_count();
        let is_kept = |index: &usize| *index < key_count || wanted.contains(index);
        (0..self.schema.columns().len()).filter(is_kept).collect()
    }
}

fn prune(node: Node, wanted: &BTreeSet<usize>) -> Pruned {
    let Node { op, schema, kind, is_windowed } = node;
    let shell = Shell { schema, kind, is_windowed };
    match op {
        NodeOp::Source { source, alias, columns } => {
            let kept = shell.kept(wanted);
            let columns = kept.iter().map(|index| columns[*index].clone()).collect();
            shell.node(NodeOp::Source { source, alias, columns }, &kept)
        }
        NodeOp::Filter { input, predicate } => {
            let input = prune(*input, &(wanted | &predicate.columns()));
            let predicate = input.expr(predicate);
            let kept = left_over(&input);
            shell.node(NodeOp::Filter { input: Box::new(input.node), predicate }, &kept)
        }
        NodeOp::Project { input, exprs } => {
            let (input, exprs, kept) = computed(*input, exprs, &shell, wanted);
            shell.node(NodeOp::Project { input, exprs }, &kept)
        }
        NodeOp::Repartition { input, exprs, hashed_as } => {
            let (input, exprs, kept) = computed(*input, exprs, &shell, wanted);
            shell.node(NodeOp::Repartition { input, exprs, hashed_as }, &kept)
        }
        NodeOp::FlatMap { input, calls } => flat_map(*input, calls, shell, wanted),
        NodeOp::Aggregate { input, group_by, aggregates } => {
            let (input, group_by, aggregates) = aggregated(*input, group_by, aggregates);
            let all: Vec<usize> = (0..shell.schema.columns().len()).collect();
            shell.node(NodeOp::Aggregate { input, group_by, aggregates }, &all)
        }
        NodeOp::WindowAggregate { input, group_by, aggregates, window, emit_final } => {
            let (input, group_by, aggregates) = aggregated(*input, group_by, aggregates);
            let all: Vec<usize> = (0..shell.schema.columns().len()).collect();
            let op = NodeOp::WindowAggregate { input, group_by, aggregates, window, emit_final };
            shell.node(op, &all)
        }
        NodeOp::StreamTableJoin { .. }
        | NodeOp::StreamStreamJoin { .. }
        | NodeOp::TableTableJoin { .. }
        | NodeOp::ForeignKeyJoin { .. } => join(op, shell, wanted),
    }
}

/// Returns the old columns that are left of a node.
fn left_over(pruned: &Pruned) -> Vec<usize> {
    let moved = pruned.moved.iter().enumerate();
    moved.filter(|(_, new)| new.is_some()).map(|(old, _)| old).collect()
}

/// Prunes what computes one expression per column.
fn computed(
    input: Node,
    exprs: Vec<Expr>,
    shell: &Shell,
    wanted: &BTreeSet<usize>,
) -> (Box<Node>, Vec<Expr>, Vec<usize>) {
    let kept = shell.kept(wanted);
    let is_kept = |index: &usize| kept.binary_search(index).is_ok();
    let exprs = exprs.into_iter().enumerate().filter(|(index, _)| is_kept(index));
    let exprs: Vec<Expr> = exprs.map(|(_, expr)| expr).collect();
    let input = prune(input, &columns_of(&exprs));
    let exprs = exprs.into_iter().map(|expr| input.expr(expr)).collect();
    (Box::new(input.node), exprs, kept)
}

fn columns_of(exprs: &[Expr]) -> BTreeSet<usize> {
    exprs.iter().flat_map(Expr::columns).collect()
}

/// Prunes below table functions: each stays, because it says how many rows there are.
fn flat_map(input: Node, calls: Vec<TableCall>, shell: Shell, wanted: &BTreeSet<usize>) -> Pruned {
    let input_count = input.schema.columns().len();
    let args: BTreeSet<usize> = calls.iter().flat_map(|call| columns_of(&call.args)).collect();
    let own = wanted.iter().copied().filter(|index| *index < input_count);
    let input = prune(input, &own.chain(args).collect());
    let calls = calls.into_iter().map(|call| TableCall {
        args: call.args.into_iter().map(|arg| input.expr(arg)).collect(),
        function: call.function,
    });
    let calls: Vec<TableCall> = calls.collect();
    let mut kept = left_over(&input);
    kept.extend(input_count..input_count + calls.len());
    shell.node(NodeOp::FlatMap { input: Box::new(input.node), calls }, &kept)
}

fn aggregated(
    input: Node,
    group_by: Vec<Expr>,
    aggregates: Vec<AggregateCall>,
) -> (Box<Node>, Vec<Expr>, Vec<AggregateCall>) {
    let args = aggregates.iter().flat_map(|call| columns_of(&call.args));
    let wanted = columns_of(&group_by).into_iter().chain(args).collect();
    let input = prune(input, &wanted);
    let group_by = group_by.into_iter().map(|expr| input.expr(expr)).collect();
    let aggregates = aggregates.into_iter().map(|call| AggregateCall {
        args: call.args.into_iter().map(|arg| input.expr(arg)).collect(),
        ..call
    });
    let aggregates = aggregates.collect();
    (Box::new(input.node), group_by, aggregates)
}

/// Prunes both sides of a join, whose columns are those of the sides, some with the key before them.
fn join(op: NodeOp, shell: Shell, wanted: &BTreeSet<usize>) -> Pruned {
    match op {
        NodeOp::StreamTableJoin { left, right, kind } => {
            let (left, right, kept) = sides(*left, *right, 0, wanted);
            let (left, right) = (Box::new(left.node), Box::new(right.node));
            shell.node(NodeOp::StreamTableJoin { left, right, kind }, &kept)
        }
        NodeOp::StreamStreamJoin { left, right, kind, within } => {
            let (left, right, kept) = sides(*left, *right, 1, wanted);
            let (left, right) = (Box::new(left.node), Box::new(right.node));
            shell.node(NodeOp::StreamStreamJoin { left, right, kind, within }, &kept)
        }
        NodeOp::TableTableJoin { left, right, kind } => {
            let (left, right, kept) = sides(*left, *right, 1, wanted);
            let (left, right) = (Box::new(left.node), Box::new(right.node));
            shell.node(NodeOp::TableTableJoin { left, right, kind }, &kept)
        }
        NodeOp::ForeignKeyJoin { left, right, kind, foreign_key } => {
            let wanted = wanted | &foreign_key.columns();
            let (left, right, kept) = sides(*left, *right, 0, &wanted);
            let foreign_key = left.expr(foreign_key);
            let (left, right) = (Box::new(left.node), Box::new(right.node));
            shell.node(NodeOp::ForeignKeyJoin { left, right, kind, foreign_key }, &kept)
        }
        op @ (NodeOp::Source { .. }
        | NodeOp::Filter { .. }
        | NodeOp::Project { .. }
        | NodeOp::FlatMap { .. }
        | NodeOp::Repartition { .. }
        | NodeOp::Aggregate { .. }
        | NodeOp::WindowAggregate { .. }) => {
            let all: Vec<usize> = (0..shell.schema.columns().len()).collect();
            shell.node(op, &all)
        }
    }
}

fn sides(
    left: Node,
    right: Node,
    first: usize,
    wanted: &BTreeSet<usize>,
) -> (Pruned, Pruned, Vec<usize>) {
    let middle = first + left.schema.columns().len();
    let of_left = wanted.iter().filter(|index| (first..middle).contains(*index));
    let of_right = wanted.iter().filter(|index| middle <= **index);
    let left = prune(left, &of_left.map(|index| index - first).collect());
    let right = prune(right, &of_right.map(|index| index - middle).collect());
    let kept = (0..first)
        .chain(left_over(&left).into_iter().map(|index| index + first))
        .chain(left_over(&right).into_iter().map(|index| index + middle));
    let kept = kept.collect();
    (left, right, kept)
}
