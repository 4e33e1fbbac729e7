//! Questions on real data, put to the real binary: records in by `produce`, queries by `run`, answers by pull queries and
//! by `consume`, and each compared with the answer that is known.
//!
//! The data is not part of the repository. It is looked for in the folder that `TIDEMILL_TEST_DATA` names, else in
//! `../shared/data`; where there is none, these tests say so and check nothing.

mod table;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::program::Program;

/// Finds the data; says so if there is none.
#[allow(clippy::print_stderr, reason = "who runs the tests should know what was not checked")]
fn data() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = std::env::var_os("TIDEMILL_TEST_DATA")
        .map_or_else(|| root.join("../shared/data"), PathBuf::from);
    if folder.join("expected").is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: there is no data in {}", folder.display());
    None
}

/// A data folder of the binary, and the data that goes in.
struct Asked {
    data: PathBuf,
    program: Program,
}

impl Asked {
    fn new() -> Option<Asked> {
        Some(Asked { data: data()?, program: Program::new() })
    }

    /// Writes a file of the data to a topic.
    fn produce(&self, topic: &str, file: &str, flags: &[&str]) {
        let bytes = std::fs::read(self.data.join(file)).unwrap();
        let bytes = match file.ends_with(".zst") {
            true => zstd::decode_all(bytes.as_slice()).unwrap(),
            false => bytes,
        };
        let call = [&["produce", topic, "--create"][..], flags].concat();
        self.program.call_with(&call, &bytes);
    }

    fn run(&self, sql: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/data");
        self.program.run(&folder.join(sql));
    }

    /// Asks a table for columns and compares all of them with an answer.
    fn check(&self, answer: &str, columns: &str, table: &str) {
        let rows = self.program.rows(&format!("SELECT {columns} FROM {table};"));
        let names: Vec<_> = columns.split(',').map(|name| name.trim().to_uppercase()).collect();
        let row = |row: &Map<String, Value>| names.iter().map(|name| cell(&row[name])).collect();
        self.check_rows(answer, rows.iter().map(row).collect());
    }

    fn check_rows(&self, answer: &str, rows: table::Rows) {
        let path = self.data.join("expected").join(answer).with_extension("csv");
        let mut expected = table::read(&std::fs::read_to_string(path).unwrap());
        for cell in expected.iter_mut().flatten().filter(|cell| cell.contains('@')) {
            // The answers know the addresses that the data has no more.
            *cell = "redacted@example.invalid".to_owned();
        }
        table::assert_same(answer, rows, expected);
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

#[test]
fn edits_of_wikipedia() {
    let Some(asked) = Asked::new() else { return };
    asked.produce("wiki", "wiki/wiki_edits_2015-09-12.jsonl.zst", &["--format", "json"]);
    asked.run("wiki.sql");
    asked.check("W0_druid_published_hourly_deleted", "windowstart, sum_deleted", "w0");
    let columns = "windowstart, channel, edits, sum_added, sum_deleted, sum_delta, robot_edits";
    asked.check("W1_hourly_by_channel", columns, "w1");
    let columns = "channel, edits, distinct_users, earliest_page, latest_page, topk5_added";
    asked.check("W4_channel_profile", columns, "w4");
    // A query that comes later reads the same records.
    asked.run("wiki_sessions.sql");
    let columns = "user, windowstart, windowend, edits, sum_delta";
    asked.check("W2_user_sessions_30m", columns, "w2");
}

#[test]
fn rides_of_taxis() {
    let Some(asked) = Asked::new() else { return };
    let csv = ["--format", "csv", "--skip-header"];
    // The zones are there, and read, before the first ride.
    let key = ["--key-column", "location_id", "--key-format", "int"];
    asked.produce("zones", "taxi/taxi_zones.csv", &[&csv[..], &key].concat());
    asked.run("taxi.sql");
    asked.produce("trips", "taxi/yellow_trips_2019q1_sample.csv.zst", &csv);
    asked.run("taxi.sql");
    let columns = "windowstart, borough, trips, sum_passengers, sum_total_amount";
    asked.check("T1_daily_by_pickup_borough", columns, "t1");
    asked.check("T2b_pickup_zones_ge300", "zone, trips", "t2b");
    asked.check("T3b_hourly_vendor_grace7d", "windowstart, vendor_id, trips", "t3b");
    asked.check("T3c_hourly_vendor_all", "windowstart, vendor_id, trips", "t3c");
    // Who reads the topic and keeps the last record of each key has the same table.
    asked.check_rows("T2b_pickup_zones_ge300", last_of_each_key(&asked, "T2B"));
}

/// Reads a table's topic: the last value of each key, without those whose last record is a tombstone.
fn last_of_each_key(asked: &Asked, topic: &str) -> table::Rows {
    let records = asked.program.records(topic);
    let key_and_value =
        |record: &Map<String, Value>| (cell(&record["key"]), cell(&record["value"]));
    let last: BTreeMap<String, String> = records.iter().map(key_and_value).collect();
    last.into_iter().filter(|(_, value)| !value.is_empty()).map(|(k, v)| vec![k, v]).collect()
}

#[test]
fn delays_of_flights() {
    let Some(asked) = Asked::new() else { return };
    let flags = ["--format", "csv", "--skip-header", "--key-column", "iata"];
    asked.produce("airports", "flights/airports.csv", &flags);
    asked.run("flights.sql");
    asked.produce("flights", "flights/flights_2001q1_20k.jsonl.zst", &["--format", "json"]);
    asked.run("flights.sql");
    let columns = "windowstart, state, flights, delayed, sum_delay";
    asked.check("F1_daily_by_origin_state", columns, "f1");
    asked.check("F3_hopping_6h_2h", "windowstart, origin, flights, max_delay", "f3");
}

#[test]
fn shares_and_a_machine() {
    let Some(asked) = Asked::new() else { return };
    let csv = ["--format", "csv", "--skip-header"];
    asked.produce("tweets", "nab/tweet_volume.csv.zst", &csv);
    asked.produce("machine", "nab/machine_temperature.csv.zst", &csv);
    asked.run("nab.sql");
    asked.check("N1_hourly_symbol", "windowstart, symbol, n, sum_value, max_value", "n1");
    asked.check("N2_aapl_hopping_1h_15m_gt2000", "windowstart, n, sum_value", "n2");
    asked.check("M1_machine_temp_hourly", "windowstart, n, low, high, mean", "m1");
}

#[test]
fn access_logs() {
    let Some(asked) = Asked::new() else { return };
    asked.produce("lines", "weblogs/apache_combined.log.zst", &["--format", "lines"]);
    let tsv = ["--format", "tsv", "--skip-header"];
    asked.produce("nasa_lines", "weblogs/nasa_19950701.tsv.zst", &tsv);
    asked.run("weblogs.sql");
    asked.check("L1_hourly_status", "windowstart, status, hits, sum_bytes", "l1");
    asked.check_rows("L2_top10_paths_per_day", ten_highest(&asked));
    asked.check("L2b_404_paths_ge2", "path, hits", "l2b");
    asked.check("L5_bot_hits_by_ip_ge20", "ip, hits", "l5");
    asked.check("L4_nasa_jul_5min", "windowstart, hits, errors, sum_bytes, hosts", "l4");
}

/// Ranks the paths of each day: by their hits, then by their names.
fn ten_highest(asked: &Asked) -> table::Rows {
    let mut days: BTreeMap<i64, Vec<(i64, String)>> = BTreeMap::new();
    for row in asked.program.rows("SELECT windowstart, path, hits FROM l2;") {
        let day = days.entry(row["WINDOWSTART"].as_i64().unwrap()).or_default();
        day.push((-row["HITS"].as_i64().unwrap(), cell(&row["PATH"])));
    }
    let mut ranked = Vec::new();
    for (day, mut paths) in days {
        paths.sort();
        for (rank, (hits, path)) in (1..=10).zip(paths) {
            ranked.push(vec![day.to_string(), rank.to_string(), path, (-hits).to_string()]);
        }
    }
    ranked
}
