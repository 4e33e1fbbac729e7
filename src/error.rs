//! The one public error and its kinds, each saying what the caller should do.

use std::fmt;

/// What the caller should do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The text does not parse: mend the text.
    Syntax,
    /// The statement cannot be carried out as it stands: mend the statement.
    Statement,
    /// A value, flag, file or property is wrong: mend the input.
    Input,
    /// Something that is named is not there.
    NotFound,
    /// Something of that name is there already.
    AlreadyExists,
    /// It may work later: try again.
    Retry,
    /// The disk, a segment or a store failed: look at the machine. Nothing acknowledged is lost.
    Storage,
    /// The engine or the query was closed.
    Closed,
}

/// An error at the public edge.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    position: Option<(u32, u32)>,
    statement: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// Makes an error.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error { kind, message: message.into(), position: None, statement: None, source: None }
    }

    /// Makes the error of a statement that cannot be carried out.
    pub fn statement(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Statement, message)
    }

    /// Adds the place in the text, line and column from 1.
    #[must_use]
    pub fn at(mut self, line: u32, column: u32) -> Self {
        if line > 0 {
            self.position.get_or_insert((line, column));
        }
        self
    }

    /// Adds the statement that failed.
    #[must_use]
    pub fn in_statement(mut self, text: impl Into<String>) -> Self {
        self.statement.get_or_insert_with(|| text.into());
        self
    }

    /// Adds the cause.
    #[must_use]
    pub fn caused_by(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Returns what the caller should do.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns what went wrong, without the place.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the place in the text, line and column from 1.
    pub fn position(&self) -> Option<(u32, u32)> {
        self.position
    }

    /// Returns the statement that failed.
    pub fn failed_statement(&self) -> Option<&str> {
        self.statement.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((line, column)) = self.position {
            write!(f, "line {line}:{column}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn std::error::Error + 'static))
    }
}

/// The result of everything public.
pub type Result<T, E = Error> = std::result::Result<T, E>;
