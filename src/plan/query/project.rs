//! SELECT: what a query computes of its rows, and what it calls it.

use std::sync::Arc;

use tidemill_grammar::ast::Expr as AstExpr;

use crate::error::Error;
use crate::expr::{Clause, Expr};
use crate::plan::query::bind::{Bound, Item, Selected};
use crate::plan::query::context::Context;
use crate::plan::query::relation::{Relation, RequiredKeys, as_window_bound};
use crate::plan::query::text::{Names, ident, text};
use crate::plan::query::tree::as_column;
use crate::plan::{Node, NodeOp};
use crate::text::join_with;
use crate::types::{Column, Schema, SqlType};

/// What the expressions of GROUP BY are called.
pub(super) const GROUPING_EXPRESSION: &str = "grouping expression";
/// Where a synthetic key is explained.
const SYNTHETIC_KEY_DOC: &str = "https://cnfl.io/2LV7ouS";

/// What the results of a persistent query must fit.
#[derive(Clone, Copy)]
pub(super) struct SinkShape<'a> {
    /// The sink's name.
    pub(super) name: &'a str,
    /// The columns it has already.
    pub(super) columns: Option<&'a [Column]>,
    /// Whether rows are grouped, so that errors speak of that.
    pub(super) is_grouped: bool,
    /// What the statement says of the columns, which is checked before its keys are.
    pub(super) check: Option<CheckColumns<'a>>,
}

/// Checks what a statement says of the columns that its query makes.
pub(crate) type CheckColumns<'a> = &'a dyn Fn(&Schema) -> Result<(), Error>;

/// Returns what is selected, with `*` written out.
pub(super) fn expand(bound: &Bound, relation: &Relation) -> Vec<Selected> {
    let mut selected = Vec::new();
    for item in &bound.items {
        match item {
            Item::Column(column) => selected.push(column.clone()),
            Item::All(source) => {
                let wanted = source.as_ref().map(|source| source.name.as_str());
                let star = relation.star.iter();
                let star = star.filter(|s| wanted.is_none() || s.source.as_deref() == wanted);
                selected.extend(star.map(|star| star.selected.clone()));
            }
        }
    }
    selected
}

/// Computes what a push query shows: every selected column, in the order of the SELECT.
pub(super) fn project_all(
    relation: Relation,
    selected: &[Selected],
    ctx: Context<'_>,
) -> Result<Node, Error> {
    let mut exprs = Vec::new();
    let mut columns = Vec::new();
    for item in selected {
        let expr = relation.resolve(&item.expr, Clause::Select, ctx)?;
        columns.push(Column::value(item.name.as_str(), expr.sql_type().clone()));
        exprs.push(expr);
    }
    check_unique(&columns)?;
    Ok(project(relation.node, exprs, Schema::new(columns)))
}

/// Computes what a persistent query writes: the key's columns, then the others in the order of the SELECT.
pub(super) fn project_for_sink(
    relation: Relation,
    selected: &[Selected],
    bound: &Bound,
    sink: SinkShape<'_>,
    ctx: Context<'_>,
) -> Result<Node, Error> {
    let mut names: Vec<Vec<&str>> = vec![Vec::new(); relation.keys.len()];
    let mut exprs = Vec::new();
    let mut values = Vec::new();
    for (place, item) in selected.iter().enumerate() {
        if let Some(key) = relation.key_index(&item.expr) {
            if !names[key].contains(&item.name.as_str()) {
                names[key].push(&item.name);
            }
        } else if as_window_bound(&item.expr) != Some(item.name.as_str()) {
            let expr = relation.resolve(&item.expr, Clause::Select, ctx)?;
            let target = sink.columns.and_then(|columns| columns.get(place));
            let expr = target.map_or(expr.clone(), |column| fitted(expr, &item.expr, column));
            values.push(Column::value(item.name.as_str(), expr.sql_type().clone()));
            exprs.push(expr);
        }
    }
    check_unique(&values)?;
    let keys = key_columns(&relation, &names, sink.is_grouped)?;
    if values.is_empty() {
        return Err(Error::statement("The projection contains no value columns."));
    }
    let schema = Schema::new(keys.iter().chain(&values).cloned().collect::<Vec<_>>());
    sink.check.map_or(Ok(()), |check| check(&schema))?;
    check_required(&relation.required, bound, sink.name)?;
    if sink.is_grouped {
        // What is grouped by is a value until it becomes the key: the clash is one of values.
        check_unique(schema.columns())?;
    }
    check_clash(&keys, &values)?;
    let key_exprs = (0..names.len()).filter(|key| !names[*key].is_empty());
    let exprs = key_exprs.map(|key| relation.column(key)).chain(exprs).collect();
    Ok(project(relation.node, exprs, schema))
}

fn project(input: Node, exprs: Vec<Expr>, schema: Schema) -> Node {
    let (kind, is_windowed) = (input.kind, input.is_windowed);
    let op = NodeOp::Project { input: Box::new(input), exprs };
    Node { op, schema, kind, is_windowed }
}

/// Converts a number as it was written to the DECIMAL of the column it is inserted into.
fn fitted(expr: Expr, written: &AstExpr, column: &Column) -> Expr {
    let is_literal = matches!(&*written.kind, tidemill_grammar::ast::ExprKind::Literal(_));
    let is_decimal = matches!(column.sql_type, SqlType::Decimal { .. });
    let fits = !is_literal
        || !is_decimal
        || !expr.sql_type().is_numeric()
        || *expr.sql_type() == SqlType::Double
        || *expr.sql_type() == column.sql_type;
    if fits {
        return expr;
    }
    Expr::Cast { operand: Box::new(expr), sql_type: column.sql_type.clone(), implicit: true }
}

fn key_columns(
    relation: &Relation,
    names: &[Vec<&str>],
    is_grouped: bool,
) -> Result<Vec<Column>, Error> {
    let mut keys = Vec::new();
    for (names, column) in names.iter().zip(relation.node.schema.key()) {
        match names.as_slice() {
            [] => {}
            [name] => keys.push(Column::key(*name, column.sql_type.clone())),
            several => return Err(key_twice(&column.name, several, is_grouped)),
        }
    }
    Ok(keys)
}

fn key_twice(key: &str, names: &[&str], is_grouped: bool) -> Error {
    let advice = "Each key column must only be in the projection once. If you intended to copy \
                  the key into the value, then consider using the AS_VALUE function to indicate \
                  which key reference should be copied.";
    let what = if is_grouped {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        format!(
            "The projection contains a key column more than once: {}.",
            join_with(&names, "and")
        )
    } else {
        let mut names: Vec<String> = names.iter().map(ToString::to_string).collect();
        names.sort_unstable();
        let names = join_with(&names, "and");
        format!(
            "The projection contains a key column (`{key}`) more than once, aliased as: {names}."
        )
    };
    Error::statement(format!("{what}\n{advice}"))
}

fn check_unique(columns: &[Column]) -> Result<(), Error> {
    for (index, column) in columns.iter().enumerate() {
        if columns[..index].iter().any(|other| other.name == column.name) {
            let message = format!(
                "Duplicate value columns found in schema: `{}` {}",
                column.name, column.sql_type
            );
            return Err(Error::statement(message));
        }
    }
    Ok(())
}

fn check_clash(keys: &[Column], values: &[Column]) -> Result<(), Error> {
    let is_key = |column: &&Column| keys.iter().any(|key| key.name == column.name);
    let clashes: Vec<String> =
        values.iter().filter(is_key).map(|column| format!("`{}`", column.name)).collect();
    if clashes.is_empty() {
        return Ok(());
    }
    Err(Error::statement(format!(
        "Value column name(s) {} clashes with key column name(s). Please remove or alias the \
         duplicate column(s).",
        clashes.join(", ")
    )))
}

/// Checks that a projection contains the keys it must.
fn check_required(required: &RequiredKeys, bound: &Bound, sink: &str) -> Result<(), Error> {
    match required {
        RequiredKeys::None => Ok(()),
        RequiredKeys::All { what, exprs } => {
            if exprs.iter().all(|(expr, _)| bound.projects(expr)) {
                return Ok(());
            }
            // Of grouping expressions, ksqlDB names those that are missing; of others, all.
            let is_told = |expr: &AstExpr| *what != GROUPING_EXPRESSION || !bound.projects(expr);
            let told = exprs.iter().filter(|(expr, _)| is_told(expr));
            let keys: Vec<String> = told.map(|(_, text)| text.clone()).collect();
            Err(missing(
                sink,
                &plural(what, keys.len()),
                &join_with(&keys, "and"),
                &keys.join(", "),
            ))
        }
        RequiredKeys::Any { exprs, is_synthetic } => {
            if exprs.iter().any(|(expr, _)| bound.projects(expr)) {
                return Ok(());
            }
            let keys: Vec<String> = exprs.iter().map(|(_, text)| text.clone()).collect();
            let first = keys.first().map(String::as_str).unwrap_or_default();
            if *is_synthetic {
                return Err(missing_synthetic(sink, first));
            }
            let what = plural("join expression", keys.len());
            Err(missing(sink, &what, &join_with(&keys, "or"), first))
        }
        RequiredKeys::LeftTable { table, columns } => check_left_table(table, columns, bound),
    }
}

fn plural(what: &str, count: usize) -> String {
    if count == 1 { what.to_owned() } else { format!("{what}s") }
}

fn missing(sink: &str, what: &str, keys: &str, example: &str) -> Error {
    Error::statement(format!(
        "Key missing from projection (ie, SELECT). \nThe query used to build `{sink}` must include \
         the {what} {keys} in its projection (eg, SELECT {example}...)."
    ))
}

fn missing_synthetic(sink: &str, key: &str) -> Error {
    Error::statement(format!(
        "Key missing from projection (ie, SELECT). See {SYNTHETIC_KEY_DOC}.\nThe query used to \
         build `{sink}` must include the join expression {key} in its projection (eg, SELECT \
         {key}...).\n{key} was added as a synthetic key column because the join criteria did not \
         match any source column. This expression must be included in the projection and may be \
         aliased. "
    ))
}

fn check_left_table(
    table: &Arc<str>,
    columns: &[(AstExpr, String)],
    bound: &Bound,
) -> Result<(), Error> {
    let is_missing = |(expr, _): &&(AstExpr, String)| !bound.projects(expr);
    let missing: Vec<String> =
        columns.iter().filter(is_missing).map(|(_, name)| format!("`{name}`")).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let what = plural("column", missing.len());
    Err(Error::statement(format!(
        "Primary key {what} missing in projection. For foreign-key table-table joins, the \
         projection must include all primary key columns from the left input table (`{table}`). \
         Missing {what}: {}.",
        missing.join(", ")
    )))
}

/// Writes expressions as they are required: a column by its name alone, others in full.
pub(super) fn required_texts(exprs: &[AstExpr], names: Names) -> Vec<(AstExpr, String)> {
    let written = |expr: &AstExpr| match (as_column(expr), names) {
        (Some(column), Names::Flat { is_join: false }) => ident(column.name),
        (Some(_), _) | (None, _) => text(expr, names),
    };
    exprs.iter().map(|expr| (expr.clone(), written(expr))).collect()
}
