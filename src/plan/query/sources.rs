//! The streams and tables of a query, by the names they go by in it.

use std::sync::Arc;

use tidemill_grammar::ast::{Ident, Query, Relation};

use crate::catalog::Source;
use crate::error::{Error, ErrorKind};
use crate::plan::query::context::Context;
use crate::plan::query::text::ident;
use crate::plan::{SourceColumn, system};
use crate::types::SqlType;

/// A stream or table of a query.
#[derive(Clone, Debug)]
pub(super) struct BoundSource {
    /// The name it goes by.
    pub(super) alias: Arc<str>,
    /// What is read.
    pub(super) source: Arc<Source>,
}

/// The streams and tables of a query: FROM, then each JOIN.
#[derive(Clone, Debug)]
pub(super) struct Sources(pub(super) Vec<BoundSource>);

/// A column that a source offers to expressions.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct OfferedColumn {
    /// Its name.
    pub(super) name: Arc<str>,
    /// Its type.
    pub(super) sql_type: SqlType,
    /// What it is.
    pub(super) column: SourceColumn,
}

impl BoundSource {
    /// Returns what it offers: its own columns, then ROWTIME and the like.
    pub(super) fn columns(&self) -> Vec<OfferedColumn> {
        let own =
            self.source.schema.columns().iter().enumerate().map(|(index, column)| OfferedColumn {
                name: Arc::clone(&column.name),
                sql_type: column.sql_type.clone(),
                column: SourceColumn::Schema(index),
            });
        let pseudo = system::columns_of(&self.source)
            .map(|(name, sql_type, column)| OfferedColumn { name: name.into(), sql_type, column });
        own.chain(pseudo).collect()
    }

    /// Tells whether it offers a column of that name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.source.schema.find(name).is_some()
            || system::columns_of(&self.source).any(|(column, _, _)| column == name)
    }
}

impl Sources {
    /// Looks up the sources of a query.
    pub(super) fn bind(query: &Query, ctx: Context<'_>) -> Result<Self, Error> {
        let mut sources = Sources(Vec::new());
        sources.add(&query.from, ctx)?;
        for join in &query.joins {
            sources.add(&join.right, ctx)?;
        }
        Ok(sources)
    }

    fn add(&mut self, relation: &Relation, ctx: Context<'_>) -> Result<(), Error> {
        let name = &relation.name.name;
        let at = relation.name.position;
        let source = ctx.catalog.source(name).ok_or_else(|| unknown_source(&relation.name, ctx))?;
        if self.0.iter().any(|known| known.source.name == source.name) {
            let message = if 1 < self.0.len() {
                format!(
                    "N-way joins do not support multiple occurrences of the same source. Source: '{name}'."
                )
            } else {
                format!("Can not join '{name}' to '{name}': self joins are not yet supported.")
            };
            return Err(Error::statement(message).at(at.line, at.column));
        }
        let alias: Arc<str> =
            relation.alias.as_ref().unwrap_or(&relation.name).name.as_str().into();
        if self.find(&alias).is_some() {
            let message = format!("Two sources go by the name {}.", ident(&alias));
            return Err(Error::statement(message).at(at.line, at.column));
        }
        self.0.push(BoundSource { alias, source: Arc::clone(source) });
        Ok(())
    }

    /// Finds a source by the name it goes by.
    pub(super) fn find(&self, alias: &str) -> Option<&BoundSource> {
        self.0.iter().find(|source| &*source.alias == alias)
    }

    /// Returns the sources that offer a column of that name.
    pub(super) fn with_column<'a>(
        &'a self,
        name: &'a str,
    ) -> impl Iterator<Item = &'a BoundSource> {
        self.0.iter().filter(move |source| source.has(name))
    }

    /// Tells whether more than one source offers a column of that name.
    pub(super) fn is_shared(&self, name: &str) -> bool {
        1 < self.with_column(name).count()
    }

    /// Tells whether sources are joined.
    pub(super) fn is_join(&self) -> bool {
        1 < self.0.len()
    }

    /// Returns the first source, whose formats results inherit.
    pub(super) fn first(&self) -> &BoundSource {
        self.0.first().expect("a query has a FROM")
    }

    /// Returns the names of the streams and tables.
    pub(super) fn names(&self) -> Vec<Arc<str>> {
        self.0.iter().map(|source| Arc::clone(&source.source.name)).collect()
    }
}

/// Says that a stream or table is not there.
pub(crate) fn unknown_source(name: &Ident, ctx: Context<'_>) -> Error {
    let hint = match ctx.catalog.nearest_source(&name.name) {
        Some(nearest) => format!(" Did you mean {}?", ident(nearest)),
        None => String::new(),
    };
    let message = format!("{} does not exist.{hint}", name.name);
    Error::new(ErrorKind::NotFound, message).at(name.position.line, name.position.column)
}

/// Says that no source of the query goes by a name.
pub(super) fn unknown_alias(name: &str) -> Error {
    Error::statement(format!("'{name}' is not a valid stream/table name or alias."))
}
