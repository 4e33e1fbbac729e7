//! Streams, tables, types and queries by name.

mod error;
mod query;
mod source;
mod store;

pub use error::CatalogError;
pub use query::{PersistentQuery, QueryKind};
pub use source::{KeyWindow, Source, SourceKind, TimestampColumn};
pub use store::{Catalog, Dropped};
