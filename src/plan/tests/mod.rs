//! Statements, and what they come to.

mod aggregates;
mod declarations;
mod inserts;
mod joins;
mod pull_queries;
mod selects;

use std::sync::Arc;

use expect_test::Expect;
use tidemill_grammar::parse_script;

use crate::catalog::{Catalog, PersistentQuery, QueryKind, Source, SourceKind};
use crate::config::Config;
use crate::functions::Registry;
use crate::plan::{Action, explain};
use crate::registry::{SchemaRegistry, StatementSchemas};

/// The sources that the tests query: bids for items, and who made them.
const SOURCES: &str = "
    CREATE STREAM bids (id INT KEY, item VARCHAR, price BIGINT, bidder INT, tags ARRAY<VARCHAR>,
        place STRUCT<city VARCHAR, zip INT>) WITH (kafka_topic = 'bids', value_format = 'json', partitions = 2);
    CREATE STREAM asks (id INT KEY, item VARCHAR, price BIGINT) WITH (kafka_topic = 'asks', value_format = 'json', partitions = 2);
    CREATE TABLE people (id INT PRIMARY KEY, name VARCHAR, boss INT) WITH (kafka_topic = 'people', value_format = 'json', partitions = 2);
    CREATE TABLE places (id INT PRIMARY KEY, city VARCHAR) WITH (kafka_topic = 'places', value_format = 'json', partitions = 2);
    CREATE STREAM seen (id INT KEY, n INT) WITH (kafka_topic = 'seen', value_format = 'json', partitions = 2,
        window_type = 'tumbling', window_size = '10 seconds');
    CREATE STREAM pairs (a INT KEY, b INT KEY, v INT) WITH (kafka_topic = 'pairs', format = 'json', partitions = 2);
";

/// Runs statements one after the other; each is written with what it comes to.
#[track_caller]
fn check(statements: &str, want: Expect) {
    check_with(&Config::default(), statements, want);
}

/// The same, under other options.
#[track_caller]
fn check_with(config: &Config, statements: &str, want: Expect) {
    let registry = Registry::built_in();
    let schemas = StatementSchemas::new(&SchemaRegistry::new());
    let mut catalog = Catalog::default();
    for statement in parse_script(SOURCES).unwrap() {
        let action =
            super::analyze_statement(&statement, &catalog, config, &registry, &schemas).unwrap();
        apply(&action, &mut catalog);
    }
    let mut text = String::new();
    for statement in parse_script(statements).unwrap() {
        match super::analyze_statement(&statement, &catalog, config, &registry, &schemas) {
            Ok(action) => {
                text.push_str(&describe(&action));
                apply(&action, &mut catalog);
            }
            Err(error) => text.push_str(&format!("error: {error}")),
        }
        text.push('\n');
    }
    want.assert_eq(&text);
}

/// Carries an action out on the catalog.
fn apply(action: &Action, catalog: &mut Catalog) {
    match action {
        Action::CreateSource(create) => catalog.put_source(Arc::new(create.source.clone())),
        Action::CreateAs(create) => {
            catalog.put_source(Arc::clone(&create.source));
            let kind = match create.source.kind {
                SourceKind::Stream => QueryKind::CreateStreamAs,
                SourceKind::Table => QueryKind::CreateTableAs,
            };
            let id = catalog.next_query_id(kind, &create.source.name);
            catalog.put_query(Arc::new(PersistentQuery {
                id,
                kind,
                statement: "".into(),
                sink: Arc::clone(&create.source.name),
                sources: create.plan.sources.clone(),
                plan_text: "".into(),
            }));
        }
        Action::DropSource(drop) => {
            catalog.drop_source(&drop.source.name).unwrap();
        }
        Action::AlterSource(source) => catalog.put_source(Arc::clone(source)),
        Action::CreateType { name, sql_type } => catalog.add_type(name, sql_type.clone()).unwrap(),
        Action::DropType(name) => catalog.drop_type(name).unwrap(),
        Action::InsertInto(_)
        | Action::InsertValues(_)
        | Action::Push(_)
        | Action::Pull(_)
        | Action::Explain(_)
        | Action::Unchanged(_)
        | Action::Unplanned => {}
    }
}

fn describe(action: &Action) -> String {
    match action {
        Action::CreateSource(create) => describe_source(&create.source),
        Action::CreateAs(create) => {
            format!("{}\n{}", describe_source(&create.source), explain(&create.plan))
        }
        Action::InsertInto(insert) => explain(&insert.plan),
        Action::InsertValues(insert) => {
            let values: Vec<String> = insert.exprs.iter().map(ToString::to_string).collect();
            let time = insert.timestamp.as_ref().map(|time| format!(" at {time}"));
            format!("{}: {}{}", insert.target.name, values.join(", "), time.unwrap_or_default())
        }
        Action::Push(plan) => format!("{}\n{}", plan.root.schema, explain(plan)),
        Action::Pull(pull) => {
            let filter = pull.predicate.as_ref().map(|p| format!("\nwhere {p}"));
            format!("{}{}\n{:?}", pull.columns_text(), filter.unwrap_or_default(), pull.lookup)
        }
        Action::DropSource(drop) => format!("drop {}", drop.source.name),
        Action::AlterSource(source) => describe_source(source),
        Action::CreateType { name, sql_type } => format!("type {name} = {sql_type}"),
        Action::DropType(name) => format!("drop type {name}"),
        Action::Explain(action) => format!("explain {}", describe(action)),
        Action::Unchanged(reason) => format!("unchanged: {reason}"),
        Action::Unplanned => "unplanned".to_owned(),
    }
}

fn describe_source(source: &Source) -> String {
    let window = source.window.map(|window| format!(" {}", window.name())).unwrap_or_default();
    let time = source.timestamp.as_ref().map(|time| format!(", time by {}", time.column));
    format!(
        "{} {}: {}\n  topic {}, key {}{window}, value {}{}",
        source.kind.name(),
        source.name,
        source.schema,
        source.topic,
        source.key_format.kind.name(),
        source.value_format.kind.name(),
        time.unwrap_or_default()
    )
}
