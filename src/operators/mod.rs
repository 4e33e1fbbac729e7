//! What a running query is made of: one operator per file, each fed with batches and called once per batch.

mod aggregate;
mod aggregate_spec;
mod context;
mod event_time;
mod filter;
mod flat_map;
mod foreign_key_join;
mod foreign_key_match;
mod foreign_key_resolve;
mod foreign_key_subscribe;
mod groups;
mod joined_rows;
mod latest_rows;
mod materialize;
mod progress;
mod project;
mod rekey;
mod session_aggregate;
mod session_closing;
mod sessions;
mod stored_sessions;
mod stream_stream_join;
mod stream_table_join;
mod table_filter;
mod table_group_by;
mod table_table_join;
mod time_windows;
mod unmatched;
mod visible;
mod window_aggregate;

use crate::functions::FunctionError;
use crate::state::{Changes, StateError};
use crate::types::Batch;

pub use aggregate::Aggregate;
pub use aggregate_spec::AggregateSpec;
pub use context::{OperatorContext, Report};
pub use event_time::{EventTime, event_time};
pub use filter::Filter;
pub use flat_map::{FlatMap, FlatMapSpec};
pub use foreign_key_join::ForeignKeySpec;
pub use foreign_key_match::ForeignKeyMatch;
pub use foreign_key_resolve::ForeignKeyResolve;
pub use foreign_key_subscribe::ForeignKeySubscribe;
pub use groups::{GroupRows, PaneReader, Panes, read_group_rows, window_row};
pub use materialize::{Materialize, read_table_rows};
pub use project::Project;
pub use rekey::{Rekey, RekeySpec};
pub use session_aggregate::{SessionAggregate, SessionWindows};
pub use stored_sessions::{SessionRows, read_session_rows};
pub use stream_stream_join::{StreamStreamJoin, StreamStreamSpec};
pub use stream_table_join::StreamTableJoin;
pub use table_filter::TableFilter;
pub use table_group_by::{TableGroupBy, TableGrouping};
pub use table_table_join::{TableTableJoin, TableTableSpec};
pub use time_windows::TimeWindows;
pub use visible::{AggregateWindows, VisibleWindows};
pub use window_aggregate::WindowAggregate;

/// One node of a running topology.
///
/// # Contract
///
/// - Batches of one partition arrive in the order of their records, one call each.
/// - What a call emits depends on its input and on state alone, never on the wall clock, nor on how records were cut into
///   batches: a replay emits the same rows.
/// - What a call emits and what it changes in state commit together: changes are kept until `hand_over`.
pub trait Operator: Send {
    /// Takes one batch from the upstream operator at `port` and emits any number downstream.
    fn process(
        &mut self,
        port: usize,
        batch: Batch,
        ctx: &mut OperatorContext<'_>,
        emit: &mut Vec<Batch>,
    ) -> Result<(), OperatorError>;

    /// Emits what was held back so that updates of one key could be merged. It is called when there is no more input at hand,
    /// after at most a few milliseconds of it, and always before `hand_over`.
    fn flush(
        &mut self,
        _ctx: &mut OperatorContext<'_>,
        _emit: &mut Vec<Batch>,
    ) -> Result<(), OperatorError> {
        Ok(())
    }

    /// Hands over the changes of the epoch that ends; the epoch before it is committed by now.
    fn hand_over(&mut self, _changes: &mut Changes) {}
}

/// Why an operator cannot go on. What is wrong with a single row is a [`Report`] instead.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// State cannot be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// A function cannot be computed for any row.
    #[error(transparent)]
    Function(#[from] FunctionError),
    /// Arrow refused; a batch grew past what its offsets can count, most likely.
    #[error(transparent)]
    Arrow(#[from] datafusion::arrow::error::ArrowError),
    /// Something in the record is wrong, and the configuration says to stop then.
    #[error("{0}")]
    Record(String),
}
