//! Why a function could not be registered, resolved or evaluated.

use crate::error::{Error, ErrorKind};

/// Why a function could not be registered, resolved or evaluated for a whole batch. What fails for a row alone is a
/// [`RowFailure`](crate::functions::RowFailure), and the row's result is NULL.
///
/// The texts of what a statement can cause are ksqlDB's own.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FunctionError {
    /// There is no function of that name.
    #[error("Can't find any functions with the name '{name}'{}", did_you_mean(nearest))]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// Names that are close to it.
        nearest: Vec<String>,
    },
    /// No overload takes these arguments.
    #[error(
        "Function '{name}' does not accept parameters ({given}).\nValid alternatives are:\n{alternatives}\n\
         For detailed information on a function run: DESCRIBE FUNCTION <Function-Name>;"
    )]
    NoOverload {
        /// The function.
        name: String,
        /// The types it was called with.
        given: String,
        /// One line for each overload.
        alternatives: String,
    },
    /// Several overloads take these arguments, and none of them better than the others.
    #[error(
        "Function '{name}' cannot be resolved due to ambiguous method parameters ({given}).\n\
         Use CAST() to explicitly cast your parameters to one of the supported function calls.\n\
         Valid function calls are:\n{alternatives}\n\
         For detailed information on a function run: DESCRIBE FUNCTION <Function-Name>;"
    )]
    Ambiguous {
        /// The function.
        name: String,
        /// The types it was called with.
        given: String,
        /// One line for each overload.
        alternatives: String,
    },
    /// The arguments are of the right types but make no sense.
    #[error("{0}")]
    InvalidArgument(String),
    /// The function's definition is wrong.
    #[error("function '{name}' is not well defined: {reason}")]
    Definition {
        /// The function.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl From<FunctionError> for Error {
    fn from(error: FunctionError) -> Self {
        let kind = match &error {
            FunctionError::Unknown { .. } => ErrorKind::NotFound,
            FunctionError::NoOverload { .. }
            | FunctionError::Ambiguous { .. }
            | FunctionError::InvalidArgument(_) => ErrorKind::Statement,
            FunctionError::Definition { .. } => ErrorKind::Input,
        };
        Error::new(kind, error.to_string())
    }
}

fn did_you_mean(nearest: &[String]) -> String {
    match nearest {
        [] => String::new(),
        names => format!("; did you mean {}?", names.join(" or ")),
    }
}
