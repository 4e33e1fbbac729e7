//! Table functions: for each row, any number of values, each of which becomes a row.

mod function;
mod cube_explode;
mod explode;

#[cfg(test)]
mod tests;

pub use function::{
    ROWS_PER_CALL_MAX, ResolvedTable, TableCall, TableFunction, TableKernel, TableRows,
};

/// The table functions, in SHOW order.
pub const TABLES: &[fn() -> TableFunction] = &[cube_explode::cube_explode, explode::explode];
