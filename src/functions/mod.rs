//! Scalar, aggregate and table functions: what each takes, what it returns, what it does to columns, and its docs as data.
//!
//! A function is a file; the registry finds it by name and by the types of its arguments. Users' functions are built with the
//! same builders and live in the same registry.

mod call;
mod error;
pub mod aggregate;

pub use call::{Argument, ArgumentType, Call, LambdaBody, RowFailure, RowFailures};
pub use error::FunctionError;
