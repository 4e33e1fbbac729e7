//! SELECT and PRINT.

use std::sync::Arc;

use tidemill_grammar::ast::{Ident, ParsedStatement};

use crate::engine::consume::ConsumeFrom;
use crate::engine::execute::apply::query_start;
use crate::engine::{Outcome, RowStream, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::plan::{Action, PullQuery, QueryPlan};
use crate::query::{self, PullSource};
use crate::topology::build;

impl Session {
    pub(super) fn select(&mut self, parsed: &ParsedStatement) -> Result<Outcome> {
        match self.analyze(parsed)? {
            Action::Push(plan) => self.push(&plan),
            Action::Pull(pull) => self.pull(&pull),
            _ => Err(Error::statement("not a SELECT statement")),
        }
    }

    fn push(&self, plan: &QueryPlan) -> Result<Outcome> {
        let inner = &self.engine.inner;
        let id = {
            let mut ddl = inner.ddl.lock();
            ddl.next_push_query += 1;
            format!("transient_{}_{}", plan.sources.first().map_or("", |s| s), ddl.next_push_query)
        };
        let topology = build(plan, &id);
        let start = query_start(&id, topology, &self.config);
        let rows = inner.runtime.start_push_query(start, plan.limit)?;
        let schema = Arc::new(plan.root.schema.clone());
        Ok(Outcome::Rows(RowStream::new(id, schema, true, Box::pin(rows))))
    }

    fn pull(&self, pull: &PullQuery) -> Result<Outcome> {
        let inner = &self.engine.inner;
        let catalog = inner.catalog.read().clone();
        let made_by = catalog.query_that_made(&pull.source.name);
        let materialized = made_by.and_then(|query| {
            let topology = inner.topologies.read().get(&*query.id).cloned()?;
            Some((&query.id, topology.materialized.clone()?))
        });
        let Some((id, materialized)) = materialized else {
            return Err(Error::statement(format!(
                "The {0} isn't queryable. To derive a queryable table, you can do 'CREATE TABLE QUERYABLE_{1} AS SELECT * FROM {1}'. Or add EMIT CHANGES to follow its changes.",
                format_args!("`{}` {}", pull.source.name, pull.source.kind.name()),
                pull.source.name
            )));
        };
        let source = PullSource {
            materialized: &materialized,
            partition_count: inner.runtime.partition_count(id, materialized.sub_topology)?,
            backend: &inner.backend,
        };
        let rows = query::pull(pull, &source, inner.clock.wall_ms())?;
        let schema = Arc::new(pull.schema());
        Ok(Outcome::Rows(RowStream::new(String::new(), schema, false, rows)))
    }

    pub(super) fn print(
        &self,
        topic: &Ident,
        from_beginning: bool,
        interval: Option<u64>,
        limit: Option<u64>,
    ) -> Result<Outcome> {
        let name = [topic.name.clone(), topic.name.to_lowercase()]
            .into_iter()
            .find(|name| self.engine.inner.log.topic(name).is_some())
            .ok_or_else(|| {
                Error::new(
                    ErrorKind::NotFound,
                    format!("Could not find topic '{}'. Check its name with SHOW TOPICS; names are case-sensitive.", topic.name),
                )
            })?;
        let from = if from_beginning { ConsumeFrom::Beginning } else { ConsumeFrom::End };
        let records = self.engine.consume(&name, from)?;
        Ok(Outcome::Records(records.sampled(interval, limit)))
    }
}
