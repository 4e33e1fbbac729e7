//! What must hold of streams, tables and topics when a case is done.

use tidemill::catalog::{KeyWindow, Source, SourceKind};
use tidemill::engine::TestDriver;
use tidemill::formats::{Format, NullableRepresentation};
use tidemill_grammar::ast::{ColumnConstraint, TableElement};
use tidemill_grammar::parse_schema;

use crate::json::Json;

/// Returns what does not hold.
pub(crate) fn check(post: &Json, driver: &TestDriver) -> Result<(), String> {
    for wanted in post.get("sources").items() {
        check_source(wanted, driver)?;
    }
    let topics = post.get("topics");
    if let Some(pattern) = topics.get("blacklist").text() {
        let pattern = regex::Regex::new(pattern).map_err(|error| error.to_string())?;
        if let Some(topic) = driver.repartition_topics().iter().find(|t| pattern.is_match(t)) {
            return Err(format!("topic {topic} was written"));
        }
    }
    topics.get("topics").items().iter().try_for_each(|wanted| check_topic(wanted, driver))
}

fn check_source(wanted: &Json, driver: &TestDriver) -> Result<(), String> {
    let name = wanted.get("name").plain();
    let source = driver.source(&name).map_err(|error| error.to_string())?;
    let kind = match source.kind {
        SourceKind::Stream => "stream",
        SourceKind::Table => "table",
    };
    same("type", &wanted.get("type").plain().to_lowercase(), kind)?;
    if let Some(schema) = wanted.get("schema").text() {
        check_schema(schema, &source)?;
    }
    if let Some(format) = wanted.find("keyFormat") {
        same("key format", &format.get("format").plain(), source.key_format.kind.name())?;
        let window = source.window.map_or("none", KeyWindow::name);
        let is_none = |json: &Json| matches!(json, Json::Null);
        let wanted_window = format.get("windowType");
        let text = if is_none(wanted_window) { "none".to_owned() } else { wanted_window.plain() };
        same("window type", &text, window)?;
        let size = source.window.and_then(KeyWindow::size_ms);
        same(
            "window size",
            &format!("{:?}", format.get("windowSize").integer()),
            &format!("{size:?}"),
        )?;
    }
    if let Some(format) = wanted.find("valueFormat") {
        let format = format.find("format").unwrap_or(format);
        same("value format", &format.plain(), source.value_format.kind.name())?;
    }
    for (name, format) in
        [("keyFeatures", &source.key_format), ("valueFeatures", &source.value_format)]
    {
        if let Some(features) = wanted.find(name) {
            check_features(name, features, format)?;
        }
    }
    if let Some(Json::Bool(is_source)) = wanted.find("isSource") {
        same("isSource", &is_source.to_string(), &source.is_read_only.to_string())?;
    }
    Ok(())
}

fn same(what: &str, wanted: &str, actual: &str) -> Result<(), String> {
    if wanted == actual {
        return Ok(());
    }
    Err(format!("{what}: expected {wanted}, but it is {actual}"))
}

fn check_features(name: &str, features: &Json, format: &Format) -> Result<(), String> {
    let wanted = features.items().iter().any(|feature| feature.text() == Some("UNWRAP_SINGLES"));
    let actual = format.unwrapped && format.kind.wraps_or_not();
    same(name, &wanted.to_string(), &actual.to_string())
}

fn check_schema(wanted: &str, source: &Source) -> Result<(), String> {
    let parse = |text: &str| {
        let elements = parse_schema(text).map_err(|error| format!("{text}: {error}"))?;
        Ok::<_, String>(elements.into_iter().map(plain_key).collect::<Vec<TableElement>>())
    };
    // Columns that hold headers are declared, and are no part of what is compared.
    let actual = source.schema.to_string();
    let same = parse(wanted)? == parse(&actual)?;
    if same { Ok(()) } else { Err(format!("schema: expected {wanted}, but it is {actual}")) }
}

fn check_properties(wanted: &Json, format: &Format) -> Result<(), String> {
    let full_name = wanted.get("fullSchemaName").text().unwrap_or_default();
    same("full name", full_name, format.full_name.as_deref().unwrap_or_default())?;
    let nullable = match format.nullable {
        NullableRepresentation::None => "",
        NullableRepresentation::Optional => "optional",
        NullableRepresentation::Wrapper => "wrapper",
    };
    same("nullable", wanted.get("nullableRepresentation").text().unwrap_or_default(), nullable)
}

/// Checks the latest schema of a subject.
fn check_registered(wanted: &Json, subject: &str, driver: &TestDriver) -> Result<(), String> {
    let latest = driver.schemas().latest(subject);
    let latest = latest.ok_or_else(|| format!("{subject} has no schema"))?;
    let actual = &*latest.schema.schema.text;
    let tree = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    let is_same = match wanted.text() {
        Some(text) => text.split_whitespace().eq(actual.split_whitespace()),
        None => tree(&wanted.to_string()) == tree(actual),
    };
    if is_same { Ok(()) } else { Err(format!("{subject}: expected {wanted}, but it is {actual}")) }
}

/// A table's key is written KEY here.
fn plain_key(element: TableElement) -> TableElement {
    let constraint = match element.constraint {
        ColumnConstraint::PrimaryKey => ColumnConstraint::Key,
        other => other,
    };
    TableElement { constraint, ..element }
}

/// Topics that Kafka Streams names by the numbers of its nodes are not looked at: ours have other names.
fn check_topic(wanted: &Json, driver: &TestDriver) -> Result<(), String> {
    let name = wanted.get("name").plain();
    if name.starts_with("_confluent-ksql-") {
        return Ok(());
    }
    let source = driver.sources().find(|source| *source.topic == *name);
    let source = source.ok_or_else(|| format!("there is no topic {name}"))?;
    for (what, format) in [("keyFormat", &source.key_format), ("valueFormat", &source.value_format)]
    {
        let given = wanted.get(what);
        same(what, &given.get("format").plain(), format.kind.name())?;
        if given.find("features").is_some() {
            check_features(what, given.get("features"), format)?;
        }
        check_properties(given.get("properties"), format)?;
    }
    for side in ["key", "value"] {
        if let Some(schema) = wanted.find(&format!("{side}Schema")) {
            check_registered(schema, &format!("{name}-{side}"), driver)?;
        }
    }
    if let Some(count) = wanted.get("partitions").integer() {
        let actual = driver.topic_partitions(&name).unwrap_or(0);
        same("partitions", &count.to_string(), &actual.to_string())?;
    }
    Ok(())
}
