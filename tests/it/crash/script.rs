//! What a run does, step by step, by seed.

use std::ops::Range;

use tidemill::engine::ProducedRecord;

use crate::random::Random;

/// One step. What a step asks for is there once it has been answered.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// A statement that makes a stream, table or query of that name.
    Create { name: &'static str, sql: String },
    /// A statement that removes one.
    Drop { name: &'static str, sql: String },
    /// A statement that gives a query another topology with the same results. It comes when nothing else happens.
    Replace { sql: String },
    /// Records of a topic, by their numbers.
    Events { topic: &'static str, numbers: Range<u64> },
    /// The rows of the table that the events are joined with. They come when nothing else happens.
    People(u64),
    /// All there is is processed and committed.
    Settle,
    /// The engine is closed and opened again.
    Reopen,
}

/// Makes the steps of a run.
pub(super) fn steps(seed: u64) -> Vec<Step> {
    let mut random = Random::new(seed);
    let partitions = 1 + random.below(2);
    let mut steps: Vec<Step> = sources(partitions).into();
    steps.push(Step::People(0));
    let mut queries = queries();
    for _ in 0..2 + random.below(4) {
        let place = random.below(queries.len() as u64) as usize;
        steps.push(queries.swap_remove(place));
    }
    let (mut next, mut version) = (0, 1);
    for _ in 0..4 + random.below(4) {
        match random.below(9) {
            0 => steps.push(Step::Settle),
            1 => steps.push(Step::Reopen),
            2 => {
                steps.extend([Step::Settle, Step::People(version), Step::Settle]);
                version += 1;
            }
            3 if let Some(query) = queries.pop() => steps.push(query),
            4 => steps.extend(temporary()),
            5 if let Some(replacement) = replacement(&steps) => {
                steps.extend([Step::Settle, replacement, Step::Settle]);
            }
            _ => {
                let count = 1 + random.below(12);
                steps.extend(events(&mut random, next..next + count));
                next += count;
            }
        }
    }
    steps.extend(events(&mut random, next..next + 5));
    steps.push(Step::Settle);
    steps
}

/// Sends records to one of the topics, or to both.
fn events(random: &mut Random, numbers: Range<u64>) -> Vec<Step> {
    let topics: &[&'static str] =
        random.choose::<&[&str]>(&[&["events"][..], &["events", "clicks"], &["clicks", "events"]]);
    let step = |topic: &&'static str| Step::Events { topic, numbers: numbers.clone() };
    topics.iter().map(step).collect()
}

fn sources(partitions: u64) -> [Step; 3] {
    let create = |name, sql| Step::Create { name, sql };
    let stream = |topic| {
        format!(
            "CREATE STREAM {topic} (k VARCHAR KEY, id BIGINT, g VARCHAR, v BIGINT) WITH (kafka_topic = '{topic}', value_format = 'json', partitions = {partitions});"
        )
    };
    [
        create("EVENTS", stream("events")),
        create("CLICKS", stream("clicks")),
        create(
            "PEOPLE",
            format!(
                "CREATE TABLE people (k VARCHAR PRIMARY KEY, version BIGINT) WITH (kafka_topic = 'people', value_format = 'json', partitions = {partitions});"
            ),
        ),
    ]
}

/// How the records of a topic, taken over all runs, are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sameness {
    /// In each partition, in order.
    Ordered,
    /// In each partition, in any order: they come from two topics.
    Unordered,
    /// Each group's count goes up by one from one: its records come from several partitions in any order.
    Counted,
}

/// The topics that the queries write.
pub(super) const SINKS: [(&str, Sameness); 10] = [
    ("LARGE", Sameness::Ordered),
    ("JOINED", Sameness::Ordered),
    ("TOTALS", Sameness::Ordered),
    ("WINDOWS", Sameness::Ordered),
    ("SESSIONS", Sameness::Ordered),
    ("FINALS", Sameness::Ordered),
    ("WORDS", Sameness::Ordered),
    ("PAIRS", Sameness::Unordered),
    ("GROUPS", Sameness::Counted),
    ("VERSIONS", Sameness::Counted),
];

/// The tables whose state is compared.
pub(super) const TABLES: [&str; 7] =
    ["TOTALS", "WINDOWS", "SESSIONS", "FINALS", "GROUPS", "VERSIONS", "LABELS"];

fn queries() -> Vec<Step> {
    let create = |name, sql: &str| Step::Create { name, sql: sql.to_owned() };
    vec![
        create(
            "LARGE",
            "CREATE STREAM large AS SELECT k, id, v * 2 AS twice FROM events WHERE v > 3;",
        ),
        create(
            "JOINED",
            "CREATE STREAM joined AS SELECT e.k AS k, e.id AS id, p.version AS version FROM events e LEFT JOIN people p ON e.k = p.k;",
        ),
        create(
            "TOTALS",
            "CREATE TABLE totals AS SELECT k, COUNT(*) AS n, SUM(v) AS total FROM events GROUP BY k;",
        ),
        create(
            "WINDOWS",
            "CREATE TABLE windows AS SELECT k, COUNT(*) AS n, COLLECT_LIST(id) AS ids FROM events WINDOW TUMBLING (SIZE 10 SECONDS, RETENTION 4000 DAYS, GRACE PERIOD 5 SECONDS) GROUP BY k;",
        ),
        create(
            "GROUPS",
            "CREATE TABLE groups AS SELECT g, COUNT(*) AS n, SUM(id) AS ids FROM events GROUP BY g;",
        ),
        create(
            "VERSIONS",
            "CREATE TABLE versions AS SELECT v, COUNT(*) AS n, MAX(id) AS last FROM events GROUP BY v;",
        ),
    ]
}

/// A query that comes and goes.
fn temporary() -> [Step; 2] {
    [
        Step::Create {
            name: "BRIEF",
            sql: "CREATE TABLE brief AS SELECT g, COUNT(*) AS n FROM events GROUP BY g;".to_owned(),
        },
        Step::Drop { name: "BRIEF", sql: "DROP TABLE brief DELETE TOPIC;".to_owned() },
    ]
}

/// Replaces the query with a repartition, if it is there; by one with another filter each time.
fn replacement(steps: &[Step]) -> Option<Step> {
    let is_there = |step: &Step| matches!(step, Step::Create { name: "GROUPS", .. });
    let sql = format!(
        "CREATE OR REPLACE TABLE groups AS SELECT g, COUNT(*) AS n, SUM(id) AS ids FROM events WHERE v < {} GROUP BY g;",
        1000 + steps.len()
    );
    steps.iter().any(is_there).then_some(Step::Replace { sql })
}

/// Returns the record of a number: the same each time.
pub(super) fn event(id: u64) -> ProducedRecord {
    let mut random = Random::new(id);
    let late = if random.once_in(3) { random.below(20_000) as i64 } else { 0 };
    let (k, g, v) = (random.below(5), random.below(3), random.below(8));
    ProducedRecord {
        key: Some(format!("k{k}").into_bytes()),
        value: Some(format!(r#"{{"ID":{id},"G":"g{g}","V":{v}}}"#).into_bytes()),
        timestamp_ms: Some(1_600_000_000_000 + id as i64 * 2_000 - late),
        ..ProducedRecord::default()
    }
}

/// Returns the changes of the table's rows.
pub(super) fn people(version: u64) -> Vec<ProducedRecord> {
    let mut random = Random::new(version);
    let row = |k: u64| ProducedRecord {
        key: Some(format!("k{k}").into_bytes()),
        value: (!random.once_in(4)).then(|| format!(r#"{{"VERSION":{version}}}"#).into_bytes()),
        timestamp_ms: Some(1_500_000_000_000 + version as i64),
        ..ProducedRecord::default()
    };
    (0..5).map(row).collect()
}
