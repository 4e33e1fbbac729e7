//! Builds a topology from a plan.

use std::sync::Arc;

use crate::catalog::{Source, SourceKind};
use crate::expr::{Expr, Projection};
use crate::formats::{Format, FormatKind};
use crate::operators::{
    AggregateSpec, FlatMapSpec, Panes, RekeySpec, SessionWindows, TableGrouping, TimeWindows,
};
use crate::plan::{AggregateCall, Node, NodeOp, QueryPlan, SourceColumn, WindowShape, WindowSpec};
use crate::state::StoreId;
use crate::topology::{
    Input, Materialized, OperatorNode, OperatorSpec, Output, Read, SubTopology, Target, Topology,
};
use crate::types::Schema;

/// Builds the topology of a query. The query's id is part of the names of its stores and repartition topics.
pub fn build(plan: &QueryPlan, query_id: &str) -> Topology {
    let mut builder = Builder { query_id, done: Vec::new(), meanings: Vec::new() };
    let mut part = Part::default();
    let mut target = Target::Output;
    if let Some((column, sink)) = plan.sink.as_ref().and_then(|sink| Some((sink.timestamp?, sink)))
    {
        let pattern = sink.source.timestamp.as_ref().and_then(|timestamp| timestamp.format.clone());
        target = part.push(OperatorSpec::EventTime { column, pattern }, target);
    }
    let needs_rows = plan.sink.is_some()
        && plan.root.kind == SourceKind::Table
        && grouped_below(&plan.root).is_none();
    if needs_rows {
        let schema = plan.root.schema.clone();
        let store = builder.store(&format!("Materialize {schema}"));
        target = part.push(OperatorSpec::Materialize { schema, store }, target);
    }
    builder.add(&plan.root, target, &mut part);
    let output = match &plan.sink {
        Some(sink) => Output::Sink {
            sink: sink.clone(),
            schema: plan.root.schema.clone(),
            is_windowed: plan.root.is_windowed,
            has_whole_key: is_rekeyed_as_whole(&plan.root),
        },
        None => Output::Rows(plan.root.schema.clone()),
    };
    builder.done.push(part.finish(output));
    let materialized = materialized(plan, &builder.done);
    Topology { sub_topologies: builder.done, materialized }
}

/// Builds the topology that keeps the rows of a SOURCE TABLE for pull queries.
pub fn build_source_table(source: &Arc<Source>, query_id: &str) -> Topology {
    let mut builder = Builder { query_id, done: Vec::new(), meanings: Vec::new() };
    let mut part = Part::default();
    let (schema, is_windowed) = (source.schema.clone(), source.window.is_some());
    let store = builder.store(&format!("Materialize {schema}"));
    let operator = OperatorSpec::Materialize { schema: schema.clone(), store };
    let target = part.push(operator.clone(), Target::Output);
    let columns = (0..schema.columns().len()).map(SourceColumn::Schema).collect();
    let read = Read::Source { source: Arc::clone(source), columns, needs_time: false };
    part.inputs.push(Input { topic: Arc::clone(&source.topic), read, target, is_table: true });
    let then = Vec::new();
    Topology {
        sub_topologies: vec![part.finish(Output::Rows(schema.clone()))],
        materialized: Some(Materialized { operator, sub_topology: 0, then, schema, is_windowed }),
    }
}

/// Finds the aggregate that a table's rows come from through filters and projections only.
fn grouped_below(node: &Node) -> Option<&Node> {
    match &node.op {
        NodeOp::Aggregate { .. } | NodeOp::WindowAggregate { .. } => Some(node),
        NodeOp::Filter { input, .. } | NodeOp::Project { input, .. } => grouped_below(input),
        NodeOp::Source { .. }
        | NodeOp::FlatMap { .. }
        | NodeOp::Repartition { .. }
        | NodeOp::StreamTableJoin { .. }
        | NodeOp::StreamStreamJoin { .. }
        | NodeOp::TableTableJoin { .. }
        | NodeOp::ForeignKeyJoin { .. } => None,
    }
}

/// Tells whether rows get a key of several columns and keep it.
fn is_rekeyed_as_whole(node: &Node) -> bool {
    match &node.op {
        NodeOp::Repartition { .. } => {
            node.kind == SourceKind::Stream && 1 < node.schema.key_count()
        }
        NodeOp::Filter { input, .. }
        | NodeOp::Project { input, .. }
        | NodeOp::FlatMap { input, .. } => is_rekeyed_as_whole(input),
        NodeOp::Source { .. }
        | NodeOp::Aggregate { .. }
        | NodeOp::WindowAggregate { .. }
        | NodeOp::StreamTableJoin { .. }
        | NodeOp::StreamStreamJoin { .. }
        | NodeOp::TableTableJoin { .. }
        | NodeOp::ForeignKeyJoin { .. } => false,
    }
}

/// Finds the state that a table can be read from: the last operator that keeps rows, and what follows it.
fn materialized(plan: &QueryPlan, parts: &[SubTopology]) -> Option<Materialized> {
    let keeps_rows = |spec: &OperatorSpec| {
        matches!(
            spec,
            OperatorSpec::Materialize { .. }
                | OperatorSpec::Aggregate { .. }
                | OperatorSpec::WindowAggregate { .. }
                | OperatorSpec::SessionAggregate { .. }
        )
    };
    if plan.sink.is_none() || plan.root.kind != SourceKind::Table {
        return None;
    }
    let sub_topology = parts.len().checked_sub(1)?;
    let mut then = Vec::new();
    let mut target = Target::Output;
    // Operators stand in the order in which they were added, downstream first: walk up from the output.
    for node in &parts[sub_topology].operators {
        if node.target != target {
            continue;
        }
        let spec = match &node.spec {
            OperatorSpec::TableFilter { predicate, .. } => OperatorSpec::Filter(predicate.clone()),
            spec => spec.clone(),
        };
        if keeps_rows(&spec) {
            then.reverse();
            let schema = plan.root.schema.clone();
            let is_windowed = plan.root.is_windowed;
            return Some(Materialized { operator: spec, sub_topology, then, schema, is_windowed });
        }
        // The time of a record is not the time of a row.
        if !matches!(spec, OperatorSpec::EventTime { .. }) {
            then.push(spec);
        }
        let index =
            parts[sub_topology].operators.iter().position(|other| std::ptr::eq(other, node))?;
        target = Target::Operator { index, port: 0 };
    }
    None
}

/// Returns how long a windowed aggregate may still change a window after its end.
fn retention_of(node: &Node) -> Option<i64> {
    match &node.op {
        NodeOp::WindowAggregate { window, .. } => Some(match window.shape {
            WindowShape::Tumbling { .. } | WindowShape::Hopping { .. } => window.retention_ms,
            WindowShape::Session { gap_ms } => session_windows(window, gap_ms, false).kept_ms(),
        }),
        NodeOp::Source { .. }
        | NodeOp::Filter { .. }
        | NodeOp::Project { .. }
        | NodeOp::FlatMap { .. }
        | NodeOp::Repartition { .. }
        | NodeOp::Aggregate { .. }
        | NodeOp::StreamTableJoin { .. }
        | NodeOp::StreamStreamJoin { .. }
        | NodeOp::TableTableJoin { .. }
        | NodeOp::ForeignKeyJoin { .. } => None,
    }
}

/// Describes sessions.
fn session_windows(window: &WindowSpec, gap_ms: i64, emit_final: bool) -> SessionWindows {
    let WindowSpec { grace_ms, retention_ms, .. } = *window;
    SessionWindows { gap_ms, grace_ms, retention_ms, emit_final }
}

pub(super) struct Builder<'a> {
    query_id: &'a str,
    pub(super) done: Vec<SubTopology>,
    /// What the stores so far mean.
    meanings: Vec<String>,
}

/// A sub-topology on its way. Operators are added downstream first, so that each one's target is there already.
#[derive(Default)]
pub(super) struct Part {
    pub(super) inputs: Vec<Input>,
    operators: Vec<OperatorNode>,
}

impl Part {
    /// Adds an operator and returns the target that leads into it.
    pub(super) fn push(&mut self, spec: OperatorSpec, target: Target) -> Target {
        self.operators.push(OperatorNode { spec, target });
        Target::Operator { index: self.operators.len() - 1, port: 0 }
    }

    /// Tells whether rows that go to a target meet no others before they leave the sub-topology.
    pub(super) fn is_alone_to_the_end(&self, target: Target) -> bool {
        match target {
            Target::Output => true,
            Target::Operator { index, .. } => {
                let node = &self.operators[index];
                !node.spec.is_join() && self.is_alone_to_the_end(node.target)
            }
        }
    }

    /// Tells whether its rows come from one place and none is kept.
    fn is_stateless(&self) -> bool {
        self.inputs.is_empty() && self.operators.iter().all(|node| node.spec.stores().is_empty())
    }

    pub(super) fn finish(self, output: Output) -> SubTopology {
        let mut topics: Vec<_> = self.inputs.iter().map(|input| &input.topic).collect();
        topics.sort_unstable();
        let is_one_by_one = topics.windows(2).any(|pair| pair[0] == pair[1]);
        let Part { inputs, operators } = self;
        SubTopology { inputs, operators, output, is_one_by_one }
    }
}

/// Makes the operator that gives rows of a stream a new key.
fn rekey(node: &Node, input: &Node, exprs: &[Expr]) -> OperatorSpec {
    let key_counts = (node.schema.key_count(), input.schema.key_count());
    OperatorSpec::Rekey(RekeySpec::new(exprs.to_vec(), key_counts.0, key_counts.1))
}

/// A port other than the first.
pub(super) fn port(target: Target, port: usize) -> Target {
    match target {
        Target::Operator { index, .. } => Target::Operator { index, port },
        Target::Output => Target::Output,
    }
}

impl Builder<'_> {
    /// Adds a node and all below it, so that its rows go to `target`.
    pub(super) fn add(&mut self, node: &Node, target: Target, part: &mut Part) {
        match &node.op {
            NodeOp::Source { source, columns, .. } => {
                let (source, columns) = (Arc::clone(source), columns.clone());
                let topic = Arc::clone(&source.topic);
                let read = Read::Source { source, columns, needs_time: false };
                let is_table = node.kind == SourceKind::Table;
                part.inputs.push(Input { topic, read, target, is_table });
            }
            NodeOp::Filter { input, predicate } => {
                let spec = self.filter(node, input, predicate);
                let target = part.push(spec, target);
                self.add(input, target, part)
            }
            NodeOp::Project { input, exprs } => {
                let spec = OperatorSpec::Project(Projection::new(exprs.clone()));
                let target = part.push(spec, target);
                self.add(input, target, part)
            }
            NodeOp::FlatMap { input, calls } => {
                let calls: Vec<_> =
                    calls.iter().map(|call| (call.function.clone(), call.args.clone())).collect();
                let target = part.push(OperatorSpec::FlatMap(FlatMapSpec::new(&calls)), target);
                self.add(input, target, part)
            }
            NodeOp::Repartition { input, exprs, .. }
                if node.kind == SourceKind::Stream && part.is_stateless() =>
            {
                // Where nothing meets the rows before they are written, they go straight to where their keys belong.
                let target = part.push(rekey(node, input, exprs), target);
                self.add(input, target, part)
            }
            NodeOp::Repartition { input, exprs, hashed_as } => {
                let spec = match node.kind {
                    SourceKind::Table => OperatorSpec::Project(Projection::new(exprs.clone())),
                    SourceKind::Stream => rekey(node, input, exprs),
                };
                self.cut(node, (input, spec, hashed_as.as_ref()), target, part)
            }
            NodeOp::Aggregate { input, group_by, aggregates } => {
                self.aggregate(input, (group_by, aggregates), target, part)
            }
            NodeOp::WindowAggregate { input, group_by, aggregates, window, emit_final } => {
                let spec = aggregate_spec(group_by, aggregates);
                let text = describe(group_by, aggregates);
                let spec = self.windowed(spec, window, *emit_final, &text);
                let target = part.push(spec, target);
                self.add(input, target, part)
            }
            NodeOp::StreamTableJoin { left, right, kind } => {
                self.stream_table_join((left, right), *kind, target, part)
            }
            NodeOp::StreamStreamJoin { left, right, kind, within } => {
                self.stream_stream_join((left, right), (*kind, *within), target, part)
            }
            NodeOp::TableTableJoin { left, right, kind } => {
                self.table_table_join((left, right), *kind, target, part)
            }
            NodeOp::ForeignKeyJoin { left, right, kind, foreign_key } => {
                self.foreign_key_join((left, right), (*kind, foreign_key), target, part)
            }
        }
    }

    /// Makes the operator of a filter.
    fn filter(&mut self, node: &Node, input: &Node, predicate: &Expr) -> OperatorSpec {
        match node.kind {
            SourceKind::Stream => OperatorSpec::Filter(predicate.clone()),
            SourceKind::Table => OperatorSpec::TableFilter {
                predicate: predicate.clone(),
                schema: node.schema.clone(),
                retention_ms: grouped_below(input).and_then(retention_of),
                store: self.store(&format!("TableFilter {predicate}")),
            },
        }
    }

    fn aggregate(
        &mut self,
        input: &Node,
        (group_by, aggregates): (&[Expr], &[AggregateCall]),
        target: Target,
        part: &mut Part,
    ) {
        let spec = aggregate_spec(group_by, aggregates);
        let store = self.store(&format!("Aggregate {}", describe(group_by, aggregates)));
        let target = part.push(OperatorSpec::Aggregate { spec, store }, target);
        self.group(input, target, part)
    }

    /// Adds what an aggregate reads. The changes of a table go to their groups through an operator that takes old rows back.
    fn group(&mut self, input: &Node, target: Target, part: &mut Part) {
        match (&input.op, input.kind) {
            (_, SourceKind::Stream) => self.add(input, target, part),
            (NodeOp::Repartition { input: below, exprs, hashed_as }, SourceKind::Table) => {
                let spec = self.table_group_by(below, exprs, &input.schema);
                self.cut(input, (below, spec, hashed_as.as_ref()), target, part)
            }
            (_, SourceKind::Table) => {
                let columns = input.schema.columns().iter().enumerate();
                let same = columns.map(|(index, column)| Expr::Column {
                    index,
                    name: Arc::clone(&column.name),
                    sql_type: column.sql_type.clone(),
                });
                let exprs: Vec<Expr> = same.collect();
                let spec = self.table_group_by(input, &exprs, &input.schema);
                let target = part.push(spec, target);
                self.add(input, target, part)
            }
        }
    }

    /// Ends a sub-topology, behind an operator, in a repartition topic, which becomes an input of the one at hand.
    fn cut(
        &mut self,
        node: &Node,
        (input, spec, hashed_as): (&Node, OperatorSpec, Option<&Format>),
        target: Target,
        part: &mut Part,
    ) {
        let mut upstream = Part::default();
        let into = upstream.push(spec, Target::Output);
        self.add(input, into, &mut upstream);
        let topic = self.internal_topic("repartition");
        part.inputs.push(Input {
            topic: Arc::clone(&topic),
            read: Read::Repartition(node.schema.clone()),
            target,
            is_table: node.kind == SourceKind::Table,
        });
        self.done.push(upstream.finish(Output::Repartition {
            topic,
            schema: node.schema.clone(),
            key_format: hashed_as.cloned().unwrap_or_else(json_key),
        }));
    }

    /// Makes the operator that brings a table's changes to their groups.
    fn table_group_by(&mut self, input: &Node, exprs: &[Expr], output: &Schema) -> OperatorSpec {
        let store = self.store(&format!("TableGroupBy {output}"));
        let grouping = TableGrouping {
            input: input.schema.clone(),
            exprs: Projection::new(exprs.to_vec()),
            output: output.clone(),
        };
        OperatorSpec::TableGroupBy { grouping, store }
    }

    /// Makes the operator of a windowed aggregate.
    fn windowed(
        &mut self,
        spec: AggregateSpec,
        window: &WindowSpec,
        emit_final: bool,
        text: &str,
    ) -> OperatorSpec {
        let WindowSpec { grace_ms, retention_ms, .. } = *window;
        let (size_ms, advance_ms) = match window.shape {
            WindowShape::Tumbling { size_ms } => (size_ms, size_ms),
            WindowShape::Hopping { size_ms, advance_ms } => (size_ms, advance_ms),
            WindowShape::Session { gap_ms } => {
                let windows = session_windows(window, gap_ms, emit_final);
                let store = self.store(&format!("SessionAggregate {windows:?} {text}"));
                return OperatorSpec::SessionAggregate { spec, windows, store };
            }
        };
        let windows = TimeWindows { size_ms, advance_ms, grace_ms, retention_ms, emit_final };
        let layout = if Panes::of(&spec, windows).is_some() { " in panes" } else { "" };
        let store = self.store(&format!("WindowAggregate {windows:?} {text}{layout}"));
        OperatorSpec::WindowAggregate { spec, windows, store }
    }

    /// Names the topic that the next sub-topology ends in.
    pub(super) fn internal_topic(&self, purpose: &str) -> Arc<str> {
        format!("{INTERNAL_PREFIX}{}-{}-{purpose}", self.query_id, self.done.len()).into()
    }

    /// Names a store by what it means: the query, what its operator does, and how many like it came before.
    pub(super) fn store(&mut self, meaning: &str) -> StoreId {
        let alike = self.meanings.iter().filter(|other| **other == meaning).count();
        self.meanings.push(meaning.to_owned());
        let text = format!("{}\n{alike}\n{meaning}", self.query_id);
        StoreId(fingerprint(text.as_bytes()).max(1))
    }
}

const INTERNAL_PREFIX: &str = "_tidemill-";

/// What the names of internal topics end with: what they are for.
const PURPOSES: [&str; 3] = ["repartition", "subscription", "response"];

/// Tells by its name whether a topic lies between sub-topologies of some query.
pub fn is_between_sub_topologies(topic: &str) -> bool {
    let purpose = topic.strip_prefix(INTERNAL_PREFIX).and_then(|rest| rest.rsplit_once('-'));
    purpose.is_some_and(|(_, purpose)| PURPOSES.contains(&purpose))
}

/// Keys that no other topic has to agree with are written as JSON, which can write any.
pub(super) fn json_key() -> Format {
    Format { unwrapped: true, ..Format::plain(FormatKind::Json) }
}

fn aggregate_spec(group_by: &[Expr], aggregates: &[AggregateCall]) -> AggregateSpec {
    let calls: Vec<_> =
        aggregates.iter().map(|call| (call.function.clone(), call.args.clone())).collect();
    AggregateSpec::new(group_by, &calls)
}

fn describe(group_by: &[Expr], aggregates: &[AggregateCall]) -> String {
    let keys: Vec<_> = group_by.iter().map(ToString::to_string).collect();
    let calls: Vec<_> = aggregates.iter().map(|call| call.text.as_str()).collect();
    format!("{} by {}", calls.join(", "), keys.join(", "))
}

/// FNV-1a, 64 bits: the same in every version, as the names of stores must be.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
