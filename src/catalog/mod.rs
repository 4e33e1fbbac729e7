//! Streams, tables, types and queries by name.

mod source;

pub use source::{KeyWindow, Source, SourceKind, TimestampColumn};
