//! Scalar, aggregate and table functions: what each takes, what it returns, what it does to columns, and its docs as data.
//!
//! A function is a file; the registry finds it by name and by the types of its arguments. Users' functions are built with the
//! same builders and live in the same registry.

mod error;
mod call;
mod signature;
mod resolve;
mod arguments;
mod results;
mod docs;
pub mod elements;
pub mod scalar;
pub mod aggregate;
pub mod table;
mod registry;

pub use aggregate::{Accumulator, AggregateFunction, GroupedRows, ResolvedAggregate};
pub use arguments::{
    Bigints, Booleans, Bytes, Dates, Decimals, Doubles, Ints, Lists, Maps, Prepared, Strings,
    Times, Timestamps, Values,
};
pub use call::{Argument, ArgumentType, Call, LambdaBody, RowFailure, RowFailures};
pub use docs::{Category, Description, Example, OverloadDescription};
pub use error::FunctionError;
pub use registry::{Functions, Registry};
pub use resolve::{LambdaTyper, ResolvedOverload, ResolvedParam, resolve_overload};
pub use results::{Pick, RowResult, VALUE_BYTES_MAX, VALUE_ELEMENTS_MAX};
pub use scalar::{ResolvedScalar, ScalarFunction};
pub use signature::{Param, ParamType, Signature, SignatureError};
pub use table::{ResolvedTable, TableFunction, TableRows};
