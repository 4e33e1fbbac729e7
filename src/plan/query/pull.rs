//! Pull queries.

use tidemill_grammar::ast::Query;

use crate::error::Error;
use crate::plan::PullQuery;
use crate::plan::query::context::Context;

/// Plans a pull query.
pub(crate) fn plan_pull(query: &Query, ctx: Context<'_>) -> Result<PullQuery, Error> {
    let _ = (query, ctx);
    Err(Error::statement("Pull queries are not supported yet."))
}
