//! Aggregate functions: one file each, over columns, with states that are saved and loaded as bytes.
//!
//! ```text
//! columns + groups -> Accumulator (Dense: a vector of states -> Kernel: one state, one row) -> a column of results
//! ```

mod accumulator;
mod bytes;
mod order;
mod cell;
mod dense;

pub use accumulator::{Accumulator, GroupedRows, StateError};
