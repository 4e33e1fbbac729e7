//! Tests a topology without a disk, threads or a clock: records in, records out.

#![allow(clippy::print_stdout, reason = "an example shows what it finds")]

use tidemill::engine::{TestDriver, TestRecord};
use tidemill::error::Result;

fn main() -> Result<()> {
    let mut driver = TestDriver::new();
    driver.execute(
        "CREATE STREAM clicks (page VARCHAR KEY, millis INT)
           WITH (kafka_topic = 'clicks', value_format = 'json', partitions = 1);
         CREATE TABLE per_minute WITH (kafka_topic = 'per_minute') AS
           SELECT page, COUNT(*) AS clicks, AVG(millis) AS mean FROM clicks
           WINDOW TUMBLING (SIZE 1 MINUTE) GROUP BY page EMIT CHANGES;",
    )?;
    driver.pipe(
        "clicks",
        &[
            TestRecord::of("/", r#"{"millis": 10}"#, 1_000),
            TestRecord::of("/", r#"{"millis": 20}"#, 2_000),
            TestRecord::of("/", r#"{"millis": 90}"#, 61_000),
        ],
    )?;
    let rows = driver.read_rows("PER_MINUTE")?;
    for row in &rows {
        println!("{:?} {:?}", row.window, row.values);
    }
    assert_eq!(rows.len(), 3);
    Ok(())
}
