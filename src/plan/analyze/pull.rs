//! `SELECT …` without EMIT: a pull query.

use tidemill_grammar::ast::Query;

use crate::error::Error;
use crate::plan::Action;
use crate::plan::query::{Context, plan_pull};

/// Says what the query comes to.
pub(super) fn analyze(query: &Query, ctx: Context<'_>) -> Result<Action, Error> {
    Ok(Action::Pull(plan_pull(query, ctx)?))
}
