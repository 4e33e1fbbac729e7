//! Calls of aggregate and table functions: overloads chosen, arguments resolved.

use tidemill_grammar::ast::{Expr as AstExpr, ExprKind, Literal};

use crate::error::Error;
use crate::expr::{Clause, Expr, ResolveError, ResolveErrorKind};
use crate::functions::{ArgumentType, FunctionError};
use crate::plan::query::context::Context;
use crate::plan::query::relation::Relation;
use crate::plan::query::text::{Names, text};
use crate::plan::{AggregateCall, TableCall};
use crate::types::{SqlType, Value};

/// An argument: what an overload is chosen by, and how it is computed.
struct Arg {
    arg_type: ArgumentType,
    /// None for NULL, which has no type yet.
    expr: Option<Expr>,
}

/// Resolves a call of an aggregate function on a relation's columns.
pub(super) fn resolve_aggregate(
    relation: &Relation,
    call: &AstExpr,
    ctx: Context<'_>,
) -> Result<AggregateCall, Error> {
    let (name, ast_args) = parts(call);
    let args = resolve_args(relation, &ast_args, ctx)?;
    let types: Vec<ArgumentType> = args.iter().map(|arg| arg.arg_type.clone()).collect();
    let names = Names::Flat { is_join: relation.is_join };
    let arg_text =
        |index: usize| ast_args.get(index).map(|arg| text(arg, names)).unwrap_or_default();
    let function = ctx.registry.resolve_aggregate(name, &types, &arg_text);
    let function = function.map_err(|error| failed(call, error))?;
    let function = function.with_properties(ctx.config.function_properties().into());
    let exprs = args.into_iter().zip(&function.args).map(|(arg, wanted)| cast(arg.expr, wanted));
    let written = text(call, names);
    let (upper, rest) = written.split_once('(').unwrap_or((written.as_str(), ""));
    Ok(AggregateCall {
        args: exprs.collect(),
        text: format!("{}({rest}", upper.to_lowercase()),
        function,
    })
}

/// Resolves a call of a table function on a relation's columns, and the type of its rows.
pub(super) fn resolve_table(
    relation: &Relation,
    call: &AstExpr,
    ctx: Context<'_>,
) -> Result<(TableCall, SqlType), Error> {
    let (name, ast_args) = parts(call);
    let args = resolve_args(relation, &ast_args, ctx)?;
    let types: Vec<ArgumentType> = args.iter().map(|arg| arg.arg_type.clone()).collect();
    let function = ctx.registry.resolve_table(name, &types);
    let function = function.map_err(|error| failed(call, error))?;
    let exprs = args.into_iter().zip(&function.args).map(|(arg, wanted)| cast(arg.expr, wanted));
    let returns = function.return_type.clone();
    Ok((TableCall { args: exprs.collect(), function }, returns))
}

/// Returns the function's name and its arguments; the `*` of `COUNT(*)` is none.
fn parts(call: &AstExpr) -> (&str, Vec<AstExpr>) {
    let ExprKind::Call { name, args } = &*call.kind else { return ("", Vec::new()) };
    let is_star = |arg: &&AstExpr| matches!(&*arg.kind, ExprKind::Star);
    (&name.name, args.iter().filter(|arg| !is_star(arg)).cloned().collect())
}

fn resolve_args(
    relation: &Relation,
    args: &[AstExpr],
    ctx: Context<'_>,
) -> Result<Vec<Arg>, Error> {
    let resolve = |arg: &AstExpr| {
        if matches!(&*arg.kind, ExprKind::Literal(Literal::Null)) {
            return Ok(Arg { arg_type: ArgumentType::Literal(None, Value::Null), expr: None });
        }
        let expr = relation.resolve(arg, Clause::Select, ctx)?;
        let arg_type = match &expr {
            Expr::Literal { value, sql_type } => {
                ArgumentType::Literal(Some(sql_type.clone()), value.clone())
            }
            other => ArgumentType::Typed(other.sql_type().clone()),
        };
        Ok(Arg { arg_type, expr: Some(expr) })
    };
    args.iter().map(resolve).collect()
}

fn cast(expr: Option<Expr>, wanted: &SqlType) -> Expr {
    match expr {
        None => Expr::Literal { value: Value::Null, sql_type: wanted.clone() },
        Some(expr) if expr.sql_type() == wanted => expr,
        Some(expr) => {
            Expr::Cast { operand: Box::new(expr), sql_type: wanted.clone(), implicit: true }
        }
    }
}

fn failed(call: &AstExpr, error: FunctionError) -> Error {
    ResolveError::new(ResolveErrorKind::Function(error), call.position).in_clause(Clause::Select)
}
