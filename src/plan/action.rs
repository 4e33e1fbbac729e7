//! What a statement comes to: everything checked, nothing done yet.

use std::sync::Arc;

use crate::catalog::Source;
use crate::expr::Expr;
use crate::plan::{PullQuery, QueryPlan};
use crate::types::SqlType;

/// What the engine is to do for a statement.
///
/// Nothing in it can fail for a reason that lies in the statement's text: what is left are topics, disks and values.
#[derive(Clone, Debug)]
pub enum Action {
    /// Registers a stream or table over a topic.
    CreateSource(CreateSource),
    /// Registers a stream or table and starts the query that fills it.
    CreateAs(CreateAs),
    /// Starts a query that writes into a stream that is there.
    InsertInto(InsertInto),
    /// Writes one record.
    InsertValues(InsertValues),
    /// Runs a query whose rows go to the caller as they are made.
    Push(QueryPlan),
    /// Answers a query from state.
    Pull(PullQuery),
    /// Drops a stream or table.
    DropSource(DropSource),
    /// Registers a stream or table in the place of the one of that name: it has more columns, and nothing else changed.
    AlterSource(Arc<Source>),
    /// Registers a type.
    CreateType {
        /// Its name.
        name: Arc<str>,
        /// What it stands for.
        sql_type: SqlType,
    },
    /// Drops a type.
    DropType(Arc<str>),
    /// Shows what a statement would do.
    Explain(Box<Action>),
    /// Does nothing, and says why: IF EXISTS, IF NOT EXISTS.
    Unchanged(String),
    /// The statement needs no plan: SHOW, SET, TERMINATE and so on are carried out as they stand.
    Unplanned,
}

impl Action {
    /// Notes how many partitions the topic of a new stream or table has, if it is there: joins go by it.
    pub fn set_partitions(&mut self, count: impl Fn(&str) -> Option<u32>) {
        if let Action::CreateSource(create) = self {
            let made = &mut create.source;
            made.partitions = count(&made.topic).or(made.partitions);
        }
    }

    /// Returns the topic that goes with the stream or table it drops, if the statement says so.
    pub fn deleted_topic(&self) -> Option<&str> {
        match self {
            Action::DropSource(drop) if drop.deletes_topic => Some(&drop.source.topic),
            Action::CreateSource(_)
            | Action::CreateAs(_)
            | Action::InsertInto(_)
            | Action::InsertValues(_)
            | Action::Push(_)
            | Action::Pull(_)
            | Action::DropSource(_)
            | Action::AlterSource(_)
            | Action::CreateType { .. }
            | Action::DropType(_)
            | Action::Explain(_)
            | Action::Unchanged(_)
            | Action::Unplanned => None,
        }
    }
}

/// What CREATE STREAM and CREATE TABLE with columns come to.
#[derive(Clone, Debug)]
pub struct CreateSource {
    /// The stream or table. Its number of partitions is the topic's to say.
    pub source: Source,
    /// Its topic.
    pub topic: TopicSpec,
    /// Whether it takes the place of one that is there.
    pub replaces: bool,
}

/// The topic of a stream or table, as its statement describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicSpec {
    /// Its name.
    pub name: Arc<str>,
    /// How many partitions it gets if it has to be made; without them it must be there.
    pub partitions: Option<u32>,
    /// How many copies of each are kept.
    pub replicas: Option<u32>,
    /// Topic settings by Kafka's names, e.g. `retention.ms`.
    pub properties: Vec<(String, String)>,
}

/// What CREATE … AS SELECT comes to; the sink is in the plan.
#[derive(Clone, Debug)]
pub struct CreateAs {
    /// The stream or table that is made.
    pub source: Arc<Source>,
    /// Its topic. Without a number of partitions it gets as many as the left-most source has.
    pub topic: TopicSpec,
    /// The query.
    pub plan: QueryPlan,
    /// Whether it takes the place of one that is there.
    pub replaces: bool,
}

/// What INSERT INTO … SELECT comes to; the target is the plan's sink.
#[derive(Clone, Debug)]
pub struct InsertInto {
    /// The query.
    pub plan: QueryPlan,
    /// The id that `WITH (QUERY_ID = …)` asks for.
    pub query_id: Option<Arc<str>>,
}

/// What INSERT INTO … VALUES comes to.
#[derive(Clone, Debug)]
pub struct InsertValues {
    /// The stream or table.
    pub target: Arc<Source>,
    /// One expression for each column of its key and value, in the order of its schema; they read no columns.
    pub exprs: Vec<Expr>,
    /// The event time; none: the wall clock's.
    pub timestamp: Option<Expr>,
}

/// What DROP STREAM and DROP TABLE come to.
#[derive(Clone, Debug)]
pub struct DropSource {
    /// What is dropped.
    pub source: Arc<Source>,
    /// Whether its topic goes with it.
    pub deletes_topic: bool,
}
