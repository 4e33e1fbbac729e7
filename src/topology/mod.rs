//! A plan as operators, cut into sub-topologies at repartition topics.
//!
//! A sub-topology has inputs, a tree of operators and one output. It is run by one task per partition; tasks share nothing,
//! an exchange between them is a topic.

mod builder;
mod describe;
mod joins;
mod operator;
mod pace;

use std::sync::Arc;

use crate::catalog::Source;
use crate::formats::Format;
use crate::plan::{Sink, SourceColumn};
use crate::state::StoreId;
use crate::types::Schema;

pub use builder::{build, build_source_table, is_between_sub_topologies};
pub use operator::{OperatorSpec, StateEnv};
pub use pace::Allowance;

/// A query as operators.
#[derive(Clone, Debug)]
pub struct Topology {
    /// Its sub-topologies, upstream before downstream; the last one has the query's output.
    pub sub_topologies: Vec<SubTopology>,
    /// The state that pull queries read; none for a stream.
    pub materialized: Option<Materialized>,
}

impl Topology {
    /// Returns the stores that its operators keep.
    pub fn stores(&self) -> impl Iterator<Item = StoreId> {
        let operators = self.sub_topologies.iter().flat_map(|part| &part.operators);
        operators.flat_map(|node| node.spec.stores())
    }

    /// Returns the topics between its sub-topologies.
    pub fn repartition_topics(&self) -> impl Iterator<Item = &str> {
        self.sub_topologies.iter().filter_map(|part| match &part.output {
            Output::Repartition { topic, .. } => Some(&**topic),
            Output::Sink { .. } | Output::Rows(_) => None,
        })
    }

    /// Finds the stream or table that an internal topic has as many partitions as: one that its rows meet, or, where they meet only
    /// rows of other internal topics, one that the first of those comes from.
    pub fn partitioned_like(&self, topic: &str) -> Option<&Source> {
        let reads = |part: &&SubTopology| part.inputs.iter().any(|input| *input.topic == *topic);
        let reader = self.sub_topologies.iter().find(reads)?;
        if let Some(source) = reader.source() {
            return Some(source);
        }
        let first = &reader.inputs.first()?.topic;
        let writes = |part: &&SubTopology| match &part.output {
            Output::Repartition { topic, .. } => topic == first,
            Output::Sink { .. } | Output::Rows(_) => false,
        };
        let writer = self.sub_topologies.iter().find(writes)?;
        writer.source().or_else(|| self.partitioned_like(&writer.inputs.first()?.topic))
    }
}

impl Topology {
    /// Lets a record whose timestamp column holds no time fail the query (`ksql.timestamp.throw.on.invalid`).
    pub fn fail_without_time(&mut self) {
        for input in self.sub_topologies.iter_mut().flat_map(|part| &mut part.inputs) {
            if let Read::Source { needs_time, .. } = &mut input.read {
                *needs_time = true;
            }
        }
    }
}

impl SubTopology {
    /// Returns the first stream or table that it reads.
    fn source(&self) -> Option<&Source> {
        self.inputs.iter().find_map(|input| match &input.read {
            Read::Source { source, .. } => Some(&**source),
            Read::Repartition(_) => None,
        })
    }
}

/// A part of a query that one task runs for one partition.
#[derive(Clone, Debug)]
pub struct SubTopology {
    /// What it reads; all of these topics have the same number of partitions.
    pub inputs: Vec<Input>,
    /// Its operators, upstream before downstream.
    pub operators: Vec<OperatorNode>,
    /// Where its results go.
    pub output: Output,
    /// Whether one input reaches an operator on two ways (a self-join), so that records have to go through one by one.
    pub is_one_by_one: bool,
}

/// What a sub-topology reads from a topic.
#[derive(Clone, Debug)]
pub struct Input {
    /// The topic.
    pub topic: Arc<str>,
    /// How its records become rows.
    pub read: Read,
    /// Where the rows go.
    pub target: Target,
    /// Whether the rows are changes of a table: those without a key are dropped.
    pub is_table: bool,
}

/// How records become rows.
#[derive(Clone, Debug)]
pub enum Read {
    /// By the formats of a stream or table.
    Source {
        /// The stream or table.
        source: Arc<Source>,
        /// What each column of the rows is.
        columns: Vec<SourceColumn>,
        /// Whether a record whose timestamp column holds no time fails the query, instead of being skipped and reported.
        needs_time: bool,
    },
    /// From a repartition topic, where rows of this schema stand in the internal format.
    Repartition(Schema),
}

/// Where rows go next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Into a port of an operator of the same sub-topology.
    Operator {
        /// The operator.
        index: usize,
        /// Its port.
        port: usize,
    },
    /// Out of the sub-topology.
    Output,
}

/// An operator and what follows it.
#[derive(Clone, Debug)]
pub struct OperatorNode {
    /// What it does.
    pub spec: OperatorSpec,
    /// Where its rows go.
    pub target: Target,
}

/// Where a sub-topology's results go.
#[derive(Clone, Debug)]
pub enum Output {
    /// Into the topic of a stream or table.
    Sink {
        /// The stream or table.
        sink: Sink,
        /// The columns of the rows.
        schema: Schema,
        /// Whether the rows' keys are windowed.
        is_windowed: bool,
        /// Whether rows were given a key of several columns by PARTITION BY: it is there even where all of its columns are NULL, which
        /// otherwise says that a record has no key.
        has_whole_key: bool,
    },
    /// Into a repartition topic.
    Repartition {
        /// The topic.
        topic: Arc<str>,
        /// The columns of the rows, the new key's first.
        schema: Schema,
        /// How the key is written: equal keys must go where those of the topics it is joined with go.
        key_format: Format,
    },
    /// To whoever asked a push query.
    Rows(Schema),
}

/// The state that pull queries read, and what is still to be done to its rows.
#[derive(Clone, Debug)]
pub struct Materialized {
    /// The operator that keeps the state.
    pub operator: OperatorSpec,
    /// The sub-topology it stands in.
    pub sub_topology: usize,
    /// What follows it up to the table: filters and projections.
    pub then: Vec<OperatorSpec>,
    /// The columns of the table.
    pub schema: Schema,
    /// Whether its keys are windowed.
    pub is_windowed: bool,
}
