//! Looks names up and types every node, by ksqlDB's rules.

mod call;
mod case;
mod coerce;
mod comparison;
mod constructor;
mod literal;
mod node;
mod operator;
mod types;

use std::sync::Arc;

use tidemill_grammar::ast;

use crate::expr::fold::fold;
use crate::expr::{Expr, ResolveError, ResolveErrorKind};
use crate::functions::Registry;
use crate::types::SqlType;

pub use types::resolve_type;

use node::Resolver;

/// A column that is in scope.
#[derive(Clone, Debug, PartialEq)]
pub struct ScopeColumn {
    /// Its index in the input.
    pub index: usize,
    /// What errors and plans call it.
    pub name: Arc<str>,
    /// Its type.
    pub sql_type: SqlType,
}

/// What an expression can name.
pub trait Scope {
    /// Finds a column by its name and, where one is given, its source.
    fn column(&self, source: Option<&str>, name: &str) -> Result<ScopeColumn, ResolveErrorKind>;

    /// Finds a type that was named with CREATE TYPE.
    fn custom_type(&self, name: &str) -> Option<SqlType> {
        let _ = name;
        None
    }

    /// Finds the column that already holds what an expression computes, such as an aggregate below HAVING or a grouping
    /// expression above GROUP BY. It is asked for every expression before its parts are looked at.
    fn computed(&self, expr: &ast::Expr) -> Option<ScopeColumn> {
        let _ = expr;
        None
    }
}

/// Resolves an expression; NULL alone has no type and is an error.
pub fn resolve(
    ast: &ast::Expr,
    scope: &dyn Scope,
    registry: &Registry,
) -> Result<Expr, ResolveError> {
    resolve_unfolded(ast, scope, registry).map(fold)
}

/// Resolves an expression, and computes nothing of it yet.
pub(super) fn resolve_unfolded(
    ast: &ast::Expr,
    scope: &dyn Scope,
    registry: &Registry,
) -> Result<Expr, ResolveError> {
    let expr = Resolver::new(scope, registry).node(ast)?;
    if coerce::is_null(&expr) {
        return Err(ResolveError::new(ResolveErrorKind::UntypedNull, ast.position));
    }
    Ok(expr)
}

/// Resolves an expression that says which rows are kept.
pub fn resolve_filter(
    ast: &ast::Expr,
    scope: &dyn Scope,
    registry: &Registry,
) -> Result<Expr, ResolveError> {
    let expr = resolve_unfolded(ast, scope, registry)?;
    if *expr.sql_type() != SqlType::Boolean {
        let found = format!("{expr} ({})", expr.sql_type());
        return Err(ResolveError::new(ResolveErrorKind::NotBoolean(found), ast.position));
    }
    Ok(fold(expr))
}

/// Resolves an expression whose value is stored in a column of that type: it is widened, NULL is of that type.
pub fn resolve_as(
    ast: &ast::Expr,
    sql_type: &SqlType,
    scope: &dyn Scope,
    registry: &Registry,
) -> Result<Expr, ResolveError> {
    let expr = Resolver::new(scope, registry).node(ast)?;
    let stored = coerce::to_stored(expr, sql_type);
    stored.map(fold).map_err(|kind| ResolveError::new(kind, ast.position))
}
