//! The engine on a real folder: restarts, push and pull queries, the processing log.

mod aggregates;
mod clock;
mod failing;
mod full_disk;
mod functions;
mod joins;
mod pace;
mod panes;
mod schemas;
mod shared;
mod stopping;
mod storage;

use std::sync::Arc;
use std::time::Duration;

use tidemill::clock::{Clock, SystemClock};
use tidemill::disk::RealDisk;
use tidemill::engine::{ConsumeFrom, Engine, EngineOptions, Outcome, ProducedRecord, Row};
use tidemill::log::{EmbeddedLog, Log, LogConfig};
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

#[test]
fn a_query_that_cannot_start_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    let mut session = engine.session();
    session
        .execute(
            "CREATE STREAM a (id VARCHAR KEY, n INT) WITH (kafka_topic = 'a', value_format = 'json', partitions = 1);
             CREATE TABLE b (id VARCHAR PRIMARY KEY, m INT) WITH (kafka_topic = 'b', value_format = 'json', partitions = 2);",
        )
        .unwrap();
    let join = "CREATE STREAM c AS SELECT a.id, n, m FROM a JOIN b ON a.id = b.id;";
    let error = session.execute(join).err().unwrap().to_string();
    assert!(error.contains("number of partitions don't match"), "{error}");
    assert!(engine.queries().is_empty());
    engine.close().unwrap();
    drop((session, engine));
    let engine = open(folder.path());
    assert!(engine.queries().is_empty());
    engine.close().unwrap();
}

#[test]
fn a_query_whose_topic_is_gone_waits_for_it_and_stops_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    let mut session = engine.session();
    session.execute(PIPELINE).unwrap();
    engine.close().unwrap();
    drop((session, engine));
    let (disk, clock) = (Arc::new(RealDisk), Arc::new(SystemClock::new()));
    let log = EmbeddedLog::open(disk, clock, &folder.path().join("log"), LogConfig::default());
    log.unwrap().delete_topic("bids").unwrap();
    let engine = open(folder.path());
    let queries = engine.queries();
    assert_eq!(queries[0].state, "ERROR");
    assert!(queries[0].error.as_ref().unwrap().contains("bids does not exist"), "{queries:?}");
    // Others go on and commit.
    engine
        .session()
        .execute(
            "CREATE STREAM a (id VARCHAR KEY, n INT) WITH (kafka_topic = 'a', value_format = 'json', partitions = 1);
             CREATE TABLE b AS SELECT id, SUM(n) AS total FROM a GROUP BY id;",
        )
        .unwrap();
    engine.produce("a", &[record("k", r#"{"n": 1}"#, 1)]).unwrap();
    assert!(engine.wait_until_idle(WAIT).unwrap());
    assert_eq!(rows(&engine, "SELECT total FROM b;")[0].values, [Value::Int(1)]);
    // It goes on by itself when its topic is back.
    engine.create_topic("bids", &tidemill::log::TopicConfig::new(2)).unwrap();
    let clock = SystemClock::new();
    let deadline = clock.monotonic() + WAIT;
    while engine.queries().iter().any(|query| query.state != "RUNNING") {
        assert!(clock.monotonic() < deadline, "{:?}", engine.queries());
        clock.wait(Duration::from_millis(20));
    }
    engine.close().unwrap();
}

#[test]
fn a_replaced_query_goes_on_where_it_stood_with_the_state_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let open = || Engine::open(EngineOptions::new(folder.path())).unwrap();
    let engine = open();
    let mut session = engine.session();
    session
        .execute(
            "CREATE STREAM bids (id INT KEY, item VARCHAR, price INT)
               WITH (kafka_topic = 'bids', value_format = 'json', key_format = 'json', partitions = 2);
             CREATE TABLE totals AS SELECT item, SUM(price) AS total FROM bids GROUP BY item;",
        )
        .unwrap();
    let bid = |id: i32, price: i32| {
        record(&id.to_string(), &format!(r#"{{"item": "pen", "price": {price}}}"#), i64::from(id))
    };
    engine.produce("bids", &[bid(1, 5), bid(2, 7)]).unwrap();
    assert!(engine.wait_until_idle(WAIT).unwrap());
    let id = engine.queries()[0].id.clone();
    session.execute(&format!("PAUSE {id};")).unwrap();
    engine.produce("bids", &[bid(3, 1), bid(4, 100)]).unwrap();
    let replace = "CREATE OR REPLACE TABLE totals AS SELECT item, SUM(price) AS total FROM bids WHERE price < 50 GROUP BY item;";
    session.execute(replace).unwrap();
    engine.produce("bids", &[bid(5, 2), bid(6, 200)]).unwrap();
    assert!(engine.wait_until_idle(WAIT).unwrap());
    let total = |engine: &Engine| rows(engine, "SELECT total FROM totals;")[0].values.clone();
    assert_eq!(total(&engine), [Value::Int(15)]);
    engine.close().unwrap();
    drop((session, engine));
    let engine = open();
    assert_eq!(total(&engine), [Value::Int(15)]);
    engine.produce("bids", &[bid(7, 5)]).unwrap();
    assert!(engine.wait_until_idle(WAIT).unwrap());
    assert_eq!(total(&engine), [Value::Int(20)]);
    engine.close().unwrap();
}
