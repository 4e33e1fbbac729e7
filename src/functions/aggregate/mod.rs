//! Aggregate functions: one file each, over columns, with states that are saved and loaded as bytes.
//!
//! ```text
//! columns + groups -> Accumulator (Dense: a vector of states -> Kernel: one state, one row) -> a column of results
//! ```
//!
//! A function that is not hot is written row by row instead, with [`AggregateFunction::row_wise`].

mod accumulator;
mod bytes;
mod order;
mod cell;
mod dense;
mod function;
mod state;
mod row_wise;

mod lists;
mod counted;
mod registers;

mod attr;
mod avg;
mod collect;
mod collect_list;
mod collect_set;
mod correlation;
mod count;
mod count_distinct;
mod by_offset;
mod earliest_by_offset;
mod histogram;
mod latest_by_offset;
mod extreme;
mod max;
mod min;
mod deviation;
mod stddev_samp;
mod stddev_sample;
mod sum;
mod sum_list;
mod topk;
mod topkdistinct;

#[cfg(test)]
mod tests;

pub use accumulator::{Accumulator, GroupedRows, Merge, StateError};
pub(crate) use dense::LARGE_RESULTS_MAX;
pub use function::{AggregateCall, AggregateFunction, MakeAccumulator, ResolvedAggregate};
pub use row_wise::RowWise;
pub use state::RowState;

/// The aggregate functions, in SHOW order.
pub const AGGREGATES: &[fn() -> AggregateFunction] = &[
    attr::attr,
    avg::avg,
    collect_list::collect_list,
    collect_set::collect_set,
    correlation::correlation,
    count::count,
    count_distinct::count_distinct,
    earliest_by_offset::earliest_by_offset,
    histogram::histogram,
    latest_by_offset::latest_by_offset,
    max::max,
    min::min,
    stddev_samp::stddev_samp,
    stddev_sample::stddev_sample,
    sum::sum,
    sum_list::sum_list,
    topk::topk,
    topkdistinct::topkdistinct,
];
