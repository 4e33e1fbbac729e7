//! The names that can stand in a statement: for completion and for colours.

use std::collections::HashSet;

use tidemill::engine::{CatalogNames, Engine, Entity, Outcome, Property, SourceSummary};

/// A stream or table and its columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SourceName {
    /// Its name.
    pub(crate) name: String,
    /// Whether it is a table.
    pub(crate) is_table: bool,
    /// Its columns' names.
    pub(crate) columns: Vec<String>,
}

/// The names that can stand in a statement.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    /// Streams and tables.
    pub(crate) sources: Vec<SourceName>,
    /// Topics.
    pub(crate) topics: Vec<String>,
    /// Queries.
    pub(crate) queries: Vec<String>,
    /// Types made by CREATE TYPE.
    pub(crate) types: Vec<String>,
    /// Functions.
    pub(crate) functions: Vec<String>,
    /// Options that SET takes.
    pub(crate) properties: Vec<String>,
    /// Streams, tables, columns, queries and types.
    known: HashSet<String>,
    known_functions: HashSet<String>,
}

impl Names {
    /// Asks the engine; `said` is what SHOW PROPERTIES and SHOW TABLES gave.
    pub(crate) fn new(engine: &Engine, said: &[Outcome]) -> Self {
        let CatalogNames { sources, topics, queries, types } = engine.catalog_names();
        let functions = engine.functions().into_iter().map(|function| function.name);
        let tables: HashSet<&str> = tables_of(said).map(|table| table.name.as_str()).collect();
        let sources = sources.into_iter().map(|(name, columns)| SourceName {
            is_table: tables.contains(name.as_str()),
            name,
            columns,
        });
        Names {
            sources: sources.collect(),
            topics,
            queries,
            types,
            functions: functions.collect(),
            properties: properties_of(said).map(|it| it.name.clone()).collect(),
            ..Names::default()
        }
        .indexed()
    }

    /// Makes the names quick to look up.
    pub(super) fn indexed(mut self) -> Self {
        let columns = self.sources.iter().flat_map(|source| &source.columns);
        let sources = self.sources.iter().map(|source| &source.name);
        let names = sources.chain(columns).chain(&self.queries).chain(&self.types);
        self.known = names.cloned().collect();
        self.known_functions = self.functions.iter().cloned().collect();
        self
    }

    /// Tells whether something has the name that is written so.
    pub(crate) fn is_known(&self, written: &str) -> bool {
        self.known.contains(&meant(written))
    }

    /// Tells whether it is a function.
    pub(crate) fn is_function(&self, written: &str) -> bool {
        self.known_functions.contains(&written.to_uppercase())
    }
}

/// Returns the name that is meant: as it is in quotes, upper case without.
pub(crate) fn meant(written: &str) -> String {
    for quote in ['`', '"'] {
        if let Some(inner) = written.strip_prefix(quote) {
            let inner = inner.strip_suffix(quote).unwrap_or(inner);
            let doubled: String = [quote, quote].iter().collect();
            return inner.replace(&doubled, &quote.to_string());
        }
    }
    written.to_uppercase()
}

/// Returns what SHOW PROPERTIES gave.
pub(crate) fn properties_of(outcomes: &[Outcome]) -> impl Iterator<Item = &Property> {
    let lists = entities(outcomes).filter_map(|entity| match entity {
        Entity::Properties { properties } => Some(properties),
        _ => None,
    });
    lists.flatten()
}

/// Returns what SHOW TABLES gave.
fn tables_of(outcomes: &[Outcome]) -> impl Iterator<Item = &SourceSummary> {
    let lists = entities(outcomes).filter_map(|entity| match entity {
        Entity::Tables { tables } => Some(tables),
        _ => None,
    });
    lists.flatten()
}

fn entities(outcomes: &[Outcome]) -> impl Iterator<Item = &Entity> {
    outcomes.iter().filter_map(|outcome| match outcome {
        Outcome::Entity(entity) => Some(entity.as_ref()),
        Outcome::Done(_) | Outcome::Rows(_) | Outcome::Records(_) => None,
    })
}

#[cfg(test)]
pub(crate) fn sample() -> Names {
    let source = |name: &str, is_table, columns: &[&str]| SourceName {
        name: name.to_owned(),
        is_table,
        columns: columns.iter().map(|column| (*column).to_owned()).collect(),
    };
    let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Names {
        sources: vec![
            source("BIDS", false, &["ITEM", "PRICE", "fromWhere"]),
            source("BEST", true, &["ITEM", "HIGHEST"]),
            source("order", false, &["ID"]),
        ],
        topics: list(&["bids", "best-changes"]),
        queries: list(&["CTAS_BEST_1"]),
        types: list(&["ADDRESS"]),
        functions: list(&["ABS", "SUBSTRING", "SUM"]),
        properties: list(&["auto.offset.reset", "ksql.streams.num.stream.threads"]),
        ..Names::default()
    }
    .indexed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_as_they_are_meant() {
        let names = sample();
        for written in ["bids", "Bids", "`BIDS`", "\"fromWhere\"", "ctas_best_1", "address"] {
            assert!(names.is_known(written), "{written}");
        }
        for written in ["`bids`", "fromwhere", "x"] {
            assert!(!names.is_known(written), "{written}");
        }
        assert!(names.is_function("sum"));
    }
}
