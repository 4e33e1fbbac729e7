//! Why the catalog does not change as asked.

use crate::error::{Error, ErrorKind};

/// Why the catalog does not change as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CatalogError {
    /// The name is taken by a stream or a table.
    #[error("Cannot add {kind} '{name}': A {existing} with the same name already exists")]
    SourceExists {
        /// What was to be added, in lower case.
        kind: &'static str,
        /// Its name.
        name: String,
        /// What has the name, in lower case.
        existing: &'static str,
    },
    /// There is no stream or table of that name.
    #[error("Source {0} does not exist.")]
    NoSource(String),
    /// Others were made from it.
    #[error(
        "Cannot drop {name}.\nThe following streams and/or tables read from this source: [{readers}].\n\
         You need to drop them before dropping {name}."
    )]
    SourcesRead {
        /// What was to be dropped.
        name: String,
        /// What was made from it.
        readers: String,
    },
    /// Queries read from it or write into it.
    #[error(
        "Cannot drop {name}.\nThe following queries read from this source: [{readers}].\n\
         The following queries write into this source: [{writers}].\n\
         You need to terminate them before dropping {name}."
    )]
    QueriesUse {
        /// What was to be dropped.
        name: String,
        /// The queries that read from it.
        readers: String,
        /// The queries that write into it.
        writers: String,
    },
    /// The name is taken by a type.
    #[error("Cannot register custom type '{0}' since it is already registered with type: {1}")]
    TypeExists(String, String),
    /// There is no type of that name.
    #[error("Type {0} does not exist.")]
    NoType(String),
    /// There is no query of that id.
    #[error("Unknown queryId: {0}. SHOW QUERIES lists those that run.")]
    NoQuery(String),
}

impl From<CatalogError> for Error {
    fn from(error: CatalogError) -> Self {
        let kind = match &error {
            CatalogError::SourceExists { .. } | CatalogError::TypeExists(..) => {
                ErrorKind::AlreadyExists
            }
            CatalogError::NoSource(_) | CatalogError::NoType(_) | CatalogError::NoQuery(_) => {
                ErrorKind::NotFound
            }
            CatalogError::SourcesRead { .. } | CatalogError::QueriesUse { .. } => {
                ErrorKind::Statement
            }
        };
        Error::new(kind, error.to_string())
    }
}
