//! Why an expression does not resolve.

use tidemill_grammar::ast::Position;

use crate::error::{Error, ErrorKind};
use crate::functions::FunctionError;

/// Why an expression does not resolve, and where.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{kind}")]
pub struct ResolveError {
    /// Why.
    pub kind: ResolveErrorKind,
    /// Where the expression stands that is at fault.
    pub position: Position,
}

/// Why an expression does not resolve.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ResolveErrorKind {
    /// No source in scope has such a column.
    #[error("column '{}' cannot be resolved.{}", dotted(.source_name.as_deref(), .name), hint(.nearest))]
    UnknownColumn {
        /// The source it was asked of.
        source_name: Option<String>,
        /// Its name.
        name: String,
        /// Names that are close to it.
        nearest: Vec<String>,
    },
    /// No source in scope goes by that name.
    #[error("'{0}' is not a valid stream/table name or alias.")]
    UnknownSource(String),
    /// Several sources in scope have such a column.
    #[error("column '{name}' is ambiguous. Could be {}.", .candidates.join(" or "))]
    AmbiguousColumn {
        /// Its name.
        name: String,
        /// What it may mean, as one would write it.
        candidates: Vec<String>,
    },
    /// There is no type of that name.
    #[error("Cannot resolve unknown type: {name}.{}", hint(.nearest))]
    UnknownType {
        /// Its name.
        name: String,
        /// A name that is close to it.
        nearest: Vec<String>,
    },
    /// NULL stands where nothing says what type it has.
    #[error(
        "Can't infer a type of null. Please explicitly cast it to a required type, e.g. CAST(null AS VARCHAR)."
    )]
    UntypedNull,
    /// A call does not resolve.
    #[error(transparent)]
    Function(#[from] FunctionError),
    /// The types do not go together.
    #[error("{0}")]
    Mistyped(String),
    /// The types are known, but no code computes this.
    #[error("{0}")]
    Unsupported(String),
    /// A filter is not a boolean.
    #[error("Should evaluate to boolean but is {0} instead.")]
    NotBoolean(String),
    /// It nests deeper than can be evaluated.
    #[error("expression nests deeper than {0} levels")]
    TooDeep(usize),
}

/// The clause an expression stands in: errors name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "their names say it")]
pub enum Clause {
    Select,
    Where,
    Having,
    GroupBy,
    PartitionBy,
    Join,
    Values,
}

impl Clause {
    /// Returns its keyword.
    pub fn keyword(self) -> &'static str {
        match self {
            Clause::Select => "SELECT",
            Clause::Where => "WHERE",
            Clause::Having => "HAVING",
            Clause::GroupBy => "GROUP BY",
            Clause::PartitionBy => "PARTITION BY",
            Clause::Join => "JOIN ON",
            Clause::Values => "VALUES",
        }
    }
}

impl ResolveError {
    /// Makes an error that stands at a place.
    pub fn new(kind: ResolveErrorKind, position: Position) -> Self {
        ResolveError { kind, position }
    }

    /// Words it for the clause that the expression stands in.
    pub fn in_clause(self, clause: Clause) -> Error {
        let words = self.kind.to_string();
        let error_kind = match &self.kind {
            ResolveErrorKind::Function(FunctionError::Unknown { .. }) => ErrorKind::NotFound,
            _ => ErrorKind::Statement,
        };
        let is_filter = matches!(clause, Clause::Where | Clause::Having);
        let message = match self.kind {
            ResolveErrorKind::UnknownColumn { .. } | ResolveErrorKind::AmbiguousColumn { .. } => {
                format!("{} {words}", clause.keyword())
            }
            ResolveErrorKind::NotBoolean(_) => {
                format!("Type error in {} expression: {words}", clause.keyword())
            }
            ResolveErrorKind::Mistyped(_) if is_filter => {
                format!("Error in {} expression: {words}", clause.keyword())
            }
            ResolveErrorKind::Unsupported(_) if is_filter => format!("Invalid Predicate: {words}"),
            ResolveErrorKind::Unsupported(_) => match clause {
                Clause::GroupBy => format!("Invalid Group By: {words}"),
                Clause::PartitionBy => format!("Invalid Partition By: {words}"),
                Clause::Select | Clause::Join | Clause::Values | Clause::Where | Clause::Having => {
                    format!("Invalid Select: {words}")
                }
            },
            ResolveErrorKind::UnknownSource(_)
            | ResolveErrorKind::UnknownType { .. }
            | ResolveErrorKind::UntypedNull
            | ResolveErrorKind::Function(_)
            | ResolveErrorKind::Mistyped(_)
            | ResolveErrorKind::TooDeep(_) => words,
        };
        Error::new(error_kind, message).at(self.position.line, self.position.column)
    }
}

fn dotted(source: Option<&str>, name: &str) -> String {
    source.map_or_else(|| name.to_owned(), |source| format!("{source}.{name}"))
}

fn hint(nearest: &[String]) -> String {
    if nearest.is_empty() {
        return String::new();
    }
    format!(" Did you mean {}?", nearest.join(", "))
}
