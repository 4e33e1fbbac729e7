//! Resolved, typed expressions, evaluated by column.
//!
//! ```text
//! ast::Expr ─resolve(scope, registry)▶ Expr ─evaluate(rows)▶ column
//! ```
//!
//! [`resolve`] looks names up, types every node by ksqlDB's rules, and makes every coercion a node of its own. What comes out
//! can be evaluated on the columns of a batch as often as wanted; a row that cannot be computed is NULL and a
//! [`RowFailure`](crate::functions::RowFailure).

mod error;
mod decimal;
mod cast;
mod tree;
mod display;
mod fingerprint;
mod evaluate;
mod fold;
mod projection;
mod resolve;

pub use error::{Clause, ResolveError, ResolveErrorKind};
pub use evaluate::{Evaluated, Rows};
pub use projection::Projection;
pub use resolve::{Scope, ScopeColumn, resolve, resolve_as, resolve_filter, resolve_type};
pub use tree::{ArithmeticOp, ComparisonOp, Expr, Function};

#[cfg(test)]
mod tests;
