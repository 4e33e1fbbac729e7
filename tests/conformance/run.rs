//! Runs a case in a driver of its own.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tidemill::catalog::Source;
use tidemill::engine::{TestDriver, TestRecord};
use tidemill::error::{Error, ErrorKind};
use tidemill::functions::Registry;
use tidemill_grammar::ast::{ParsedStatement, Statement};
use tidemill_grammar::parse_script;

use crate::compare::{Fractions, matches};
use crate::corpus::{Case, ExpectedError, Record};
use crate::json::Json;
use crate::{aggregates, post, scalars, schemas, wire};

/// How a case ended.
pub(crate) struct Outcome {
    /// Why it failed.
    pub(crate) failure: Option<String>,
    /// Whether the error's text holds the expected one; none where no text is expected.
    pub(crate) message_matched: Option<bool>,
    /// The text of the error that came where one was expected.
    pub(crate) message: String,
}

/// What UNIX_TIMESTAMP() is to say: any time after 1970.
const SOME_DAY_MS: i64 = 1_750_000_000_000;

thread_local! {
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Keeps the text of a panic for the case in which it happens, instead of printing it.
pub(crate) fn keep_panics() {
    std::panic::set_hook(Box::new(|info| PANIC.with(|text| *text.borrow_mut() = info.to_string())));
}

/// Runs a case; a panic is a failure.
pub(crate) fn run(case: &Case) -> Outcome {
    let result = catch_unwind(AssertUnwindSafe(|| execute(case)));
    match (result, &case.expected) {
        (Err(_), expected) => Outcome {
            failure: Some(format!("panic: {}", PANIC.with(|text| text.borrow().clone()))),
            message_matched: expected.as_ref().and_then(|e| e.message.as_ref()).map(|_| false),
            message: String::new(),
        },
        (Ok(Ok(())), None) => {
            Outcome { failure: None, message_matched: None, message: String::new() }
        }
        (Ok(Err(Stop::Error(error))), None) => Outcome {
            failure: Some(format!("error: {error}")),
            message_matched: None,
            message: String::new(),
        },
        (Ok(Err(Stop::Wrong(text))), None) => {
            Outcome { failure: Some(text), message_matched: None, message: String::new() }
        }
        (Ok(result), Some(expected)) => judge_error(case, expected, result.err()),
    }
}

/// Why a case stopped.
enum Stop {
    /// The engine refused something.
    Error(Error),
    /// What came out is wrong, or the case cannot be run.
    Wrong(String),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Error(error)
    }
}

fn execute(case: &Case) -> Result<(), Stop> {
    let mut driver = driver(case)?;
    driver.execute(&case.statements)?;
    if driver.query_ids().is_empty() {
        return Err(Stop::Wrong("the statements started no query".to_owned()));
    }
    if case.expected.is_some() && case.inputs.is_empty() {
        return Err(Stop::Wrong("no error".to_owned()));
    }
    process(case, &mut driver)?;
    check_outputs(case, &driver).map_err(Stop::Wrong)?;
    post::check(&case.post, &driver).map_err(Stop::Wrong)
}

fn driver(case: &Case) -> Result<TestDriver, Stop> {
    let mut registry = Registry::built_in();
    scalars::register(&mut registry)
        .and_then(|()| aggregates::register(&mut registry))
        .map_err(|error| Stop::Wrong(format!("the functions: {error}")))?;
    let mut driver = TestDriver::new().with_registry(registry).with_one_partition();
    driver.set_wall_clock(SOME_DAY_MS);
    for (name, value) in &case.properties {
        driver.set(name, value)?;
    }
    for topic in &case.topics {
        driver.create_topic(&topic.name, topic.partitions);
    }
    let statements = parse_script(&case.statements).unwrap_or_default();
    schemas::register(case, &statements, &driver)
        .map_err(|error| Stop::Wrong(format!("the schemas: {error}")))?;
    // A topic of a declared source that is not listed has four partitions, unless the statement says otherwise.
    for statement in &statements {
        if let Some((topic, partitions)) = declared_topic(statement)
            && driver.topic_partitions(&topic).is_none()
        {
            driver.create_topic(&topic, partitions);
        }
    }
    for record in case.inputs.iter().chain(&case.outputs) {
        if driver.topic_partitions(&record.topic).is_none() {
            driver.create_topic(&record.topic, 4);
        }
    }
    Ok(driver)
}

fn declared_topic(statement: &ParsedStatement) -> Option<(String, u32)> {
    let Statement::CreateSource(create) = &statement.statement else { return None };
    let property = |name: &str| {
        let found = create.properties.0.iter().find(|(ident, _)| ident.name == name);
        found.map(|(_, literal)| literal_text(literal))
    };
    let partitions = property("PARTITIONS").and_then(|text| text.parse().ok());
    Some((property("KAFKA_TOPIC")?, partitions.unwrap_or(4)))
}

fn literal_text(literal: &tidemill_grammar::ast::Literal) -> String {
    match literal {
        tidemill_grammar::ast::Literal::String(text) => text.clone(),
        tidemill_grammar::ast::Literal::Int(number) => number.to_string(),
        other => format!("{other:?}"),
    }
}

/// Writes all inputs, then runs the queries one after another over all of them.
fn process(case: &Case, driver: &mut TestDriver) -> Result<(), Stop> {
    // The input records by topic and place in the topic, in the order of the case.
    let mut fed: Vec<(String, usize)> = Vec::new();
    for record in &case.inputs {
        let source = source_of(&record.topic, driver).ok_or_else(|| {
            Stop::Wrong(format!("no stream or table reads the input topic {}", record.topic))
        })?;
        let encoded = wire::encode(record, &source, driver).map_err(Stop::Wrong)?;
        fed.push((record.topic.clone(), driver.records(&record.topic).len()));
        driver.append(&record.topic, &[encoded]);
    }
    for id in driver.query_ids() {
        let topics = driver.topics_of(&id);
        for (topic, place) in fed.iter().filter(|(topic, _)| topics.contains(topic)) {
            driver.run_query(&id, topic, *place..*place + 1)?;
        }
        let is_fed = |topic: &String| fed.iter().any(|(fed, _)| fed == topic);
        for topic in topics.iter().filter(|topic| !is_fed(topic)) {
            if source_of(topic, driver).is_some() {
                let count = driver.records(topic).len();
                driver.run_query(&id, topic, 0..count)?;
            }
        }
    }
    Ok(())
}

fn source_of(topic: &str, driver: &TestDriver) -> Option<Arc<Source>> {
    driver.sources().find(|source| *source.topic == *topic).cloned()
}

fn check_outputs(case: &Case, driver: &TestDriver) -> Result<(), String> {
    let is_near = |(name, value): &(String, String)| {
        name == "use.exact.numeric.comparison" && value == "false"
    };
    let near = case.properties.iter().any(is_near);
    let fractions = if near { Fractions::Near } else { Fractions::Exact };
    let mut topics: Vec<&str> = Vec::new();
    for record in &case.outputs {
        if !topics.contains(&record.topic.as_str()) {
            topics.push(&record.topic);
        }
    }
    for topic in topics {
        let expected: Vec<&Record> = case.outputs.iter().filter(|r| r.topic == topic).collect();
        let source = source_of(topic, driver);
        let source = source.ok_or_else(|| format!("topic {topic} belongs to nothing"))?;
        let actual = driver.records(topic);
        let all = || {
            let lines: Vec<String> = actual.iter().map(|r| shown(r, &source, driver)).collect();
            lines.join("\n    ")
        };
        for (place, (expected, actual)) in expected.iter().zip(actual).enumerate() {
            check_record(expected, actual, (&source, driver), fractions)
                .map_err(|why| format!("{topic} record {place}: {why}\n    {}", all()))?;
        }
        if expected.len() != actual.len() {
            let (wanted, got) = (expected.len(), actual.len());
            return Err(format!("{topic}: expected {wanted} records, got {got}\n    {}", all()));
        }
    }
    Ok(())
}

fn check_record(
    expected: &Record,
    actual: &TestRecord,
    (source, driver): (&Source, &TestDriver),
    fractions: Fractions,
) -> Result<(), String> {
    let key = wire::decode_key(actual, source, driver)?;
    if key.window != expected.window {
        return Err(format!("expected window {:?}, got {:?}", expected.window, key.window));
    }
    if !matches(&expected.key, &key.value, fractions) {
        return Err(format!("expected key {}, got {}", expected.key, key.value));
    }
    let value = wire::decode_value(actual, source, driver)?;
    if !matches(&expected.value, &value, fractions) {
        return Err(format!("expected value {}, got {value}", expected.value));
    }
    if expected.timestamp.is_some_and(|wanted| wanted != actual.timestamp_ms) {
        let wanted = expected.timestamp.unwrap_or_default();
        return Err(format!("expected timestamp {wanted}, got {}", actual.timestamp_ms));
    }
    if expected.headers != actual.headers {
        return Err(format!("expected headers {:?}, got {:?}", expected.headers, actual.headers));
    }
    Ok(())
}

fn shown(record: &TestRecord, source: &Source, driver: &TestDriver) -> String {
    let key = wire::decode_key(record, source, driver);
    let key = key.map_or_else(|error| error, |key| format!("{} {:?}", key.value, key.window));
    let value = wire::decode_value(record, source, driver);
    let value = value.unwrap_or_else(Json::Text);
    format!("@{} {key} {value}", record.timestamp_ms)
}

/// Judges what came where an error was expected.
fn judge_error(case: &Case, expected: &ExpectedError, stop: Option<Stop>) -> Outcome {
    let (failure, message) = match stop {
        None => (Some("no error".to_owned()), String::new()),
        Some(Stop::Wrong(text)) => (Some(text), String::new()),
        Some(Stop::Error(error)) => (wrong_kind(case, expected, &error), full_text(&error)),
    };
    let wanted = expected.message.iter().chain(&expected.cause);
    let mut is_there = wanted.map(|wanted| message.contains(wanted.as_str()));
    let message_matched = expected.message.as_ref().map(|_| is_there.all(|is_there| is_there));
    Outcome { failure, message_matched, message }
}

/// Writes all that an error says: its place, its text, its causes, its statement. ksqlDB writes places in two ways, ours is a pair of
/// numbers: both are there.
fn full_text(error: &Error) -> String {
    let mut text = error.to_string();
    if let Some((line, column)) = error.position() {
        text.push_str(&format!("\nLine: {line}, Col: {column}: {}", error.message()));
    }
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        text.push_str(&format!("\nCaused by: {next}"));
        cause = next.source();
    }
    if let Some(statement) = error.failed_statement() {
        text.push_str(&format!("\nStatement: {statement};"));
    }
    text
}

/// What we do not have yet is not what the case expects to be refused.
const NOT_YET: &[&str] = &["format is not supported yet", "cannot be executed yet"];

/// Says why an error is not of the kind that was expected.
fn wrong_kind(case: &Case, expected: &ExpectedError, error: &Error) -> Option<String> {
    let text = error.to_string();
    if NOT_YET.iter().any(|lack| text.contains(lack)) {
        return Some(format!("error: {text}"));
    }
    let is_at_the_end = || {
        let statements = parse_script(&case.statements).unwrap_or_default();
        let last = statements.last().map(|statement| statement.text.as_str());
        error.failed_statement().is_none_or(|failed| Some(failed) == last)
    };
    let is_runtime = expected.class == "StreamsException";
    if !is_runtime && !is_at_the_end() {
        return Some(format!("error in another than the last statement: {text}"));
    }
    let is_right = match error.kind() {
        ErrorKind::Syntax => {
            // A text that does not parse is a statement that cannot be carried out only if that is what is wrong with it.
            let holds = expected.message.as_ref().is_none_or(|m| full_text(error).contains(m));
            expected.class == "ParseFailedException" || holds
        }
        ErrorKind::Statement
        | ErrorKind::Input
        | ErrorKind::NotFound
        | ErrorKind::AlreadyExists => expected.class != "ParseFailedException",
        ErrorKind::Retry | ErrorKind::Storage | ErrorKind::Closed => false,
    };
    let class = &expected.class;
    (!is_right)
        .then(|| format!("expected {class}, got an error of kind {:?}: {text}", error.kind()))
}
