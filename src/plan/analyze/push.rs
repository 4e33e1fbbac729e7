//! `SELECT … EMIT CHANGES`.

use tidemill_grammar::ast::Query;

use crate::error::Error;
use crate::plan::query::{Context, Target, plan_query};
use crate::plan::{Action, QueryPlan, rules};

/// Says what the query comes to.
pub(super) fn analyze(query: &Query, ctx: Context<'_>) -> Result<Action, Error> {
    let planned = plan_query(query, Target::Caller, ctx)?;
    Ok(Action::Push(rules::rewrite(QueryPlan {
        root: planned.root,
        sink: None,
        sources: planned.sources,
        limit: query.limit,
    })))
}
