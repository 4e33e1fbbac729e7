//! Random pipelines: however their records are cut into batches, and whatever is forgotten between two batches, the same
//! records come out in the same order.

mod generate;
mod queries;
mod relation;
mod shrink;

use std::collections::BTreeMap;

use tidemill::engine::{Row, TestDriver, TestRecord};

use crate::random::{Random, Seed, number};
use generate::{SOURCE_COUNT, Script};

/// How the records of a script are handed to a driver.
#[derive(Clone, Copy, Debug)]
struct Manner {
    /// How many records of a topic are processed together at most.
    batch_size: usize,
    /// Decides where all that is not committed is forgotten, and where runs of records are cut besides; none for nowhere.
    restarts: Option<u64>,
    /// Whether operators keep in memory only what they must, and commits come as late as they may.
    is_scarce: bool,
}

/// The records of each query's topic, in order, and the rows of each table, one a record.
type Outputs = BTreeMap<String, Vec<TestRecord>>;

const ONE_BY_ONE: Manner = Manner { batch_size: 1, restarts: None, is_scarce: false };

fn manners(seed: u64) -> [Manner; 8] {
    let without = |batch_size| Manner { batch_size, restarts: None, is_scarce: false };
    let with = |batch_size| Manner { restarts: Some(seed), ..without(batch_size) };
    let scarce = |batch_size| Manner { is_scarce: true, ..with(batch_size) };
    [
        without(7),
        without(1000),
        without(usize::MAX),
        with(1),
        with(7),
        with(usize::MAX),
        scarce(1),
        scarce(50),
    ]
}

/// Carries out the statements of a script; none if one of them is refused.
fn driver(script: &Script, manner: Manner) -> Option<TestDriver> {
    let driver = TestDriver::new().with_batch_size(manner.batch_size);
    let mut driver = if manner.is_scarce { driver.with_scarce_memory() } else { driver };
    let mut statements = script.statements.iter();
    statements.all(|statement| driver.execute(statement).is_ok()).then_some(driver)
}

/// Runs the records of a script and returns what its queries wrote.
fn run(mut driver: TestDriver, script: &Script, manner: Manner) -> Result<Outputs, String> {
    let mut random = manner.restarts.map(Random::new);
    for run in script.records.chunk_by(|(left, _), (right, _)| left == right) {
        let topic = run[0].0;
        let mut rest: Vec<TestRecord> = run.iter().map(|(_, record)| record.clone()).collect();
        while !rest.is_empty() {
            let whole = rest.len();
            let count = random.as_mut().map_or(whole, |random| {
                if random.once_in(2) { whole } else { 1 + random.below(whole as u64) as usize }
            });
            let later = rest.split_off(count);
            driver.pipe(topic, &rest).map_err(|error| error.to_string())?;
            rest = later;
            if random.as_mut().is_some_and(|random| random.once_in(2)) {
                driver.restart().map_err(|error| error.to_string())?;
            }
        }
    }
    let topics = script.statements[SOURCE_COUNT..].iter().map(|statement| topic_of(statement));
    let mut outputs: Outputs = topics.map(|topic| (topic.clone(), driver.read(&topic))).collect();
    for statement in &script.statements {
        let name = topic_of(statement);
        // Only tables that are kept answer.
        if let Ok(rows) = driver.query(&format!("SELECT * FROM {name};")) {
            outputs.insert(format!("rows of {name}"), rows.iter().map(row_record).collect());
        }
    }
    Ok(outputs)
}

fn row_record(row: &Row) -> TestRecord {
    TestRecord { value: Some(format!("{:?}", row.values).into_bytes()), ..TestRecord::default() }
}

/// Returns the topic that a query writes: its name, the third word, or the fourth.
fn topic_of(statement: &str) -> String {
    let mut words = statement.split(' ').skip(2).filter(|word| *word != "TABLE");
    words.next().expect("CREATE STREAM name").to_uppercase()
}

/// Says what differs from a run record by record, if something does.
fn difference(script: &Script, manner: Manner) -> Option<String> {
    // A script that was made smaller may lack what a query reads.
    let run = |manner| Some(run(driver(script, manner)?, script, manner));
    let (expected, actual) = match (run(ONE_BY_ONE)?, run(manner)?) {
        (Ok(expected), Ok(actual)) => (expected, actual),
        (Err(error), _) => return Some(format!("fails: {error}")),
        (_, Err(error)) => return Some(format!("fails with {manner:?}: {error}")),
    };
    for (topic, expected) in &expected {
        let actual = &actual[topic];
        let place = expected.iter().zip(actual).position(|(expected, actual)| expected != actual);
        if place.is_none() && expected.len() == actual.len() {
            continue;
        }
        let place = place.unwrap_or(expected.len().min(actual.len()));
        return Some(format!(
            "{topic}, record {place} with {manner:?}:\n  expected {}\n  found    {}",
            text(expected.get(place)),
            text(actual.get(place))
        ));
    }
    None
}

fn text(record: Option<&TestRecord>) -> String {
    let Some(record) = record else { return "nothing".to_owned() };
    let part = |part: &Option<Vec<u8>>| match part {
        Some(bytes) => format!("'{}'", bytes.escape_ascii()),
        None => "null".to_owned(),
    };
    format!("{} {} @{}", part(&record.key), part(&record.value), record.timestamp_ms)
}

/// A script with two or three queries and six manners is a few triples of topology, records and batches.
const SCRIPTS: u64 = 100;

/// What some of the queries must have: a generator whose queries are refused would prove nothing of them.
const PARTS: [&str; 39] = [
    "WHERE",
    "HAVING",
    "PARTITION BY",
    "EXPLODE",
    "TUMBLING",
    "HOPPING",
    "SESSION",
    "EMIT FINAL",
    "LEFT JOIN",
    "FULL OUTER JOIN",
    "WITHIN",
    "l JOIN",
    "RIGHT JOIN",
    "WITHIN (",
    "SECONDS GRACE PERIOD",
    "again r",
    " t ON",
    "AS own",
    "INSERT INTO",
    "FROM q",
    "hd",
    "places",
    "COUNT(*)",
    "SUM(",
    "AVG(",
    "MIN(",
    "MAX(",
    "COLLECT_LIST(",
    "COLLECT_SET(",
    "COUNT_DISTINCT(",
    "EARLIEST_BY_OFFSET(",
    "LATEST_BY_OFFSET(",
    "TOPK(",
    "TOPKDISTINCT(",
    "HISTOGRAM(",
    "STDDEV_SAMPLE(",
    "CORRELATION(",
    "ATTR(",
    "CASE WHEN",
];

#[test]
fn the_same_comes_out_in_any_batch_and_after_restarts() {
    let count = number("TIDEMILL_TOPOLOGIES", SCRIPTS);
    let first = number("TIDEMILL_TOPOLOGY_SEED", 0);
    let (mut queries, mut written) = (Vec::new(), 0);
    for seed in first..first + count {
        let _seed = Seed { variable: "TIDEMILL_TOPOLOGY_SEED", seed };
        let script = generate::script(seed);
        queries.extend_from_slice(&script.statements[SOURCE_COUNT..]);
        for manner in manners(seed) {
            if difference(&script, manner).is_some() {
                let script = shrink::shrink(script, &|script| difference(script, manner).is_some());
                let difference = difference(&script, manner).expect("it failed a moment ago");
                panic!("{}{difference}", shrink::text(&script));
            }
        }
        let outputs = run(driver(&script, ONE_BY_ONE).unwrap(), &script, ONE_BY_ONE).unwrap();
        written += outputs.values().map(Vec::len).sum::<usize>();
    }
    // Scripts that ask for nothing, or to which nothing is answered, would prove nothing.
    assert!(10 * count <= written as u64, "{written} records from {count} scripts");
    for part in PARTS {
        let is_there = queries.iter().any(|query| query.contains(part));
        assert!(is_there || count < SCRIPTS, "no query has {part}");
    }
}
