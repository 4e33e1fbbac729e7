//! A pull query: a projection and a filter over the state of a table, or over a stream's records.

use std::sync::Arc;

use crate::catalog::Source;
use crate::expr::Expr;
use crate::plan::SourceColumn;
use crate::types::{Schema, Value};

/// A pull query.
#[derive(Clone, Debug)]
pub struct PullQuery {
    /// What is read.
    pub source: Arc<Source>,
    /// The columns that the expressions' indexes mean.
    pub columns: Vec<SourceColumn>,
    /// Which rows are kept, if not all.
    pub predicate: Option<Expr>,
    /// Which keys can pass the predicate, as far as it says.
    pub lookup: Lookup,
    /// One expression per output column.
    pub exprs: Vec<Expr>,
    /// The output columns, in the order of the SELECT.
    pub output: Vec<OutputColumn>,
    /// After how many rows it ends.
    pub limit: Option<u64>,
}

/// A column of a pull query's result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputColumn {
    /// Its name.
    pub name: Arc<str>,
    /// Its type.
    pub sql_type: crate::types::SqlType,
    /// Whether it is part of the key.
    pub is_key: bool,
}

/// Which keys of a table a query has to look at.
#[derive(Clone, Debug, PartialEq)]
pub enum Lookup {
    /// All of them.
    Scan,
    /// Those that meet one of these.
    Keys(Vec<KeyConstraint>),
}

/// One alternative of a predicate: a key or a range of keys, in a range of windows.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyConstraint {
    /// One constraint for each key column, in order.
    pub columns: Vec<ColumnConstraint>,
    /// When windows begin, if the key is windowed.
    pub window_start: TimeRange,
    /// When they end.
    pub window_end: TimeRange,
}

/// What a predicate says about a key column.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnConstraint {
    /// It has this value.
    Equal(Value),
    /// It is in this range.
    Between {
        /// The lower bound, and whether it is part of the range.
        low: Option<(Value, bool)>,
        /// The upper bound, and whether it is part of the range.
        high: Option<(Value, bool)>,
    },
    /// Nothing.
    Any,
}

/// A range of times in milliseconds, both bounds part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeRange {
    /// The earliest.
    pub from_ms: i64,
    /// The latest.
    pub to_ms: i64,
}

impl TimeRange {
    /// All times.
    pub const ALL: TimeRange = TimeRange { from_ms: i64::MIN, to_ms: i64::MAX };
}

impl PullQuery {
    /// Returns the schema of its result as ksqlDB orders it: keys are marked, and stand where the SELECT has them.
    pub fn columns_text(&self) -> String {
        let column = |column: &OutputColumn| {
            let key = if column.is_key { " KEY" } else { "" };
            format!("`{}` {}{key}", column.name, column.sql_type)
        };
        self.output.iter().map(column).collect::<Vec<_>>().join(", ")
    }

    /// Returns the columns of its result as a schema, all of them values, in the order of the SELECT.
    pub fn schema(&self) -> Schema {
        let column =
            |c: &OutputColumn| crate::types::Column::value(Arc::clone(&c.name), c.sql_type.clone());
        Schema::new(self.output.iter().map(column))
    }
}

/// Written as EXPLAIN shows it.
impl std::fmt::Display for PullQuery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let exprs: Vec<String> = self.exprs.iter().map(ToString::to_string).collect();
        writeln!(f, "Project: {}", exprs.join(", "))?;
        if let Some(predicate) = &self.predicate {
            writeln!(f, "└─ Filter: {predicate}")?;
        }
        match &self.lookup {
            Lookup::Scan => write!(f, "└─ TableScan: {}", self.source.name),
            Lookup::Keys(keys) => write!(f, "└─ KeyLookup: {} ({})", self.source.name, keys.len()),
        }
    }
}
