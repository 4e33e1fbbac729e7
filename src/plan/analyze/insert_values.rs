//! `INSERT INTO name (columns) VALUES (…)`.

use std::sync::Arc;

use tidemill_grammar::ast::{Expr as AstExpr, Ident};

use crate::catalog::{Source, SourceKind};
use crate::error::{Error, ErrorKind};
use crate::expr::{Clause, Expr, resolve_as};
use crate::plan::analyze::custom_type::TypeScope;
use crate::plan::query::Context;
use crate::plan::{Action, InsertValues, system};
use crate::types::{Column, ColumnRole, SqlType, Value};

/// Says what the statement comes to.
pub(super) fn analyze(
    target: &Ident,
    columns: &[Ident],
    values: &[AstExpr],
    ctx: Context<'_>,
) -> Result<Action, Error> {
    let source = target_source(target, ctx)?;
    let names = names(source, columns, values.len())?;
    for name in &names {
        check_column(source, name)?;
    }
    let scope = TypeScope(ctx.catalog);
    let given = |name: &str| names.iter().position(|given| given.name == *name);
    let value = |name: &str, sql_type: &SqlType| match given(name) {
        Some(index) => resolve_as(&values[index], sql_type, &scope, ctx.registry)
            .map_err(|error| error.in_clause(Clause::Values)),
        None => Ok(Expr::Literal { value: Value::Null, sql_type: sql_type.clone() }),
    };
    let stored = source.schema.columns().iter().filter(|column| is_stored(column));
    let exprs: Vec<Expr> =
        stored.map(|column| value(&column.name, &column.sql_type)).collect::<Result<_, _>>()?;
    check_primary_key(source, &exprs, &names)?;
    let timestamp =
        given(system::ROW_TIME).map(|_| value(system::ROW_TIME, &SqlType::Bigint)).transpose()?;
    Ok(Action::InsertValues(InsertValues { target: Arc::clone(source), exprs, timestamp }))
}

fn is_stored(column: &Column) -> bool {
    matches!(column.role, ColumnRole::Key | ColumnRole::Value)
}

fn target_source<'a>(target: &Ident, ctx: Context<'a>) -> Result<&'a Arc<Source>, Error> {
    let at = target.position;
    let name = &target.name;
    let Some(source) = ctx.catalog.source(name) else {
        let upper = name.to_uppercase();
        let hint = if target.quoted && ctx.catalog.source(&upper).is_some() {
            format!(
                "\nDid you mean {upper}? Hint: try removing double quotes from the source name."
            )
        } else {
            let near = ctx.catalog.nearest_source(name);
            near.map(|near| format!("\nDid you mean {near}?")).unwrap_or_default()
        };
        let message = format!("Cannot insert values into an unknown stream/table: `{name}`{hint}");
        return Err(Error::new(ErrorKind::NotFound, message).at(at.line, at.column));
    };
    let message = if source.window.is_some() {
        "Cannot insert values into windowed stream/table!".to_owned()
    } else if source.is_read_only {
        format!("Cannot insert values into read-only {}: {name}", source.kind.name())
    } else {
        return Ok(source);
    };
    Err(Error::statement(message).at(at.line, at.column))
}

/// Returns the columns that values are given for: those that are listed, or all.
fn names(source: &Source, columns: &[Ident], count: usize) -> Result<Vec<Ident>, Error> {
    if !columns.is_empty() {
        if columns.len() != count {
            return Err(Error::statement(format!(
                "Expected number columns and values to match: [{}], {count} values",
                columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ")
            )));
        }
        for (index, column) in columns.iter().enumerate() {
            if columns[..index].contains(column) {
                let message = format!("Column `{}` is listed twice.", column.name);
                let at = column.position;
                return Err(Error::statement(message).at(at.line, at.column));
            }
        }
        return Ok(columns.to_vec());
    }
    let ident = |name: &str| Ident {
        name: name.to_owned(),
        quoted: false,
        position: tidemill_grammar::ast::Position::default(),
    };
    let own: Vec<Ident> = source.schema.columns().iter().map(|c| ident(&c.name)).collect();
    if own.len() != count {
        return Err(Error::statement(format!(
            "Expected a value for each column. Expected Columns: [{}]. Got {count} values",
            own.iter().map(|column| format!("`{}`", column.name)).collect::<Vec<_>>().join(", ")
        )));
    }
    Ok(own)
}

fn check_column(source: &Source, column: &Ident) -> Result<(), Error> {
    let name = &column.name;
    let message = match source.schema.find(name) {
        Some((_, found)) if matches!(found.role, ColumnRole::Header(_)) => {
            format!("Cannot insert into HEADER columns: {name}")
        }
        Some(_) => return Ok(()),
        None if name == system::ROW_TIME => return Ok(()),
        None if system::is_reserved(name) => {
            format!("Inserting into column `{name}` is not allowed.")
        }
        None => {
            let names = source.schema.columns().iter().map(|column| &*column.name);
            let near = crate::text::nearest(name, names);
            let hint = near.map(|near| format!(" Did you mean {near}?")).unwrap_or_default();
            format!("Column name `{name}` does not exist.{hint}")
        }
    };
    Err(Error::statement(message).at(column.position.line, column.position.column))
}

fn check_primary_key(source: &Source, exprs: &[Expr], names: &[Ident]) -> Result<(), Error> {
    if source.kind != SourceKind::Table {
        return Ok(());
    }
    let is_null = |expr: &Expr| matches!(expr, Expr::Literal { value: Value::Null, .. });
    for (column, expr) in source.schema.key().iter().zip(exprs) {
        if is_null(expr) && !names.iter().any(|name| *name.name == *column.name) {
            return Err(Error::statement(format!(
                "Failed to insert values into '{}'. Value for primary key column(s) {} is required \
                 for tables",
                source.name, column.name
            )));
        }
    }
    Ok(())
}
