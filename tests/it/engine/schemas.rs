//! Schemas that are kept: a restart reads and writes topics by those it went by before.

use tidemill::registry::{SchemaKind, SchemaRecord};

use super::*;

fn values(engine: &Engine, sql: &str) -> Vec<Vec<Value>> {
    rows(engine, sql).into_iter().map(|row| row.values).collect()
}

fn registered(engine: &Engine) -> Vec<String> {
    let line = |found: &tidemill::registry::Registration| {
        format!("{} {} #{}", found.subject, found.version, found.schema.id)
    };
    engine.schemas().iter().map(line).collect()
}

const ORDER: &str =
    r#"{"type": "record", "name": "Order", "fields": [{"name": "id", "type": "long"}]}"#;
const NEXT: &str = r#"{"type": "record", "name": "Order", "fields": [
    {"name": "id", "type": "long"}, {"name": "note", "type": "string", "default": ""}]}"#;

#[test]
fn a_restart_goes_by_the_schemas_of_before() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    let register = |engine: &Engine, text: &str| {
        engine.register_schema("orders-value", SchemaKind::Avro, text, Vec::new())
    };
    assert_eq!(register(&engine, ORDER).unwrap(), 1);
    let statements = "
        CREATE STREAM orders WITH (kafka_topic = 'orders', value_format = 'avro', partitions = 1);
        CREATE TABLE counts WITH (format = 'json_sr') AS SELECT id, COUNT(*) AS n FROM orders GROUP BY id;
        INSERT INTO orders (id) VALUES (7);";
    engine.session().execute(statements).unwrap();
    let asserts = "ASSERT SCHEMA SUBJECT 'COUNTS-key' ID 2; ASSERT NOT EXISTS SCHEMA ID 9;";
    engine.session().execute(asserts).unwrap();
    assert!(engine.session().execute("ASSERT SCHEMA SUBJECT 'COUNTS-key' ID 1;").is_err());
    let before = registered(&engine);
    assert_eq!(before, ["COUNTS-key 1 #2", "COUNTS-value 1 #3", "orders-value 1 #1"]);
    assert_eq!(register(&engine, NEXT).unwrap(), 4);
    assert!(engine.wait_until_idle(WAIT).unwrap());
    engine.close().unwrap();
    drop(engine);

    let engine = open(folder.path());
    let mut after = before;
    after.push("orders-value 2 #4".to_owned());
    assert_eq!(registered(&engine), after);
    // The stream has the columns it had, and the query goes on.
    engine.session().execute("INSERT INTO orders (id) VALUES (7);").unwrap();
    assert!(engine.session().execute("SELECT note FROM orders EMIT CHANGES LIMIT 1;").is_err());
    assert!(engine.wait_until_idle(WAIT).unwrap());
    let counted = [vec![Value::Bigint(7), Value::Bigint(2)]];
    assert_eq!(values(&engine, "SELECT * FROM counts;"), counted);
    // A schema that does not read the last one's records is refused.
    assert!(register(&engine, "\"int\"").is_err());
    engine.close().unwrap();
}

#[test]
fn schemas_are_records_of_a_topic_and_go_with_theirs() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    let create = "CREATE STREAM bids (a INT) WITH (kafka_topic = 'bids', value_format = 'protobuf', partitions = 1);";
    engine.session().execute(create).unwrap();
    engine.session().execute("DROP STREAM bids DELETE TOPIC;").unwrap();
    assert!(engine.schemas().is_empty());
    let mut records = engine.consume("_schemas", ConsumeFrom::Beginning).unwrap();
    let mut found = Vec::new();
    while found.len() < 2 {
        let record = records.next_record().unwrap().unwrap();
        let (key, value) = (record.key.unwrap(), record.value.unwrap());
        let schema = SchemaRecord::read(&key, &value).unwrap().unwrap();
        found.push((schema.subject, schema.version, schema.id, schema.deleted));
    }
    let subject = || "bids-value".to_owned();
    assert_eq!(found, [(subject(), 1, 1, false), (subject(), 1, 1, true)]);
    engine.close().unwrap();
    drop((records, engine));

    // A subject that was deleted begins anew; the schema keeps its id.
    let engine = open(folder.path());
    engine.session().execute(create).unwrap();
    assert_eq!(registered(&engine), ["bids-value 2 #1"]);
    engine.close().unwrap();
}

#[test]
fn a_statement_that_fails_registers_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    let failing = "CREATE STREAM bids (a INT) WITH (kafka_topic = 'bids', format = 'avro');";
    assert!(engine.session().execute(failing).is_err());
    assert!(engine.schemas().is_empty());
    engine.close().unwrap();
}
