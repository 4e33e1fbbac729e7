//! Subjects, versions, ids, and what a statement sees of them.

use super::*;

fn avro(registry: &SchemaRegistry, text: &str) -> Schema {
    registry.parse(SchemaKind::Avro, text, Vec::new()).unwrap()
}

fn register(registry: &SchemaRegistry, subject: &str, text: &str) -> Result<u32, RegistryError> {
    registry.register(subject, avro(registry, text))
}

fn define(statement: &StatementSchemas, subject: &str, text: &str) -> u32 {
    statement.register(subject, SchemaKind::Avro, text, Vec::new()).unwrap().id
}

#[test]
fn a_schema_has_one_id_under_all_subjects() {
    let registry = SchemaRegistry::new();
    assert_eq!(register(&registry, "a-value", "\"int\""), Ok(1));
    assert_eq!(register(&registry, "b-value", "\"string\""), Ok(2));
    assert_eq!(register(&registry, "b-key", r#"{"type": "int"}"#), Ok(3));
    assert_eq!(register(&registry, "c-value", "\"int\""), Ok(1));
    assert_eq!(register(&registry, "a-value", " \"int\" "), Ok(1));
    assert_eq!(register(&registry, "a-value", "\"long\""), Ok(4));
    let latest = registry.latest("a-value").unwrap();
    assert_eq!((latest.version, latest.schema.id), (2, 4));
}

#[test]
fn a_subject_takes_what_reads_the_last_version() {
    let registry = SchemaRegistry::new();
    register(&registry, "a", "\"long\"").unwrap();
    let error = register(&registry, "a", "\"int\"").unwrap_err();
    assert_eq!(
        error.to_string(),
        "Schema being registered is incompatible with an earlier schema for subject \"a\", details: int was long"
    );
    registry.set_compatibility(Compatibility::None);
    assert_eq!(register(&registry, "a", "\"int\""), Ok(2));
}

#[test]
fn a_statement_keeps_what_it_registers_to_itself() {
    let registry = SchemaRegistry::new();
    register(&registry, "in-value", "\"int\"").unwrap();
    let statement = StatementSchemas::new(&registry);
    assert_eq!(statement.latest("in-value").unwrap().id, 1);
    assert_eq!(define(&statement, "out-key", "\"long\""), 2);
    assert_eq!(define(&statement, "out-value", "\"string\""), 3);
    assert!(registry.latest("out-key").is_none());
    let changes = statement.into_changes();
    registry.add(&changes.added);
    assert_eq!(registry.latest("out-value").unwrap().schema.id, 3);

    register(&registry, "in-value", "\"long\"").unwrap();
    let again = StatementSchemas::replay(&registry, changes.ids);
    assert_eq!(again.latest("in-value").unwrap().id, 1);
    assert_eq!(define(&again, "out-key", "\"double\""), 2);
    assert!(again.into_changes().added.is_empty());
}

#[test]
fn what_is_written_to_the_topic_is_there_after_a_replay() {
    let registry = SchemaRegistry::new();
    let event = r#"syntax = "proto3"; message Event { int64 at = 1; }"#;
    let event = registry.parse(SchemaKind::Protobuf, event, Vec::new()).unwrap();
    registry.register("event.proto", event).unwrap();
    let reference =
        Reference { name: "event.proto".to_owned(), subject: "event.proto".to_owned(), version: 1 };
    let log = r#"syntax = "proto3"; import "event.proto"; message Log { Event event = 1; }"#;
    let log = registry.parse(SchemaKind::Protobuf, log, vec![reference]).unwrap();
    registry.register("log-value", log).unwrap();
    register(&registry, "a-key", "\"int\"").unwrap();

    let again = SchemaRegistry::new();
    let mut registrations = registry.registrations();
    registrations.sort_by_key(|registration| registration.schema.id);
    for registration in &registrations {
        let (key, value) = SchemaRecord::new(registration).write().unwrap();
        let record = SchemaRecord::read(&key, &value).unwrap().unwrap();
        again.replay(&record).unwrap();
    }
    assert_eq!(again.latest("log-value").unwrap().schema.id, 2);
    assert_eq!(again.latest("a-key").unwrap().schema.id, 3);

    let mut gone = SchemaRecord::new(&again.latest("a-key").unwrap());
    gone.deleted = true;
    again.replay(&gone).unwrap();
    assert!(again.latest("a-key").is_none() && again.by_id(3).is_some());
}

#[test]
fn records_have_the_layout_of_the_registry() {
    let registry = SchemaRegistry::new();
    register(&registry, "a-value", "\"int\"").unwrap();
    let (key, value) = SchemaRecord::new(&registry.latest("a-value").unwrap()).write().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    assert_eq!(text(key), r#"{"keytype":"SCHEMA","subject":"a-value","version":1,"magic":1}"#);
    assert_eq!(
        text(value),
        r#"{"subject":"a-value","version":1,"id":1,"schema":"\"int\"","deleted":false}"#
    );
    let other = br#"{"keytype":"CONFIG","subject":null,"magic":0}"#;
    assert_eq!(SchemaRecord::read(other, b"{}").unwrap(), None);
}
