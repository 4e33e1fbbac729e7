//! The engine on a real folder: restarts, push and pull queries, the processing log.

mod storage;

use std::time::Duration;

use tidemill::engine::{ConsumeFrom, Engine, EngineOptions, Outcome, ProducedRecord, Row};
use tidemill::types::Value;

const WAIT: Duration = Duration::from_secs(30);

fn open(folder: &std::path::Path) -> Engine {
    Engine::open(EngineOptions::new(folder).with("auto.offset.reset", "earliest")).unwrap()
}

fn record(key: &str, value: &str, timestamp_ms: i64) -> ProducedRecord {
    ProducedRecord {
        key: Some(key.as_bytes().to_vec()),
        value: Some(value.as_bytes().to_vec()),
        timestamp_ms: Some(timestamp_ms),
        ..ProducedRecord::default()
    }
}

fn rows(engine: &Engine, sql: &str) -> Vec<Row> {
    let mut outcomes = engine.session().execute(sql).unwrap();
    match outcomes.pop() {
        Some(Outcome::Rows(rows)) => rows.collect_rows().unwrap(),
        _ => panic!("{sql} gives no rows"),
    }
}

const PIPELINE: &str = "
    CREATE STREAM bids (item VARCHAR KEY, price INT)
      WITH (kafka_topic = 'bids', value_format = 'json', partitions = 2);
    CREATE TABLE totals AS SELECT item, COUNT(*) AS n, SUM(price) AS total FROM bids GROUP BY item;";

#[test]
fn queries_go_on_where_they_were_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    engine.session().execute(PIPELINE).unwrap();
    engine
        .produce(
            "bids",
            &[record("pen", r#"{"price": 5}"#, 1), record("cup", r#"{"price": 7}"#, 2)],
        )
        .unwrap();
    assert!(engine.wait_until_idle(WAIT).unwrap());
    engine.close().unwrap();
    drop(engine);

    let engine = open(folder.path());
    engine.produce("bids", &[record("pen", r#"{"price": 1}"#, 3)]).unwrap();
    assert!(engine.wait_until_idle(WAIT).unwrap());
    let found = rows(&engine, "SELECT item, n, total FROM totals WHERE item = 'pen';");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].values, [Value::from("pen"), Value::Bigint(2), Value::Int(6)]);
    assert_eq!(rows(&engine, "SELECT * FROM totals;").len(), 2);
    engine.close().unwrap();
}

#[test]
fn a_push_query_ends_at_its_limit() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    engine.session().execute(PIPELINE).unwrap();
    let many: Vec<_> =
        (0..100).map(|i| record(&format!("k{i}"), &format!(r#"{{"price": {i}}}"#), i)).collect();
    engine.produce("bids", &many).unwrap();
    assert_eq!(
        rows(&engine, "SELECT * FROM bids WHERE price > 9 EMIT CHANGES LIMIT 20;").len(),
        20
    );
    engine.close().unwrap();
}

#[test]
fn what_does_not_decode_is_in_the_processing_log() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    engine.session().execute(PIPELINE).unwrap();
    engine
        .produce("bids", &[record("pen", "no json", 1), record("pen", r#"{"price": 5}"#, 2)])
        .unwrap();
    assert!(engine.wait_until_idle(WAIT).unwrap());
    let mut log =
        engine.consume_available("default_ksql_processing_log", ConsumeFrom::Beginning).unwrap();
    let entry = log.next_record().unwrap().unwrap();
    let text = String::from_utf8(entry.value.unwrap()).unwrap();
    assert!(text.contains("bm8ganNvbg=="), "{text}");
    assert!(log.next_record().is_none());
    engine.close().unwrap();
}

#[test]
fn a_dropped_table_takes_its_query_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    let mut session = engine.session();
    session.execute(PIPELINE).unwrap();
    assert!(session.execute("DROP STREAM bids;").is_err());
    session.execute("DROP TABLE totals; DROP STREAM bids;").unwrap();
    assert!(engine.queries().is_empty());
    engine.close().unwrap();
}
