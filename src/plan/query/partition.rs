//! PARTITION BY: a new key.

use std::sync::Arc;

use tidemill_grammar::ast::{Expr as AstExpr, ExprKind, Literal, Position};

use crate::error::Error;
use crate::expr::Clause;
use crate::plan::query::bind::{Selected, column_expr};
use crate::plan::query::context::Context;
use crate::plan::query::names::NameGenerator;
use crate::plan::query::project::required_texts;
use crate::plan::query::relation::{Relation, RequiredKeys, StarColumn, Visible};
use crate::plan::query::text::{Names, flat_name};
use crate::plan::query::tree::as_column;
use crate::plan::{Node, NodeOp, system};
use crate::types::{Column, Schema};

/// Says why rows of a windowed source do not get a new key.
pub(super) const WINDOWED_REPARTITION: &str = "Implicit repartitioning of windowed sources is not supported. \
     See https://github.com/confluentinc/ksql/issues/4385.";

/// Tells whether a list is `NULL` alone: the key goes away.
pub(super) fn is_null(exprs: &[AstExpr]) -> bool {
    matches!(exprs, [only] if is_null_literal(only))
}

fn is_null_literal(expr: &AstExpr) -> bool {
    matches!(&*expr.kind, ExprKind::Literal(Literal::Null))
}

/// Gives rows the key that PARTITION BY says.
pub(super) fn partition_by(
    relation: Relation,
    exprs: &[AstExpr],
    ctx: Context<'_>,
) -> Result<Relation, Error> {
    if 1 < exprs.len() && exprs.iter().any(is_null_literal) {
        return Err(Error::statement("Cannot PARTITION BY multiple columns including NULL"));
    }
    if is_null(exprs) {
        check_stream(&relation)?;
        return Ok(without_key(relation));
    }
    let what = "partitioning expression";
    let required = RequiredKeys::All { what, exprs: required_texts(exprs, Names::Qualified) };
    if relation.keys == exprs && !relation.keys.is_empty() {
        return Ok(Relation { required, ..relation });
    }
    check_stream(&relation)?;
    let names = key_names(&relation, exprs);
    let star = star(&relation, exprs, &names);
    let relation = rekey(relation, exprs, &names, Clause::PartitionBy, ctx)?;
    Ok(Relation { required, star, ..relation })
}

fn check_stream(relation: &Relation) -> Result<(), Error> {
    if relation.is_table() {
        return Err(Error::statement(
            "PARTITION BY is not supported for tables: the key of a TABLE source cannot be changed. Use GROUP BY.",
        ));
    }
    if relation.node.is_windowed {
        return Err(Error::statement(WINDOWED_REPARTITION));
    }
    Ok(())
}

/// Puts a new key before the columns there are: they are all values then.
pub(super) fn rekey(
    relation: Relation,
    exprs: &[AstExpr],
    names: &[String],
    clause: Clause,
    ctx: Context<'_>,
) -> Result<Relation, Error> {
    let mut resolved = Vec::new();
    let mut columns = Vec::new();
    for (expr, name) in exprs.iter().zip(names) {
        let expr = relation.resolve(expr, clause, ctx)?;
        columns.push(Column::key(name.as_str(), expr.sql_type().clone()));
        resolved.push(expr);
    }
    let values = relation.node.schema.columns().iter();
    columns.extend(values.map(|c| Column::value(Arc::clone(&c.name), c.sql_type.clone())));
    resolved.extend(relation.all_columns());
    let node = Node {
        schema: Schema::new(columns),
        kind: relation.node.kind,
        is_windowed: false,
        op: NodeOp::Repartition {
            input: Box::new(relation.node.clone()),
            exprs: resolved,
            hashed_as: None,
        },
    };
    let mut rekeyed = relation.shifted(exprs.len());
    let keyed = exprs.iter().enumerate().map(|(index, expr)| (expr.clone(), index));
    rekeyed.computed = keyed.chain(rekeyed.computed).collect();
    Ok(Relation { node, keys: exprs.to_vec(), ..rekeyed })
}

/// Takes the key away; its columns stay as values.
fn without_key(relation: Relation) -> Relation {
    let columns = relation.node.schema.columns().iter();
    let values = columns.map(|c| Column::value(Arc::clone(&c.name), c.sql_type.clone()));
    let node = Node {
        schema: Schema::new(values),
        kind: relation.node.kind,
        is_windowed: false,
        op: NodeOp::Repartition {
            exprs: relation.all_columns().collect(),
            input: Box::new(relation.node.clone()),
            hashed_as: None,
        },
    };
    let star = keys_last(&relation);
    Relation { node, star, keys: Vec::new(), required: RequiredKeys::None, ..relation }
}

/// Names the columns of a new key: a column keeps its name, what is computed gets one.
pub(super) fn key_names(relation: &Relation, exprs: &[AstExpr]) -> Vec<String> {
    let columns = relation.node.schema.columns();
    let mut names = NameGenerator::new(columns.iter().map(|column| &*column.name));
    let mut name = |expr: &AstExpr| match as_column(expr) {
        Some(column) => flat_name(column.source, column.name, relation.is_join),
        None => names.name_for(expr),
    };
    exprs.iter().map(&mut name).collect()
}

/// Returns what `*` stands for below a new key: the key, then the columns there were, as [`keys_last`] has them.
fn star(relation: &Relation, exprs: &[AstExpr], names: &[String]) -> Vec<StarColumn> {
    let source = relation.star.first().and_then(|first| first.source.clone());
    let keys = exprs.iter().zip(names).map(|(expr, name)| StarColumn {
        source: source.clone(),
        selected: Selected { expr: expr.clone(), name: name.clone() },
        is_source_key: false,
    });
    let rest = keys_last(relation);
    keys.chain(rest.into_iter().filter(|s| !exprs.contains(&s.selected.expr))).collect()
}

/// Moves each source's key behind its other columns. In a join, ROWTIME and the like stand between them: they are columns of the
/// joined rows like others, as in ksqlDB.
fn keys_last(relation: &Relation) -> Vec<StarColumn> {
    relation
        .star
        .chunk_by(|a, b| a.source == b.source)
        .flat_map(|own| {
            let (keys, values): (Vec<_>, Vec<_>) =
                own.iter().cloned().partition(|column| column.is_source_key);
            let source = own.first().and_then(|column| column.source.as_deref());
            values.into_iter().chain(pseudo_columns(relation, source)).chain(keys)
        })
        .collect()
}

fn pseudo_columns(relation: &Relation, source: Option<&str>) -> Vec<StarColumn> {
    let is_own = |column: &&Visible| {
        column.source.is_some()
            && column.source.as_deref() == source
            && system::is_reserved(&column.name)
    };
    let own = relation.visible.iter().filter(is_own).filter(|_| relation.is_join);
    own.map(|column| StarColumn {
        source: column.source.clone(),
        selected: Selected {
            expr: column_expr(source, &column.name, Position::default()),
            name: flat_name(source, &column.name, true),
        },
        is_source_key: false,
    })
    .collect()
}
