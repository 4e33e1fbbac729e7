//! State that is larger than memory: the binary keeps to its limit, and where nothing fits everything still gets done.

use std::io::Write;
use std::process::{Child, Stdio};
use std::time::Duration;

use tidemill::clock::{Clock, SystemClock};
use tidemill::engine::{Engine, EngineOptions, Outcome, ProducedRecord, Row};
use tidemill::types::Value;

use crate::program::Program;
use crate::random::{Random, number};

/// What `memory.limit` is.
const LIMIT: u64 = 16 << 20;
/// What the program takes beside it: its code, its threads, a batch in each of them, RocksDB's compactions.
const ALLOWANCE: u64 = 96 << 20;
/// How long the text of each key is.
const TEXT_BYTES: usize = 1000;

const QUERIES: &str = "
    CREATE STREAM events (id VARCHAR KEY, kind BIGINT, text VARCHAR)
        WITH (kafka_topic = 'events', value_format = 'json', partitions = 4);
    CREATE TABLE latest AS
        SELECT id, COUNT(*) AS n, LEN(LATEST_BY_OFFSET(text)) AS length FROM events GROUP BY id;
    CREATE TABLE kinds AS SELECT kind, COUNT(*) AS n FROM events GROUP BY kind;
";

/// Writes a record for each key, and a second one for those whose number is even: old state is read again.
fn write_events(target: &mut dyn Write, keys: u64) {
    let mut random = Random::new(1);
    let again = (0..keys).step_by(2);
    for (number, key) in (0..keys).chain(again).enumerate() {
        // Text that does not compress to nothing.
        let text: String = std::iter::repeat_with(|| format!("{:016x}", random.below(u64::MAX)))
            .take(63)
            .collect();
        let (kind, text) = (number % 3, &text[..TEXT_BYTES]);
        writeln!(target, r#"{key:09}:{{"KIND":{kind},"TEXT":"{text}"}}"#).unwrap();
    }
}

fn produce(program: &Program, keys: u64) {
    let format = ["--format", "lines", "--key-separator", ":", "--set", "log.flush=os"];
    let flags = [&["produce", "events"], &format[..]].concat();
    let mut command = program.command(&flags);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut stdin = std::io::BufWriter::new(child.stdin.take().unwrap());
    write_events(&mut stdin, keys);
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

/// Waits for the end of a process, and returns the most memory it ever had.
fn peak(mut child: Child) -> u64 {
    let clock = SystemClock::new();
    let path = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let ended = child.try_wait().unwrap();
        let status = std::fs::read_to_string(&path).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        peak = peak.max(kib.unwrap_or(0) << 10);
        match ended {
            Some(status) => assert!(status.success(), "{status}"),
            None => clock.wait(Duration::from_millis(10)),
        }
        if ended.is_some() {
            return peak;
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn state_ten_times_the_limit_stays_within_it() {
    let keys = number("TIDEMILL_MEMORY_KEYS", 170_000);
    let program = Program::new();
    program.call(&["topic", "create", "events", "--partitions", "4"]);
    produce(&program, keys);
    let file = program.path("queries.sql");
    std::fs::write(&file, QUERIES).unwrap();
    let limit = format!("memory.limit={LIMIT}");
    let earliest = "ksql.streams.auto.offset.reset=earliest";
    let file = file.to_str().unwrap();
    let mut run = program.command(&["run", file, "--exit-when-idle"]);
    run.args(["--set", &limit, "--set", earliest]);
    let peak = peak(run.spawn().unwrap());
    println!("peak {} MiB", peak >> 20);
    assert!(0 < peak && peak <= LIMIT + ALLOWANCE, "{} MiB", peak >> 20);

    let rows = program.rows("SELECT id, n, length FROM latest;");
    assert_eq!(rows.len() as u64, keys);
    for row in rows {
        let id: u64 = row["ID"].as_str().unwrap().parse().unwrap();
        assert_eq!(row["N"], if id.is_multiple_of(2) { 2 } else { 1 }, "key {id}");
        assert_eq!(row["LENGTH"], TEXT_BYTES, "key {id}");
    }
    let kinds = program.rows("SELECT kind, n FROM kinds;");
    let all: u64 = kinds.iter().map(|row| row["N"].as_u64().unwrap()).sum();
    assert_eq!((kinds.len(), all), (3, keys + keys.div_ceil(2)));
}

fn rows(engine: &Engine, sql: &str) -> Vec<Row> {
    match engine.session().execute(sql).unwrap().pop() {
        Some(Outcome::Rows(rows)) => rows.collect_rows().unwrap(),
        _ => panic!("{sql} gives no rows"),
    }
}

#[test]
fn where_nothing_fits_everything_gets_done() {
    let folder = tempfile::tempdir().unwrap();
    // No epoch ends by itself: whoever waits for memory has to see to it.
    let options = [("memory.limit", "1"), ("commit.interval.ms", "3600000")];
    let mut opened = EngineOptions::new(folder.path()).with("auto.offset.reset", "earliest");
    opened = options.into_iter().fold(opened, |opened, (name, value)| opened.with(name, value));
    let engine = Engine::open(opened).unwrap();
    let statements = "
        CREATE STREAM bids (item VARCHAR KEY, price INT)
            WITH (kafka_topic = 'bids', value_format = 'json', partitions = 2);
        CREATE TABLE totals AS SELECT item, COUNT(*) AS n FROM bids GROUP BY item;
        CREATE TABLE visits AS
            SELECT item, COUNT(*) AS n FROM bids WINDOW SESSION (10 SECONDS) GROUP BY item;
        CREATE STREAM priced AS SELECT price, item FROM bids PARTITION BY price;";
    engine.session().execute(statements).unwrap();
    let record = |number: i64| ProducedRecord {
        key: Some(format!("item {}", number % 100).into_bytes()),
        value: Some(format!(r#"{{"price": {number}}}"#).into_bytes()),
        timestamp_ms: Some(number / 400 * 60_000 + number % 400),
        ..ProducedRecord::default()
    };
    for round in 0..5 {
        engine
            .produce("bids", &(0..400).map(|n| record(round * 400 + n)).collect::<Vec<_>>())
            .unwrap();
        let count = 400 * (round + 1);
        let sql = format!("SELECT * FROM priced EMIT CHANGES LIMIT {count};");
        assert_eq!(rows(&engine, &sql).len() as i64, count);
    }
    engine.close().unwrap();
    drop(engine);
    let engine = Engine::open(EngineOptions::new(folder.path())).unwrap();
    assert!(engine.wait_until_idle(Duration::from_secs(60)).unwrap());
    let totals = rows(&engine, "SELECT n FROM totals;");
    assert_eq!((totals.len(), &totals[0].values[..]), (100, &[Value::Bigint(20)][..]));
    assert!(totals.iter().all(|row| row.values == totals[0].values));
    let visits = rows(&engine, "SELECT n FROM visits;");
    assert_eq!(visits.len(), 500);
    assert!(visits.iter().all(|row| row.values == [Value::Bigint(4)]));
    engine.close().unwrap();
}
