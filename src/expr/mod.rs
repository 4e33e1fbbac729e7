//! Resolved, typed expressions, evaluated by column.
//!
//! ```text
//! ast::Expr ─resolve(scope, registry)▶ Expr ─evaluate(rows)▶ column
//! ```
//!
//! [`resolve`] looks names up, types every node by ksqlDB's rules, and makes every coercion a node of its own. What comes out can be
//! evaluated on the columns of a batch as often as wanted; a row that cannot be computed is NULL and a
//! [`RowFailure`](crate::functions::RowFailure).

mod error;
mod evaluate;
mod resolve;
mod tree;

pub use error::{Clause, ResolveError, ResolveErrorKind};
pub use evaluate::{Evaluated, Projection, Rows};
pub use resolve::Registry;
pub use resolve::{Scope, ScopeColumn, check_filter, resolve, resolve_as, resolve_type};
pub use tree::{ArithmeticOp, ComparisonOp, Expr};
