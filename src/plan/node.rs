//! The logical plan: a tree of nodes, typed, with every coercion explicit.
//!
//! A node's rows have the columns of its schema, in that order: the key's first. Expressions refer to the columns of the node's
//! input by number. The running example is `SELECT region, count(*) FROM orders WINDOW TUMBLING (SIZE 1 MINUTE) WHERE total > 10
//! GROUP BY region`:
//!
//! ```text
//! Sink: TOTALS -> Project: REGION, KSQL_COL_0 -> WindowAggregate -> Repartition -> Filter -> Source: ORDERS
//! ```

use std::sync::Arc;

use crate::catalog::{Source, SourceKind};
use crate::expr::Expr;
use crate::formats::Format;
use crate::functions::{ResolvedAggregate, ResolvedTable};
use crate::types::Schema;

/// The plan of a query.
#[derive(Clone, Debug)]
pub struct QueryPlan {
    /// The plan's last node before the sink.
    pub root: Node,
    /// Where results go; none for a push query.
    pub sink: Option<Sink>,
    /// The names of the streams and tables it reads, in order of first use, without repeats.
    pub sources: Vec<Arc<str>>,
    /// After how many rows a push query ends.
    pub limit: Option<u64>,
}

/// Where a persistent query's results go.
#[derive(Clone, Debug)]
pub struct Sink {
    /// The stream or table that is written.
    pub source: Arc<Source>,
    /// How many partitions its topic gets if it has to be made.
    pub partitions: Option<u32>,
    /// Topic settings by Kafka's names, from WITH (e.g. `retention.ms`).
    pub topic_properties: Vec<(String, String)>,
    /// Takes the output's event time from a column of the root's schema, instead of the row's time.
    pub timestamp: Option<usize>,
}

/// A node of the plan.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it computes.
    pub op: NodeOp,
    /// The columns of its rows.
    pub schema: Schema,
    /// Whether its rows are facts or changes of a table.
    pub kind: SourceKind,
    /// Whether its keys are windowed.
    pub is_windowed: bool,
}

/// What a node computes.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the line above a variant says what its parts are")]
pub enum NodeOp {
    /// Reads a topic; one column of output for each entry of `columns`.
    Source {
        /// What is read.
        source: Arc<Source>,
        /// The name it goes by in the query.
        alias: Arc<str>,
        /// What each output column is.
        columns: Vec<SourceColumn>,
    },
    /// Keeps the rows for which the predicate is true. On a table, a row that ceases to pass becomes a tombstone.
    Filter { input: Box<Node>, predicate: Expr },
    /// Computes one expression per output column; the key's columns stay what they are, under whatever name.
    Project { input: Box<Node>, exprs: Vec<Expr> },
    /// Table functions side by side: one row out per element; output is the input's columns, then one per function.
    FlatMap { input: Box<Node>, calls: Vec<TableCall> },
    /// Gives rows a new key, one expression per output column, and brings equal keys to one partition through a topic. Without key
    /// columns in its schema (PARTITION BY NULL) rows have no key any more.
    Repartition {
        input: Box<Node>,
        exprs: Vec<Expr>,
        /// The key format of the topic that the rows are to meet in a join: they are hashed in it, into as many partitions. None where
        /// they meet only rows that come through such a node too.
        hashed_as: Option<Format>,
    },
    /// Aggregates without windows. Output: the grouping columns, then one column per aggregate.
    Aggregate { input: Box<Node>, group_by: Vec<Expr>, aggregates: Vec<AggregateCall> },
    /// Aggregates per window. Output: the grouping columns, WINDOWSTART, WINDOWEND, then one column per aggregate.
    WindowAggregate {
        input: Box<Node>,
        group_by: Vec<Expr>,
        aggregates: Vec<AggregateCall>,
        window: WindowSpec,
        /// Emits a window once, when it is closed (EMIT FINAL).
        emit_final: bool,
    },
    /// Joins each row of a stream with the row that a table has for its key at that time. Output: left's columns, then right's.
    StreamTableJoin { left: Box<Node>, right: Box<Node>, kind: JoinKind },
    /// Joins two streams on their keys within a time distance. Output: the key, left's columns, then right's.
    StreamStreamJoin { left: Box<Node>, right: Box<Node>, kind: JoinKind, within: WithinSpec },
    /// Joins two tables on their keys. Output: the key, left's columns, then right's.
    TableTableJoin { left: Box<Node>, right: Box<Node>, kind: JoinKind },
    /// Joins a table with another whose key is computed from the left row. Output: left's columns, then right's.
    ForeignKeyJoin { left: Box<Node>, right: Box<Node>, kind: JoinKind, foreign_key: Expr },
}

/// A column that a source node reads.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SourceColumn {
    /// A column of the source's schema.
    Schema(usize),
    /// ROWTIME: the event time.
    RowTime,
    /// ROWPARTITION: the partition.
    RowPartition,
    /// ROWOFFSET: the offset.
    RowOffset,
    /// WINDOWSTART: when the key's window begins.
    WindowStart,
    /// WINDOWEND: when it ends.
    WindowEnd,
}

/// A call of a table function.
#[derive(Clone, Debug)]
pub struct TableCall {
    /// The function.
    pub function: ResolvedTable,
    /// Its arguments.
    pub args: Vec<Expr>,
}

/// A call of an aggregate function.
#[derive(Clone, Debug)]
pub struct AggregateCall {
    /// The function.
    pub function: ResolvedAggregate,
    /// Its column arguments; literal arguments are part of the resolved function.
    pub args: Vec<Expr>,
    /// As it is written in EXPLAIN.
    pub text: String,
}

/// Which rows without a match come out of a join.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JoinKind {
    /// None.
    Inner,
    /// The left side's.
    Left,
    /// The right side's.
    Right,
    /// Both sides'.
    Full,
}

/// The windows of an aggregate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WindowSpec {
    /// Their shape.
    pub shape: WindowShape,
    /// How long after its end a window takes late records.
    pub grace_ms: i64,
    /// How long windows are kept for queries; at least size plus grace.
    pub retention_ms: i64,
}

/// The shape of windows, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names of their parts say it")]
pub enum WindowShape {
    /// One after the other.
    Tumbling { size_ms: i64 },
    /// Overlapping.
    Hopping { size_ms: i64, advance_ms: i64 },
    /// As long as a key stays active.
    Session { gap_ms: i64 },
}

/// How far apart two joined records may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WithinSpec {
    /// How much earlier the right record may be.
    pub before_ms: i64,
    /// How much later.
    pub after_ms: i64,
    /// How long to wait for late records; none: the old rule, unmatched rows come out at once.
    pub grace_ms: Option<i64>,
}

impl Node {
    /// Returns the nodes that it reads from, left to right.
    pub fn inputs(&self) -> Vec<&Node> {
        match &self.op {
            NodeOp::Source { .. } => Vec::new(),
            NodeOp::Filter { input, .. }
            | NodeOp::Project { input, .. }
            | NodeOp::FlatMap { input, .. }
            | NodeOp::Repartition { input, .. }
            | NodeOp::Aggregate { input, .. }
            | NodeOp::WindowAggregate { input, .. } => vec![input],
            NodeOp::StreamTableJoin { left, right, .. }
            | NodeOp::StreamStreamJoin { left, right, .. }
            | NodeOp::TableTableJoin { left, right, .. }
            | NodeOp::ForeignKeyJoin { left, right, .. } => vec![left, right],
        }
    }
}

impl Node {
    /// Puts other nodes in the place of those it reads from.
    #[must_use]
    pub fn map_inputs(mut self, map: &mut dyn FnMut(Node) -> Node) -> Self {
        match &mut self.op {
            NodeOp::Source { .. } => {}
            NodeOp::Filter { input, .. }
            | NodeOp::Project { input, .. }
            | NodeOp::FlatMap { input, .. }
            | NodeOp::Repartition { input, .. }
            | NodeOp::Aggregate { input, .. }
            | NodeOp::WindowAggregate { input, .. } => **input = map(Node::clone(input)),
            NodeOp::StreamTableJoin { left, right, .. }
            | NodeOp::StreamStreamJoin { left, right, .. }
            | NodeOp::TableTableJoin { left, right, .. }
            | NodeOp::ForeignKeyJoin { left, right, .. } => {
                **left = map(Node::clone(left));
                **right = map(Node::clone(right));
            }
        }
        self
    }
}
