//! Looks names up and types every node.

use std::sync::Arc;

use tidemill_grammar::ast;

use crate::expr::{Clause, Expr, ResolveError, ResolveErrorKind};

use crate::types::SqlType;

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
    let _ = (scope, registry);
    Err(ResolveError::new(ResolveErrorKind::UntypedNull, ast.position))
}

/// Resolves an expression whose value is stored in a column of that type: a literal is converted, NULL is of that type.
pub fn resolve_as(
    ast: &ast::Expr,
    sql_type: &SqlType,
    scope: &dyn Scope,
    registry: &Registry,
) -> Result<Expr, ResolveError> {
    let _ = sql_type;
    resolve(ast, scope, registry)
}

/// Resolves a type as written.
pub fn resolve_type(
    data_type: &ast::DataType,
    scope: &dyn Scope,
) -> Result<SqlType, ResolveErrorKind> {
    let _ = (data_type, scope);
    Err(ResolveErrorKind::UntypedNull)
}

/// Checks that an expression can filter rows.
pub fn check_filter(expr: &Expr, clause: Clause) -> Result<(), ResolveError> {
    let _ = (expr, clause);
    Ok(())
}

/// Stands for `functions::Registry` until that exists.
#[derive(Default)]
pub struct Registry;
