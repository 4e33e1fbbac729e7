//! The catalog itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalog::{CatalogError, PersistentQuery, QueryKind, Source};
use crate::text;
use crate::types::SqlType;

/// Streams, tables, types and persistent queries by name.
///
/// A clone is a snapshot that costs four reference counts: a statement is analysed against one, and what it changes is put in
/// place as a whole.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    sources: Arc<BTreeMap<Arc<str>, Arc<Source>>>,
    types: Arc<BTreeMap<Arc<str>, SqlType>>,
    queries: Arc<BTreeMap<Arc<str>, Arc<PersistentQuery>>>,
    next_query_number: u64,
}

/// What went with a dropped stream or table.
#[derive(Clone, Debug, PartialEq)]
pub struct Dropped {
    /// The stream or table.
    pub source: Arc<Source>,
    /// The query that had made it, which ended with it.
    pub query: Option<Arc<PersistentQuery>>,
}

/// Streams and tables.
impl Catalog {
    /// Finds a stream or table.
    pub fn source(&self, name: &str) -> Option<&Arc<Source>> {
        self.sources.get(name)
    }

    /// Returns all streams and tables, by name.
    pub fn sources(&self) -> impl Iterator<Item = &Arc<Source>> {
        self.sources.values()
    }

    /// Returns the name nearest to one that was not found.
    pub fn nearest_source(&self, name: &str) -> Option<&str> {
        text::nearest(name, self.sources.keys().map(AsRef::as_ref))
    }

    /// Adds a stream or table; its name must be free.
    pub fn add_source(&mut self, source: Arc<Source>) -> Result<(), CatalogError> {
        self.check_free(&source)?;
        self.put_source(source);
        Ok(())
    }

    /// Adds a stream or table in the place of the one that has its name, if there is one.
    pub fn put_source(&mut self, source: Arc<Source>) {
        Arc::make_mut(&mut self.sources).insert(Arc::clone(&source.name), source);
    }

    /// Checks that a stream's or table's name is free.
    pub fn check_free(&self, source: &Source) -> Result<(), CatalogError> {
        match self.source(&source.name) {
            Some(existing) => Err(CatalogError::SourceExists {
                kind: source.kind.name(),
                name: source.name.to_string(),
                existing: existing.kind.name(),
            }),
            None => Ok(()),
        }
    }

    /// Checks that nothing that stays depends on a stream or table.
    pub fn check_unused(&self, name: &str) -> Result<(), CatalogError> {
        let readers = || self.queries().filter(|query| query.sources.iter().any(|s| &**s == name));
        let made = list(readers().filter(|query| query.made_its_sink()).map(|query| &query.sink));
        if !made.is_empty() {
            return Err(CatalogError::SourcesRead { name: name.to_owned(), readers: made });
        }
        let inserts = |query: &&Arc<PersistentQuery>| !query.made_its_sink();
        let reading = list(readers().filter(inserts).map(|query| &query.id));
        let writers = self.queries().filter(|query| &*query.sink == name);
        let writing = list(writers.filter(inserts).map(|query| &query.id));
        if reading.is_empty() && writing.is_empty() {
            return Ok(());
        }
        Err(CatalogError::QueriesUse { name: name.to_owned(), readers: reading, writers: writing })
    }

    /// Drops a stream or table and the query that made it; nothing else may depend on it.
    pub fn drop_source(&mut self, name: &str) -> Result<Dropped, CatalogError> {
        self.check_unused(name)?;
        let query = self.query_that_made(name).map(Arc::clone);
        let removed = Arc::make_mut(&mut self.sources).remove(name);
        let source = removed.ok_or_else(|| CatalogError::NoSource(name.to_owned()))?;
        if let Some(query) = &query {
            Arc::make_mut(&mut self.queries).remove(&query.id);
        }
        Ok(Dropped { source, query })
    }
}

/// Persistent queries.
impl Catalog {
    /// Finds a query by its id.
    pub fn query(&self, id: &str) -> Option<&Arc<PersistentQuery>> {
        self.queries.get(id)
    }

    /// Returns all queries, by id.
    pub fn queries(&self) -> impl Iterator<Item = &Arc<PersistentQuery>> {
        self.queries.values()
    }

    /// Finds the query that made a stream or table.
    pub fn query_that_made(&self, name: &str) -> Option<&Arc<PersistentQuery>> {
        self.queries().find(|query| &*query.sink == name && query.made_its_sink())
    }

    /// Adds a query, in the place of the one that has its id, if there is one. Numbers up to that of its id are not given again.
    pub fn put_query(&mut self, query: Arc<PersistentQuery>) {
        let number = query.id.rsplit_once('_').and_then(|(_, digits)| digits.parse::<u64>().ok());
        let next = number.map_or(0, |number| number.saturating_add(1));
        self.next_query_number = self.next_query_number.max(next);
        Arc::make_mut(&mut self.queries).insert(Arc::clone(&query.id), query);
    }

    /// Removes a query.
    pub fn remove_query(&mut self, id: &str) -> Result<Arc<PersistentQuery>, CatalogError> {
        let removed = Arc::make_mut(&mut self.queries).remove(id);
        removed.ok_or_else(|| CatalogError::NoQuery(id.to_owned()))
    }

    /// Returns the id of a new query: the numbers of all kinds are one sequence, and none is given twice.
    pub fn next_query_id(&mut self, kind: QueryKind, sink: &str) -> Arc<str> {
        let id = kind.id(sink, self.next_query_number);
        self.next_query_number += 1;
        id.into()
    }
}

/// Types named with CREATE TYPE.
impl Catalog {
    /// Finds a type.
    pub fn custom_type(&self, name: &str) -> Option<&SqlType> {
        self.types.get(name)
    }

    /// Returns all types, by name.
    pub fn types(&self) -> impl Iterator<Item = (&Arc<str>, &SqlType)> {
        self.types.iter()
    }

    /// Adds a type; its name must be free.
    pub fn add_type(&mut self, name: &str, sql_type: SqlType) -> Result<(), CatalogError> {
        if let Some(existing) = self.custom_type(name) {
            return Err(CatalogError::TypeExists(name.to_owned(), existing.to_string()));
        }
        Arc::make_mut(&mut self.types).insert(name.into(), sql_type);
        Ok(())
    }

    /// Drops a type. Columns that were declared with it keep what it stood for.
    pub fn drop_type(&mut self, name: &str) -> Result<(), CatalogError> {
        let removed = Arc::make_mut(&mut self.types).remove(name);
        removed.map(|_| ()).ok_or_else(|| CatalogError::NoType(name.to_owned()))
    }
}

fn list<'a>(names: impl Iterator<Item = &'a Arc<str>>) -> String {
    let mut names: Vec<&str> = names.map(AsRef::as_ref).collect();
    names.sort_unstable();
    names.join(", ")
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
