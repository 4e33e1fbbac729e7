//! Joins of two streams or two tables as operators.

use std::sync::Arc;

use crate::expr::Expr;
use crate::operators::{ForeignKeySpec, StreamStreamSpec, TableTableSpec};
use crate::plan::{JoinKind, Node, NodeOp, WithinSpec};
use crate::topology::builder::{Builder, Part, json_key, port};
use crate::topology::{Input, OperatorSpec, Output, Read, Target};

impl Builder<'_> {
    /// Joins a stream with a table.
    pub(super) fn stream_table_join(
        &mut self,
        (left, right): (&Node, &Node),
        kind: JoinKind,
        target: Target,
        part: &mut Part,
    ) {
        let store = self.store(&format!("StreamTableJoin {}", right.schema));
        let spec = OperatorSpec::StreamTableJoin {
            left: left.schema.clone(),
            right: right.schema.clone(),
            kind,
            store,
        };
        let target = part.push(spec, target);
        self.add(left, port(target, 0), part);
        self.add(right, port(target, 1), part)
    }

    /// Adds a join of two streams.
    pub(super) fn stream_stream_join(
        &mut self,
        (left, right): (&Node, &Node),
        (kind, within): (JoinKind, WithinSpec),
        target: Target,
        part: &mut Part,
    ) {
        let text = format!("{} {} {kind:?} {within:?}", left.schema, right.schema);
        let mut store = |name: &str| self.store(&format!("StreamStreamJoin {name} {text}"));
        let spec = StreamStreamSpec {
            sides: [left.schema.clone(), right.schema.clone()],
            kind,
            within,
            stores: [store("left"), store("right")],
            unmatched_stores: [store("unmatched left"), store("unmatched right")],
            is_windowed: left.is_windowed,
            may_hold_back: part.is_alone_to_the_end(target),
        };
        let target = part.push(OperatorSpec::StreamStreamJoin(Arc::new(spec)), target);
        self.add(left, port(target, 0), part);
        self.add(right, port(target, 1), part);
    }

    /// Adds a join of two tables on their keys.
    pub(super) fn table_table_join(
        &mut self,
        (left, right): (&Node, &Node),
        kind: JoinKind,
        target: Target,
        part: &mut Part,
    ) {
        let text = format!("{} {} {kind:?}", left.schema, right.schema);
        let mut store = |name: &str| self.store(&format!("TableTableJoin {name} {text}"));
        let spec = TableTableSpec {
            sides: [left.schema.clone(), right.schema.clone()],
            kind,
            stores: [store("left"), store("right")],
        };
        let target = part.push(OperatorSpec::TableTableJoin(Arc::new(spec)), target);
        self.add(left, port(target, 0), part);
        self.add(right, port(target, 1), part);
    }

    /// Adds a join of two tables on a foreign key: a sub-topology for the left table, one for the right table, and the end of it in
    /// the one at hand.
    pub(super) fn foreign_key_join(
        &mut self,
        (left, right): (&Node, &Node),
        (kind, foreign_key): (JoinKind, &Expr),
        target: Target,
        part: &mut Part,
    ) {
        let text = format!("{} {} {kind:?} {foreign_key}", left.schema, right.schema);
        let mut store = |name: &str| self.store(&format!("ForeignKeyJoin {name} {text}"));
        let spec = Arc::new(ForeignKeySpec {
            left: left.schema.clone(),
            right: right.schema.clone(),
            kind,
            foreign_key: foreign_key.clone(),
            foreign_keys: store("foreign keys"),
            right_rows: store("right"),
            subscriptions: store("subscriptions"),
            versions: store("versions"),
        });

        let mut subscribing = Part::default();
        let into =
            subscribing.push(OperatorSpec::ForeignKeySubscribe(Arc::clone(&spec)), Target::Output);
        self.add(left, into, &mut subscribing);
        let subscriptions = self.internal_topic("subscription");
        self.done.push(subscribing.finish(Output::Repartition {
            topic: Arc::clone(&subscriptions),
            schema: spec.subscription(),
            key_format: key_format(right),
        }));

        let mut matching = Part::default();
        let into = matching.push(OperatorSpec::ForeignKeyMatch(Arc::clone(&spec)), Target::Output);
        matching.inputs.push(Input {
            topic: subscriptions,
            read: Read::Repartition(spec.subscription()),
            target: port(into, 0),
            is_table: false,
        });
        self.add(right, port(into, 1), &mut matching);
        let results = self.internal_topic("response");
        self.done.push(matching.finish(Output::Repartition {
            topic: Arc::clone(&results),
            schema: spec.result(),
            key_format: key_format(left),
        }));

        let target = part.push(OperatorSpec::ForeignKeyResolve(Arc::clone(&spec)), target);
        part.inputs.push(Input {
            topic: results,
            read: Read::Repartition(spec.result()),
            target,
            is_table: true,
        });
    }
}

/// Returns how a table's topic writes keys, so that internal topics are partitioned as it is.
fn key_format(table: &Node) -> crate::formats::Format {
    match &table.op {
        // Equal keys with ids of schemas in front can be other bytes.
        NodeOp::Source { source, .. } if source.key_format.kind.schema_kind().is_some() => {
            json_key()
        }
        NodeOp::Source { source, .. } => source.key_format.clone(),
        NodeOp::Repartition { hashed_as, .. } => hashed_as.clone().unwrap_or_else(json_key),
        NodeOp::Filter { input, .. }
        | NodeOp::Project { input, .. }
        | NodeOp::FlatMap { input, .. }
        | NodeOp::Aggregate { input, .. }
        | NodeOp::WindowAggregate { input, .. } => key_format(input),
        NodeOp::StreamTableJoin { left, .. }
        | NodeOp::StreamStreamJoin { left, .. }
        | NodeOp::TableTableJoin { left, .. }
        | NodeOp::ForeignKeyJoin { left, .. } => key_format(left),
    }
}
