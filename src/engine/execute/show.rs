//! SHOW and LIST.

use tidemill_grammar::ast::{Show, SourceKind as AstKind};

use crate::catalog::{Catalog, PersistentQuery, Source, SourceKind};
use crate::config::{Layer, OPTIONS};
use crate::engine::{
    Engine, Entity, FunctionSummary, Outcome, Property, QuerySummary, Session, SourceSummary,
    TopicSummary, Variable,
};
use crate::error::{Error, Result};
use crate::functions::Category;
use crate::runtime::QueryState;

/// The names that a statement can use, for completion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CatalogNames {
    /// Streams and tables, each with its columns.
    pub sources: Vec<(String, Vec<String>)>,
    /// Topics.
    pub topics: Vec<String>,
    /// Persistent queries.
    pub queries: Vec<String>,
    /// Types.
    pub types: Vec<String>,
}

impl Session {
    pub(super) fn show(&self, show: &Show) -> Result<Outcome> {
        let engine = &self.engine;
        let catalog = engine.inner.catalog.read().clone();
        let entity = match show {
            Show::Topics { all, extended } => {
                let topics = engine.topics().into_iter();
                let topics = topics.filter(|t| *all || !Engine::is_internal(&t.name)).collect();
                match extended {
                    true => Entity::TopicsExtended { topics },
                    false => Entity::Topics { topics },
                }
            }
            Show::Streams { extended: true } => return self.describe_all(AstKind::Stream, true),
            Show::Tables { extended: true } => return self.describe_all(AstKind::Table, true),
            Show::Streams { extended: false } => {
                Entity::Streams { streams: summaries(&catalog, SourceKind::Stream) }
            }
            Show::Tables { extended: false } => {
                Entity::Tables { tables: summaries(&catalog, SourceKind::Table) }
            }
            Show::Queries { extended: true } => Entity::QueryDescriptions {
                query_descriptions: catalog
                    .queries()
                    .map(|query| self.query_description(query))
                    .collect(),
            },
            Show::Queries { extended: false } => Entity::Queries { queries: engine.queries() },
            Show::Functions => Entity::Functions { functions: engine.functions() },
            Show::Properties => Entity::Properties { properties: self.properties() },
            Show::Variables => {
                let variable = |(name, value): (&String, &String)| Variable {
                    name: name.clone(),
                    value: value.clone(),
                };
                Entity::Variables { variables: self.variables.iter().map(variable).collect() }
            }
            Show::Types => {
                let text = |(name, sql_type): (&std::sync::Arc<str>, &crate::types::SqlType)| {
                    (name.to_string(), sql_type.to_string())
                };
                Entity::Types { types: catalog.types().map(text).collect() }
            }
            Show::Connectors { .. } | Show::ConnectorPlugins => {
                return Err(Error::statement(
                    "There are no connectors here. Run Kafka Connect against this log's Kafka protocol instead.",
                ));
            }
        };
        Ok(Outcome::Entity(Box::new(entity)))
    }

    fn properties(&self) -> Vec<Property> {
        let property = |option: &'static crate::config::ConfigOption| {
            let (value, layer) = self.config.value_of(option);
            let scope = match layer {
                Layer::Default => "DEFAULT",
                Layer::Engine => "ENGINE",
                Layer::Session => "SESSION",
            };
            Property {
                name: option.name.to_owned(),
                scope,
                value: value.to_owned(),
                description: option.doc.to_owned(),
            }
        };
        OPTIONS.iter().map(property).collect()
    }
}

fn summaries(catalog: &Catalog, kind: SourceKind) -> Vec<SourceSummary> {
    catalog.sources().filter(|source| source.kind == kind).map(|source| summary(source)).collect()
}

fn summary(source: &Source) -> SourceSummary {
    SourceSummary {
        kind: kind_name(source.kind),
        name: source.name.to_string(),
        topic: source.topic.to_string(),
        key_format: source.key_format.kind.name().to_owned(),
        value_format: source.value_format.kind.name().to_owned(),
        is_windowed: source.window.is_some(),
    }
}

/// Returns `SCALAR`, `AGGREGATE` or `TABLE`.
pub(super) fn function_kind(category: Category) -> &'static str {
    match category {
        Category::Aggregate => "AGGREGATE",
        Category::Table => "TABLE",
        _ => "SCALAR",
    }
}

/// Returns `STREAM` or `TABLE`.
pub(super) fn kind_name(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Stream => "STREAM",
        SourceKind::Table => "TABLE",
    }
}

impl Engine {
    /// Lists the persistent queries.
    pub fn queries(&self) -> Vec<QuerySummary> {
        let catalog = self.inner.catalog.read().clone();
        catalog.queries().map(|query| self.query_summary(&catalog, query)).collect()
    }

    /// Describes a persistent query in a line.
    pub(super) fn query_summary(&self, catalog: &Catalog, query: &PersistentQuery) -> QuerySummary {
        let topic = catalog.source(&query.sink).map(|source| source.topic.to_string());
        let (state, error) = match self.inner.runtime.query_state(&query.id) {
            Some(QueryState::Running) => ("RUNNING", None),
            Some(QueryState::Paused) => ("PAUSED", None),
            Some(QueryState::Error(error)) => ("ERROR", Some(error)),
            None => ("CLOSED", None),
        };
        QuerySummary {
            id: query.id.to_string(),
            query_string: query.statement.to_string(),
            sinks: vec![query.sink.to_string()],
            sink_kafka_topics: topic.into_iter().collect(),
            state: state.to_owned(),
            query_type: "PERSISTENT",
            error,
        }
    }

    /// Lists the functions, by name.
    pub fn functions(&self) -> Vec<FunctionSummary> {
        let registry = &self.inner.registry;
        let names = registry.names().into_iter();
        let described = names.filter_map(|name| registry.describe(name).ok());
        described
            .map(|function| FunctionSummary {
                name: function.name.to_string(),
                kind: function_kind(function.category),
                category: function.category.to_string(),
                summary: function.summary.to_string(),
            })
            .collect()
    }

    /// Returns the names that a statement can use.
    pub fn catalog_names(&self) -> CatalogNames {
        let catalog = self.inner.catalog.read().clone();
        let columns = |source: &Source| {
            source.schema.columns().iter().map(|column| column.name.to_string()).collect()
        };
        CatalogNames {
            sources: catalog.sources().map(|s| (s.name.to_string(), columns(s))).collect(),
            topics: self.topics().into_iter().map(|topic: TopicSummary| topic.name).collect(),
            queries: catalog.queries().map(|query| query.id.to_string()).collect(),
            types: catalog.types().map(|(name, _)| name.to_string()).collect(),
        }
    }
}
