//! Whether two data folders hold the same: topics as a reader of committed records sees them, state, and positions.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value};

use crate::program::Program;

type Record = Map<String, Value>;

/// The topics whose records come from one partition of the input each: they are the same, in the same order.
const IN_ORDER: [&str; 6] = [
    "LARGE",
    "NAMED",
    "CUSTOMER_MINUTES",
    "CUSTOMER_SESSIONS",
    "CUSTOMER_FINALS",
    "CUSTOMER_TOTALS",
];
/// The topics whose records come together from several partitions or topics, in any order.
const IN_ANY_ORDER: [&str; 2] = ["BY_REGION", "PAIRS"];
/// The tables whose state is compared.
const TABLES: [&str; 8] = [
    "customer_minutes",
    "customer_sessions",
    "customer_finals",
    "customer_totals",
    "known_totals",
    "name_totals",
    "phases",
    "region_totals",
];
/// The tables whose groups take records from several partitions: each record counts once.
const COUNTED: [&str; 2] = ["REGION_TOTALS", "NAME_TOTALS"];

pub(super) fn assert_same(actual: &Program, expected: &Program) {
    for topic in IN_ORDER {
        let (actual, expected) = (by_partition(actual, topic), by_partition(expected, topic));
        assert!(!expected.is_empty(), "{topic} is empty");
        for (partition, expected) in &expected {
            let actual = &actual[partition];
            let place = actual.iter().zip(expected).position(|(a, e)| a != e);
            assert_eq!(place, None, "{topic}, partition {partition}: where they begin to differ");
            assert_eq!(actual.len(), expected.len(), "{topic}, partition {partition}");
        }
    }
    for topic in IN_ANY_ORDER {
        let sorted = |program| {
            let mut records: Vec<_> = by_partition(program, topic).into_iter().collect();
            records.iter_mut().for_each(|(_, records)| records.sort());
            records
        };
        assert!(sorted(actual) == sorted(expected), "{topic} differs");
    }
    for topic in COUNTED {
        assert_counted(topic, &actual.records(topic));
    }
    for table in TABLES {
        let state = |program: &Program| {
            let rows = program.rows(&format!("SELECT * FROM {table};"));
            let mut rows: Vec<_> =
                rows.into_iter().map(|row| Value::from(row).to_string()).collect();
            rows.sort();
            rows
        };
        let (actual, expected) = (state(actual), state(expected));
        assert!(!expected.is_empty(), "{table} is empty");
        assert_eq!(actual, expected, "{table}");
    }
}

/// Returns a topic's records without their offsets, which markers of transactions take up too.
fn by_partition(program: &Program, topic: &str) -> BTreeMap<u64, Vec<String>> {
    let mut partitions: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    for mut record in program.records(topic) {
        let partition = record["partition"].as_u64().unwrap();
        record.remove("offset");
        partitions.entry(partition).or_default().push(Value::from(record).to_string());
    }
    partitions
}

/// Each group's count goes up from one, by one: no record was left out, and none counted twice.
fn assert_counted(topic: &str, records: &[Record]) {
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    for record in records {
        let value = record["value"].as_str().unwrap();
        let value: Value = serde_json::from_str(value).unwrap();
        let count = counts.entry(record["key"].as_str().unwrap()).or_default();
        *count += 1;
        assert_eq!(value["N"], *count, "{topic}: {record:?}");
    }
    assert!(!counts.is_empty(), "{topic} is empty");
}

/// The queries stand behind the last record of each input: another start adds nothing to what they wrote.
pub(super) fn assert_at_the_end(program: &Program, pipeline: &Path) {
    let queries = program.call(&["--output", "json", "-e", "SHOW QUERIES EXTENDED;"]);
    let lags: Vec<_> = queries.match_indices("\"lag\"").collect();
    assert!(!lags.is_empty(), "{queries}");
    let sinks = [&IN_ORDER[..], &IN_ANY_ORDER, &COUNTED].concat();
    let all = || -> Vec<_> { sinks.iter().map(|topic| program.records(topic)).collect() };
    let before = all();
    program.run(pipeline);
    assert!(before == all(), "a start wrote something again");
}
