//! Carrying out statements.

mod apply;
mod control;
mod create;
mod describe;
mod insert;
mod select;
mod settings;
mod show;

use tidemill_grammar::ast::{ParsedStatement, QueryAction, Statement};

use crate::engine::{Outcome, Session};
use crate::error::{Error, Result};
use crate::plan::{Action, analyze_statement};
use crate::registry::StatementSchemas;

pub(super) use apply::{Effects, apply, control};
pub(super) use insert::{insert_batch, sink_output};
pub use show::CatalogNames;

impl Session {
    /// Carries out one statement.
    pub(super) fn dispatch(&mut self, parsed: &ParsedStatement) -> Result<Outcome> {
        match &parsed.statement {
            Statement::CreateSource(_)
            | Statement::CreateAsSelect(_)
            | Statement::InsertInto { .. }
            | Statement::DropSource { .. }
            | Statement::AlterSource { .. }
            | Statement::CreateType { .. }
            | Statement::DropType { .. } => self.change_catalog(parsed),
            Statement::ControlQuery { action: QueryAction::Terminate, query } => {
                self.terminate(query, parsed)
            }
            Statement::ControlQuery { action, query } => self.set_paused(*action, query, parsed),
            Statement::InsertValues { .. } => self.insert_values(parsed),
            Statement::Query(_) => self.select(parsed),
            Statement::Show(show) => self.show(show),
            Statement::Describe { name, extended } => self.describe(name, *extended),
            Statement::DescribeAll { kind, extended } => self.describe_all(*kind, *extended),
            Statement::DescribeFunction { name } => self.describe_function(name),
            Statement::ExplainStatement(_) => self.explain_statement(parsed),
            Statement::ExplainQuery(id) => self.explain_query(id),
            Statement::Print { topic, from_beginning, interval, limit } => {
                self.print(topic, *from_beginning, *interval, *limit)
            }
            Statement::SetProperty { name, value } => self.set_property(name, value),
            Statement::UnsetProperty { name } => self.unset_property(name),
            Statement::Define { name, value } => self.define(name, value),
            Statement::Undefine { name } => self.undefine(name),
            Statement::AssertTopic { .. } => self.assert_topic(parsed),
            Statement::RunScript { path } => self.run_script(path),
            Statement::AlterSystem { .. } => Err(Error::statement(
                "ALTER SYSTEM changes nothing here. Set the option when the engine is started.",
            )),
            Statement::CreateConnector { .. }
            | Statement::DropConnector { .. }
            | Statement::DescribeConnector { .. } => Err(Error::statement(
                "There are no connectors here. Run Kafka Connect against this log's Kafka protocol instead.",
            )),
            Statement::AssertSchema { .. } => self.assert_schema(parsed),
            Statement::AssertValues { .. }
            | Statement::AssertNullValues { .. }
            | Statement::AssertSource(_) => Err(Error::statement(
                "ASSERT VALUES, ASSERT NULL VALUES, ASSERT STREAM and ASSERT TABLE belong in SQL tests.",
            )),
        }
    }

    /// Checks a statement against the catalog as it is now; what it would register is forgotten.
    pub(super) fn analyze(&self, parsed: &ParsedStatement) -> Result<Action> {
        self.analyze_with(parsed, &StatementSchemas::new(&self.engine.inner.schemas))
    }

    /// Checks a statement against the catalog and the schemas as they are now.
    pub(super) fn analyze_with(
        &self,
        parsed: &ParsedStatement,
        schemas: &StatementSchemas,
    ) -> Result<Action> {
        let inner = &self.engine.inner;
        let catalog = inner.catalog.read().clone();
        analyze_statement(parsed, &catalog, &self.config, &inner.registry, schemas)
    }
}
