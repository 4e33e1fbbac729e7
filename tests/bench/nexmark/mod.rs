//! NEXMark: queries over the people, auctions and bids of an online auction, by name. Each prints how fast it takes in the events
//! of its topics, from a log that holds them already to results that are committed.
//!
//! Event time runs at 10,000 events a second (`TIDEMILL_BENCH_EVENT_RATE` sets another rate): it decides how many events a window
//! holds. Bids have no key, so that what groups or joins them has to bring them together first.

mod generator;

use std::time::Duration;

use tidemill::engine::{Engine, EngineOptions, ProducedRecord};

use crate::limits;
use crate::measure::Bench;
use generator::{EventKind, Generator};

const SOURCES: &str = "
    CREATE STREAM bid (auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, dateTime BIGINT, extra VARCHAR)
      WITH (kafka_topic = 'bid', value_format = 'json', partitions = 2, timestamp = 'dateTime');
    CREATE TABLE auction (id BIGINT PRIMARY KEY, itemName VARCHAR, description VARCHAR, initialBid BIGINT, reserve BIGINT,
        dateTime BIGINT, expires BIGINT, seller BIGINT, category BIGINT, extra VARCHAR)
      WITH (kafka_topic = 'auction', value_format = 'json', partitions = 2, timestamp = 'dateTime');
    CREATE TABLE person (id BIGINT PRIMARY KEY, name VARCHAR, emailAddress VARCHAR, creditCard VARCHAR, city VARCHAR, state VARCHAR,
        dateTime BIGINT, extra VARCHAR)
      WITH (kafka_topic = 'person', value_format = 'json', partitions = 2, timestamp = 'dateTime');";

/// The queries, by NEXMark's numbers, and the shapes they are made of.
const QUERIES: &[(&str, &str)] = &[
    ("q0", "CREATE STREAM out AS SELECT auction, bidder, price, channel, url, dateTime, extra FROM bid;"),
    (
        "q1",
        "CREATE STREAM out AS SELECT auction, bidder, CAST(price AS DECIMAL(20, 3)) * 0.908 AS price, dateTime, extra FROM bid;",
    ),
    ("q2", "CREATE STREAM out AS SELECT auction, price FROM bid WHERE auction % 123 = 0;"),
    (
        "q3",
        "CREATE TABLE out AS SELECT a.id AS id, p.name AS name, p.city AS city, p.state AS state
           FROM auction a JOIN person p ON a.seller = p.id
           WHERE a.category = 10 AND p.state IN ('OR', 'ID', 'CA');",
    ),
    (
        "q11",
        "CREATE TABLE out AS SELECT bidder, COUNT(*) AS bids FROM bid WINDOW SESSION (10 SECONDS) GROUP BY bidder;",
    ),
    (
        "q14",
        "CREATE STREAM out AS SELECT auction, bidder, price * 0.908 AS price,
           CASE WHEN CAST(FORMAT_TIMESTAMP(FROM_UNIXTIME(dateTime), 'HH') AS INT) BETWEEN 8 AND 18 THEN 'dayTime'
                WHEN CAST(FORMAT_TIMESTAMP(FROM_UNIXTIME(dateTime), 'HH') AS INT) BETWEEN 6 AND 20 THEN 'otherTime'
                ELSE 'nightTime' END AS bidTimeType,
           dateTime, extra, LEN(extra) - LEN(REPLACE(extra, 'c', '')) AS c_counts
         FROM bid WHERE price * 0.908 > 1000000 AND price * 0.908 < 50000000;",
    ),
    (
        "q17",
        "CREATE TABLE out WITH (key_format = 'json') AS SELECT auction, FORMAT_TIMESTAMP(FROM_UNIXTIME(dateTime), 'yyyy-MM-dd') AS day,
           COUNT(*) AS bids, SUM(CASE WHEN price < 10000 THEN 1 ELSE 0 END) AS low,
           SUM(CASE WHEN price >= 10000 AND price < 1000000 THEN 1 ELSE 0 END) AS middle,
           SUM(CASE WHEN price >= 1000000 THEN 1 ELSE 0 END) AS high,
           MIN(price) AS price_min, MAX(price) AS price_max, AVG(price) AS price_mean, SUM(price) AS price_sum
         FROM bid GROUP BY auction, FORMAT_TIMESTAMP(FROM_UNIXTIME(dateTime), 'yyyy-MM-dd');",
    ),
    (
        "q18",
        "CREATE TABLE out WITH (key_format = 'json') AS SELECT bidder, auction, LATEST_BY_OFFSET(price) AS price,
           LATEST_BY_OFFSET(channel) AS channel, LATEST_BY_OFFSET(url) AS url, LATEST_BY_OFFSET(extra) AS extra
         FROM bid GROUP BY bidder, auction;",
    ),
    (
        "q20",
        "CREATE STREAM out AS SELECT b.auction AS auction, b.bidder AS bidder, b.price AS price, b.channel AS channel, b.url AS url,
           a.itemName AS itemName, a.seller AS seller, a.category AS category
         FROM bid b JOIN auction a ON b.auction = a.id WHERE a.category = 10;",
    ),
    (
        "q22",
        "CREATE STREAM out AS SELECT auction, bidder, price, channel, SPLIT(url, '/')[4] AS dir1, SPLIT(url, '/')[5] AS dir2,
           SPLIT(url, '/')[6] AS dir3 FROM bid;",
    ),
    (
        "tumbling count, sum by auction",
        "CREATE TABLE out AS SELECT auction, COUNT(*) AS n, SUM(price) AS total FROM bid WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY auction;",
    ),
    (
        "hopping 10 s by 2 s count, sum by auction",
        "CREATE TABLE out AS SELECT auction, COUNT(*) AS n, SUM(price) AS total
           FROM bid WINDOW HOPPING (SIZE 10 SECONDS, ADVANCE BY 2 SECONDS) GROUP BY auction;",
    ),
    ("count by auction", "CREATE TABLE out AS SELECT auction, COUNT(*) AS n FROM bid GROUP BY auction;"),
];

/// Runs the queries whose name contains one of some words, or all.
pub(crate) fn run(bench: &Bench, words: &[String]) {
    for (name, query) in QUERIES {
        let name = format!("nexmark {name}");
        if words.is_empty() || words.iter().any(|word| name.contains(word.as_str())) {
            run_query(bench, &name, query);
        }
    }
}

fn run_query(bench: &Bench, name: &str, query: &str) {
    let folder = tempfile::tempdir().unwrap();
    let options = EngineOptions::new(folder.path()).with("auto.offset.reset", "earliest");
    let engine = Engine::open(options).unwrap();
    engine.session().execute(SOURCES).unwrap();
    fill(&engine, bench.row_count);
    let (is_idle, took) = bench.time(|| {
        engine.session().execute(query).unwrap();
        engine.wait_until_idle(Duration::from_secs(600)).unwrap()
    });
    assert!(is_idle);
    bench.print(name, bench.row_count, took, &limits::json_decode(bench));
    engine.close().unwrap();
}

/// Fills the topics with so many events.
fn fill(engine: &Engine, event_count: usize) {
    let rate = std::env::var("TIDEMILL_BENCH_EVENT_RATE").ok().and_then(|rate| rate.parse().ok());
    let mut generator = Generator::new(rate.unwrap_or(10_000), 1);
    let mut waiting: [(&str, Vec<ProducedRecord>); 3] =
        [("person", Vec::new()), ("auction", Vec::new()), ("bid", Vec::new())];
    for number in 1..=event_count {
        let mut value = String::with_capacity(300);
        let event = generator.next(&mut value);
        let (place, key) = match event.kind {
            EventKind::Person => (0, Some(event.id.to_be_bytes().to_vec())),
            EventKind::Auction => (1, Some(event.id.to_be_bytes().to_vec())),
            EventKind::Bid => (2, None),
        };
        waiting[place].1.push(ProducedRecord {
            key,
            value: Some(value.into_bytes()),
            timestamp_ms: Some(event.time_ms),
            ..ProducedRecord::default()
        });
        if number % 20_000 == 0 || number == event_count {
            for (topic, records) in &mut waiting {
                engine.produce(topic, records).unwrap();
                records.clear();
            }
        }
    }
}
