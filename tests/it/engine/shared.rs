//! Queries on one topic share what is read of it, and none sees anything of the others.

use super::*;

fn count(engine: &Engine, topic: &str) -> usize {
    let mut records = engine.consume_available(topic, ConsumeFrom::Beginning).unwrap();
    std::iter::from_fn(|| records.next_record()).map(Result::unwrap).count()
}

#[test]
fn what_a_query_reads_does_not_depend_on_others() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    engine
        .session()
        .execute(
            "CREATE STREAM readings (id VARCHAR KEY, a INT, b INT, c VARCHAR)
               WITH (kafka_topic = 'readings', value_format = 'json', partitions = 2);
             CREATE STREAM of_a AS SELECT id, a FROM readings;
             CREATE STREAM of_b AS SELECT id, b FROM readings;
             CREATE STREAM of_c AS SELECT id, c, a FROM readings WHERE a % 2 = 0;",
        )
        .unwrap();
    // One record in a hundred does not decode for those who read `b`.
    let reading = |number: i64| {
        let b = if number % 100 == 0 { "\"none\"".to_owned() } else { number.to_string() };
        record(&format!("k{number}"), &format!(r#"{{"a": {number}, "b": {b}, "c": "x"}}"#), number)
    };
    for from in (0..2000).step_by(50) {
        engine.produce("readings", &(from..from + 50).map(reading).collect::<Vec<_>>()).unwrap();
    }
    assert!(engine.wait_until_idle(WAIT).unwrap());
    assert_eq!(
        [count(&engine, "OF_A"), count(&engine, "OF_B"), count(&engine, "OF_C")],
        [2000, 1980, 1000]
    );
    // One that comes later reads columns that nobody has read, from the beginning.
    let late = "CREATE STREAM of_all AS SELECT id, c, b, a, ROWOFFSET AS o FROM readings;";
    engine.session().execute(late).unwrap();
    engine.produce("readings", &(2001..2100).map(reading).collect::<Vec<_>>()).unwrap();
    assert!(engine.wait_until_idle(WAIT).unwrap());
    let counts = ["OF_A", "OF_B", "OF_C", "OF_ALL"].map(|topic| count(&engine, topic));
    assert_eq!(counts, [2099, 2079, 1049, 2079]);
    engine.close().unwrap();
}

#[test]
fn a_query_reads_what_another_writes_in_the_epoch_at_hand() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    engine
        .session()
        .execute(
            "CREATE STREAM a (id VARCHAR KEY, n INT) WITH (kafka_topic = 'a', value_format = 'json', partitions = 1);
             CREATE STREAM b AS SELECT id, n + 1 AS n FROM a;
             CREATE STREAM c AS SELECT id, n FROM b;
             CREATE TABLE d AS SELECT id, SUM(n) AS total FROM b GROUP BY id;
             CREATE TABLE e AS SELECT id, COUNT(*) AS n FROM b GROUP BY id;",
        )
        .unwrap();
    for round in 0..200 {
        engine.produce("a", &[record("k", r#"{"n": 1}"#, round)]).unwrap();
    }
    assert!(engine.wait_until_idle(WAIT).unwrap());
    assert_eq!(count(&engine, "C"), 200);
    assert_eq!(rows(&engine, "SELECT total FROM d;")[0].values, [Value::Int(400)]);
    assert_eq!(rows(&engine, "SELECT n FROM e;")[0].values, [Value::Bigint(200)]);
    engine.close().unwrap();
}
