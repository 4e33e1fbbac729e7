//! Rows of a few numbers under a key, at any number of keys: two streams, and a table of a row for each key.

use crate::data::record::{Cell, Kind, RecordTime, TopicShape};
use crate::data::{BASE_TIME_MS, CLOSING_MS, CLOSING_ROWS, DataSet};
use crate::error::Result;

/// Numbers under keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keyed {
    pub(crate) rows: u64,
    /// Rows per second of event time.
    pub(crate) rate: u64,
    /// How many keys there are, each as likely as the others.
    pub(crate) keys: u64,
    /// Whether every other row belongs to a second stream, and a table has a row for each key.
    pub(crate) is_pair: bool,
    /// The first row's number: rows of other numbers have other keys.
    pub(crate) first: u64,
}

/// One row for each of so many keys, in no order, before all others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EachKey {
    pub(crate) keys: u64,
}

/// How many rows of the table are referred to from `r`.
pub(crate) const REFERRED: i64 = 1000;

const COLUMNS: &[(&str, Kind)] =
    &[("k", Kind::Int), ("v", Kind::Int), ("r", Kind::Int), ("ts", Kind::Int)];

const TOPICS: &[TopicShape] = &[
    TopicShape { name: "kv", columns: COLUMNS, is_keyed: true, time: RecordTime::Column(3) },
    TopicShape { name: "kw", columns: COLUMNS, is_keyed: true, time: RecordTime::Column(3) },
    TopicShape {
        name: "names",
        columns: &[("k", Kind::Int), ("name", Kind::Text)],
        is_keyed: true,
        time: RecordTime::Before,
    },
];

const STATEMENTS: &str = "CREATE STREAM kv (k BIGINT KEY, v BIGINT, r BIGINT, ts BIGINT)
       WITH (kafka_topic = 'kv', value_format = 'json', partitions = {partitions});
     CREATE STREAM kw (k BIGINT KEY, v BIGINT, r BIGINT, ts BIGINT)
       WITH (kafka_topic = 'kw', value_format = 'json', partitions = {partitions});
     CREATE TABLE kv_table (k BIGINT PRIMARY KEY, v BIGINT, r BIGINT) WITH (kafka_topic = 'kv', value_format = 'json');
     CREATE TABLE kw_table (k BIGINT PRIMARY KEY, v BIGINT, r BIGINT) WITH (kafka_topic = 'kw', value_format = 'json');
     CREATE TABLE names (k BIGINT PRIMARY KEY, name VARCHAR)
       WITH (kafka_topic = 'names', value_format = 'json', partitions = {partitions});";

const NAMES_PLACE: usize = 2;

impl DataSet for Keyed {
    fn topics(&self) -> &'static [TopicShape] {
        TOPICS
    }

    fn statements(&self) -> &'static str {
        STATEMENTS
    }

    fn rows(&self, each: &mut dyn FnMut(usize, &[Cell<'_>]) -> Result<()>) -> Result<()> {
        if self.is_pair {
            for number in 0..self.keys as i64 {
                let name = format!("name-{}", mixed(number as u64) % 100_000);
                each(NAMES_PLACE, &[Cell::Int(number), Cell::Text(&name)])?;
            }
        }
        let stream_count = if self.is_pair { 2 } else { 1 };
        for number in 0..self.rows {
            let random = mixed(self.first + number);
            let key = ((u128::from(random) * u128::from(self.keys)) >> 64) as i64;
            let value = (random & 0xF_FFFF) as i64;
            let time = BASE_TIME_MS + (number * 1000 / self.rate) as i64;
            let cells = [key, value, value % REFERRED, time].map(Cell::Int);
            each((number % stream_count) as usize, &cells)?;
        }
        let end = BASE_TIME_MS + (self.rows * 1000 / self.rate) as i64 + CLOSING_MS;
        for topic in 0..stream_count as usize {
            for key in 0..CLOSING_ROWS {
                each(topic, &[key, 1, key, end].map(Cell::Int))?;
            }
        }
        Ok(())
    }
}

impl DataSet for EachKey {
    fn topics(&self) -> &'static [TopicShape] {
        TOPICS
    }

    fn statements(&self) -> &'static str {
        STATEMENTS
    }

    fn rows(&self, each: &mut dyn FnMut(usize, &[Cell<'_>]) -> Result<()>) -> Result<()> {
        // A step that has no factor in common with the count meets each number once.
        let step = (self.keys * 618 / 1000..).find(|step| common_factor(*step, self.keys) == 1);
        let step = step.unwrap_or(1);
        let mut key = 0;
        for _ in 0..self.keys {
            key = (key + step) % self.keys;
            each(0, &[key as i64, 1, 0, BASE_TIME_MS].map(Cell::Int))?;
        }
        Ok(())
    }
}

fn common_factor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { common_factor(b, a % b) }
}

/// Returns bits that look random, of a number (the finaliser of SplitMix64).
fn mixed(number: u64) -> u64 {
    let mut bits = number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_comes_once() {
        for keys in [1, 2, 10, 1000] {
            let mut found = Vec::new();
            let mut take = |_: usize, cells: &[Cell<'_>]| {
                if let Cell::Int(key) = cells[0] {
                    found.push(key as u64);
                }
                Ok(())
            };
            EachKey { keys }.rows(&mut take).unwrap();
            found.sort_unstable();
            assert_eq!(found, (0..keys).collect::<Vec<_>>());
        }
    }
}
