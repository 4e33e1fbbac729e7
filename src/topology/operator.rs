//! What an operator does, apart from the state it does it on.

use std::sync::Arc;

use crate::expr::{Expr, Projection};
use crate::operators::{
    Aggregate, AggregateSpec, EventTime, Filter, FlatMap, FlatMapSpec, ForeignKeyMatch,
    ForeignKeyResolve, ForeignKeySpec, ForeignKeySubscribe, Materialize, Operator, OperatorError,
    Project, Rekey, RekeySpec, SessionAggregate, SessionWindows, StreamStreamJoin,
    StreamStreamSpec, StreamTableJoin, TableFilter, TableGroupBy, TableGrouping, TableTableJoin,
    TableTableSpec, TimeWindows, WindowAggregate,
};
use crate::plan::JoinKind;
use crate::state::{Backend, MemoryBudget, StoreId, StorePartition};
use crate::types::Schema;

/// What an operator does.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "named as the operators and their parts are")]
pub enum OperatorSpec {
    Filter(Expr),
    Project(Projection),
    Rekey(RekeySpec),
    FlatMap(FlatMapSpec),
    EventTime { column: usize, pattern: Option<Arc<str>> },
    TableFilter { predicate: Expr, schema: Schema, retention_ms: Option<i64>, store: StoreId },
    Materialize { schema: Schema, store: StoreId },
    Aggregate { spec: AggregateSpec, store: StoreId },
    WindowAggregate { spec: AggregateSpec, windows: TimeWindows, store: StoreId },
    SessionAggregate { spec: AggregateSpec, windows: SessionWindows, store: StoreId },
    TableGroupBy { grouping: TableGrouping, store: StoreId },
    StreamTableJoin { left: Schema, right: Schema, kind: JoinKind, store: StoreId },
    StreamStreamJoin(Arc<StreamStreamSpec>),
    TableTableJoin(Arc<TableTableSpec>),
    ForeignKeySubscribe(Arc<ForeignKeySpec>),
    ForeignKeyMatch(Arc<ForeignKeySpec>),
    ForeignKeyResolve(Arc<ForeignKeySpec>),
}

/// What an operator's state lies on.
#[derive(Clone)]
pub struct StateEnv {
    /// What is committed.
    pub backend: Arc<dyn Backend>,
    /// What all stores together may keep in memory.
    pub memory: Arc<MemoryBudget>,
}

impl OperatorSpec {
    /// Opens the operator for one partition.
    pub fn open(&self, partition: u32, env: &StateEnv) -> Result<Box<dyn Operator>, OperatorError> {
        let at = |store: &StoreId| StorePartition::new(*store, partition);
        let backend = Arc::clone(&env.backend);
        Ok(match self {
            OperatorSpec::Filter(predicate) => Box::new(Filter::new(predicate.clone())),
            OperatorSpec::Project(exprs) => Box::new(Project::new(exprs.clone())),
            OperatorSpec::Rekey(spec) => Box::new(Rekey::new(spec.clone())),
            OperatorSpec::EventTime { column, pattern } => {
                Box::new(EventTime::open(*column, pattern.as_ref())?)
            }
            OperatorSpec::FlatMap(spec) => Box::new(FlatMap::new(spec.clone())),
            OperatorSpec::TableFilter { predicate, schema, retention_ms, store } => {
                Box::new(TableFilter::new(
                    (predicate.clone(), schema.clone()),
                    *retention_ms,
                    at(store),
                    backend,
                    &env.memory,
                ))
            }
            OperatorSpec::Materialize { schema, store } => {
                Box::new(Materialize::new(schema.clone(), at(store), backend, &env.memory))
            }
            OperatorSpec::Aggregate { spec, store } => {
                Box::new(Aggregate::open(spec.clone(), at(store), backend, &env.memory)?)
            }
            OperatorSpec::WindowAggregate { spec, windows, store } => Box::new(
                WindowAggregate::open(spec.clone(), *windows, at(store), backend, &env.memory)?,
            ),
            OperatorSpec::SessionAggregate { spec, windows, store } => {
                let at = at(store);
                Box::new(SessionAggregate::open(spec.clone(), *windows, at, backend, &env.memory)?)
            }
            OperatorSpec::TableGroupBy { grouping, store } => {
                Box::new(TableGroupBy::new(grouping.clone(), at(store), backend, &env.memory))
            }
            OperatorSpec::StreamTableJoin { left, right, kind, store } => {
                Box::new(StreamTableJoin::new(
                    (left.clone(), right.clone()),
                    *kind,
                    at(store),
                    backend,
                    &env.memory,
                ))
            }
            OperatorSpec::StreamStreamJoin(spec) => {
                Box::new(StreamStreamJoin::open(spec, partition, &backend, &env.memory)?)
            }
            OperatorSpec::TableTableJoin(spec) => {
                Box::new(TableTableJoin::new(spec, partition, &backend, &env.memory))
            }
            OperatorSpec::ForeignKeySubscribe(spec) => {
                Box::new(ForeignKeySubscribe::open(spec, partition, &backend, &env.memory)?)
            }
            OperatorSpec::ForeignKeyMatch(spec) => {
                Box::new(ForeignKeyMatch::open(spec, partition, &backend, &env.memory)?)
            }
            OperatorSpec::ForeignKeyResolve(spec) => {
                Box::new(ForeignKeyResolve::new(spec, partition, &backend, &env.memory))
            }
        })
    }

    /// Returns the store of its rows, if it keeps any.
    pub fn store(&self) -> Option<StoreId> {
        self.stores().first().copied()
    }

    /// Returns all stores it keeps.
    pub fn stores(&self) -> Vec<StoreId> {
        match self {
            OperatorSpec::Filter(_)
            | OperatorSpec::Project(_)
            | OperatorSpec::Rekey(_)
            | OperatorSpec::EventTime { .. }
            | OperatorSpec::FlatMap(_) => Vec::new(),
            OperatorSpec::TableFilter { store, .. }
            | OperatorSpec::Materialize { store, .. }
            | OperatorSpec::Aggregate { store, .. }
            | OperatorSpec::WindowAggregate { store, .. }
            | OperatorSpec::SessionAggregate { store, .. }
            | OperatorSpec::TableGroupBy { store, .. }
            | OperatorSpec::StreamTableJoin { store, .. } => vec![*store],
            OperatorSpec::StreamStreamJoin(spec) => [spec.stores, spec.unmatched_stores].concat(),
            OperatorSpec::TableTableJoin(spec) => spec.stores.to_vec(),
            OperatorSpec::ForeignKeySubscribe(spec) => vec![spec.foreign_keys],
            OperatorSpec::ForeignKeyMatch(spec) => vec![spec.right_rows, spec.subscriptions],
            OperatorSpec::ForeignKeyResolve(spec) => vec![spec.versions],
        }
    }

    /// Tells whether rows of several inputs meet in it.
    pub(super) fn is_join(&self) -> bool {
        match self {
            OperatorSpec::StreamTableJoin { .. }
            | OperatorSpec::StreamStreamJoin(_)
            | OperatorSpec::TableTableJoin(_)
            | OperatorSpec::ForeignKeyMatch(_) => true,
            OperatorSpec::Filter(_)
            | OperatorSpec::Project(_)
            | OperatorSpec::FlatMap(_)
            | OperatorSpec::TableFilter { .. }
            | OperatorSpec::Materialize { .. }
            | OperatorSpec::Aggregate { .. }
            | OperatorSpec::WindowAggregate { .. }
            | OperatorSpec::SessionAggregate { .. }
            | OperatorSpec::TableGroupBy { .. }
            | OperatorSpec::ForeignKeySubscribe(_)
            | OperatorSpec::Rekey(_)
            | OperatorSpec::EventTime { .. }
            | OperatorSpec::ForeignKeyResolve(_) => false,
        }
    }

    /// Returns its name, the same as the plan node's.
    pub fn name(&self) -> &'static str {
        match self {
            OperatorSpec::Filter(_) => "Filter",
            OperatorSpec::Project(_) => "Project",
            OperatorSpec::Rekey(_) => "Rekey",
            OperatorSpec::EventTime { .. } => "EventTime",
            OperatorSpec::FlatMap(_) => "FlatMap",
            OperatorSpec::TableFilter { .. } => "TableFilter",
            OperatorSpec::Materialize { .. } => "Materialize",
            OperatorSpec::Aggregate { .. } => "Aggregate",
            OperatorSpec::WindowAggregate { .. } => "WindowAggregate",
            OperatorSpec::SessionAggregate { .. } => "SessionAggregate",
            OperatorSpec::TableGroupBy { .. } => "TableGroupBy",
            OperatorSpec::StreamTableJoin { .. } => "StreamTableJoin",
            OperatorSpec::StreamStreamJoin(_) => "StreamStreamJoin",
            OperatorSpec::TableTableJoin(_) => "TableTableJoin",
            OperatorSpec::ForeignKeySubscribe(_) => "ForeignKeySubscribe",
            OperatorSpec::ForeignKeyMatch(_) => "ForeignKeyMatch",
            OperatorSpec::ForeignKeyResolve(_) => "ForeignKeyResolve",
        }
    }
}
