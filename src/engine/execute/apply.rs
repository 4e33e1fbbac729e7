//! What a statement that changes the catalog does: to the catalog alone, so that a replay does the same as the first time.

use std::sync::Arc;

use tidemill_grammar::ast::{ParsedStatement, QueryAction, QueryRef, Statement};
use tidemill_grammar::parse_statement;

use crate::catalog::{Catalog, CatalogError, PersistentQuery, QueryKind, Source, SourceKind};
use crate::config::{Config, OffsetReset};
use crate::engine::EngineInner;
use crate::engine::command_log::Command;
use crate::error::{Error, ErrorKind, Result};
use crate::plan::{
    Action, CreateAs, CreateSource, InsertInto, QueryPlan, analyze_statement, explain,
};
use crate::registry::StatementSchemas;
use crate::runtime::{QueryStart, StartAt};
use crate::topology::{Topology, build, build_source_table};

/// What follows from a change of the catalog.
#[derive(Default)]
pub(in crate::engine) struct Effects {
    /// The query that starts.
    pub(in crate::engine) start: Option<QueryStart>,
    /// The queries that end.
    pub(in crate::engine) stop: Vec<Arc<str>>,
    /// What to tell the user.
    pub(in crate::engine) message: String,
}

impl Effects {
    /// Returns the query that goes on with another topology: it ends and starts.
    pub(in crate::engine) fn replaced(&self) -> Option<&str> {
        let start = self.start.as_ref()?;
        self.stop.iter().map(|id| &**id).find(|id| *id == start.id)
    }
}

/// Changes a catalog as an action says.
pub(in crate::engine) fn apply(
    action: &Action,
    statement: &str,
    catalog: &mut Catalog,
    config: &Config,
) -> Result<Effects> {
    match action {
        Action::CreateSource(create) => apply_create_source(create, statement, catalog, config),
        Action::CreateAs(create) => apply_create_as(create, statement, catalog, config),
        Action::InsertInto(insert) => apply_insert_into(insert, statement, catalog, config),
        Action::DropSource(drop) => {
            let dropped = catalog.drop_source(&drop.source.name)?;
            let message = format!(
                "Source `{}` (topic: {}) was dropped.",
                drop.source.name, drop.source.topic
            );
            let stop = dropped.query.iter().map(|query| Arc::clone(&query.id)).collect();
            Ok(Effects { stop, message, start: None })
        }
        Action::AlterSource(source) => {
            catalog.put_source(Arc::clone(source));
            Ok(told(format!("{} {} altered", source.kind.name(), source.name)))
        }
        Action::CreateType { name, sql_type } => {
            catalog.add_type(name, sql_type.clone())?;
            Ok(told(format!("Registered custom type with name '{name}' and SQL type {sql_type}")))
        }
        Action::DropType(name) => {
            catalog.drop_type(name)?;
            Ok(told(format!("Dropped type '{name}'")))
        }
        Action::Unchanged(message) => Ok(told(message.clone())),
        Action::InsertValues(_)
        | Action::Push(_)
        | Action::Pull(_)
        | Action::Explain(_)
        | Action::Unplanned => Err(Error::statement("this statement does not change the catalog")),
    }
}

fn told(message: String) -> Effects {
    Effects { message, ..Effects::default() }
}

fn apply_create_source(
    create: &CreateSource,
    statement: &str,
    catalog: &mut Catalog,
    config: &Config,
) -> Result<Effects> {
    let source = Arc::new(create.source.clone());
    if create.replaces {
        catalog.put_source(Arc::clone(&source));
    } else {
        catalog.add_source(Arc::clone(&source))?;
    }
    let told = told(created(source.kind, &source.name));
    let is_kept = source.is_read_only && source.kind == SourceKind::Table;
    if !is_kept || !config.source_table_materialization() {
        return Ok(told);
    }
    let start = keep_table(&source, statement, catalog, config);
    Ok(Effects { start: Some(start), ..told })
}

/// Adds the query that keeps the rows of a SOURCE TABLE for pull queries. It reads all there is, whatever the session says.
fn keep_table(
    source: &Arc<Source>,
    statement: &str,
    catalog: &mut Catalog,
    config: &Config,
) -> QueryStart {
    let kind = QueryKind::CreateSourceTable;
    let id = catalog.next_query_id(kind, &source.name);
    catalog.put_query(Arc::new(PersistentQuery {
        id: Arc::clone(&id),
        kind,
        statement: statement.into(),
        sink: Arc::clone(&source.name),
        sources: Vec::new(),
        plan_text: format!("Materialize\n└─ Source: {}\n", source.name).into(),
    }));
    let start = query_start(&id, build_source_table(source, &id), config);
    QueryStart { start_at: StartAt::Earliest, ..start }
}

fn created(kind: SourceKind, name: &str) -> String {
    match kind {
        SourceKind::Stream => format!("Created stream {name}"),
        SourceKind::Table => format!("Created table {name}"),
    }
}

fn apply_create_as(
    create: &CreateAs,
    statement: &str,
    catalog: &mut Catalog,
    config: &Config,
) -> Result<Effects> {
    let kind = match create.source.kind {
        SourceKind::Stream => QueryKind::CreateStreamAs,
        SourceKind::Table => QueryKind::CreateTableAs,
    };
    let name = &create.source.name;
    let replaced = catalog.query_that_made(name).map(|query| Arc::clone(&query.id));
    let id = match (&replaced, create.replaces) {
        (Some(id), true) => Arc::clone(id),
        (_, _) => catalog.next_query_id(kind, name),
    };
    let start = start(&id, &create.plan, config)?;
    if create.replaces {
        catalog.put_source(Arc::clone(&create.source));
    } else {
        catalog.add_source(Arc::clone(&create.source))?;
    }
    catalog.put_query(Arc::new(persistent(&id, kind, statement, &create.plan)));
    let message = format!("{} with query id: {id}", created(create.source.kind, name));
    let stop = replaced.into_iter().filter(|_| create.replaces).collect();
    Ok(Effects { start: Some(start), stop, message })
}

fn apply_insert_into(
    insert: &InsertInto,
    statement: &str,
    catalog: &mut Catalog,
    config: &Config,
) -> Result<Effects> {
    let kind = QueryKind::InsertInto;
    let id = match &insert.query_id {
        Some(id) => Arc::clone(id),
        None => catalog.next_query_id(kind, ""),
    };
    let start = start(&id, &insert.plan, config)?;
    catalog.put_query(Arc::new(persistent(&id, kind, statement, &insert.plan)));
    Ok(Effects {
        start: Some(start),
        message: format!("Created query with ID {id}"),
        stop: Vec::new(),
    })
}

fn persistent(
    id: &Arc<str>,
    kind: QueryKind,
    statement: &str,
    plan: &QueryPlan,
) -> PersistentQuery {
    let sink = plan.sink.as_ref().map_or("", |sink| &*sink.source.name);
    PersistentQuery {
        id: Arc::clone(id),
        kind,
        statement: statement.into(),
        sink: sink.into(),
        sources: plan.sources.clone(),
        plan_text: explain(plan).into(),
    }
}

/// Builds the topology of a persistent query.
fn start(id: &str, plan: &QueryPlan, config: &Config) -> Result<QueryStart> {
    let topology = build(plan, id);
    Ok(query_start(id, topology, config))
}

/// Describes the start of a query by its session's settings.
pub(in crate::engine) fn query_start(
    id: &str,
    mut topology: Topology,
    config: &Config,
) -> QueryStart {
    if config.throw_on_invalid_timestamp() {
        topology.fail_without_time();
    }
    let start_at = match config.offset_reset() {
        OffsetReset::Earliest => StartAt::Earliest,
        OffsetReset::Latest => StartAt::Latest,
    };
    QueryStart {
        id: id.to_owned(),
        topology: Arc::new(topology),
        start_at,
        coalesce: config.cache_bytes_max() != 0,
        is_paused: false,
    }
}

impl EngineInner {
    /// Replays a command into the catalog; `starts` holds the queries that are there after it. Returns the query that was given
    /// another topology.
    pub(in crate::engine) fn replay(
        &self,
        command: &Command,
        config: &Config,
        starts: &mut Vec<QueryStart>,
    ) -> Result<Option<String>> {
        let parsed = parse_statement(&command.statement)
            .map_err(|error| Error::new(ErrorKind::Syntax, error.to_string()))?;
        let mut catalog = self.catalog.read().clone();
        let effects = match &parsed.statement {
            Statement::ControlQuery { action, query } => {
                control(*action, query, &mut catalog, starts)?
            }
            _ => {
                let schemas = StatementSchemas::replay(&self.schemas, command.schemas.clone());
                let registry = &self.registry;
                let mut action = analyze_statement(&parsed, &catalog, config, registry, &schemas)?;
                action.set_partitions(|topic| self.partition_count(topic));
                apply(&action, &parsed.text, &mut catalog, config)?
            }
        };
        self.note_topologies(&effects);
        let replaced = effects.replaced().map(str::to_owned);
        starts.retain(|start| effects.stop.iter().all(|id| **id != *start.id));
        starts.extend(effects.start);
        *self.catalog.write() = catalog;
        Ok(replaced)
    }

    /// Keeps the topologies of the queries that run.
    pub(in crate::engine) fn note_topologies(&self, effects: &Effects) {
        let mut topologies = self.topologies.write();
        for id in &effects.stop {
            topologies.remove(&**id);
        }
        if let Some(start) = &effects.start {
            topologies.insert(start.id.clone(), Arc::clone(&start.topology));
        }
    }
}

/// Ends, pauses or resumes queries in a catalog.
pub(in crate::engine) fn control(
    action: QueryAction,
    query: &QueryRef,
    catalog: &mut Catalog,
    starts: &mut [QueryStart],
) -> Result<Effects> {
    let ids: Vec<Arc<str>> = match query {
        QueryRef::All => catalog.queries().map(|query| Arc::clone(&query.id)).collect(),
        QueryRef::Id(id) => {
            let found = catalog.query(&id.name).or_else(|| catalog.query(&id.name.to_uppercase()));
            let found = found.ok_or_else(|| CatalogError::NoQuery(id.name.clone()))?;
            vec![Arc::clone(&found.id)]
        }
    };
    let is_paused = action == QueryAction::Pause;
    let verb = match action {
        QueryAction::Terminate => "terminated",
        QueryAction::Pause => "paused",
        QueryAction::Resume => "resumed",
    };
    let message = match ids.as_slice() {
        [id] => format!("Query {verb}: {id}"),
        ids => format!("{} queries {verb}", ids.len()),
    };
    if action != QueryAction::Terminate {
        for start in starts.iter_mut().filter(|start| ids.iter().any(|id| **id == *start.id)) {
            start.is_paused = is_paused;
        }
        return Ok(told(message));
    }
    for id in &ids {
        catalog.remove_query(id)?;
    }
    Ok(Effects { stop: ids, message, start: None })
}

/// The text by which a statement is replayed.
pub(in crate::engine) fn command(parsed: &ParsedStatement, config: &Config) -> Command {
    Command::new(&parsed.text, config)
}
