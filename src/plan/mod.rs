//! AST to analysed to logical plan, rewritten by an ordered list of rules; EXPLAIN.

mod action;
mod node;
mod pull;

pub use action::{
    Action, CreateAs, CreateSource, DropSource, InsertInto, InsertValues, TopicSpec,
};
pub use node::{
    AggregateCall, JoinKind, Node, NodeOp, QueryPlan, Sink, SourceColumn, TableCall, WindowShape,
    WindowSpec, WithinSpec,
};
pub use pull::{
    ColumnConstraint, KeyConstraint, Lookup, OutputColumn, PullQuery, TimeRange,
};
