//! AST to analysed to logical plan, rewritten by an ordered list of rules; EXPLAIN.

mod node;

pub use node::{
    AggregateCall, JoinKind, Node, NodeOp, QueryPlan, Sink, SourceColumn, TableCall, WindowShape,
    WindowSpec, WithinSpec,
};
