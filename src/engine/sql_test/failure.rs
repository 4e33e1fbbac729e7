//! Why a SQL test failed.

use std::fmt;

use crate::engine::sql_test::error_class::FailureKind;

/// Why a SQL test failed, and where.
#[derive(Clone, Debug)]
pub struct SqlTestFailure {
    /// The place in the script, line and column from 1.
    pub position: (u32, u32),
    /// What is wrong.
    pub message: String,
    /// If a record is not the one that is expected: its columns, as far as they were to be compared.
    pub compared: Vec<ComparedValue>,
    /// What has gone to the processing log since the last assertion: it may be why a record is missing.
    pub reports: Vec<String>,
    pub(super) kind: FailureKind,
    /// Whether the message says in which script, run by RUN SCRIPT, it is.
    pub(super) names_script: bool,
}

/// A column of a record, as it should be and as it is; both as one would write them in SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComparedValue {
    /// Its name.
    pub name: String,
    /// What is expected.
    pub expected: String,
    /// What is there.
    pub actual: String,
    /// Whether both are the same.
    pub is_same: bool,
}

impl SqlTestFailure {
    /// Makes the failure of an assertion.
    pub(super) fn new(position: (u32, u32), message: impl Into<String>) -> Self {
        SqlTestFailure {
            position,
            message: message.into(),
            compared: Vec::new(),
            reports: Vec::new(),
            kind: FailureKind::Assertion,
            names_script: false,
        }
    }

    /// Returns what is known beside the message: the columns one below the other, `≠` before those that differ.
    pub fn details(&self) -> String {
        let mut text = String::new();
        let width = |of: fn(&ComparedValue) -> &str, title: &str| {
            let widths = self.compared.iter().map(|value| of(value).chars().count());
            widths.max().unwrap_or(0).max(title.len())
        };
        let name = width(|value| &value.name, "column");
        let expected = width(|value| &value.expected, "expected");
        if !self.compared.is_empty() {
            text += &format!("  {:name$}  {:expected$}  actual\n", "column", "expected");
        }
        for value in &self.compared {
            let mark = if value.is_same { ' ' } else { '≠' };
            let ComparedValue { name: column, expected: wanted, actual, .. } = value;
            text += &format!("{mark} {column:name$}  {wanted:expected$}  {actual}\n");
        }
        for report in &self.reports {
            text += &format!("the processing log says: {report}\n");
        }
        text
    }
}

impl fmt::Display for SqlTestFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.position;
        write!(f, "line {line}:{column}: {}", self.message)?;
        let details = self.details();
        if details.is_empty() { Ok(()) } else { write!(f, "\n{}", details.trim_end()) }
    }
}

impl std::error::Error for SqlTestFailure {}
