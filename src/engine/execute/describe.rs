//! DESCRIBE and EXPLAIN.

use std::sync::Arc;

use tidemill_grammar::ast::{Ident, ParsedStatement, SourceKind as AstKind, Statement};

use crate::catalog::{Catalog, CatalogError, PersistentQuery, Source, SourceKind};
use crate::engine::execute::show::{function_kind, kind_name};
use crate::engine::{
    Entity, FieldDescription, FunctionDescription, Outcome, OverloadDescription, QueryDescription,
    Session, SourceDescription, Statistic,
};
use crate::error::{Error, ErrorKind, Result};
use crate::plan::{Action, QueryPlan, explain};
use crate::runtime::MetricsReading;
use crate::topology::build;
use crate::types::{ColumnRole, Schema};

impl Session {
    pub(super) fn describe(&self, name: &Ident, extended: bool) -> Result<Outcome> {
        let catalog = self.engine.inner.catalog.read().clone();
        let source = catalog.source(&name.name).ok_or_else(|| no_source(&catalog, &name.name))?;
        let source_description = Box::new(self.source_description(&catalog, source, extended));
        Ok(Outcome::Entity(Box::new(Entity::Source { source_description })))
    }

    pub(super) fn describe_all(&self, kind: AstKind, extended: bool) -> Result<Outcome> {
        let kind = match kind {
            AstKind::Stream => SourceKind::Stream,
            AstKind::Table => SourceKind::Table,
        };
        let catalog = self.engine.inner.catalog.read().clone();
        let sources = catalog.sources().filter(|source| source.kind == kind);
        let source_descriptions =
            sources.map(|source| self.source_description(&catalog, source, extended)).collect();
        Ok(Outcome::Entity(Box::new(Entity::Sources { source_descriptions })))
    }

    fn source_description(
        &self,
        catalog: &Catalog,
        source: &Arc<Source>,
        extended: bool,
    ) -> SourceDescription {
        let engine = &self.engine;
        let reads =
            |query: &&Arc<PersistentQuery>| query.sources.iter().any(|s| **s == *source.name);
        let writes = |query: &&Arc<PersistentQuery>| *query.sink == *source.name;
        let summary = |query: &Arc<PersistentQuery>| engine.query_summary(catalog, query);
        let topic = engine.inner.log.topic(&source.topic);
        let statistics = match extended {
            true => catalog
                .queries()
                .filter(writes)
                .flat_map(|query| self.statistics(&query.id))
                .collect(),
            false => Vec::new(),
        };
        let made_by = catalog.query_that_made(&source.name);
        SourceDescription {
            name: source.name.to_string(),
            window_type: source.window.map(|window| window.name()),
            read_queries: catalog.queries().filter(reads).map(summary).collect(),
            write_queries: catalog.queries().filter(writes).map(summary).collect(),
            fields: fields(&source.schema),
            kind: kind_name(source.kind),
            timestamp: source.timestamp.as_ref().map(|t| t.column.to_string()).unwrap_or_default(),
            statistics,
            extended,
            key_format: source.key_format.kind.name().to_owned(),
            value_format: source.value_format.kind.name().to_owned(),
            topic: source.topic.to_string(),
            partitions: topic.map_or(0, |topic| topic.config.partitions),
            replication: 1,
            statement: source.statement.to_string(),
            source_constraints: made_by
                .map(|query| query.sources.iter().map(ToString::to_string).collect())
                .unwrap_or_default(),
        }
    }

    fn statistics(&self, query_id: &str) -> Vec<Statistic> {
        let Some((metrics, lag)) = self.engine.inner.runtime.query_metrics(query_id) else {
            return Vec::new();
        };
        let MetricsReading { records_in, records_out, late, errors, null_keys } = metrics;
        [
            ("records-in", records_in),
            ("records-out", records_out),
            ("late-records", late),
            ("errors", errors),
            ("null-keys", null_keys),
            ("lag", lag),
            ("state-bytes", self.engine.inner.state_bytes(query_id)),
        ]
        .into_iter()
        .map(|(name, value)| Statistic { name: name.to_owned(), value: value as f64 })
        .collect()
    }

    pub(super) fn describe_function(&self, name: &Ident) -> Result<Outcome> {
        let described = self
            .engine
            .inner
            .registry
            .describe(&name.name)
            .map_err(|error| Error::new(ErrorKind::NotFound, error.to_string()))?;
        let overload = |overload: &crate::functions::OverloadDescription| OverloadDescription {
            signature: overload.call.clone(),
            return_type: overload.returns.clone(),
            description: overload.summary.to_string(),
        };
        let entity = FunctionDescription {
            name: described.name.to_string(),
            kind: function_kind(described.category),
            category: described.category.to_string(),
            description: described.summary.to_string(),
            functions: described.overloads.iter().map(overload).collect(),
            examples: described
                .examples
                .iter()
                .map(|example| (example_text(example), example.result.to_string()))
                .collect(),
        };
        Ok(Outcome::Entity(Box::new(Entity::Function(entity))))
    }

    pub(super) fn explain_statement(&self, parsed: &ParsedStatement) -> Result<Outcome> {
        let Statement::ExplainStatement(inner) = &parsed.statement else {
            return Err(Error::statement("not an EXPLAIN statement"));
        };
        let text = inner.to_string();
        let statement = ParsedStatement {
            statement: (**inner).clone(),
            text: text.clone(),
            position: parsed.position,
        };
        let plan = match self.analyze(&statement)? {
            Action::CreateAs(create) => create.plan,
            Action::InsertInto(insert) => insert.plan,
            Action::Push(plan) => plan,
            Action::Pull(pull) => {
                let (id, text) = (String::new(), text);
                return Ok(query_entity(QueryDescription {
                    execution_plan: format!("{pull}"),
                    ..description(id, text, &pull.schema(), "PULL")
                }));
            }
            Action::CreateSource(_)
            | Action::InsertValues(_)
            | Action::DropSource(_)
            | Action::AlterSource(_)
            | Action::CreateType { .. }
            | Action::DropType(_)
            | Action::Explain(_)
            | Action::Unchanged(_)
            | Action::Unplanned => {
                return Err(Error::statement(
                    "The provided statement does not run a ksql query. EXPLAIN takes a SELECT, CREATE … AS SELECT or INSERT INTO … SELECT.",
                ));
            }
        };
        Ok(query_entity(explained(&plan, text)?))
    }

    pub(super) fn explain_query(&self, id: &Ident) -> Result<Outcome> {
        let catalog = self.engine.inner.catalog.read().clone();
        let query = catalog
            .query(&id.name)
            .or_else(|| catalog.query(&id.name.to_uppercase()))
            .ok_or_else(|| CatalogError::NoQuery(id.name.clone()))?;
        Ok(query_entity(self.query_description(query)))
    }

    /// Describes a persistent query in full.
    pub(super) fn query_description(&self, query: &Arc<PersistentQuery>) -> QueryDescription {
        let engine = &self.engine;
        let catalog = engine.inner.catalog.read().clone();
        let summary = engine.query_summary(&catalog, query);
        let schema = catalog.source(&query.sink).map(|s| s.schema.clone()).unwrap_or_default();
        let topology = engine.inner.topologies.read().get(&*query.id).map(|t| t.to_string());
        QueryDescription {
            sources: query.sources.iter().map(ToString::to_string).collect(),
            sinks: summary.sinks,
            execution_plan: query.plan_text.to_string(),
            topology: topology.unwrap_or_default(),
            state: Some(summary.state),
            error: summary.error,
            statistics: self.statistics(&query.id),
            ..description(summary.id, summary.query_string, &schema, "PERSISTENT")
        }
    }
}

/// Writes an example with the rows it is of.
fn example_text(example: &crate::functions::Example) -> String {
    match example.rows {
        "" => example.expression.to_owned(),
        rows => format!("{} of {rows}", example.expression),
    }
}

fn query_entity(description: QueryDescription) -> Outcome {
    Outcome::Entity(Box::new(Entity::Query { query_description: Box::new(description) }))
}

fn description(
    id: String,
    statement_text: String,
    schema: &Schema,
    query_type: &'static str,
) -> QueryDescription {
    QueryDescription {
        id,
        statement_text,
        fields: fields(schema),
        sources: Vec::new(),
        sinks: Vec::new(),
        execution_plan: String::new(),
        topology: String::new(),
        state: None,
        query_type,
        error: None,
        statistics: Vec::new(),
    }
}

fn explained(plan: &QueryPlan, text: String) -> Result<QueryDescription> {
    let topology = build(plan, "QUERY");
    let query_type = if plan.sink.is_some() { "PERSISTENT" } else { "PUSH" };
    Ok(QueryDescription {
        sources: plan.sources.iter().map(ToString::to_string).collect(),
        sinks: plan.sink.iter().map(|sink| sink.source.name.to_string()).collect(),
        execution_plan: explain(plan),
        topology: topology.to_string(),
        ..description(String::new(), text, &plan.root.schema, query_type)
    })
}

fn fields(schema: &Schema) -> Vec<FieldDescription> {
    let field = |column: &crate::types::Column| FieldDescription {
        name: column.name.to_string(),
        schema: column.sql_type.to_string(),
        role: match column.role {
            ColumnRole::Key => Some("KEY"),
            ColumnRole::Value => None,
            ColumnRole::Header(_) => Some("HEADER"),
        },
    };
    schema.columns().iter().map(field).collect()
}

fn no_source(catalog: &Catalog, name: &str) -> Error {
    let hint = match catalog.nearest_source(name) {
        Some(nearest) => format!(" Did you mean '{nearest}'?"),
        None => " SHOW STREAMS and SHOW TABLES list what there is.".to_owned(),
    };
    Error::new(
        ErrorKind::NotFound,
        format!("Could not find STREAM/TABLE '{name}' in the Metastore.{hint}"),
    )
}
