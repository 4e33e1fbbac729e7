//! Hopping windows that share panes have what windows that stand alone have: record by record, in tables and for pull queries.

use tidemill::engine::{TestDriver, TestRecord};
use tidemill::types::Value;

use crate::random::{Random, Seed, number};

/// Functions that may share panes.
const FUNCTIONS: &str = "COUNT(*) AS n, SUM(v) AS s, MIN(v) AS lo, MAX(t) AS hi, AVG(v) AS mean,
    LATEST_BY_OFFSET(t) AS newest, EARLIEST_BY_OFFSET(v) AS oldest, LATEST_BY_OFFSET(v, false) AS may_be_null";
const KEYS: u64 = 3;

/// Windows at random: some are cut into panes as long as they advance, some into shorter ones, some into none.
struct Shape {
    size: u64,
    advance: u64,
    grace: u64,
    retention: u64,
    is_final: bool,
    buffering: &'static str,
}

impl Shape {
    fn random(random: &mut Random) -> Shape {
        let advance = 1 + random.below(12);
        let size = advance + random.below(6 * advance + 3);
        let grace = random.below(3) * random.below(2 * size);
        let retention = size + grace + random.below(2) * random.below(50);
        let buffering = *random.choose(&["0", "10485760"]);
        Shape { size, advance, grace, retention, is_final: random.once_in(3), buffering }
    }

    fn statements(&self) -> String {
        let Shape { size, advance, grace, retention, is_final, .. } = self;
        let windows = format!(
            "FROM rows WINDOW HOPPING (SIZE {size} MILLISECONDS, ADVANCE BY {advance} MILLISECONDS,
             RETENTION {retention} MILLISECONDS, GRACE PERIOD {grace} MILLISECONDS)
             GROUP BY k EMIT {};",
            if *is_final { "FINAL" } else { "CHANGES" }
        );
        // A list has an order, so that it is not merged.
        format!(
            "CREATE STREAM rows (k VARCHAR KEY, v INT, t VARCHAR)
               WITH (kafka_topic = 'rows', value_format = 'json', partitions = 1);
             CREATE TABLE panes AS SELECT k, {FUNCTIONS} {windows}
             CREATE TABLE alone AS SELECT k, {FUNCTIONS}, COLLECT_LIST(v) AS every_v {windows}"
        )
    }
}

fn records(random: &mut Random, count: usize) -> Vec<TestRecord> {
    let (step, lateness) = (1 + random.below(8), random.below(60));
    let mut time = 0;
    let mut record = || {
        time += random.below(step) + if random.once_in(40) { 200 } else { 0 };
        let late = if random.once_in(3) { random.below(lateness + 1) } else { 0 };
        let value = match random.below(9) {
            0 => r#"{"v": null, "t": "é"}"#.to_owned(),
            v => format!(r#"{{"v": {v}, "t": "text {}"}}"#, random.below(20)),
        };
        let key = format!("key {}", random.below(KEYS));
        TestRecord::of(&key, &value, time.saturating_sub(late) as i64)
    };
    (0..count).map(|_| record()).collect()
}

/// A window, the time of its row, and its values.
type WindowRow = (Option<(i64, i64)>, i64, Vec<Value>);

/// Reads what a table's topic got, the list left out.
fn read(driver: &mut TestDriver, table: &str) -> Vec<WindowRow> {
    let rows = driver.read_rows(table).unwrap().into_iter();
    rows.map(|row| (row.window, row.timestamp_ms, row.values[..9].to_vec())).collect()
}

fn ask(driver: &TestDriver, table: &str, condition: &str) -> Vec<Vec<Value>> {
    let columns =
        "k, windowstart, windowend, rowtime, n, s, lo, hi, mean, newest, oldest, may_be_null";
    let rows = driver.query(&format!("SELECT {columns} FROM {table} {condition};")).unwrap();
    rows.into_iter().map(|row| row.values).collect()
}

fn same(random: &mut Random) {
    let shape = Shape::random(random);
    let batch_size = *random.choose(&[1, 2, 7, 1000]);
    let mut driver = TestDriver::new().with_batch_size(batch_size);
    if random.once_in(2) {
        driver = driver.with_scarce_memory();
    }
    driver.set("cache.max.bytes.buffering", shape.buffering).unwrap();
    driver.execute(&shape.statements()).unwrap();
    let records = records(random, 120);
    for records in records.chunks(1 + random.below(60) as usize) {
        driver.pipe("rows", records).unwrap();
        let (panes, alone) = (read(&mut driver, "PANES"), read(&mut driver, "ALONE"));
        assert_eq!(panes, alone, "{}", shape.statements());
        let from = random.below(300);
        let key = format!("k = 'key {}'", random.below(KEYS));
        for condition in [
            String::new(),
            format!("WHERE {key}"),
            format!("WHERE {key} AND windowstart >= {from} AND windowstart < {}", from + 40),
        ] {
            let (panes, alone) =
                (ask(&driver, "panes", &condition), ask(&driver, "alone", &condition));
            assert_eq!(panes, alone, "{condition} {}", shape.statements());
        }
        if random.once_in(3) {
            driver.restart().unwrap();
        }
    }
    let mut late: Vec<_> = driver.read_reports().into_iter().collect();
    late.sort();
    assert!(late.chunks(2).all(|pair| pair[0] == pair[pair.len() - 1]), "{late:?}");
}

#[test]
fn windows_that_share_panes_are_those_that_stand_alone() {
    let first = number("TIDEMILL_PANES_SEED", 1);
    for seed in first..first + number("TIDEMILL_PANES", 150) {
        let _seed = Seed { variable: "TIDEMILL_PANES_SEED", seed };
        same(&mut Random::new(seed));
    }
}
