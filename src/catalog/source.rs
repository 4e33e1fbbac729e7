//! A stream or a table: a schema over a topic.

use std::sync::Arc;

use crate::formats::Format;
use crate::types::Schema;

/// A stream or a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SourceKind {
    /// A sequence of independent facts.
    Stream,
    /// The latest fact per key.
    Table,
}

impl SourceKind {
    /// Returns its name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            SourceKind::Stream => "stream",
            SourceKind::Table => "table",
        }
    }
}

impl From<tidemill_grammar::ast::SourceKind> for SourceKind {
    fn from(kind: tidemill_grammar::ast::SourceKind) -> Self {
        match kind {
            tidemill_grammar::ast::SourceKind::Stream => SourceKind::Stream,
            tidemill_grammar::ast::SourceKind::Table => SourceKind::Table,
        }
    }
}

/// A stream or a table: a schema over a topic.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// Its name.
    pub name: Arc<str>,
    /// Stream or table.
    pub kind: SourceKind,
    /// Its columns.
    pub schema: Schema,
    /// The topic that holds its records.
    pub topic: Arc<str>,
    /// How keys are written.
    pub key_format: Format,
    /// How values are written.
    pub value_format: Format,
    /// The column that gives the event time; without one it is the record's own.
    pub timestamp: Option<TimestampColumn>,
    /// The windows of its keys, if they are windowed.
    pub window: Option<KeyWindow>,
    /// Made with CREATE SOURCE: read-only, and materialized if it is a table.
    pub is_read_only: bool,
    /// How many partitions its topic has, if that is known: joins need equal numbers.
    pub partitions: Option<u32>,
    /// The statement that made it.
    pub statement: Arc<str>,
}

impl Source {
    /// Returns the subjects of its schemas: those of the sides whose formats have schemas.
    pub fn subjects(&self) -> Vec<String> {
        let sides = [(&self.key_format, "key"), (&self.value_format, "value")];
        let has_schemas = |(format, _): &(&Format, &str)| format.schemas.is_some();
        let subject = |(_, side)| format!("{}-{side}", self.topic);
        sides.into_iter().filter(has_schemas).map(subject).collect()
    }
}

/// The column that gives a record's event time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TimestampColumn {
    /// The column.
    pub column: Arc<str>,
    /// The pattern of a VARCHAR column; without one the column is a BIGINT of milliseconds or a TIMESTAMP.
    pub format: Option<Arc<str>>,
}

/// The windows of a windowed key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyWindow {
    /// Windows that all last `size_ms`.
    Tumbling {
        /// How long each lasts.
        size_ms: i64,
    },
    /// Windows that all last `size_ms` and overlap.
    Hopping {
        /// How long each lasts.
        size_ms: i64,
    },
    /// Windows as long as a key stays active.
    Session,
}

impl KeyWindow {
    /// Returns its type as in WINDOW_TYPE.
    pub fn name(self) -> &'static str {
        match self {
            KeyWindow::Tumbling { .. } => "TUMBLING",
            KeyWindow::Hopping { .. } => "HOPPING",
            KeyWindow::Session => "SESSION",
        }
    }

    /// Returns how long each window lasts; sessions have no fixed size.
    pub fn size_ms(self) -> Option<i64> {
        match self {
            KeyWindow::Tumbling { size_ms } | KeyWindow::Hopping { size_ms } => Some(size_ms),
            KeyWindow::Session => None,
        }
    }
}
