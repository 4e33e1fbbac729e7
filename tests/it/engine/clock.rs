//! The wall clock jumps while queries run: what they answer does not depend on it, nor do they wait for it.

use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};

use tidemill::clock::Clock;
use tidemill::config::Config;
use tidemill::disk::SimDisk;
use tidemill::functions::Registry;
use tidemill::state::MemoryBackend;

use super::*;

const HOUR: i64 = 60 * 60 * 1000;
const DAY: i64 = 24 * HOUR;
const NOW: i64 = 1_700_000_000_000;

/// The machine's monotonic clock beside a wall clock that is set by hand.
#[derive(Debug)]
struct SetClock {
    wall_ms: AtomicI64,
    system: SystemClock,
}

impl Clock for SetClock {
    fn wall_ms(&self) -> i64 {
        self.wall_ms.load(Ordering::Relaxed)
    }

    fn monotonic(&self) -> Duration {
        self.system.monotonic()
    }

    fn wait(&self, duration: Duration) {
        self.system.wait(duration);
    }
}

/// A machine: its disk, its state and its clock stay when the engine goes.
struct Machine {
    disk: SimDisk,
    state: Arc<MemoryBackend>,
    clock: Arc<SetClock>,
}

/// An engine, and its log, which is maintained by hand.
struct Running {
    engine: Engine,
    log: Arc<EmbeddedLog>,
}

impl Machine {
    fn new() -> Machine {
        let clock = SetClock { wall_ms: AtomicI64::new(NOW), system: SystemClock::new() };
        Machine { disk: SimDisk::new(), state: Arc::default(), clock: Arc::new(clock) }
    }

    fn start(&self) -> Running {
        let mut config = Config::default();
        for (name, value) in [("auto.offset.reset", "earliest"), ("commit.interval.ms", "1")] {
            config.set_engine(name, value).unwrap();
        }
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let disk = Arc::new(self.disk.clone());
        let log_config = LogConfig::default();
        let log = EmbeddedLog::open(disk, Arc::clone(&clock), Path::new("/data/log"), log_config);
        let log = Arc::new(log.unwrap());
        let state = Arc::clone(&self.state) as Arc<dyn tidemill::state::Backend>;
        let shared = Arc::clone(&log) as Arc<dyn Log>;
        let registry = Registry::built_in();
        Running { engine: Engine::start(shared, state, clock, config, registry).unwrap(), log }
    }

    fn set(&self, wall_ms: i64) {
        self.clock.wall_ms.store(wall_ms, Ordering::Relaxed);
    }
}

/// A topic whose records get the time of the log, and one whose records bring theirs.
const QUERIES: &str = "
    CREATE STREAM arrivals (k VARCHAR KEY, n BIGINT)
      WITH (kafka_topic = 'arrivals', value_format = 'json');
    CREATE STREAM events (k VARCHAR KEY, n BIGINT, happened BIGINT)
      WITH (kafka_topic = 'events', value_format = 'json', partitions = 2, timestamp = 'happened');
    CREATE STREAM copies AS SELECT * FROM arrivals;
    CREATE STREAM by_number AS SELECT n, k FROM arrivals PARTITION BY n;
    CREATE TABLE totals AS SELECT k, COUNT(*) AS n FROM copies GROUP BY k;
    CREATE TABLE numbers AS SELECT n, COUNT(*) AS c FROM events GROUP BY n;
    CREATE TABLE hourly AS SELECT k, COUNT(*) AS n FROM events
      WINDOW TUMBLING (SIZE 1 HOUR, RETENTION 40000 DAYS, GRACE PERIOD 0 SECONDS) GROUP BY k;";

/// Where the wall clock stands, one time after the other.
const TIMES: [i64; 9] = [
    NOW,
    NOW + 30 * DAY,
    NOW - 60 * DAY,
    NOW - 60 * DAY - 1,
    NOW + HOUR,
    NOW + 3650 * DAY,
    0,
    NOW,
    NOW + 1,
];
const RECORDS: i64 = 20;

fn arrivals() -> Vec<ProducedRecord> {
    let arrival = |n: i64| ProducedRecord {
        timestamp_ms: None,
        ..record(&format!("k{}", n % 5), &format!(r#"{{"n": {}}}"#, n % 3), 0)
    };
    (0..RECORDS).map(arrival).collect()
}

/// Events whose own time goes on by an hour from one round to the next, and once is far in the future.
fn events(round: i64) -> Vec<ProducedRecord> {
    let event = |n: i64| {
        let at = NOW + round * HOUR + n;
        let value = format!(r#"{{"n": {}, "happened": {at}}}"#, n % 3);
        ProducedRecord { timestamp_ms: None, ..record(&format!("k{}", n % 5), &value, 0) }
    };
    (0..RECORDS).map(event).collect()
}

fn sum(engine: &Engine, sql: &str) -> i64 {
    let long = |row: &Row| match row.values[0] {
        Value::Bigint(value) => value,
        ref other => panic!("{other:?} is no count"),
    };
    rows(engine, sql).iter().map(long).sum()
}

fn check(running: &Running, wall_ms: i64, rounds: i64) {
    let engine = &running.engine;
    assert!(engine.wait_until_idle(WAIT).unwrap(), "at {wall_ms} the queries wait for something");
    let errors: Vec<_> = engine.queries().into_iter().filter_map(|query| query.error).collect();
    assert!(errors.is_empty(), "at {wall_ms}: {errors:?}");
    let all = rounds * RECORDS;
    assert_eq!(sum(engine, "SELECT n FROM totals;"), all, "at {wall_ms}");
    assert_eq!(sum(engine, "SELECT c FROM numbers;"), all, "at {wall_ms}");
    assert_eq!(sum(engine, "SELECT n FROM hourly;"), all, "at {wall_ms}");
    assert_eq!(rows(engine, "SELECT * FROM hourly;").len() as i64, 5 * rounds, "at {wall_ms}");
}

/// The log's times of a partition's records do not go back, even where its clock does.
fn check_append_times(engine: &Engine) {
    let mut last = [i64::MIN; 2];
    let mut records = engine.consume_available("arrivals", ConsumeFrom::Beginning).unwrap();
    while let Some(record) = records.next_record() {
        let record = record.unwrap();
        let last = &mut last[record.partition as usize];
        assert!(*last <= record.timestamp_ms);
        *last = record.timestamp_ms;
    }
}

#[test]
fn queries_do_not_mind_a_wall_clock_that_jumps() {
    let machine = Machine::new();
    let mut running = machine.start();
    let config = tidemill::log::TopicConfig::new(2);
    let config = config.with("message.timestamp.type", "LogAppendTime").unwrap();
    running.engine.create_topic("arrivals", &config).unwrap();
    running.engine.session().execute(QUERIES).unwrap();
    for (round, wall_ms) in (0..).zip(TIMES) {
        machine.set(wall_ms);
        running.engine.produce("arrivals", &arrivals()).unwrap();
        running.engine.produce("events", &events(round)).unwrap();
        check(&running, wall_ms, round + 1);
        check_append_times(&running.engine);
        // Retention takes what is too old by this clock, and forgets who was silent for long; nothing of it is needed any more.
        running.log.maintain(wall_ms).unwrap();
        if round % 3 == 2 {
            running.engine.close().unwrap();
            drop(running);
            running = machine.start();
            check(&running, wall_ms, round + 1);
        }
    }
    running.engine.close().unwrap();
}

#[test]
fn records_that_are_new_stay_when_the_clock_goes_back() {
    let machine = Machine::new();
    let running = machine.start();
    running.engine.create_topic("t", &tidemill::log::TopicConfig::new(1)).unwrap();
    let count = |running: &Running| {
        let mut records = running.engine.consume_available("t", ConsumeFrom::Beginning).unwrap();
        std::iter::from_fn(|| records.next_record()).count()
    };
    for (round, wall_ms) in (1..).zip([NOW, NOW - 300 * DAY, NOW - 299 * DAY, NOW + DAY]) {
        machine.set(wall_ms);
        running.engine.produce("t", &[record("k", "v", wall_ms)]).unwrap();
        running.log.maintain(wall_ms).unwrap();
        assert_eq!(count(&running), round, "at {wall_ms}");
    }
    // A week after the last they go.
    let end = NOW + DAY + 7 * DAY + 1;
    machine.set(end);
    running.log.maintain(end).unwrap();
    assert_eq!(count(&running), 0);
    running.engine.close().unwrap();
}
