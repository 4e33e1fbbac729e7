//! Sessions, final results, aggregates over tables and SOURCE TABLEs on a real folder, across restarts.

use std::collections::BTreeMap;

use tidemill::types::Value;

use super::{WAIT, open, record, rows};
use crate::random::Random;

#[test]
fn a_source_table_is_kept_across_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    let table = "CREATE SOURCE TABLE users (id VARCHAR PRIMARY KEY, name VARCHAR)
        WITH (kafka_topic = 'users', value_format = 'json', partitions = 3);";
    engine.session().execute(table).unwrap();
    let users = [record("1", r#"{"name": "ann"}"#, 1), record("2", r#"{"name": "bob"}"#, 2)];
    engine.produce("users", &users).unwrap();
    assert!(engine.wait_until_idle(WAIT).unwrap());
    engine.close().unwrap();
    drop(engine);

    let engine = open(folder.path());
    engine.produce("users", &[record("1", r#"{"name": "Ann"}"#, 3)]).unwrap();
    assert!(engine.wait_until_idle(WAIT).unwrap());
    let found = rows(&engine, "SELECT name FROM users WHERE id = '1';");
    assert_eq!(found[0].values, [Value::from("Ann")]);
    assert_eq!(rows(&engine, "SELECT * FROM users;").len(), 2);
    assert_eq!(engine.queries()[0].id, "CST_USERS_0");
    engine.session().execute("DROP TABLE users;").unwrap();
    assert!(engine.queries().is_empty());
    engine.close().unwrap();
}

#[test]
fn groups_of_a_table_are_right_whatever_partitions_and_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let statements = "CREATE TABLE users (id VARCHAR PRIMARY KEY, region VARCHAR, age INT)
          WITH (kafka_topic = 'users', value_format = 'json', partitions = 4);
        CREATE TABLE regions WITH (partitions = 4) AS
          SELECT region, COUNT(*) AS n, SUM(age) AS age FROM users GROUP BY region;";
    let mut random = Random::new(11);
    let mut table = BTreeMap::new();
    for round in 0..3 {
        let engine = open(folder.path());
        if round == 0 {
            engine.session().execute(statements).unwrap();
        }
        for _ in 0..20 {
            let records: Vec<_> = (0..25)
                .map(|_| {
                    let id = format!("user{}", random.below(40));
                    let (region, age) = (random.below(5), random.below(90) as i32);
                    if random.below(6) == 0 {
                        table.remove(&id);
                        let gone = record(&id, "", 1);
                        return tidemill::engine::ProducedRecord { value: None, ..gone };
                    }
                    table.insert(id.clone(), (region, age));
                    record(&id, &format!(r#"{{"region": "r{region}", "age": {age}}}"#), 1)
                })
                .collect();
            engine.produce("users", &records).unwrap();
        }
        assert!(engine.wait_until_idle(WAIT).unwrap());
        let mut expected: BTreeMap<String, (i64, i32)> = BTreeMap::new();
        for (region, age) in table.values() {
            let group = expected.entry(format!("r{region}")).or_default();
            *group = (group.0 + 1, group.1 + age);
        }
        let mut found = BTreeMap::new();
        for row in rows(&engine, "SELECT region, n, age FROM regions;") {
            let [Value::Varchar(region), Value::Bigint(n), Value::Int(age)] = &row.values[..]
            else {
                panic!("{row:?}");
            };
            if *n != 0 {
                found.insert(region.to_string(), (*n, *age));
            }
        }
        assert_eq!(found, expected, "round {round}");
        engine.close().unwrap();
    }
}

#[test]
fn sessions_and_final_results_go_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    let statements = "CREATE STREAM clicks (who VARCHAR KEY, n INT)
          WITH (kafka_topic = 'clicks', value_format = 'json', partitions = 1);
        CREATE TABLE visits AS SELECT who, COUNT(*) AS n FROM clicks
          WINDOW SESSION (10 SECONDS, GRACE PERIOD 1 HOUR) GROUP BY who;
        CREATE TABLE ended AS SELECT who, COUNT(*) AS n FROM clicks
          WINDOW SESSION (10 SECONDS, RETENTION 1 HOUR, GRACE PERIOD 0 SECONDS) GROUP BY who
          EMIT FINAL;
        CREATE TABLE closed AS SELECT who, COUNT(*) AS n FROM clicks
          WINDOW TUMBLING (SIZE 10 SECONDS, RETENTION 1 HOUR, GRACE PERIOD 0 SECONDS) GROUP BY who
          EMIT FINAL;";
    engine.session().execute(statements).unwrap();
    let clicks = |times: &[i64]| -> Vec<_> {
        times.iter().flat_map(|t| ["a", "b"].map(|who| record(who, r#"{"n": 1}"#, *t))).collect()
    };
    engine.produce("clicks", &clicks(&[1_000, 5_000, 30_000])).unwrap();
    assert!(engine.wait_until_idle(WAIT).unwrap());
    engine.close().unwrap();
    drop(engine);

    let engine = open(folder.path());
    engine.produce("clicks", &clicks(&[15_000, 38_000, 60_000])).unwrap();
    assert!(engine.wait_until_idle(WAIT).unwrap());
    let visits = rows(&engine, "SELECT windowstart, windowend, n FROM visits WHERE who = 'a';");
    let bigints = |values: &[i64]| values.iter().map(|v| Value::Bigint(*v)).collect::<Vec<_>>();
    let visits: Vec<_> = visits.into_iter().map(|row| row.values).collect();
    let expected =
        [[1_000, 15_000, 3], [30_000, 38_000, 2], [60_000, 60_000, 1]].map(|row| bigints(&row));
    assert_eq!(visits, expected);
    // What is late for those that emit final results only is in their grace period of nothing.
    let ended = rows(&engine, "SELECT windowstart, windowend, n FROM ended WHERE who = 'b';");
    let ended: Vec<_> = ended.into_iter().map(|row| row.values).collect();
    let expected = [[1_000, 5_000, 2], [30_000, 38_000, 2]].map(|row| bigints(&row));
    assert_eq!(ended, expected);
    let closed = rows(&engine, "SELECT windowstart, windowend, n FROM closed WHERE who = 'b';");
    let closed: Vec<_> = closed.into_iter().map(|row| row.values).collect();
    let expected = [[0, 10_000, 2], [30_000, 40_000, 2]].map(|row| bigints(&row));
    assert_eq!(closed, expected);
    engine.close().unwrap();
}
