//! The columns of a stream or a table, and what part of a record each comes from.

use std::fmt;
use std::sync::Arc;

use crate::types::SqlType;

/// What part of a record a column comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ColumnRole {
    /// The key.
    Key,
    /// The value.
    Value,
    /// All headers, or the last header of that name.
    Header(Option<Arc<str>>),
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Column {
    /// Its name, as it is compared.
    pub name: Arc<str>,
    /// Its type.
    pub sql_type: SqlType,
    /// Where it comes from.
    pub role: ColumnRole,
}

/// Columns in order: those of the key come first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Schema {
    columns: Vec<Column>,
}

impl Column {
    /// Makes a key column.
    pub fn key(name: impl Into<Arc<str>>, sql_type: SqlType) -> Self {
        Column { name: name.into(), sql_type, role: ColumnRole::Key }
    }

    /// Makes a value column.
    pub fn value(name: impl Into<Arc<str>>, sql_type: SqlType) -> Self {
        Column { name: name.into(), sql_type, role: ColumnRole::Value }
    }
}

impl Schema {
    /// Makes a schema; key columns are moved to the front, otherwise the order is kept.
    pub fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        let (mut key, rest): (Vec<_>, Vec<_>) =
            columns.into_iter().partition(|column| column.role == ColumnRole::Key);
        key.extend(rest);
        Schema { columns: key }
    }

    /// Returns all columns, those of the key first.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Returns the key's columns.
    pub fn key(&self) -> &[Column] {
        &self.columns[..self.key_count()]
    }

    /// Returns the columns that are not the key's.
    pub fn rest(&self) -> &[Column] {
        &self.columns[self.key_count()..]
    }

    /// Returns the value's columns.
    pub fn value(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.role == ColumnRole::Value)
    }

    /// Returns how many columns the key has.
    pub fn key_count(&self) -> usize {
        self.columns.iter().take_while(|column| column.role == ColumnRole::Key).count()
    }

    /// Finds a column by its name.
    pub fn find(&self, name: &str) -> Option<(usize, &Column)> {
        self.columns.iter().enumerate().find(|(_, column)| column.name.as_ref() == name)
    }
}

/// Written as ksqlDB writes schemas: `` `ID` BIGINT KEY, `NAME` STRING ``.
impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, column) in self.columns.iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            write!(f, "{comma}`{}` {}", column.name, column.sql_type)?;
            match &column.role {
                ColumnRole::Key => f.write_str(" KEY")?,
                ColumnRole::Value => {}
                ColumnRole::Header(None) => f.write_str(" HEADERS")?,
                ColumnRole::Header(Some(name)) => write!(f, " HEADER('{name}')")?,
            }
        }
        Ok(())
    }
}
