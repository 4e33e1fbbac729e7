//! Statements: what each comes to, one file per kind.

mod alter_source;
mod assertion;
mod create_as;
mod create_source;
mod custom_type;
mod drop_source;
mod insert_into;
mod insert_values;
mod properties;
mod pull;
mod push;
mod schemas;
mod sink;
mod timestamp;

use tidemill_grammar::ast::{ParsedStatement, Statement};

use crate::catalog::Catalog;
use crate::config::Config;
use crate::error::Error;
use crate::functions::Registry;
use crate::plan::Action;
use crate::plan::query::Context;
use crate::registry::StatementSchemas;

pub use assertion::{AssertedValue, Assertion, analyze_assertion};

/// Says what a statement comes to: everything is looked up, typed and checked, and nothing has happened.
///
/// # Errors
///
/// An error has the place in the script where that is known, and the statement's text.
pub fn analyze_statement(
    statement: &ParsedStatement,
    catalog: &Catalog,
    config: &Config,
    registry: &Registry,
    schemas: &StatementSchemas,
) -> Result<Action, Error> {
    let ctx = Context { catalog, config, registry, schemas };
    analyze(&statement.statement, &statement.text, ctx)
        .map_err(|error| error.in_statement(statement.text.as_str()))
}

fn analyze(statement: &Statement, text: &str, ctx: Context<'_>) -> Result<Action, Error> {
    match statement {
        Statement::CreateSource(create) => create_source::analyze(create, text, ctx),
        Statement::CreateAsSelect(create) => create_as::analyze(create, text, ctx),
        Statement::InsertInto { target, properties, query } => {
            insert_into::analyze(target, properties, query, ctx)
        }
        Statement::InsertValues { target, columns, values } => {
            insert_values::analyze(target, columns, values, ctx)
        }
        Statement::Query(query) if query.emit.is_none() => pull::analyze(query, ctx),
        Statement::Query(query) => push::analyze(query, ctx),
        Statement::DropSource { kind, if_exists, name, delete_topic } => {
            drop_source::analyze((*kind).into(), name, *if_exists, *delete_topic, ctx)
        }
        Statement::AlterSource { kind, name, columns } => {
            alter_source::analyze((*kind).into(), name, columns, text, ctx)
        }
        Statement::CreateType { if_not_exists, name, data_type } => {
            custom_type::create(name, data_type, *if_not_exists, ctx)
        }
        Statement::DropType { if_exists, name } => custom_type::drop(name, *if_exists, ctx),
        Statement::ExplainStatement(inner) => {
            Ok(Action::Explain(Box::new(analyze(inner, text, ctx)?)))
        }
        Statement::ControlQuery { .. }
        | Statement::Show(_)
        | Statement::Describe { .. }
        | Statement::DescribeAll { .. }
        | Statement::DescribeFunction { .. }
        | Statement::DescribeConnector { .. }
        | Statement::ExplainQuery(_)
        | Statement::Print { .. }
        | Statement::SetProperty { .. }
        | Statement::UnsetProperty { .. }
        | Statement::AlterSystem { .. }
        | Statement::Define { .. }
        | Statement::Undefine { .. }
        | Statement::RunScript { .. }
        | Statement::CreateConnector { .. }
        | Statement::DropConnector { .. }
        | Statement::AssertTopic { .. }
        | Statement::AssertSchema { .. }
        | Statement::AssertValues { .. }
        | Statement::AssertNullValues { .. }
        | Statement::AssertSource(_) => Ok(Action::Unplanned),
    }
}
