//! Queries and engines that stop while they have something to do: what they have written is committed together with where they stand, or
//! not at all.

use std::collections::BTreeMap;
use std::path::Path;

use tidemill::config::Config;
use tidemill::disk::{Fault, SimDisk};
use tidemill::functions::Registry;
use tidemill::state::{Backend, MemoryBackend};

use super::*;

const EVENTS: &str = "CREATE STREAM events (k VARCHAR KEY, n BIGINT)
    WITH (kafka_topic = 'events', value_format = 'json', partitions = 2);";

fn produce(engine: &Engine, numbers: std::ops::Range<i64>) {
    let event = |n: i64| record(&format!("k{}", n % 7), &format!(r#"{{"n": {n}}}"#), n);
    engine.produce("events", &numbers.map(event).collect::<Vec<_>>()).unwrap();
}

/// Returns the numbers that are in the committed values of a topic, by partition.
fn numbers(engine: &Engine, topic: &str) -> BTreeMap<u32, Vec<i64>> {
    let mut found: BTreeMap<u32, Vec<i64>> = BTreeMap::new();
    let mut records = engine.consume_available(topic, ConsumeFrom::Beginning).unwrap();
    while let Some(record) = records.next_record() {
        let record = record.unwrap();
        let value: serde_json::Value = serde_json::from_slice(&record.value.unwrap()).unwrap();
        found.entry(record.partition).or_default().push(value["N"].as_i64().unwrap());
    }
    found
}

/// Each number is in the topic once, those of a partition in order.
fn check(engine: &Engine, topic: &str, count: i64) {
    let found = numbers(engine, topic);
    assert!(found.values().all(|numbers| numbers.is_sorted_by(|a, b| a < b)), "{found:?}");
    assert_eq!(found.values().map(Vec::len).sum::<usize>() as i64, count);
}

#[test]
fn a_query_that_is_replaced_at_work_loses_and_doubles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    let mut session = engine.session();
    session.execute(EVENTS).unwrap();
    let mut produced = 0;
    for round in 0..40 {
        let statement = format!(
            "CREATE OR REPLACE STREAM copies AS SELECT k, n FROM events WHERE n < {};",
            1_000_000 + round
        );
        let grouped = format!(
            "CREATE OR REPLACE TABLE counts AS SELECT n, COUNT(*) AS c FROM events WHERE n < {} GROUP BY n;",
            1_000_000 + round
        );
        produce(&engine, produced..produced + 3000);
        produced += 3000;
        session.execute(&statement).unwrap();
        if round % 8 == 0 {
            session.execute(&grouped).unwrap();
        }
    }
    assert!(engine.wait_until_idle(WAIT).unwrap());
    check(&engine, "COPIES", produced);
    let counts = rows(&engine, "SELECT n, c FROM counts;");
    assert_eq!(counts.len() as i64, produced);
    assert!(counts.iter().all(|row| row.values[1] == Value::Bigint(1)));
    engine.close().unwrap();
}

/// A disk and the state on it, which stay when the engine goes.
struct Machine {
    disk: SimDisk,
    state: Arc<MemoryBackend>,
}

impl Machine {
    fn start(&self) -> Engine {
        let mut config = Config::default();
        for (name, value) in [("auto.offset.reset", "earliest"), ("num.stream.threads", "2")] {
            config.set_engine(name, value).unwrap();
        }
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let disk = Arc::new(self.disk.clone());
        let (folder, log_config) = (Path::new("/data/log"), LogConfig::default());
        let log = EmbeddedLog::open(disk, Arc::clone(&clock), folder, log_config).unwrap();
        let state = Arc::clone(&self.state) as Arc<dyn Backend>;
        Engine::start(Arc::new(log), state, clock, config, Registry::built_in()).unwrap()
    }
}

#[test]
fn a_close_that_failed_may_be_tried_again() {
    let mut failed = 0;
    for turn in 0..60 {
        let mut machine = Machine { disk: SimDisk::new(), state: Arc::default() };
        let engine = machine.start();
        engine.session().execute(EVENTS).unwrap();
        engine.session().execute("CREATE STREAM copies AS SELECT k, n FROM events;").unwrap();
        for batch in 0..20 {
            produce(&engine, batch * 100..batch * 100 + 100);
        }
        machine.disk.fail_at(machine.disk.operations() + 1 + turn % 20, Fault::DiskFull);
        failed += usize::from(engine.close().is_err());
        // Whatever the first call has left, the second may not commit what nobody has handed over.
        drop(engine.close());
        drop(engine);
        machine.disk = machine.disk.kill();
        let engine = machine.start();
        assert!(engine.wait_until_idle(WAIT).unwrap());
        check(&engine, "COPIES", 2000);
        engine.close().unwrap();
    }
    assert!(0 < failed, "no call failed");
}
