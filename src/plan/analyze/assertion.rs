//! `ASSERT VALUES`, `ASSERT NULL VALUES`, `ASSERT STREAM | TABLE`: what a SQL test expects.

use std::sync::Arc;

use tidemill_grammar::ast::{Expr as AstExpr, Ident, ParsedStatement, Statement};

use crate::catalog::{Catalog, Source};
use crate::config::Config;
use crate::error::{Error, ErrorKind};
use crate::expr::{Clause, Expr, resolve_as};
use crate::functions::Registry;
use crate::plan::analyze::create_source;
use crate::plan::analyze::custom_type::TypeScope;
use crate::plan::query::Context;
use crate::plan::{SourceColumn, system};
use crate::registry::StatementSchemas;
use crate::types::{ColumnRole, SqlType};

/// What a SQL test expects.
#[derive(Clone, Debug)]
pub enum Assertion {
    /// The next record of the source's topic has these values.
    Row {
        /// The source.
        source: Arc<Source>,
        /// The columns that are compared.
        values: Vec<AssertedValue>,
    },
    /// The next record of the source's topic says that this key is gone.
    Tombstone {
        /// The source.
        source: Arc<Source>,
        /// The columns that are compared.
        values: Vec<AssertedValue>,
    },
    /// There is such a stream or table.
    Source(Box<Source>),
}

/// A column and what it should hold.
#[derive(Clone, Debug)]
pub struct AssertedValue {
    /// Its name.
    pub name: Arc<str>,
    /// The column: of the schema, ROWTIME, or a bound of the window.
    pub column: SourceColumn,
    /// Its type.
    pub sql_type: SqlType,
    /// What it should hold, of that type.
    pub expr: Expr,
}

/// Says what an ASSERT of a SQL test comes to; none if the statement is something else.
///
/// # Errors
///
/// If what it names is not there, or a value does not fit its column.
pub fn analyze_assertion(
    statement: &ParsedStatement,
    catalog: &Catalog,
    config: &Config,
    registry: &Registry,
    schemas: &StatementSchemas,
) -> Result<Option<Assertion>, Error> {
    let ctx = Context { catalog, config, registry, schemas };
    if let Statement::AssertValues { target, columns, values } = &statement.statement {
        let source = target_source(target, ctx)?;
        let values = row(&source, columns, values, ctx)?;
        return Ok(Some(Assertion::Row { source, values }));
    }
    if let Statement::AssertNullValues { target, columns, values } = &statement.statement {
        let source = target_source(target, ctx)?;
        let values = row(&source, columns, values, ctx)?;
        only_of_the_key(&source, &values, columns)?;
        return Ok(Some(Assertion::Tombstone { source, values }));
    }
    if let Statement::AssertSource(declaration) = &statement.statement {
        let (source, _) = create_source::declared(declaration, &statement.text, ctx)?;
        return Ok(Some(Assertion::Source(Box::new(source))));
    }
    Ok(None)
}

fn target_source(target: &Ident, ctx: Context<'_>) -> Result<Arc<Source>, Error> {
    let found = ctx.catalog.source(&target.name).cloned();
    found.ok_or_else(|| {
        let near = ctx.catalog.nearest_source(&target.name);
        let hint = near.map(|near| format!(" Did you mean {near}?")).unwrap_or_default();
        let message = format!("{} does not exist.{hint}", target.name);
        at(target, Error::new(ErrorKind::NotFound, message))
    })
}

fn at(ident: &Ident, error: Error) -> Error {
    error.at(ident.position.line, ident.position.column)
}

/// Resolves the values of the listed columns, or of all that are not the engine's own.
fn row(
    source: &Source,
    columns: &[Ident],
    values: &[AstExpr],
    ctx: Context<'_>,
) -> Result<Vec<AssertedValue>, Error> {
    let listed: Vec<Column> = match columns {
        [] => (0..source.schema.columns().len()).map(|index| in_schema(source, index)).collect(),
        columns => {
            columns.iter().map(|column| find(source, column)).collect::<Result<Vec<_>, _>>()?
        }
    };
    if listed.len() != values.len() {
        return Err(Error::statement(format!(
            "Expected a value for each of {} columns, found {}",
            listed.len(),
            values.len()
        )));
    }
    let scope = TypeScope(ctx.catalog);
    let asserted = |((name, sql_type, column), value): (Column, &AstExpr)| {
        let expr = resolve_as(value, &sql_type, &scope, ctx.registry)
            .map_err(|error| error.in_clause(Clause::Values))?;
        Ok(AssertedValue { name, column, sql_type, expr })
    };
    listed.into_iter().zip(values).map(asserted).collect()
}

type Column = (Arc<str>, SqlType, SourceColumn);

fn in_schema(source: &Source, index: usize) -> Column {
    let column = &source.schema.columns()[index];
    (Arc::clone(&column.name), column.sql_type.clone(), SourceColumn::Schema(index))
}

fn find(source: &Source, ident: &Ident) -> Result<Column, Error> {
    if let Some((index, _)) = source.schema.find(&ident.name) {
        return Ok(in_schema(source, index));
    }
    // A test sees one topic as a whole, in which records have no partition and no offset.
    let mut own = system::columns_of(source).filter(|(_, _, column)| match column {
        SourceColumn::RowTime | SourceColumn::WindowStart | SourceColumn::WindowEnd => true,
        SourceColumn::Schema(_) | SourceColumn::RowPartition | SourceColumn::RowOffset => false,
    });
    if let Some((name, sql_type, column)) = own.find(|(name, _, _)| *name == ident.name) {
        return Ok((name.into(), sql_type, column));
    }
    let names = source.schema.columns().iter().map(|column| &*column.name);
    let near = crate::text::nearest(&ident.name, names.chain([system::ROW_TIME]));
    let hint = near.map(|near| format!(" Did you mean {near}?")).unwrap_or_default();
    let message = format!("{} has no column {} to compare.{hint}", source.name, ident.name);
    Err(at(ident, Error::statement(message)))
}

fn only_of_the_key(
    source: &Source,
    values: &[AssertedValue],
    columns: &[Ident],
) -> Result<(), Error> {
    let is_value = |value: &AssertedValue| match value.column {
        SourceColumn::Schema(index) => {
            !matches!(source.schema.columns()[index].role, ColumnRole::Key)
        }
        SourceColumn::RowTime
        | SourceColumn::RowPartition
        | SourceColumn::RowOffset
        | SourceColumn::WindowStart
        | SourceColumn::WindowEnd => false,
    };
    let Some(wrong) = values.iter().position(is_value) else { return Ok(()) };
    let message =
        format!("A tombstone has no {}: only its key can be compared", values[wrong].name);
    let error = Error::statement(message);
    Err(match columns.get(wrong) {
        Some(column) => at(column, error),
        None => error,
    })
}
