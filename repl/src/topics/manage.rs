//! `tidemill topic`: creates, lists, describes, alters and deletes topics.

use tidemill::engine::{Engine, Outcome, TopicDetails};
use tidemill::error::{Error, ErrorKind};
use tidemill::log::TopicConfig;

use crate::args::{Arguments, OutputFormat, TopicCommand};
use crate::errors::Failure;
use crate::output::Output;
use crate::render::{entity_as_text, topic_as_text};

/// Runs `tidemill topic …`.
pub(crate) fn start(
    arguments: &Arguments,
    command: &TopicCommand,
    output: &mut Output,
) -> Result<(), Failure> {
    let engine = crate::open(&arguments.engine)?;
    let result = carry_out(&engine, command, output);
    let closed = engine.close();
    result.and_then(|()| Ok(closed?))
}

fn carry_out(engine: &Engine, command: &TopicCommand, output: &mut Output) -> Result<(), Failure> {
    match command {
        TopicCommand::Create { name, partitions, config, if_not_exists } => {
            let config = topic_config(*partitions, config)?;
            let created = engine.create_topic(name, &config);
            let said = match unless(created, *if_not_exists, ErrorKind::AlreadyExists)? {
                Some(()) => format!("Created topic {name}"),
                None => format!("Topic {name} is there already"),
            };
            output.line(&said)?;
        }
        TopicCommand::List { all, output: format } => list(engine, *all, *format, output)?,
        TopicCommand::Describe { name, all, output: format } => {
            describe(&engine.topic(name)?, *all, *format, output)?;
        }
        TopicCommand::Alter { name, config, reset } => {
            engine.alter_topic(name, config, reset)?;
            output.line(&format!("Altered topic {name}"))?;
        }
        TopicCommand::Delete { names, if_exists } => {
            for name in names {
                let deleted = engine.delete_topic(name);
                if unless(deleted, *if_exists, ErrorKind::NotFound)?.is_some() {
                    output.line(&format!("Deleted topic {name}"))?;
                }
            }
        }
    }
    Ok(output.flush()?)
}

/// Makes an error of a kind that was foreseen into nothing.
fn unless<T>(
    result: Result<T, Error>,
    is_foreseen: bool,
    kind: ErrorKind,
) -> Result<Option<T>, Failure> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if is_foreseen && error.kind() == kind => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn topic_config(partitions: u32, options: &[(String, String)]) -> Result<TopicConfig, Failure> {
    let mut config = TopicConfig::new(partitions);
    for (name, value) in options {
        config.set(name, value).map_err(|error| Failure::Usage(error.to_string()))?;
    }
    Ok(config)
}

fn list(
    engine: &Engine,
    all: bool,
    format: OutputFormat,
    output: &mut Output,
) -> Result<(), Failure> {
    let sql = if all { "SHOW ALL TOPICS EXTENDED;" } else { "SHOW TOPICS EXTENDED;" };
    for outcome in engine.session().execute(sql)? {
        let Outcome::Entity(entity) = outcome else { continue };
        let text = match format {
            OutputFormat::Tabular => entity_as_text(&entity, output.width()),
            OutputFormat::Json => {
                serde_json::to_string(&entity).expect("an entity has string keys only")
            }
        };
        output.line(&text)?;
    }
    Ok(())
}

fn describe(
    topic: &TopicDetails,
    all: bool,
    format: OutputFormat,
    output: &mut Output,
) -> Result<(), Failure> {
    let text = match format {
        OutputFormat::Tabular => topic_as_text(topic, all, output.width()),
        OutputFormat::Json => as_json(topic, all),
    };
    Ok(output.line(&text)?)
}

fn as_json(topic: &TopicDetails, all: bool) -> String {
    let partitions: Vec<serde_json::Value> = topic
        .partitions
        .iter()
        .map(|it| {
            serde_json::json!({
                "partition": it.partition,
                "start": it.start,
                "end": it.end,
                "lastStable": it.last_stable,
            })
        })
        .collect();
    let options = topic.config.iter().filter(|(_, _, is_default)| all || !is_default);
    let options: serde_json::Map<String, serde_json::Value> =
        options.map(|(name, value, _)| (name.clone(), value.as_str().into())).collect();
    let object = serde_json::json!({
        "name": topic.name,
        "id": topic.id,
        "partitions": partitions,
        "config": options,
    });
    object.to_string()
}
