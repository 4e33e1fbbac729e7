//! Whether two data folders hold the same: topics as a reader of committed records sees them, state, and positions.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

use crate::program::{Program, objects};

/// A record without its offset, which markers of transactions take up too. There are millions of them.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Record {
    key: Option<Box<str>>,
    value: Option<Box<str>>,
    /// All there is beside, as text.
    rest: Box<str>,
}

/// The topics whose records come from one partition of the input each: they are the same, in the same order.
const IN_ORDER: [&str; 11] = [
    "LARGE",
    "SMALL",
    "PARTS",
    "NAMED",
    "CUSTOMER_MINUTES",
    "CUSTOMER_HOPS",
    "CUSTOMER_SESSIONS",
    "CUSTOMER_FINALS",
    "SESSION_FINALS",
    "CUSTOMER_TOTALS",
    "CUSTOMER_REGIONS",
];
/// The topics whose records come together from several partitions or topics, in any order.
const IN_ANY_ORDER: [&str; 2] = ["BY_REGION", "PAIRS"];
/// The results of outer joins of streams, and the numbers of the orders that they join. A row comes out alone at once if the other
/// side is ahead of it, and may meet one later: only where there is none does nothing depend on which side is ahead.
const OUTER: [(&str, [&str; 2]); 2] =
    [("FOLLOWED", ["ID", "SMALL_ID"]), ("MET", ["LARGE_ID", "SMALL_ID"])];
/// The tables whose groups take records from several partitions: each record counts once.
const COUNTED: [&str; 2] = ["REGION_TOTALS", "NAME_TOTALS"];
/// The tables whose last rows are the same, whichever way they came to them.
const LATEST: [&str; 5] =
    ["PHASES", "KNOWN_TOTALS", "EVERY_TOTAL", "REGION_CUSTOMERS", "CUSTOMER_TITLES"];
/// The tables whose state is compared.
const TABLES: [&str; 14] = [
    "customer_minutes",
    "customer_hops",
    "customer_sessions",
    "customer_finals",
    "session_finals",
    "customer_totals",
    "customer_regions",
    "region_totals",
    "name_totals",
    "phases",
    "known_totals",
    "every_total",
    "region_customers",
    "customer_titles",
];

/// What of its topics a folder still has.
#[derive(Clone, Copy)]
pub(crate) struct Kept {
    /// Those that retention has cut.
    pub(crate) ends_of: fn(&str) -> bool,
    /// Those that compaction has gone through.
    pub(crate) latest_of: fn(&str) -> bool,
}

/// Returns all topics that queries write.
pub(crate) fn outputs() -> impl Iterator<Item = &'static str> {
    let outer = OUTER.iter().map(|(topic, _)| *topic);
    IN_ORDER.into_iter().chain(IN_ANY_ORDER).chain(outer).chain(COUNTED).chain(LATEST)
}

/// Compares what a folder holds with an undisturbed one, which has all records. The windows of joins are closed for all orders
/// before a number.
pub(crate) fn assert_same(actual: &Program, expected: &Program, kept: Kept, closed_before: u64) {
    for topic in outputs() {
        let (actual, expected) = (by_partition(actual, topic), by_partition(expected, topic));
        assert!(!expected.is_empty(), "{topic} is empty");
        if (kept.latest_of)(topic) || LATEST.contains(&topic) {
            assert_eq!(latest(&actual), latest(&expected), "{topic}");
        } else if COUNTED.contains(&topic) {
            assert_counted(topic, &actual, (kept.ends_of)(topic));
        } else if IN_ORDER.contains(&topic) {
            assert_in_order(topic, &actual, &expected, (kept.ends_of)(topic));
        } else if let Some((_, ids)) = OUTER.iter().find(|(name, _)| *name == topic) {
            let [actual, expected] = [&actual, &expected].map(|records| Joined::new(records, ids));
            actual.assert_same(topic, &expected, (kept.ends_of)(topic), closed_before);
        } else {
            assert_in_any_order(topic, &actual, &expected, (kept.ends_of)(topic));
        }
    }
    for table in TABLES {
        let state = |program: &Program| {
            let rows = program.rows(&format!("SELECT * FROM {table};"));
            let mut rows: Vec<_> =
                rows.into_iter().map(|row| Value::from(row).to_string()).collect();
            rows.sort();
            rows
        };
        let (actual, expected) = (state(actual), state(expected));
        assert!(!expected.is_empty(), "{table} is empty");
        assert_eq!(actual, expected, "{table}");
    }
}

/// The records of a topic by partition.
type Partitions = BTreeMap<u64, Vec<Record>>;

fn by_partition(program: &Program, topic: &str) -> Partitions {
    let mut partitions = Partitions::new();
    for mut record in objects(&program.records_as_text(topic)) {
        let partition = record["partition"].as_u64().unwrap();
        record.remove("offset");
        let mut text = |name: &str| match record.remove(name) {
            Some(Value::String(text)) => Some(text.into_boxed_str()),
            None | Some(Value::Null) => None,
            Some(other) => Some(other.to_string().into()),
        };
        let (key, value) = (text("key"), text("value"));
        let rest = Value::from(record).to_string().into();
        partitions.entry(partition).or_default().push(Record { key, value, rest });
    }
    partitions
}

fn assert_in_order(topic: &str, actual: &Partitions, expected: &Partitions, is_end: bool) {
    for (partition, expected) in expected {
        let actual = actual.get(partition).map_or(&[][..], Vec::as_slice);
        let mut expected = expected.as_slice();
        if is_end {
            assert!(actual.len() <= expected.len(), "{topic}, partition {partition}");
            expected = &expected[expected.len() - actual.len()..];
        }
        let place = actual.iter().zip(expected).position(|(a, e)| a != e);
        assert_eq!(place, None, "{topic}, partition {partition}: where they begin to differ");
        assert_eq!(actual.len(), expected.len(), "{topic}, partition {partition}");
    }
}

fn assert_in_any_order(topic: &str, actual: &Partitions, expected: &Partitions, is_end: bool) {
    for (partition, expected) in expected {
        let actual = sorted(actual.get(partition).map_or(&[][..], Vec::as_slice));
        let expected = sorted(expected);
        if !is_end {
            let place = actual.iter().zip(&expected).find(|(a, e)| a != e);
            assert_eq!(place, None, "{topic}, partition {partition}");
            assert_eq!(actual.len(), expected.len(), "{topic}, partition {partition}");
            continue;
        }
        let mut rest = expected.iter();
        for record in &actual {
            assert!(rest.any(|e| e == record), "{topic}, partition {partition}: {record:?}");
        }
    }
}

fn sorted(records: &[Record]) -> Vec<&Record> {
    let mut sorted: Vec<_> = records.iter().collect();
    sorted.sort();
    sorted
}

/// The results of an outer join of streams: pairs, and those that came out alone, by side.
struct Joined {
    pairs: BTreeSet<[u64; 2]>,
    alone: [BTreeSet<u64>; 2],
}

impl Joined {
    fn new(partitions: &Partitions, ids: &[&str; 2]) -> Joined {
        let mut joined = Joined { pairs: BTreeSet::new(), alone: Default::default() };
        for record in partitions.values().flatten() {
            let value = value(record);
            let is_new = match ids.map(|id| value[id].as_u64()) {
                [Some(left), Some(right)] => joined.pairs.insert([left, right]),
                [Some(left), None] => joined.alone[0].insert(left),
                [None, Some(right)] => joined.alone[1].insert(right),
                [None, None] => false,
            };
            assert!(is_new, "it came out twice, or never went in: {record:?}");
        }
        joined
    }

    fn assert_same(&self, topic: &str, expected: &Joined, is_end: bool, closed_before: u64) {
        let is_invented = |pair: &&[u64; 2]| !expected.pairs.contains(*pair);
        assert_eq!(self.pairs.iter().find(is_invented), None, "{topic}: never to be joined");
        if is_end {
            return;
        }
        assert_eq!(self.pairs.len(), expected.pairs.len(), "{topic}: pairs");
        for side in [0, 1] {
            let matched: BTreeSet<u64> = self.pairs.iter().map(|pair| pair[side]).collect();
            let unmatched = |joined: &Joined| -> BTreeSet<u64> {
                let closed = joined.alone[side].range(..closed_before);
                closed.filter(|id| !matched.contains(id)).copied().collect()
            };
            assert_eq!(unmatched(self), unmatched(expected), "{topic}: without a match");
        }
    }
}

/// Each group's count goes up from one, or from where retention has cut, by one: no record was left out, and none counted twice.
fn assert_counted(topic: &str, partitions: &Partitions, is_end: bool) {
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    for record in partitions.values().flatten() {
        let n = value(record)["N"].as_i64().unwrap();
        let count = counts.entry(record.key.as_deref().unwrap());
        let count = count.and_modify(|count| *count += 1).or_insert(if is_end { n } else { 1 });
        assert_eq!(n, *count, "{topic}: {record:?}");
    }
    assert!(!counts.is_empty(), "{topic} is empty");
}

fn value(record: &Record) -> Value {
    serde_json::from_str(record.value.as_deref().unwrap()).unwrap()
}

/// Returns the last value of each key that has not gone.
fn latest(partitions: &Partitions) -> BTreeMap<&str, &str> {
    let mut latest = BTreeMap::new();
    for record in partitions.values().flatten() {
        latest.insert(record.key.as_deref().unwrap_or("null"), record.value.as_deref());
    }
    latest.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}

/// The queries stand behind the last record of each input: another start adds nothing to what they wrote.
pub(crate) fn assert_at_the_end(program: &Program, kept: Kept) {
    let queries = program.call(&["--output", "json", "-e", "SHOW QUERIES EXTENDED;"]);
    let lags: Vec<_> = queries.match_indices("\"lag\"").collect();
    assert!(!lags.is_empty(), "{queries}");
    // What retention or compaction works on may be less a moment later.
    let whole = |topic: &&str| !(kept.ends_of)(topic) && !(kept.latest_of)(topic);
    let topics: BTreeSet<_> = outputs().filter(whole).collect();
    let hash = |topic: &&str| {
        let mut hasher = DefaultHasher::new();
        program.records_as_text(topic).hash(&mut hasher);
        hasher.finish()
    };
    let all = || -> Vec<u64> { topics.iter().map(hash).collect() };
    let before = all();
    program.settle();
    assert!(before == all(), "a start wrote something again");
}
