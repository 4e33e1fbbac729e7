//! Whether what a query wrote is right: its topic, read as rows, against what DataFusion finds in the same data.

mod compare;
mod rows;

pub(crate) use compare::{Expected, check};
pub(crate) use rows::{Key, ResultShape, Windows};
