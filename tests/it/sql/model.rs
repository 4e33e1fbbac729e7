//! Windows, sessions and aggregates over tables against a model of a few lines: random records out of order, in any batch, with
//! and without restarts, in one partition and in several.

use std::collections::BTreeMap;

use tidemill::engine::{TestDriver, TestRecord};
use tidemill::log::partition_for_key;
use tidemill::types::Value;

use crate::random::Random;

/// A row that comes out: its key, its window, the values it was made of (none for a tombstone), its time.
type Out = (String, Option<(i64, i64)>, Option<Vec<i64>>, i64);

/// A record that goes in: key, time, value.
type In = (String, i64, i64);

/// How far records are apart and out of order, and the windows on them.
#[derive(Clone, Copy, Debug)]
struct Shape {
    size: i64,
    advance: i64,
    gap: i64,
    grace: i64,
    retention: i64,
    is_final: bool,
}

fn shape(random: &mut Random) -> Shape {
    let advance = 1 + random.below(8) as i64;
    let size = advance * (1 + random.below(3) as i64);
    let gap = 1 + random.below(9) as i64;
    let grace = random.below(12) as i64;
    let retention = size.max(gap) + grace + random.below(10) as i64;
    Shape { size, advance, gap, grace, retention, is_final: random.below(2) == 0 }
}

fn records(random: &mut Random) -> Vec<In> {
    let mut time = 0;
    let jump = [2, 5, 30][random.below(3) as usize];
    let mut record = |value| {
        time += random.below(jump) as i64;
        let key = (*random.choose(&["a", "b", "c", "d"])).to_owned();
        let back = if random.below(2) == 0 { 0 } else { random.below(20) as i64 };
        (key, (time - back).max(0), value)
    };
    (0..80).map(&mut record).collect()
}

/// What windows of one size come to.
fn time_windows(shape: Shape, records: &[In]) -> Vec<Out> {
    let Shape { size, advance, grace, retention, is_final, .. } = shape;
    let mut windows: BTreeMap<(i64, String), (Vec<i64>, i64)> = BTreeMap::new();
    let (mut stream_time, mut newest, mut closed) = (i64::MIN, i64::MIN, None::<i64>);
    let mut out = Vec::new();
    for (key, time, value) in records {
        stream_time = stream_time.max(*time);
        let close = stream_time - grace;
        let starts = (0..=*time).filter(|s| s % advance == 0 && *s <= *time && *time < s + size);
        for start in starts.filter(|start| close < start + size) {
            let window = windows.entry((start, key.clone())).or_default();
            window.0.push(*value);
            window.1 = window.1.max(*time);
            newest = newest.max(start);
            if !is_final {
                let span = Some((start, start + size));
                out.push((key.clone(), span, Some(window.0.clone()), window.1));
            }
        }
        if is_final && 0 <= close - size && closed.is_none_or(|closed| closed < close) {
            let first = closed.map_or(0, |closed| (closed - size).max(0) + 1);
            for ((start, key), (values, time)) in &windows {
                if first <= *start && newest - retention <= *start && *start <= close - size {
                    let span = Some((*start, start + size));
                    out.push((key.clone(), span, Some(values.clone()), *time));
                }
            }
            closed = Some(close);
        }
    }
    out
}

/// What sessions come to.
fn sessions(shape: Shape, records: &[In]) -> Vec<Out> {
    let Shape { gap, grace, retention, is_final, .. } = shape;
    let mut sessions: Vec<(String, i64, i64, Vec<i64>)> = Vec::new();
    let (mut stream_time, mut closed) = (i64::MIN, 0);
    let mut out = Vec::new();
    for (key, time, value) in records {
        stream_time = stream_time.max(*time);
        let close = stream_time - grace - gap;
        let kept = stream_time - retention.max(grace + 2 * gap);
        sessions.sort();
        let joins = |(k, start, end, _): &(String, i64, i64, Vec<i64>)| {
            k == key && (time - gap).max(kept) <= *end && *start <= time + gap
        };
        let (joined, others): (Vec<_>, Vec<_>) = sessions.iter().cloned().partition(joins);
        let (open, shut): (Vec<_>, Vec<_>) =
            joined.into_iter().partition(|(_, _, end, _)| !is_final || closed <= *end);
        let start = open.iter().map(|session| session.1).fold(*time, i64::min);
        let end = open.iter().map(|session| session.2).fold(*time, i64::max);
        let is_late = end < close || (!shut.is_empty() && *time < closed);
        if !is_late {
            let mut values = Vec::new();
            for (key, old_start, old_end, old) in open {
                values.extend(old);
                if !is_final && (start, end) != (*time, *time) {
                    out.push((key, Some((old_start, old_end)), None, old_end));
                }
            }
            values.push(*value);
            if !is_final {
                out.push((key.clone(), Some((start, end)), Some(values.clone()), end));
            }
            sessions = others;
            sessions.extend(shut);
            sessions.push((key.clone(), start, end, values));
        }
        if is_final && closed < close {
            let mut ended: Vec<_> =
                sessions.iter().filter(|s| closed <= s.2 && s.2 < close).cloned().collect();
            ended.sort_by(|a, b| (a.2, a.1, &a.0).cmp(&(b.2, b.1, &b.0)));
            for (key, start, end, values) in ended {
                out.push((key, Some((start, end)), Some(values), end));
            }
            closed = close;
        }
    }
    out
}

/// What a table's rows, grouped by their value's last digit, come to. A negative value is a tombstone.
fn groups(records: &[In]) -> Vec<Out> {
    let mut table: BTreeMap<String, i64> = BTreeMap::new();
    let mut groups: BTreeMap<i64, (Vec<i64>, i64)> = BTreeMap::new();
    let mut out = Vec::new();
    for (key, time, value) in records {
        let new = (0 <= *value).then_some(*value);
        let old = match new {
            Some(new) => table.insert(key.clone(), new),
            None => table.remove(key),
        };
        let is_same = old.zip(new).is_some_and(|(old, new)| old % 3 == new % 3);
        for (row, is_old) in [(old, true), (new, false)] {
            let Some(row) = row else { continue };
            let group = groups.entry(row % 3).or_default();
            match is_old {
                true => {
                    let at = group.0.iter().rposition(|value| *value == row).unwrap();
                    group.0.remove(at);
                }
                false => group.0.push(row),
            }
            group.1 = group.1.max(*time);
            if !(is_same && is_old) {
                out.push(((row % 3).to_string(), None, Some(group.0.clone()), group.1));
            }
        }
    }
    out
}

/// How records go in.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// In batches of so many, with a restart after every so many records.
    Restarts(usize, usize),
    /// In batches of so many, with scarce memory.
    ScarceMemory(usize),
}

/// Runs statements on records and returns what comes out of `OUT`.
fn run(statements: &str, records: &[In], way: Way) -> Vec<Out> {
    let (mut driver, restarts) = match way {
        Way::Restarts(size, restarts) => (TestDriver::new().with_batch_size(size), restarts),
        Way::ScarceMemory(size) => {
            (TestDriver::new().with_batch_size(size).with_scarce_memory(), records.len())
        }
    };
    driver.execute(statements).unwrap();
    let records: Vec<TestRecord> = records
        .iter()
        .map(|(key, time, value)| {
            let record = TestRecord::of(key, &format!("{{\"v\": {value}}}"), *time);
            if 0 <= *value { record } else { TestRecord { value: None, ..record } }
        })
        .collect();
    for records in records.chunks(restarts) {
        driver.pipe("input", records).unwrap();
        driver.restart().unwrap();
    }
    let values = |values: &[Value]| {
        let last = values.last().unwrap();
        let Value::Array(values) = last else { return None };
        let bigint = |value: &Value| match value {
            Value::Bigint(value) => *value,
            other => panic!("{other:?}"),
        };
        Some(values.iter().map(bigint).collect())
    };
    let text = |value: &Value| match value {
        Value::Varchar(text) => text.to_string(),
        Value::Bigint(number) => number.to_string(),
        other => panic!("{other:?}"),
    };
    let rows = driver.read_rows("OUT").unwrap();
    rows.iter()
        .map(|row| (text(&row.values[0]), row.window, values(&row.values), row.timestamp_ms))
        .collect()
}

/// What a query is to make of records.
struct Model<'a> {
    statements: &'a str,
    of: &'a dyn Fn(&[In]) -> Vec<Out>,
    /// Whether its rows go through a repartition topic. Then what comes of one partition of the input comes in no known order
    /// with what comes of another, unless records are processed to their end one by one.
    is_rekeyed: bool,
}

impl Model<'_> {
    /// Says what is to come out, by parts that have an order: partitions, or keys where those come from several.
    fn expected(&self, records: &[In], partition_count: u32) -> BTreeMap<String, Vec<Out>> {
        if self.is_rekeyed {
            return self.parts(&(self.of)(records), partition_count);
        }
        let mut partitions: BTreeMap<u32, Vec<In>> = BTreeMap::new();
        for record in records {
            let partition = partition_for_key(record.0.as_bytes(), partition_count);
            partitions.entry(partition).or_default().push(record.clone());
        }
        let rows: Vec<Out> = partitions.values().flat_map(|records| (self.of)(records)).collect();
        self.parts(&rows, partition_count)
    }

    fn parts(&self, rows: &[Out], partition_count: u32) -> BTreeMap<String, Vec<Out>> {
        let mut parts: BTreeMap<String, Vec<Out>> = BTreeMap::new();
        for row in rows {
            let partition = partition_for_key(row.0.as_bytes(), partition_count);
            let part = if self.is_rekeyed { row.0.clone() } else { partition.to_string() };
            parts.entry(part).or_default().push(row.clone());
        }
        parts
    }
}

const PARTITION_COUNTS: [u32; 3] = [1, 3, 7];

const WAYS: [Way; 7] = [
    Way::Restarts(1, 1000),
    Way::Restarts(1, 1),
    Way::Restarts(7, 1000),
    Way::Restarts(5, 10),
    Way::Restarts(1000, 1000),
    Way::ScarceMemory(1),
    Way::ScarceMemory(4),
];

#[track_caller]
fn check(seed: u64, model: &Model<'_>, records: &[In]) {
    for count in PARTITION_COUNTS {
        let statements =
            model.statements.replace("partitions = 1", &format!("partitions = {count}"));
        let expected = model.expected(records, count);
        for way in WAYS {
            let is_one_by_one = matches!(way, Way::Restarts(1, _) | Way::ScarceMemory(1));
            if model.is_rekeyed && 1 < count && !is_one_by_one {
                continue;
            }
            let actual = model.parts(&run(&statements, records, way), count);
            for (part, expected) in &expected {
                let actual = actual.get(part).map_or(&[][..], Vec::as_slice);
                if actual == expected {
                    continue;
                }
                let at = actual.iter().zip(expected).take_while(|(a, b)| a == b).count();
                let (actual, expected) = (actual.get(at), expected.get(at));
                panic!(
                    "seed {seed}, {way:?}, part {part}, row {at}: {actual:?} instead of {expected:?}\n{statements}\n{records:?}"
                );
            }
            assert_eq!(actual.len(), expected.len(), "seed {seed}, {way:?}: parts");
        }
    }
}

const STREAM: &str = "CREATE STREAM input (k VARCHAR KEY, v BIGINT) WITH (kafka_topic = 'input', value_format = 'json', partitions = 1);";

#[test]
fn windows_are_those_of_the_model() {
    for seed in 0..60 {
        let mut random = Random::new(seed);
        let (shape, records) = (shape(&mut random), records(&mut random));
        let Shape { size, advance, grace, retention, is_final, .. } = shape;
        let emit = if is_final { "EMIT FINAL" } else { "" };
        let statements = format!(
            "{STREAM} CREATE TABLE out AS SELECT k, COLLECT_LIST(v) AS vs FROM input WINDOW HOPPING (SIZE {size} MILLISECONDS, ADVANCE BY {advance} MILLISECONDS, RETENTION {retention} MILLISECONDS, GRACE PERIOD {grace} MILLISECONDS) GROUP BY k {emit};"
        );
        let of = |records: &[In]| time_windows(shape, records);
        check(seed, &Model { statements: &statements, of: &of, is_rekeyed: false }, &records);
    }
}

#[test]
fn sessions_are_those_of_the_model() {
    for seed in 0..60 {
        let mut random = Random::new(seed);
        let (shape, records) = (shape(&mut random), records(&mut random));
        let Shape { gap, grace, retention, is_final, .. } = shape;
        let emit = if is_final { "EMIT FINAL" } else { "" };
        let statements = format!(
            "{STREAM} CREATE TABLE out AS SELECT k, COLLECT_LIST(v) AS vs FROM input WINDOW SESSION ({gap} MILLISECONDS, RETENTION {retention} MILLISECONDS, GRACE PERIOD {grace} MILLISECONDS) GROUP BY k {emit};"
        );
        let of = |records: &[In]| sessions(shape, records);
        check(seed, &Model { statements: &statements, of: &of, is_rekeyed: false }, &records);
    }
}

#[test]
fn groups_of_a_table_are_those_of_the_model() {
    for seed in 0..30 {
        let mut random = Random::new(seed);
        let mut records = records(&mut random);
        for (_, _, value) in &mut records {
            *value = random.below(12) as i64 - 2;
        }
        let statements = "CREATE TABLE input (k VARCHAR PRIMARY KEY, v BIGINT) WITH (kafka_topic = 'input', value_format = 'json', partitions = 1);
            CREATE TABLE out WITH (key_format = 'json') AS SELECT v % 3 AS g, COLLECT_LIST(v) AS vs FROM input GROUP BY v % 3;";
        check(seed, &Model { statements, of: &groups, is_rekeyed: true }, &records);
    }
}
