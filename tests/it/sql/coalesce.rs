//! With a cache, only intermediate updates of a key may disappear.

use std::collections::BTreeMap;

use tidemill::engine::{TestDriver, TestRecord};

const TABLES: &str = "
    CREATE STREAM bids (item VARCHAR KEY, price INT) WITH (kafka_topic = 'bids', value_format = 'json', partitions = 1);
    CREATE TABLE totals AS SELECT item, COUNT(*) AS n, SUM(price) AS total, LATEST_BY_OFFSET(price) AS price FROM bids GROUP BY item;
    CREATE TABLE windows AS SELECT item, COUNT(*) AS n FROM bids WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY item;
    CREATE TABLE hops AS SELECT item, MAX(price) AS high FROM bids WINDOW HOPPING (SIZE 20 SECONDS, ADVANCE BY 5 SECONDS) GROUP BY item;
    CREATE TABLE sessions AS SELECT item, COUNT(*) AS n FROM bids WINDOW SESSION (3 SECONDS) GROUP BY item;
    CREATE TABLE short AS SELECT item, COUNT(*) AS n FROM bids WINDOW SESSION (3 SECONDS, RETENTION 4 SECONDS, GRACE PERIOD 1 SECONDS) GROUP BY item;
    CREATE TABLE by_total AS SELECT total, COUNT(*) AS n FROM totals GROUP BY total;
    CREATE TABLE large AS SELECT item, n FROM totals WHERE n > 3;";

type Latest = BTreeMap<(Option<Vec<u8>>, &'static str), (Option<Vec<u8>>, i64)>;

/// Returns the last record of each key, and how many there were.
fn run(cache_bytes: &str, batch_size: usize, records: &[TestRecord]) -> (Latest, usize) {
    let mut driver = TestDriver::new().with_batch_size(batch_size);
    driver.set("cache.max.bytes.buffering", cache_bytes).unwrap();
    driver.execute(TABLES).unwrap();
    driver.pipe("bids", records).unwrap();
    let (mut latest, mut count) = (Latest::new(), 0);
    for topic in ["TOTALS", "WINDOWS", "HOPS", "SESSIONS", "SHORT", "BY_TOTAL", "LARGE"] {
        for record in driver.read(topic) {
            count += 1;
            latest.insert((record.key, topic), (record.value, record.timestamp_ms));
        }
    }
    // A group that was only passed through on the way has nothing in it, or was never heard of.
    latest.retain(|_, (value, _)| {
        value.as_deref().is_some_and(|value| !value.ends_with(br#""N":0}"#))
    });
    (latest, count)
}

#[test]
fn the_last_update_of_each_key_is_the_same_with_a_cache() {
    let mut rng = fastrand::Rng::with_seed(7);
    let mut time = 0;
    let mut record = || {
        time += rng.i64(0..1500);
        let late = if rng.u8(0..10) == 0 { rng.i64(0..20_000) } else { 0 };
        let item = format!("item{}", rng.u8(0..5));
        let value = format!(r#"{{"price": {}}}"#, rng.u8(0..9));
        TestRecord::of(&item, &value, (time - late).max(0))
    };
    let records: Vec<_> = (0..300).map(|_| record()).collect();
    let (expected, all) = run("0", 1, &records);
    for batch_size in [1, 7, 100, 300] {
        let (actual, count) = run("10485760", batch_size, &records);
        assert_eq!(actual, expected, "batches of {batch_size}");
        assert!(batch_size == 1 || count < all, "nothing was merged in batches of {batch_size}");
    }
}
