//! The classes that `--@expected.error` names: those of ksqlDB's testing tool, by what our errors are.

use crate::error::{Error, ErrorKind, Result};

/// What failed in a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FailureKind {
    /// The text of a statement.
    Syntax,
    /// A statement.
    Statement,
    /// An assertion.
    Assertion,
}

/// A class of errors, with or without its package.
#[derive(Clone, Debug)]
pub(super) struct ErrorClass {
    name: String,
    includes: &'static [FailureKind],
}

const ANY: &[FailureKind] = &[FailureKind::Syntax, FailureKind::Statement, FailureKind::Assertion];

/// The classes, from the narrow to the wide.
const CLASSES: &[(&str, &[FailureKind])] = &[
    ("ParseFailedException", &[FailureKind::Syntax]),
    ("KsqlStatementException", &[FailureKind::Syntax, FailureKind::Statement]),
    ("KsqlFunctionException", &[FailureKind::Statement]),
    ("KsqlException", ANY),
    ("StreamsException", ANY),
    ("AssertionError", &[FailureKind::Assertion]),
    ("RuntimeException", ANY),
    ("Exception", ANY),
    ("Error", ANY),
    ("Throwable", ANY),
];

impl ErrorClass {
    /// The class of all errors.
    pub(super) fn any() -> Self {
        ErrorClass { name: "Throwable".to_owned(), includes: ANY }
    }

    /// Reads the name of a class; nothing is any.
    pub(super) fn parse(name: &str) -> Result<Self> {
        if name.is_empty() {
            return Ok(ErrorClass::any());
        }
        let short = name.rsplit(['.', '$']).next().unwrap_or(name);
        let found = CLASSES.iter().find(|(class, _)| *class == short);
        let (_, includes) = found.ok_or_else(|| {
            let known: Vec<_> = CLASSES.iter().map(|(class, _)| *class).collect();
            let message =
                format!("no error here is of class {name}; those that are: {}", known.join(", "));
            Error::new(ErrorKind::Syntax, message)
        })?;
        Ok(ErrorClass { name: name.to_owned(), includes })
    }

    /// Returns the name as it was written.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Tells whether errors of a kind are of this class.
    pub(super) fn includes(&self, kind: FailureKind) -> bool {
        self.includes.contains(&kind)
    }
}
