//! `CREATE TYPE`, `DROP TYPE`.

use tidemill_grammar::ast::{DataType, Ident};

use crate::catalog::{Catalog, CatalogError};
use crate::error::Error;
use crate::expr::{ResolveErrorKind, Scope, ScopeColumn, resolve_type};
use crate::plan::Action;
use crate::plan::query::Context;
use crate::types::SqlType;

/// A scope that knows types and no columns.
pub(super) struct TypeScope<'a>(pub(super) &'a Catalog);

impl Scope for TypeScope<'_> {
    fn column(&self, source: Option<&str>, name: &str) -> Result<ScopeColumn, ResolveErrorKind> {
        Err(ResolveErrorKind::UnknownColumn {
            source_name: source.map(str::to_owned),
            name: name.to_owned(),
            nearest: Vec::new(),
        })
    }

    fn custom_type(&self, name: &str) -> Option<SqlType> {
        self.0.custom_type(name).cloned()
    }
}

/// Says what `CREATE TYPE` comes to.
pub(super) fn create(
    name: &Ident,
    data_type: &DataType,
    if_not_exists: bool,
    ctx: Context<'_>,
) -> Result<Action, Error> {
    let at = name.position;
    let sql_type = resolve_type(data_type, &TypeScope(ctx.catalog))
        .map_err(|error| Error::statement(error.to_string()).at(at.line, at.column))?;
    if let Some(existing) = ctx.catalog.custom_type(&name.name) {
        let error = CatalogError::TypeExists(name.name.clone(), existing.to_string());
        if if_not_exists {
            return Ok(Action::Unchanged(format!(
                "{} is already registered with type {existing}",
                name.name
            )));
        }
        return Err(error.into());
    }
    Ok(Action::CreateType { name: name.name.as_str().into(), sql_type })
}

/// Says what `DROP TYPE` comes to.
pub(super) fn drop(name: &Ident, if_exists: bool, ctx: Context<'_>) -> Result<Action, Error> {
    if ctx.catalog.custom_type(&name.name).is_some() {
        return Ok(Action::DropType(name.name.as_str().into()));
    }
    let error = CatalogError::NoType(name.name.clone());
    if if_exists { Ok(Action::Unchanged(error.to_string())) } else { Err(error.into()) }
}
