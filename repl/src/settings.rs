//! What the shell's own commands change: how results look and when queries end.

use std::time::Duration;

use crate::args::{OutputFormat, ShellArguments};

/// How results look and when queries end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Tables or JSON.
    pub(crate) format: OutputFormat,
    /// Whether a cell that is too long goes on in the next line, or is cut.
    pub(crate) wrap: bool,
    /// The width of every column; none fits them to the terminal.
    pub(crate) column_width: Option<usize>,
    /// After how many rows a query ends.
    pub(crate) row_limit: Option<u64>,
    /// After what time a query ends.
    pub(crate) timeout: Option<Duration>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            format: OutputFormat::Tabular,
            wrap: true,
            column_width: None,
            row_limit: None,
            timeout: None,
        }
    }
}

impl From<&ShellArguments> for Settings {
    fn from(arguments: &ShellArguments) -> Self {
        Settings {
            format: arguments.output.unwrap_or_default(),
            row_limit: arguments.query_row_limit,
            timeout: arguments.query_timeout.map(Duration::from_millis),
            ..Settings::default()
        }
    }
}
