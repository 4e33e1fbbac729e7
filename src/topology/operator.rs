//! What an operator does, apart from the state it does it on.

use std::sync::Arc;

use crate::expr::{Expr, Projection};
use crate::operators::{
    Aggregate, AggregateSpec, Filter, FlatMap, FlatMapSpec, Materialize, Operator, OperatorError,
    Project, SessionAggregate, SessionWindows, StreamTableJoin, TableFilter, TableGroupBy,
    TableGrouping, TimeWindows, WindowAggregate,
};
use crate::plan::JoinKind;
use crate::state::{Backend, StoreId, StorePartition};
use crate::types::Schema;

/// What an operator does.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "named as the operators and their parts are")]
pub enum OperatorSpec {
    Filter(Expr),
    Project(Projection),
    FlatMap(FlatMapSpec),
    TableFilter { predicate: Expr, schema: Schema, retention_ms: Option<i64>, store: StoreId },
    Materialize { schema: Schema, store: StoreId },
    Aggregate { spec: AggregateSpec, store: StoreId },
    WindowAggregate { spec: AggregateSpec, windows: TimeWindows, store: StoreId },
    SessionAggregate { spec: AggregateSpec, windows: SessionWindows, store: StoreId },
    TableGroupBy { grouping: TableGrouping, store: StoreId },
    StreamTableJoin { left: Schema, right: Schema, kind: JoinKind, store: StoreId },
}

/// What an operator's state lies on.
#[derive(Clone)]
pub struct StateEnv {
    /// What is committed.
    pub backend: Arc<dyn Backend>,
    /// How many bytes each store may keep in memory of what is committed.
    pub cache_bytes: usize,
}

impl OperatorSpec {
    /// Opens the operator for one partition.
    pub fn open(&self, partition: u32, env: &StateEnv) -> Result<Box<dyn Operator>, OperatorError> {
        let at = |store: &StoreId| StorePartition::new(*store, partition);
        let backend = Arc::clone(&env.backend);
        Ok(match self {
            OperatorSpec::Filter(predicate) => Box::new(Filter::new(predicate.clone())),
            OperatorSpec::Project(exprs) => Box::new(Project::new(exprs.clone())),
            OperatorSpec::FlatMap(spec) => Box::new(FlatMap::new(spec.clone())),
            OperatorSpec::TableFilter { predicate, schema, retention_ms, store } => {
                Box::new(TableFilter::new(
                    (predicate.clone(), schema.clone()),
                    *retention_ms,
                    at(store),
                    backend,
                    env.cache_bytes,
                ))
            }
            OperatorSpec::Materialize { schema, store } => {
                Box::new(Materialize::new(schema.clone(), at(store), backend, env.cache_bytes))
            }
            OperatorSpec::Aggregate { spec, store } => {
                Box::new(Aggregate::open(spec.clone(), at(store), backend, env.cache_bytes)?)
            }
            OperatorSpec::WindowAggregate { spec, windows, store } => Box::new(
                WindowAggregate::open(spec.clone(), *windows, at(store), backend, env.cache_bytes)?,
            ),
            OperatorSpec::SessionAggregate { spec, windows, store } => {
                let at = at(store);
                Box::new(SessionAggregate::open(
                    spec.clone(),
                    *windows,
                    at,
                    backend,
                    env.cache_bytes,
                )?)
            }
            OperatorSpec::TableGroupBy { grouping, store } => {
                Box::new(TableGroupBy::new(grouping.clone(), at(store), backend, env.cache_bytes))
            }
            OperatorSpec::StreamTableJoin { left, right, kind, store } => {
                Box::new(StreamTableJoin::new(
                    (left.clone(), right.clone()),
                    *kind,
                    at(store),
                    backend,
                    env.cache_bytes,
                ))
            }
        })
    }

    /// Returns the store it keeps, if it keeps one.
    pub fn store(&self) -> Option<StoreId> {
        match self {
            OperatorSpec::Filter(_) | OperatorSpec::Project(_) | OperatorSpec::FlatMap(_) => None,
            OperatorSpec::TableFilter { store, .. }
            | OperatorSpec::Materialize { store, .. }
            | OperatorSpec::Aggregate { store, .. }
            | OperatorSpec::WindowAggregate { store, .. }
            | OperatorSpec::SessionAggregate { store, .. }
            | OperatorSpec::TableGroupBy { store, .. }
            | OperatorSpec::StreamTableJoin { store, .. } => Some(*store),
        }
    }

    /// Returns its name, the same as the plan node's.
    pub fn name(&self) -> &'static str {
        match self {
            OperatorSpec::Filter(_) => "Filter",
            OperatorSpec::Project(_) => "Project",
            OperatorSpec::FlatMap(_) => "FlatMap",
            OperatorSpec::TableFilter { .. } => "TableFilter",
            OperatorSpec::Materialize { .. } => "Materialize",
            OperatorSpec::Aggregate { .. } => "Aggregate",
            OperatorSpec::WindowAggregate { .. } => "WindowAggregate",
            OperatorSpec::SessionAggregate { .. } => "SessionAggregate",
            OperatorSpec::TableGroupBy { .. } => "TableGroupBy",
            OperatorSpec::StreamTableJoin { .. } => "StreamTableJoin",
        }
    }
}
