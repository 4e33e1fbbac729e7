//! Continuous queries over rows that are in the log already, until their results are committed. Two partitions, defaults: exactly
//! once, RocksDB, JSON in and out.

use std::time::Duration;

use tidemill::clock::{Clock, SystemClock};
use tidemill::engine::{Engine, EngineOptions, ProducedRecord};

use crate::limits;
use crate::measure::{Bench, bid};

const SOURCE: &str = "CREATE STREAM bids (id VARCHAR KEY, auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, extra VARCHAR)
    WITH (kafka_topic = 'bids', value_format = 'json', partitions = 2);";

pub(crate) fn filter_project(bench: &Bench, name: &str) {
    run(
        bench,
        name,
        1000,
        "CREATE STREAM out AS SELECT id, auction, bidder, price * 2 AS twice, channel FROM bids WHERE price > 1000;",
    );
}

pub(crate) fn tumbling_10(bench: &Bench, name: &str) {
    run(bench, name, 10, TUMBLING);
}

pub(crate) fn tumbling_10k(bench: &Bench, name: &str) {
    run(bench, name, 10_000, TUMBLING);
}

const TUMBLING: &str = "CREATE TABLE out AS SELECT id, COUNT(*) AS n, SUM(price) AS total FROM bids WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY id;";

pub(crate) fn stream_table_join(bench: &Bench, name: &str) {
    run(bench, name, 1000, "CREATE TABLE auctions (id VARCHAR PRIMARY KEY, category VARCHAR) WITH (kafka_topic = 'auctions', value_format = 'json', partitions = 2);
        CREATE STREAM out AS SELECT b.id AS id, b.price AS price, a.category AS category FROM bids b LEFT JOIN auctions a ON b.id = a.id;");
}

pub(crate) fn stream_stream_join(bench: &Bench, name: &str) {
    join_with_bids(bench, name, "JOIN", "WITHIN 1 SECOND");
}

pub(crate) fn stream_stream_left_join(bench: &Bench, name: &str) {
    join_with_bids(bench, name, "LEFT JOIN", "WITHIN 1 SECOND GRACE PERIOD 1 SECOND");
}

/// Half of the rows are of one stream, half of the other; each meets about one.
fn join_with_bids(bench: &Bench, name: &str, join: &str, within: &str) {
    let folder = tempfile::tempdir().unwrap();
    let options = EngineOptions::new(folder.path()).with("auto.offset.reset", "earliest");
    let engine = Engine::open(options).unwrap();
    engine.session().execute(SOURCE).unwrap();
    engine.session().execute(&SOURCE.replace("bids", "asks")).unwrap();
    let start_ms = start_ms(bench.row_count / 2);
    for topic in ["bids", "asks"] {
        fill_from(&engine, topic, bench.row_count / 2, (20_000, start_ms));
    }
    let query = format!(
        "CREATE STREAM out AS SELECT b.id AS id, b.price AS price, a.bidder AS bidder, a.channel AS channel
         FROM bids b {join} asks a {within} ON b.id = a.id;"
    );
    let (is_idle, took) = bench.time(|| {
        engine.session().execute(&query).unwrap();
        engine.wait_until_idle(Duration::from_secs(600)).unwrap()
    });
    assert!(is_idle);
    assert_has_output(&engine);
    bench.print(name, bench.row_count, took, &limits::json_decode(bench));
    engine.close().unwrap();
}

fn run(bench: &Bench, name: &str, key_count: usize, query: &str) {
    let folder = tempfile::tempdir().unwrap();
    let options = EngineOptions::new(folder.path()).with("auto.offset.reset", "earliest");
    let engine = Engine::open(options).unwrap();
    engine.session().execute(SOURCE).unwrap();
    fill(&engine, "bids", bench.row_count, key_count);
    if query.contains("auctions") {
        engine.create_topic("auctions", &tidemill::log::TopicConfig::new(2)).unwrap();
        let auction = |number: usize| ProducedRecord {
            key: Some(number.to_string().into_bytes()),
            value: Some(br#"{"category":"books"}"#.to_vec()),
            timestamp_ms: Some(0),
            ..ProducedRecord::default()
        };
        engine.produce("auctions", &(0..key_count).map(auction).collect::<Vec<_>>()).unwrap();
    }
    let (is_idle, took) = bench.time(|| {
        engine.session().execute(query).unwrap();
        engine.wait_until_idle(Duration::from_secs(600)).unwrap()
    });
    assert!(is_idle);
    assert_has_output(&engine);
    bench.print(name, bench.row_count, took, &limits::json_decode(bench));
    engine.close().unwrap();
}

/// A query that has read nothing would be the fastest of all.
fn assert_has_output(engine: &Engine) {
    let written = engine.topic("OUT").unwrap().partitions;
    assert!(written.iter().any(|partition| partition.start < partition.end), "no output");
}

/// Event time moves 0.1 ms per row: 10,000 rows a second. It is the present, so that the log keeps the rows.
fn fill(engine: &Engine, topic: &str, row_count: usize, key_count: usize) {
    fill_from(engine, topic, row_count, (key_count, start_ms(row_count)));
}

fn start_ms(row_count: usize) -> i64 {
    SystemClock::new().wall_ms() - row_count as i64 / 10
}

fn fill_from(engine: &Engine, topic: &str, row_count: usize, (key_count, start_ms): (usize, i64)) {
    let mut records = Vec::new();
    for number in 0..row_count {
        let (key, value) = bid(number, key_count);
        records.push(ProducedRecord {
            key: Some(key.into_bytes()),
            value: Some(value.into_bytes()),
            timestamp_ms: Some(start_ms + number as i64 / 10),
            ..ProducedRecord::default()
        });
        if records.len() == 50_000 {
            engine.produce(topic, &records).unwrap();
            records.clear();
        }
    }
    engine.produce(topic, &records).unwrap();
}
