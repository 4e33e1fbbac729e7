//! WHERE.

use tidemill_grammar::ast::Expr;

use crate::error::Error;
use crate::expr::Clause;
use crate::plan::NodeOp;
use crate::plan::query::context::Context;
use crate::plan::query::magic_time;
use crate::plan::query::relation::Relation;

/// Keeps the rows for which a predicate is true.
pub(super) fn filter(
    relation: Relation,
    predicate: &Expr,
    clause: Clause,
    ctx: Context<'_>,
) -> Result<Relation, Error> {
    let predicate = magic_time::rewritten(predicate);
    let resolved = relation.resolve_filter(&predicate, clause, ctx)?;
    Ok(relation.wrap(|input| NodeOp::Filter { input, predicate: resolved }))
}
