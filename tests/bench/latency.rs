//! How long a record takes through a query, and an engine to start.

use std::time::Duration;

use tidemill::engine::{Engine, EngineOptions, Outcome, ProducedRecord};

use crate::measure::Bench;

/// One record at a time, from the call that produces it to the row that a push query over the result gives: durable append,
/// query, commit, read committed.
pub(crate) fn end_to_end(bench: &Bench, name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::open(EngineOptions::new(folder.path())).unwrap();
    let mut session = engine.session();
    session
        .execute(
            "CREATE STREAM a (id VARCHAR KEY, n INT) WITH (kafka_topic = 'a', value_format = 'json', partitions = 1);
             CREATE STREAM b AS SELECT id, n + 1 AS m FROM a;",
        )
        .unwrap();
    let outcome = session.execute("SELECT * FROM b EMIT CHANGES;").unwrap().pop();
    let Some(Outcome::Rows(mut rows)) = outcome else { panic!("a push query gives rows") };
    let mut latencies: Vec<Duration> = Vec::new();
    for number in 0..200 {
        let record = ProducedRecord {
            key: Some(b"k".to_vec()),
            value: Some(format!(r#"{{"n": {number}}}"#).into_bytes()),
            ..ProducedRecord::default()
        };
        let start = bench.now();
        engine.produce("a", &[record]).unwrap();
        rows.next_batch().unwrap().unwrap();
        latencies.push(bench.now() - start);
    }
    latencies.sort();
    let at = |share: f64| latencies[(share * (latencies.len() - 1) as f64) as usize];
    println!(
        "{name:<44} p50 {:?}, p99 {:?}, max {:?}   commit interval 100 ms",
        at(0.5),
        at(0.99),
        at(1.0)
    );
    engine.close().unwrap();
}

pub(crate) fn start_up(bench: &Bench, name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let open = || Engine::open(EngineOptions::new(folder.path())).unwrap();
    let (engine, first) = bench.time(open);
    engine
        .session()
        .execute("CREATE STREAM a (id VARCHAR KEY, n INT) WITH (kafka_topic = 'a', value_format = 'json', partitions = 1); CREATE STREAM b AS SELECT * FROM a;")
        .unwrap();
    engine.close().unwrap();
    drop(engine);
    let (engine, second) = bench.time(open);
    println!("{name:<44} empty {:?}, again with a query {:?}", first.wall, second.wall);
    engine.close().unwrap();
}
