//! TERMINATE, PAUSE, RESUME.

use tidemill_grammar::ast::{ParsedStatement, QueryAction, QueryRef};

use crate::engine::execute::apply::{command, control};
use crate::engine::{Outcome, Session};
use crate::error::Result;

impl Session {
    /// Ends queries for good. What a query has written stays; what it kept in state goes.
    pub(super) fn terminate(
        &mut self,
        query: &QueryRef,
        parsed: &ParsedStatement,
    ) -> Result<Outcome> {
        let inner = &self.engine.inner;
        let _ddl = inner.ddl.lock();
        let mut catalog = inner.catalog.read().clone();
        let effects = control(QueryAction::Terminate, query, &mut catalog, &mut [])?;
        inner.append_command(&command(parsed, &self.config))?;
        *inner.catalog.write() = catalog;
        inner.carry_out(&effects)?;
        Ok(Outcome::Done(effects.message))
    }

    /// Pauses queries, or lets them go on.
    pub(super) fn set_paused(
        &mut self,
        action: QueryAction,
        query: &QueryRef,
        parsed: &ParsedStatement,
    ) -> Result<Outcome> {
        let inner = &self.engine.inner;
        let _ddl = inner.ddl.lock();
        let mut catalog = inner.catalog.read().clone();
        let effects = control(action, query, &mut catalog, &mut [])?;
        inner.append_command(&command(parsed, &self.config))?;
        let is_paused = action == QueryAction::Pause;
        match query {
            QueryRef::All => {
                catalog.queries().for_each(|query| inner.runtime.set_paused(&query.id, is_paused));
            }
            QueryRef::Id(id) => {
                inner.runtime.set_paused(&id.name, is_paused);
                inner.runtime.set_paused(&id.name.to_uppercase(), is_paused);
            }
        }
        Ok(Outcome::Done(effects.message))
    }
}
