//! A backlog is read in event time: rows that are in order in their partitions are late for nothing behind a repartition.

use tidemill::types::Value;

use super::*;

const EACH: usize = 60_000;
const PARTITIONS: usize = 3;

/// Fills a topic whose partitions are in order, each a day ahead of what one batch of another holds.
fn open_with_backlog(folder: &std::path::Path) -> Engine {
    let options = EngineOptions::new(folder)
        .with("auto.offset.reset", "earliest")
        .with("num.stream.threads", "2");
    let engine = Engine::open(options).unwrap();
    engine
        .session()
        .execute(
            "CREATE STREAM views (page VARCHAR KEY, viewer INT)
               WITH (kafka_topic = 'views', value_format = 'json', partitions = 3);",
        )
        .unwrap();
    for partition in 0..PARTITIONS {
        let record = |number: usize| ProducedRecord {
            partition: Some(partition as u32),
            ..record("p", &format!(r#"{{"viewer": {}}}"#, number % 100), number as i64 * 100)
        };
        for from in (0..EACH).step_by(10_000) {
            let records: Vec<_> = (from..from + 10_000).map(record).collect();
            engine.produce("views", &records).unwrap();
        }
    }
    engine
}

fn sum(rows: &[Row]) -> i64 {
    let count = |row: &Row| match row.values[0] {
        Value::Bigint(count) => count,
        _ => panic!("a count is a BIGINT"),
    };
    rows.iter().map(count).sum()
}

#[test]
fn windows_behind_a_repartition_take_all_of_a_backlog() {
    for window in [
        "TUMBLING (SIZE 10 SECONDS, RETENTION 4000 DAYS, GRACE PERIOD 0 SECONDS)",
        "SESSION (1 SECOND, RETENTION 4000 DAYS, GRACE PERIOD 0 SECONDS)",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let engine = open_with_backlog(folder.path());
        let query = format!(
            "CREATE TABLE seen AS SELECT viewer, COUNT(*) AS n FROM views WINDOW {window} GROUP BY viewer;"
        );
        engine.session().execute(&query).unwrap();
        assert!(engine.wait_until_idle(WAIT).unwrap());
        assert_eq!(
            sum(&rows(&engine, "SELECT n FROM seen;")),
            (PARTITIONS * EACH) as i64,
            "{window}"
        );
        engine.close().unwrap();
    }
}

#[test]
fn rows_of_a_backlog_that_match_are_not_sent_on_alone() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open_with_backlog(folder.path());
    engine
        .session()
        .execute(
            "CREATE STREAM again (page VARCHAR KEY, viewer INT)
               WITH (kafka_topic = 'views', value_format = 'json');
             CREATE STREAM pairs AS SELECT v.viewer AS viewer, v.page AS page, a.page AS other
               FROM views v LEFT JOIN again a WITHIN 1 SECOND GRACE PERIOD 1 SECOND ON v.viewer = a.viewer
               WHERE v.viewer = 3;
             CREATE TABLE alone AS SELECT page, COUNT(*) AS n FROM pairs WHERE other IS NULL GROUP BY page;
             CREATE TABLE met AS SELECT page, COUNT(*) AS n FROM pairs WHERE other IS NOT NULL GROUP BY page;",
        )
        .unwrap();
    assert!(engine.wait_until_idle(WAIT).unwrap());
    assert_eq!(sum(&rows(&engine, "SELECT n FROM alone;")), 0);
    // Three rows have the same viewer and time, one of each partition.
    let wanted = (0..EACH).filter(|number| number % 100 == 3).count() * PARTITIONS * PARTITIONS;
    assert_eq!(sum(&rows(&engine, "SELECT n FROM met;")), wanted as i64);
    engine.close().unwrap();
}

#[test]
fn a_live_partition_without_records_holds_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open_with_backlog(folder.path());
    engine
        .session()
        .execute(
            "CREATE TABLE seen AS SELECT viewer, COUNT(*) AS n FROM views
               WINDOW TUMBLING (SIZE 10 SECONDS, RETENTION 4000 DAYS, GRACE PERIOD 0 SECONDS) GROUP BY viewer;",
        )
        .unwrap();
    assert!(engine.wait_until_idle(WAIT).unwrap());
    let far = ProducedRecord {
        partition: Some(1),
        ..record("p", r#"{"viewer": 1000}"#, EACH as i64 * 1000)
    };
    engine.produce("views", &[far]).unwrap();
    assert!(engine.wait_until_idle(WAIT).unwrap());
    assert_eq!(sum(&rows(&engine, "SELECT n FROM seen WHERE viewer = 1000;")), 1);
    engine.close().unwrap();
}
