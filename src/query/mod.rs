//! Pull queries: a table's committed state, filtered and projected by DataFusion.

mod expr;
mod pull;
mod read;

pub(crate) use pull::{PullSource, pull};
