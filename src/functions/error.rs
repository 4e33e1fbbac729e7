//! Why a function could not be resolved or evaluated.

/// Why a function could not be resolved or evaluated for a whole batch. What fails for a row alone is a
/// [`RowFailure`](crate::functions::RowFailure), and the row's result is NULL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FunctionError {
    /// There is no function of that name.
    #[error("can't find any functions with the name '{name}'")]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// Names that are close to it.
        nearest: Vec<String>,
    },
    /// No overload takes these arguments.
    #[error(
        "function '{name}' does not accept parameters ({given}). Valid alternatives are:\n{alternatives}"
    )]
    NoOverload {
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
}
