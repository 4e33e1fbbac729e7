//! A persistent query, as the catalog knows it.

use std::fmt;
use std::sync::Arc;

/// The statement that made a persistent query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QueryKind {
    /// `CREATE STREAM … AS SELECT`.
    CreateStreamAs,
    /// `CREATE TABLE … AS SELECT`.
    CreateTableAs,
    /// `CREATE SOURCE TABLE`: keeps the table's rows for pull queries and writes nothing.
    CreateSourceTable,
    /// `INSERT INTO … SELECT`.
    InsertInto,
}

/// A persistent query.
#[derive(Clone, Debug, PartialEq)]
pub struct PersistentQuery {
    /// Its id, e.g. `CSAS_TOTALS_3`.
    pub id: Arc<str>,
    /// The statement that made it.
    pub kind: QueryKind,
    /// The text of that statement.
    pub statement: Arc<str>,
    /// The stream or table it writes into, or keeps the rows of.
    pub sink: Arc<str>,
    /// The streams and tables it reads from.
    pub sources: Vec<Arc<str>>,
    /// Its plan, as EXPLAIN shows it.
    pub plan_text: Arc<str>,
}

impl PersistentQuery {
    /// Tells whether it came with its sink, so that it ends when that is dropped.
    pub fn made_its_sink(&self) -> bool {
        self.kind != QueryKind::InsertInto
    }
}

impl QueryKind {
    /// Returns the id of a query of that kind, from the number that makes it unique.
    pub fn id(self, sink: &str, number: u64) -> String {
        match self {
            QueryKind::CreateStreamAs => format!("CSAS_{}_{number}", sink.to_uppercase()),
            QueryKind::CreateTableAs => format!("CTAS_{}_{number}", sink.to_uppercase()),
            QueryKind::CreateSourceTable => format!("CST_{}_{number}", sink.to_uppercase()),
            QueryKind::InsertInto => format!("INSERTQUERY_{number}"),
        }
    }
}

/// Written as in SQL.
impl fmt::Display for QueryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            QueryKind::CreateStreamAs => "CREATE STREAM AS SELECT",
            QueryKind::CreateTableAs => "CREATE TABLE AS SELECT",
            QueryKind::CreateSourceTable => "CREATE SOURCE TABLE",
            QueryKind::InsertInto => "INSERT INTO",
        })
    }
}
