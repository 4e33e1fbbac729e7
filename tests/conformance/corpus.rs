//! Loads the cases: every test of every file, once for each of its formats and configurations.

use std::path::Path;

use base64::Engine as _;
use tidemill::registry::SchemaKind;

use crate::json::Json;

/// A test of a file with one format and one configuration.
pub(crate) struct Case {
    /// Its file, without the ending.
    pub(crate) file: String,
    /// Its name, which no other case has.
    pub(crate) id: String,
    /// All statements, each from a line of its own.
    pub(crate) statements: String,
    /// The session's options.
    pub(crate) properties: Vec<(String, String)>,
    /// The topics that are declared.
    pub(crate) topics: Vec<Topic>,
    pub(crate) inputs: Vec<Record>,
    pub(crate) outputs: Vec<Record>,
    pub(crate) expected: Option<ExpectedError>,
    /// What must hold in the end.
    pub(crate) post: Json,
}

/// A topic that is declared.
pub(crate) struct Topic {
    pub(crate) name: String,
    pub(crate) partitions: u32,
    /// The schema of its keys.
    pub(crate) key: Option<TopicSchema>,
    /// The schema of its values.
    pub(crate) value: Option<TopicSchema>,
}

/// A schema that is registered for a topic.
pub(crate) struct TopicSchema {
    pub(crate) kind: SchemaKind,
    pub(crate) text: String,
    pub(crate) id: Option<u32>,
    /// What it refers to, by the names that are used.
    pub(crate) references: Vec<(String, SchemaKind, String)>,
}

/// A record that goes in or must come out.
pub(crate) struct Record {
    pub(crate) topic: String,
    pub(crate) key: Json,
    pub(crate) value: Json,
    pub(crate) timestamp: Option<i64>,
    pub(crate) window: Option<Window>,
    pub(crate) headers: Vec<(String, Option<Vec<u8>>)>,
}

/// The window of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) start: i64,
    pub(crate) end: i64,
    pub(crate) is_session: bool,
}

/// The error that a case must end with.
pub(crate) struct ExpectedError {
    /// The class, without its package.
    pub(crate) class: String,
    /// What the message must hold.
    pub(crate) message: Option<String>,
    /// What the message of the cause must hold.
    pub(crate) cause: Option<String>,
}

/// Loads all cases of a folder, and counts the tests that are disabled.
pub(crate) fn load(folder: &Path) -> Result<(Vec<Case>, usize), String> {
    let entries = std::fs::read_dir(folder).map_err(|error| error.to_string())?;
    let mut files: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let (mut cases, mut disabled) = (Vec::new(), 0);
    for path in files {
        let file = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
        let json = Json::parse(&text).map_err(|error| format!("{file}: {error}"))?;
        for test in json.get("tests").items() {
            if *test.get("enabled") == Json::Bool(false) {
                disabled += 1;
            } else {
                expand(&file, test, &mut cases)?;
            }
        }
    }
    Ok((cases, disabled))
}

fn expand(file: &str, test: &Json, cases: &mut Vec<Case>) -> Result<(), String> {
    let variants = |name: &str| match test.get(name).items() {
        [] => vec![None],
        items => items.iter().map(|item| Some(item.plain())).collect(),
    };
    for format in variants("format") {
        for config in variants("config") {
            cases.push(case(file, test, format.as_deref(), config.as_deref())?);
        }
    }
    Ok(())
}

fn case(
    file: &str,
    test: &Json,
    format: Option<&str>,
    config: Option<&str>,
) -> Result<Case, String> {
    let name = test.get("name").text().ok_or_else(|| format!("{file}: a test has no name"))?;
    let mut id = format!("{file} - {name}");
    if let Some(format) = format {
        id.push_str(&format!(" - {format}"));
    }
    let mut properties = Vec::new();
    for (property, value) in test.get("properties").fields() {
        let mut value = value.plain();
        if let Some(config) = config.filter(|_| value.eq_ignore_ascii_case("{CONFIG}")) {
            value = config.to_owned();
            id.push_str(&format!(" - {property}={value}"));
        }
        properties.push((property.clone(), value));
    }
    let statements: Vec<String> = test.get("statements").items().iter().map(Json::plain).collect();
    let records = |name: &str| {
        let records: Result<_, String> = test.get(name).items().iter().map(record).collect();
        records.map_err(|error| format!("{id}: {error}"))
    };
    Ok(Case {
        file: file.to_owned(),
        statements: statements.join("\n").replace("{FORMAT}", format.unwrap_or("{FORMAT}")),
        properties,
        topics: test.get("topics").items().iter().map(topic).collect(),
        inputs: records("inputs")?,
        outputs: records("outputs")?,
        expected: test.find("expectedException").map(expected_error),
        post: test.get("post").clone(),
        id,
    })
}

fn topic(topic: &Json) -> Topic {
    Topic {
        name: topic.get("name").plain(),
        partitions: topic.get("partitions").integer().map_or(1, |count| count as u32),
        key: topic_schema(topic, "key"),
        value: topic_schema(topic, "value"),
    }
}

fn topic_schema(topic: &Json, side: &str) -> Option<TopicSchema> {
    let schema = topic.find(&format!("{side}Schema"))?;
    let kind = schema_kind(topic.get(&format!("{side}Format")));
    let reference = |reference: &Json| {
        let kind = schema_kind(reference.get("format"));
        (reference.get("name").plain(), kind, schema_text(reference.get("schema"), kind))
    };
    let id = topic.get(&format!("{side}SchemaId")).integer();
    let references = topic.get(&format!("{side}SchemaReferences"));
    Some(TopicSchema {
        kind,
        text: schema_text(schema, kind),
        id: id.map(|id| id as u32),
        references: references.items().iter().map(reference).collect(),
    })
}

fn schema_kind(format: &Json) -> SchemaKind {
    match format.text() {
        Some("PROTOBUF") => SchemaKind::Protobuf,
        Some("JSON" | "JSON_SR") => SchemaKind::Json,
        _ => SchemaKind::Avro,
    }
}

/// A schema of Protobuf is text; others are JSON.
fn schema_text(schema: &Json, kind: SchemaKind) -> String {
    match kind {
        SchemaKind::Protobuf => schema.plain(),
        SchemaKind::Avro | SchemaKind::Json => schema.to_string(),
    }
}

fn record(record: &Json) -> Result<Record, String> {
    let window = record.find("window").map(|window| Window {
        start: window.get("start").integer().unwrap_or(0),
        end: window.get("end").integer().unwrap_or(0),
        is_session: window.get("type").plain().eq_ignore_ascii_case("session"),
    });
    let header = |header: &Json| {
        let value = header.get("VALUE").text();
        let value = value.map(|text| base64::engine::general_purpose::STANDARD.decode(text));
        Ok((header.get("KEY").plain(), value.transpose().map_err(|error| error.to_string())?))
    };
    Ok(Record {
        topic: record.get("topic").plain(),
        key: record.get("key").clone(),
        value: record.get("value").clone(),
        timestamp: record.get("timestamp").integer(),
        window,
        headers: record.get("headers").items().iter().map(header).collect::<Result<_, String>>()?,
    })
}

fn expected_error(error: &Json) -> ExpectedError {
    let class = error.get("type").plain();
    ExpectedError {
        class: class.rsplit('.').next().unwrap_or_default().to_owned(),
        message: error.get("message").text().map(str::to_owned),
        cause: error.get("causeMessage").text().map(str::to_owned),
    }
}
