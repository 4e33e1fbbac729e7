//! Embeds the engine: a stream, a continuous query, and questions to its result, in one process.

#![allow(clippy::print_stdout, reason = "an example shows what it finds")]

use std::time::Duration;

use tidemill::engine::{Engine, EngineOptions, Outcome, ProducedRecord};
use tidemill::error::Result;

fn main() -> Result<()> {
    let folder = std::env::temp_dir().join(format!("tidemill-embed-{}", std::process::id()));
    let engine = Engine::open(EngineOptions::new(&folder).with("auto.offset.reset", "earliest"))?;
    let mut session = engine.session();
    session.execute(
        "CREATE STREAM bids (item VARCHAR KEY, price INT)
           WITH (kafka_topic = 'bids', value_format = 'json', partitions = 1);
         CREATE TABLE best AS SELECT item, MAX(price) AS price FROM bids GROUP BY item EMIT CHANGES;",
    )?;

    let bid = |item: &str, price: i32| ProducedRecord {
        key: Some(item.as_bytes().to_vec()),
        value: Some(format!(r#"{{"price": {price}}}"#).into_bytes()),
        ..ProducedRecord::default()
    };
    engine.produce("bids", &[bid("pen", 5), bid("cup", 8), bid("pen", 12)])?;
    engine.wait_until_idle(Duration::from_secs(10))?;

    for outcome in session.execute("SELECT * FROM best;")? {
        if let Outcome::Rows(rows) = outcome {
            for row in rows.collect_rows()? {
                println!("{:?}", row.values);
            }
        }
    }
    engine.close()?;
    let _ = std::fs::remove_dir_all(folder);
    Ok(())
}
