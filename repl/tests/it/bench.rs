//! Each bench once, on little data: all answers are compared, so that neither the benches nor what they measure can rot.

use crate::place::Place;

/// Runs a bench and returns its lines.
#[track_caller]
fn bench(words: &str) -> Vec<serde_json::Value> {
    let place = Place::new();
    let words: Vec<&str> = std::iter::once("bench").chain(words.split_whitespace()).collect();
    let output = place.tidemill(&words).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words:?}\n{said}");
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_query_gives_the_answer_of_datafusion() {
    // A hundred events a second: the windows are several, and events are few.
    let lines = bench("nexmark --events 3000 --rate 100 --rounds 1 --output json");
    let (limits, queries) = lines.split_last().unwrap();
    assert!(limits["limits"]["fsync_s"].as_f64().unwrap() > 0.0);
    assert!(queries.len() > 40, "{}", queries.len());
    for query in queries {
        assert!(query["rows_per_s"]["median"].as_f64().unwrap() > 0.0, "{query}");
        assert!(query["results"].as_u64().unwrap() > 0, "{query}");
    }
}

#[test]
fn keys_and_scale_compare_their_answers() {
    let lines = bench("keys --keys 10,1000 --events 500 --rounds 2 --output json");
    assert_eq!(lines.len(), 2 * 2 + 1);
    let lines = bench("scale queries --counts 1,12 --events 2000 --rounds 1 --output json");
    assert_eq!(lines.len(), 2 + 1);
    let lines = bench("scale partitions --counts 1,7 --events 2000 --rounds 1 --output json");
    assert_eq!(lines.len(), 2 * 2 + 1);
    let lines = bench("scale restart --counts 0,1000 --rounds 1 --output json");
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().all(|line| line["open ms"].as_f64().unwrap() > 0.0));
}

#[test]
fn latency_reads_each_record_once_and_in_order() {
    let lines = bench("latency --rates 500 --commit-intervals 5,20 --seconds 0.4 --output json");
    assert_eq!(lines.len(), 2 * 2);
    for line in lines {
        let (middle, max) = (line["p50 ms"].as_f64().unwrap(), line["max ms"].as_f64().unwrap());
        assert!(0.0 < middle && middle <= max, "{line}");
    }
}

#[test]
fn the_log_gives_back_what_it_took() {
    assert_eq!(bench("log --records 3000 --rounds 1 --output json").len(), 4 + 1);
}

#[test]
fn functions_stand_beside_those_of_datafusion() {
    let lines = bench("functions --rows 100 --rounds 1 --output json");
    assert!(lines.len() > 20, "{}", lines.len());
}

#[test]
fn generated_files_have_all_events() {
    let place = Place::new();
    let output =
        place.tidemill(&["bench", "generate", "out", "--events", "1000"]).output().unwrap();
    assert!(output.status.success());
    let count = |topic: &str| -> usize {
        (0..2).map(|part| place.read(&format!("out/{topic}-{part}.jsonl")).lines().count()).sum()
    };
    // With the bids that close the windows before them.
    assert_eq!([count("person"), count("auction"), count("bid")], [20, 60, 920 + 64]);
}

#[test]
fn a_query_that_is_not_there_is_named() {
    let output = Place::new().tidemill(&["bench", "nexmark", "q99"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("there is no query q99"), "{said}");
}
