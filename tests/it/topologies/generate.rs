//! Random scripts: sources, queries over them and over each other, and records.

use tidemill::engine::{TestDriver, TestRecord};

use super::queries::Query;
use super::relation::{Column, Kind, Relation};
use crate::random::Random;

/// Statements, and records in the order in which they come.
#[derive(Clone, Debug)]
pub(super) struct Script {
    /// Those of the sources first.
    pub(super) statements: Vec<String>,
    pub(super) records: Vec<(&'static str, TestRecord)>,
}

/// How many statements make sources.
pub(super) const SOURCE_COUNT: usize = 6;

/// A source: its name, its topic, and the columns of its values.
struct Source {
    name: &'static str,
    topic: &'static str,
    what: What,
    columns: &'static [(&'static str, Kind)],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Stream,
    Table,
    /// A table that is kept for pull queries.
    SourceTable,
}

const SOURCES: [Source; SOURCE_COUNT] = [
    Source {
        name: "events",
        topic: "events",
        what: What::Stream,
        columns: &[
            ("a", Kind::Int),
            ("b", Kind::Bigint),
            ("c", Kind::Double),
            ("d", Kind::Text),
            ("e", Kind::Truth),
            ("xs", Kind::Ints),
            ("hd", Kind::Header),
        ],
    },
    Source {
        name: "clicks",
        topic: "clicks",
        what: What::Stream,
        columns: &[("a", Kind::Int), ("d", Kind::Text)],
    },
    Source {
        name: "people",
        topic: "people",
        what: What::Table,
        columns: &[("n", Kind::Int), ("d", Kind::Text)],
    },
    Source {
        name: "places",
        topic: "places",
        what: What::SourceTable,
        columns: &[("n", Kind::Int), ("c", Kind::Double)],
    },
    Source {
        name: "things",
        topic: "things",
        what: What::Table,
        columns: &[("n", Kind::Int), ("e", Kind::Truth)],
    },
    // Comes last: it has no records of its own.
    Source {
        name: "again",
        topic: "events",
        what: What::Stream,
        columns: &[("a", Kind::Int), ("d", Kind::Text)],
    },
];

/// Makes a script; queries that are refused are left out.
pub(super) fn script(seed: u64) -> Script {
    let mut random = Random::new(seed);
    let key = *random.choose(&[Kind::Text, Kind::Text, Kind::Int]);
    let mut relations: Vec<Relation> = SOURCES.iter().map(|s| relation(s, key)).collect();
    let mut statements: Vec<String> = SOURCES.iter().map(|s| declaration(s, key)).collect();
    let mut driver = TestDriver::new();
    statements.iter().for_each(|statement| driver.execute(statement).unwrap());
    let wanted = 1 + random.below(4) as usize;
    for number in 0..wanted * 3 {
        if SOURCES.len() + wanted <= statements.len() {
            break;
        }
        let made = Query { random: &mut random, relations: &relations, number }.make();
        let Some((made, relation)) = made else { continue };
        // What the first one makes is there, even if the next one is refused.
        let made: Vec<_> =
            made.into_iter().take_while(|statement| driver.execute(statement).is_ok()).collect();
        if !made.is_empty() {
            statements.extend(made);
            relations.push(relation);
        }
    }
    let records = records(&mut random, key);
    Script { statements, records }
}

fn relation(source: &Source, key: Kind) -> Relation {
    let key = Column { name: "k".to_owned(), kind: key, is_key: true };
    let value = |(name, kind): &(&str, Kind)| Column {
        name: (*name).to_owned(),
        kind: *kind,
        is_key: false,
    };
    Relation {
        name: source.name.to_owned(),
        is_table: source.what != What::Stream,
        is_windowed: false,
        columns: std::iter::once(key).chain(source.columns.iter().map(value)).collect(),
        origins: [source.topic].into(),
    }
}

fn type_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Int => "INT",
        Kind::Bigint => "BIGINT",
        Kind::Double => "DOUBLE",
        Kind::Text => "VARCHAR",
        Kind::Truth => "BOOLEAN",
        Kind::Ints => "ARRAY<INT>",
        Kind::Other => "MAP<VARCHAR, INT>",
        Kind::Header => "BYTES HEADER('h')",
    }
}

fn declaration(source: &Source, key: Kind) -> String {
    let (what, role) = match source.what {
        What::Stream => ("STREAM", "KEY"),
        What::Table => ("TABLE", "PRIMARY KEY"),
        What::SourceTable => ("SOURCE TABLE", "PRIMARY KEY"),
    };
    let columns =
        source.columns.iter().map(|(name, kind)| format!(", {name} {}", type_name(*kind)));
    let columns: String = columns.collect();
    let (name, topic) = (source.name, source.topic);
    format!(
        "CREATE {what} {name} (k {} {role}{columns}) WITH (kafka_topic = '{topic}', value_format = 'json', partitions = 1)",
        type_name(key)
    )
}

/// Makes records: in runs of a topic, out of order, some without key, some without value, some of no format at all.
fn records(random: &mut Random, key: Kind) -> Vec<(&'static str, TestRecord)> {
    let mut records = Vec::new();
    let mut now = 1_000_000;
    while records.len() < 120 {
        let source = random.choose(&SOURCES[..SOURCE_COUNT - 1]);
        let length = match random.below(4) {
            0 => 1 + random.below(3),
            1 | 2 => 1 + random.below(12),
            _ => 1 + random.below(50),
        };
        for _ in 0..length {
            now += random.below(1500) as i64;
            let back = if random.once_in(4) { random.below(25_000) as i64 } else { 0 };
            let record = TestRecord {
                key: record_key(random, key),
                value: record_value(random, source),
                timestamp_ms: now - back,
                headers: headers(random),
            };
            records.push((source.topic, record));
        }
    }
    records
}

fn headers(random: &mut Random) -> Vec<(String, Option<Vec<u8>>)> {
    let header = |random: &mut Random| {
        let name = (*random.choose(&["h", "h", "i"])).to_owned();
        (name, (!random.once_in(5)).then(|| random.below(100).to_string().into_bytes()))
    };
    (0..random.below(6).saturating_sub(3)).map(|_| header(random)).collect()
}

fn record_key(random: &mut Random, key: Kind) -> Option<Vec<u8>> {
    if random.once_in(15) {
        return None;
    }
    let number = random.below(6);
    match key {
        Kind::Int if random.once_in(30) => Some(b"no number".to_vec()),
        Kind::Int => Some((number as i32).to_be_bytes().to_vec()),
        _ => Some(random.choose(&["a", "ab", "b", "c", "a1", ""]).as_bytes().to_vec()),
    }
}

fn record_value(random: &mut Random, source: &Source) -> Option<Vec<u8>> {
    if random.once_in(if source.what == What::Stream { 15 } else { 5 }) {
        return None;
    }
    if random.once_in(20) {
        let garbage: &[&[u8]] = &[b"", b"{", b"no json", b"[1]", b"{\"a\":{}}", b"\xff\xfe"];
        return Some(random.choose(garbage).to_vec());
    }
    let mut fields = Vec::new();
    for (name, kind) in source.columns {
        if *kind == Kind::Header || random.once_in(8) {
            continue;
        }
        fields.push(format!("\"{name}\":{}", field(random, *kind)));
    }
    Some(format!("{{{}}}", fields.join(",")).into_bytes())
}

fn field(random: &mut Random, kind: Kind) -> String {
    if random.once_in(10) {
        return "null".to_owned();
    }
    match kind {
        Kind::Int | Kind::Bigint => random.below(20).to_string(),
        Kind::Double => format!("{}.25", random.below(20)),
        Kind::Text => format!("\"{}\"", random.choose(&["a", "ab", "b", "c", "", "ä"])),
        Kind::Truth => random.once_in(2).to_string(),
        Kind::Ints => {
            let elements: Vec<_> =
                (0..random.below(4)).map(|_| random.below(9).to_string()).collect();
            format!("[{}]", elements.join(","))
        }
        Kind::Other | Kind::Header => "{}".to_owned(),
    }
}
