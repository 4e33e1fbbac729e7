//! AST to analysed to logical plan, rewritten by an ordered list of rules; EXPLAIN.
//!
//! ```text
//! Statement ─analyze▶ Action, with ─query▶ QueryPlan ─rules▶ QueryPlan
//! ```

mod node;
mod pull;
mod action;
mod system;
mod rules;
mod query;
mod analyze;
mod explain;

pub use action::{Action, CreateAs, CreateSource, DropSource, InsertInto, InsertValues, TopicSpec};
pub use analyze::{AssertedValue, Assertion, analyze_assertion, analyze_statement};
pub use explain::explain;
pub use node::{
    AggregateCall, JoinKind, Node, NodeOp, QueryPlan, Sink, SourceColumn, TableCall, WindowShape,
    WindowSpec, WithinSpec,
};
pub use pull::{ColumnConstraint, KeyConstraint, Lookup, OutputColumn, PullQuery, TimeRange};
pub use rules::{RULES, Rule};

#[cfg(test)]
mod tests;
