//! The schemas that are registered before the statements of a case are carried out.

use std::collections::BTreeMap;

use tidemill::engine::TestDriver;
use tidemill::registry::{Compatibility, Reference, SchemaKind, SchemaRegistry};
use tidemill_grammar::ast::{ParsedStatement, Statement};

use crate::corpus::{Case, TopicSchema};

/// Ids of schemas that others refer to are out of the way of those that cases name.
const REFERENCE_IDS_FROM: u32 = 100_000;

/// Registers the schemas of a case: those with ids first, then those of all topics, in the order in which Java's hash table
/// has them.
pub(crate) fn register(
    case: &Case,
    statements: &[ParsedStatement],
    driver: &TestDriver,
) -> Result<(), String> {
    let registry = driver.schemas();
    registry.set_compatibility(Compatibility::None);
    let derived = derived(case, statements);
    let mut subjects: Vec<(String, &TopicSchema)> = Vec::new();
    let mut topics: Vec<&str> = case.topics.iter().map(|topic| topic.name.as_str()).collect();
    topics.extend(derived.iter().map(|(topic, _)| topic.as_str()));
    topics.extend(case.inputs.iter().chain(&case.outputs).map(|record| record.topic.as_str()));
    for name in java_order(&topics) {
        let own = case.topics.iter().find(|topic| topic.name == name);
        let made = derived.iter().find(|(topic, _)| *topic == name).map(|(_, made)| made);
        let key = own.and_then(|topic| topic.key.as_ref());
        let key = key.or_else(|| made.and_then(|made| made.key.as_ref()));
        let value = own.and_then(|topic| topic.value.as_ref());
        let value = value.or_else(|| made.and_then(|made| made.value.as_ref()));
        subjects.extend(key.map(|schema| (format!("{name}-key"), schema)));
        subjects.extend(value.map(|schema| (format!("{name}-value"), schema)));
    }
    let mut next_reference = REFERENCE_IDS_FROM;
    for has_id in [true, false] {
        for (subject, schema) in subjects.iter().filter(|(_, s)| s.id.is_some() == has_id) {
            let mut references = Vec::new();
            for (name, kind, text) in &schema.references {
                put(registry, name, (*kind, text, Vec::new()), Some(next_reference))
                    .or_else(|_| put(registry, name, (*kind, text, Vec::new()), None))?;
                next_reference += 1;
                let subject = name.clone();
                references.push(Reference { name: name.clone(), subject, version: 1 });
            }
            put(registry, subject, (schema.kind, &schema.text, references), schema.id)?;
        }
    }
    Ok(())
}

fn put(
    registry: &SchemaRegistry,
    subject: &str,
    (kind, text, references): (SchemaKind, &str, Vec<Reference>),
    id: Option<u32>,
) -> Result<(), String> {
    let schema = registry.parse(kind, text, references).map_err(|error| error.to_string())?;
    let registered = registry.registrations();
    let known = || registered.iter().find(|known| known.schema.schema.is_same(&schema));
    let ids = || registered.iter().map(|known| known.schema.id);
    let next = || ids().filter(|id| *id < REFERENCE_IDS_FROM).max().unwrap_or(0) + 1;
    let id = id.or_else(|| known().map(|known| known.schema.id)).unwrap_or_else(next);
    registry.register_with_id(subject, schema, id).map_err(|error| error.to_string())
}

/// The schemas of the columns that a statement declares.
#[derive(Default)]
struct Derived {
    key: Option<TopicSchema>,
    value: Option<TopicSchema>,
}

/// Returns the schemas that the declared columns of topics stand for.
fn derived(case: &Case, statements: &[ParsedStatement]) -> Vec<(String, Derived)> {
    let mut scratch = TestDriver::new();
    for (name, value) in &case.properties {
        let _ = scratch.set(name, value);
    }
    let mut found: BTreeMap<String, Derived> = BTreeMap::new();
    let mut order = Vec::new();
    for statement in statements {
        if scratch.execute(&format!("{};", statement.text)).is_err() {
            continue;
        }
        let Statement::CreateSource(create) = &statement.statement else { continue };
        let Ok(source) = scratch.source(&create.name.name) else { continue };
        let topic = source.topic.to_string();
        let schema = |side: &str| {
            let latest = scratch.schemas().latest(&format!("{topic}-{side}"))?.schema;
            let (kind, text) = (latest.schema.kind(), latest.schema.text.to_string());
            Some(TopicSchema { kind, text, id: None, references: Vec::new() })
        };
        if !found.contains_key(&topic) {
            order.push(topic.clone());
        }
        found.insert(topic.clone(), Derived { key: schema("key"), value: schema("value") });
    }
    order
        .into_iter()
        .map(|topic| (topic.clone(), found.remove(&topic).unwrap_or_default()))
        .collect()
}

/// Puts names, each once, in the order in which a `HashMap` of Java's goes through them.
fn java_order<'a>(names: &[&'a str]) -> Vec<&'a str> {
    let mut once: Vec<&str> = Vec::new();
    for name in names {
        if !once.contains(name) {
            once.push(name);
        }
    }
    let mut size = 16;
    while size * 3 < once.len() * 4 {
        size *= 2;
    }
    let bucket = |name: &&str| {
        let units = name.encode_utf16();
        let hash = units.fold(0u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(unit.into()));
        (hash ^ (hash >> 16)) as usize & (size - 1)
    };
    once.sort_by_key(bucket);
    once
}
