//! What is wrong with a text, where, and what would be right.

use std::fmt;

use crate::ast::Position;

/// Why a text is not a statement.
///
/// Prints as one line: `line 1:22: Syntax Error: expected FROM, found 'WHERE'`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// Where.
    pub position: Position,
    /// What.
    pub kind: Box<ParseErrorKind>,
    /// What to do about it, where that can be guessed.
    pub hint: Option<String>,
}

/// What is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParseErrorKind {
    /// Something stands where it cannot.
    Unexpected {
        /// What stands there, as written; `end of statement` if nothing does.
        found: String,
        /// What could stand there.
        expected: Vec<String>,
    },
    /// The statement begins with a word that no statement begins with.
    UnknownStatement(String),
    /// A clause that other databases know and ksqlDB's language does not.
    Unsupported(String),
    /// Well formed, but it cannot mean anything.
    Invalid(String),
    /// Larger than the limits allow.
    TooLarge(String),
}

impl ParseError {
    pub(crate) fn new(position: Position, kind: ParseErrorKind) -> Self {
        ParseError { position, kind: Box::new(kind), hint: None }
    }

    pub(crate) fn invalid(position: Position, text: impl Into<String>) -> Self {
        ParseError::new(position, ParseErrorKind::Invalid(text.into()))
    }

    pub(crate) fn too_large(position: Position, text: impl Into<String>) -> Self {
        ParseError::new(position, ParseErrorKind::TooLarge(text.into()))
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl std::error::Error for ParseError {}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.position, self.kind)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

// `Syntax Error`, `Unknown statement` and the words of `Invalid` are the ones ksqlDB's users search for.
impl fmt::Display for ParseErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ParseErrorKind::Unexpected { found, expected } if expected.is_empty() => {
                write!(f, "Syntax Error: {found} cannot stand here")
            }
            ParseErrorKind::Unexpected { found, expected } => {
                write!(f, "Syntax Error: expected {}, found {found}", one_of(expected))
            }
            ParseErrorKind::UnknownStatement(word) => {
                write!(f, "Syntax Error: Unknown statement '{word}'")
            }
            ParseErrorKind::Unsupported(clause) => {
                write!(f, "Syntax Error: {clause} is not supported")
            }
            ParseErrorKind::Invalid(text) | ParseErrorKind::TooLarge(text) => f.write_str(text),
        }
    }
}

/// Joins alternatives: `A`, `A or B`, `A, B or C`.
fn one_of(alternatives: &[String]) -> String {
    match alternatives {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
