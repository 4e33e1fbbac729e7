//! A query that fails: the others go on, and so does it when the reason is gone.

use tidemill::clock::Clock;
use tidemill::log::TopicConfig;

use super::*;

const QUERIES: &str = "
    CREATE STREAM bids (item VARCHAR KEY, note VARCHAR)
      WITH (kafka_topic = 'bids', value_format = 'json', partitions = 2);
    CREATE STREAM notes AS SELECT * FROM bids;
    CREATE TABLE counts AS SELECT item, COUNT(*) AS n FROM bids GROUP BY item;";

fn bids(count: i64, note: &str) -> Vec<ProducedRecord> {
    let bid = |n: i64| record(&format!("i{}", n % 5), &format!(r#"{{"note": "{note}"}}"#), n);
    (0..count).map(bid).collect()
}

fn limit(engine: &Engine, bytes: &str) {
    let options = [("max.message.bytes".to_owned(), bytes.to_owned())];
    engine.alter_topic("NOTES", &options, &[]).unwrap();
}

fn count(engine: &Engine) -> i64 {
    let long = |row: &Row| match row.values[0] {
        Value::Bigint(value) => value,
        ref other => panic!("{other:?} is no count"),
    };
    rows(engine, "SELECT n FROM counts;").iter().map(long).sum()
}

fn records(engine: &Engine, topic: &str) -> usize {
    let mut records = engine.consume_available(topic, ConsumeFrom::Beginning).unwrap();
    std::iter::from_fn(|| records.next_record()).count()
}

fn wait_for(engine: &Engine, is_wanted: impl Fn(&str) -> bool) {
    let clock = SystemClock::new();
    while !engine
        .queries()
        .iter()
        .all(|query| query.id != "CSAS_NOTES_0" || is_wanted(&query.state))
    {
        assert!(clock.monotonic() < WAIT, "{:?}", engine.queries());
        clock.wait(Duration::from_millis(1));
    }
}

#[test]
fn a_query_that_fails_keeps_no_other_from_committing() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    engine.session().execute(QUERIES).unwrap();
    limit(&engine, "300");
    engine.produce("bids", &bids(1, &"long ".repeat(100))).unwrap();
    wait_for(&engine, |state| state == "ERROR");
    for round in 1..20 {
        engine.produce("bids", &bids(5, "short")).unwrap();
        assert!(engine.wait_until_idle(WAIT).unwrap(), "round {round}");
        assert_eq!(count(&engine), 1 + 5 * round);
    }
    limit(&engine, "1000000");
    wait_for(&engine, |state| state == "RUNNING");
    assert!(engine.wait_until_idle(WAIT).unwrap());
    assert_eq!(records(&engine, "NOTES"), 1 + 5 * 19);
    engine.close().unwrap();
}

#[test]
fn batches_are_no_larger_than_their_topic_takes() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    let small = TopicConfig::new(2).with("max.message.bytes", "400").unwrap();
    engine.create_topic("bids", &small).unwrap();
    engine.create_topic("NOTES", &small).unwrap();
    engine.session().execute(QUERIES).unwrap();
    for _ in 0..3 {
        engine.produce("bids", &bids(500, "short")).unwrap();
        assert!(engine.wait_until_idle(WAIT).unwrap());
    }
    let errors: Vec<_> = engine.queries().into_iter().filter_map(|query| query.error).collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!((count(&engine), records(&engine, "NOTES")), (1500, 1500));
    engine.close().unwrap();
}
