//! Random scripts: sources, queries over them and over each other, and records.

use tidemill::engine::{TestDriver, TestRecord};

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
pub(super) const SOURCE_COUNT: usize = 4;

/// A source: its topic, which is its name, and the columns of its values.
struct Source {
    topic: &'static str,
    is_table: bool,
    columns: &'static [(&'static str, Kind)],
}

const SOURCES: [Source; SOURCE_COUNT] = [
    Source {
        topic: "events",
        is_table: false,
        columns: &[
            ("a", Kind::Int),
            ("b", Kind::Bigint),
            ("c", Kind::Double),
            ("d", Kind::Text),
            ("e", Kind::Truth),
            ("xs", Kind::Ints),
        ],
    },
    Source { topic: "clicks", is_table: false, columns: &[("a", Kind::Int), ("d", Kind::Text)] },
    Source { topic: "people", is_table: true, columns: &[("n", Kind::Int), ("d", Kind::Text)] },
    Source { topic: "places", is_table: true, columns: &[("n", Kind::Int), ("c", Kind::Double)] },
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
        if statements.len() == SOURCES.len() + wanted {
            break;
        }
        let made = Query { random: &mut random, relations: &relations, number }.make();
        let Some((statement, relation)) = made else { continue };
        if driver.execute(&statement).is_ok() {
            statements.push(statement);
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
        name: source.topic.to_owned(),
        is_table: source.is_table,
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
    }
}

fn declaration(source: &Source, key: Kind) -> String {
    let (what, role) = if source.is_table { ("TABLE", "PRIMARY KEY") } else { ("STREAM", "KEY") };
    let columns =
        source.columns.iter().map(|(name, kind)| format!(", {name} {}", type_name(*kind)));
    let columns: String = columns.collect();
    let topic = source.topic;
    format!(
        "CREATE {what} {topic} (k {} {role}{columns}) WITH (kafka_topic = '{topic}', value_format = 'json', partitions = 1)",
        type_name(key)
    )
}

/// Makes one query over what is there.
struct Query<'a> {
    random: &'a mut Random,
    relations: &'a [Relation],
    number: usize,
}

type Made = Option<(String, Relation)>;

impl Query<'_> {
    fn make(&mut self) -> Made {
        match self.random.below(16) {
            0..=2 => self.project_stream(),
            3..=4 => self.stream_table_join(),
            5..=7 => self.aggregate(false),
            8 => self.project_table(),
            9..=10 => self.aggregate(true),
            11..=12 => self.stream_stream_join(),
            13..=14 => self.table_table_join(),
            _ => self.flat_map(),
        }
    }

    fn name(&self) -> String {
        format!("q{}", self.number)
    }

    /// Chooses a relation; a later one rather than a source.
    fn from(&mut self, is_table: bool) -> Option<Relation> {
        let fitting: Vec<_> = self.relations.iter().filter(|r| r.is_table == is_table).collect();
        let last = fitting.len() as u64 - 1;
        let index = self.random.below(last + 1).max(self.random.below(last + 1));
        fitting.get(index as usize).map(|relation| (*relation).clone())
    }

    fn made(&self, like: &Relation, columns: Vec<Column>) -> Relation {
        Relation { name: self.name(), columns, ..like.clone() }
    }

    /// Chooses expressions over a relation: as SELECT writes them, and the columns they become.
    fn values(&mut self, from: &Relation) -> (Vec<String>, Vec<Column>) {
        let (mut items, mut columns) = (Vec::new(), Vec::new());
        for place in 0..1 + self.random.below(3) {
            let kinds = [Kind::Int, Kind::Bigint, Kind::Double, Kind::Text, Kind::Truth];
            let kind = *self.random.choose(&kinds);
            let name = format!("v{place}");
            items.push(format!("{} AS {name}", from.expr(self.random, kind, 2)));
            columns.push(Column { name, kind, is_key: false });
        }
        if let Some(xs) = from.any(self.random, |c| matches!(c.kind, Kind::Ints | Kind::Other)) {
            items.push(xs.name.clone());
            columns.push(xs.clone());
        }
        (items, columns)
    }

    fn where_clause(&mut self, from: &Relation) -> String {
        if self.random.once_in(2) {
            return String::new();
        }
        format!(" WHERE {}", from.predicate(self.random, 2))
    }

    fn project_stream(&mut self) -> Made {
        let from = self.from(false)?;
        let keys: Vec<_> = from.keys().cloned().collect();
        let (mut items, mut columns) = self.values(&from);
        let filter = self.where_clause(&from);
        let to = from
            .any(self.random, |column| !column.is_key && column.kind.can_be_key())
            .cloned()
            .filter(|_| !from.is_windowed && self.random.once_in(2));
        let (name, source) = (self.name(), &from.name);
        let Some(to) = to else {
            items.splice(0..0, keys.iter().map(|key| key.name.clone()));
            columns.splice(0..0, keys);
            let items = items.join(", ");
            let sql = format!("CREATE STREAM {name} AS SELECT {items} FROM {source}{filter}");
            return Some((sql, self.made(&from, columns)));
        };
        items.insert(0, to.name.clone());
        columns.insert(0, Column { is_key: true, ..to.clone() });
        let items = items.join(", ");
        let sql = format!(
            "CREATE STREAM {name} AS SELECT {items} FROM {source}{filter} PARTITION BY {}",
            to.name
        );
        Some((sql, self.made(&from, columns)))
    }

    fn project_table(&mut self) -> Made {
        let from = self.from(true)?;
        let (mut items, mut columns) = self.values(&from);
        let filter = self.where_clause(&from);
        items.splice(0..0, from.keys().map(|key| key.name.clone()));
        columns.splice(0..0, from.keys().cloned());
        let (name, items, source) = (self.name(), items.join(", "), &from.name);
        let sql = format!("CREATE TABLE {name} AS SELECT {items} FROM {source}{filter}");
        Some((sql, self.made(&from, columns)))
    }

    fn flat_map(&mut self) -> Made {
        let from = self.from(false)?;
        let xs = from.any(self.random, |column| column.kind == Kind::Ints)?.clone();
        let (mut items, mut columns) = self.values(&from);
        columns.retain(|column| column.kind != Kind::Ints);
        items.retain(|item| *item != xs.name);
        items.push(format!("EXPLODE({}) AS x", xs.name));
        columns.push(Column { name: "x".to_owned(), kind: Kind::Int, is_key: false });
        let filter = self.where_clause(&from);
        items.splice(0..0, from.keys().map(|key| key.name.clone()));
        columns.splice(0..0, from.keys().cloned());
        let (name, items, source) = (self.name(), items.join(", "), &from.name);
        let sql = format!("CREATE STREAM {name} AS SELECT {items} FROM {source}{filter}");
        Some((sql, self.made(&from, columns)))
    }

    /// Chooses two relations that have nothing to do with each other.
    fn two(&mut self, left_is_table: bool, right_is_table: bool) -> Option<(Relation, Relation)> {
        let left = self.from(left_is_table)?;
        let right = self.from(right_is_table)?;
        let is_sound = left.origins.is_disjoint(&right.origins)
            && !left.is_windowed
            && !right.is_windowed
            && right.keys().count() == 1;
        is_sound.then_some((left, right))
    }

    fn join(&mut self, left: &Relation, right: &Relation, on: (&Column, &Column)) -> Joined {
        let mut items = vec![format!("l.{} AS k", on.0.name)];
        let mut columns = vec![Column { name: "k".to_owned(), is_key: true, ..on.0.clone() }];
        for (alias, relation) in [("l", left), ("r", right)] {
            for column in relation.columns.iter().filter(|column| !column.is_key) {
                if self.random.once_in(2) {
                    continue;
                }
                let name = format!("{alias}_{}", column.name);
                items.push(format!("{alias}.{} AS {name}", column.name));
                columns.push(Column { name, is_key: false, ..column.clone() });
            }
        }
        items.push(format!("r.{} AS r_key", on.1.name));
        columns.push(Column { name: "r_key".to_owned(), is_key: false, ..on.1.clone() });
        Joined { items: items.join(", "), columns }
    }

    fn stream_table_join(&mut self) -> Made {
        let (left, right) = self.two(false, true)?;
        let key = right.keys().next()?.clone();
        let on = left.any(self.random, |column| column.kind == key.kind)?.clone();
        let kind = *self.random.choose(&["JOIN", "LEFT JOIN"]);
        let Joined { items, columns } = self.join(&left, &right, (&on, &key));
        let sql = format!(
            "CREATE STREAM {} AS SELECT {items} FROM {} l {kind} {} r ON l.{} = r.{}",
            self.name(),
            left.name,
            right.name,
            on.name,
            key.name
        );
        Some((sql, self.joined(&left, &right, columns)))
    }

    fn stream_stream_join(&mut self) -> Made {
        let (left, right) = self.two(false, false)?;
        let key = right.keys().next()?.clone();
        let on = left.any(self.random, |column| column.kind == key.kind)?.clone();
        let kind = *self.random.choose(&["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL OUTER JOIN"]);
        let within = 1 + self.random.below(10);
        let grace = match self.random.below(2) {
            0 => String::new(),
            _ => format!(" GRACE PERIOD {} SECONDS", self.random.below(10)),
        };
        let Joined { mut items, columns } = self.join(&left, &right, (&on, &key));
        if kind == "FULL OUTER JOIN" {
            items = items.replacen(&format!("l.{} AS k", on.name), "ROWKEY AS k", 1);
        }
        let sql = format!(
            "CREATE STREAM {} AS SELECT {items} FROM {} l {kind} {} r WITHIN {within} SECONDS{grace} ON l.{} = r.{}",
            self.name(),
            left.name,
            right.name,
            on.name,
            key.name
        );
        Some((sql, self.joined(&left, &right, columns)))
    }

    fn table_table_join(&mut self) -> Made {
        let (left, right) = self.two(true, true)?;
        let key = right.keys().next()?.clone();
        let is_foreign = self.random.once_in(3);
        let on = left
            .any(self.random, |column| column.kind == key.kind && column.is_key != is_foreign)?
            .clone();
        let kinds = if is_foreign {
            &["JOIN", "LEFT JOIN"][..]
        } else {
            &["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL OUTER JOIN"]
        };
        let kind = *self.random.choose(kinds);
        let Joined { mut items, mut columns } = self.join(&left, &right, (&on, &key));
        if kind == "FULL OUTER JOIN" {
            items = items.replacen(&format!("l.{} AS k", on.name), "ROWKEY AS k", 1);
        }
        if is_foreign {
            let own = left.keys().next()?.clone();
            items = format!("l.{} AS own, {items}", own.name);
            columns[0].is_key = false;
            columns.insert(0, Column { name: "own".to_owned(), ..own });
        }
        let sql = format!(
            "CREATE TABLE {} AS SELECT {items} FROM {} l {kind} {} r ON l.{} = r.{}",
            self.name(),
            left.name,
            right.name,
            on.name,
            key.name
        );
        Some((sql, self.joined(&left, &right, columns)))
    }

    fn joined(&self, left: &Relation, right: &Relation, columns: Vec<Column>) -> Relation {
        let origins = left.origins.union(&right.origins).copied().collect();
        Relation { origins, ..self.made(left, columns) }
    }

    fn aggregate(&mut self, of_table: bool) -> Made {
        let from = self.from(of_table)?;
        if from.is_windowed {
            return None;
        }
        let mut by: Vec<Column> = Vec::new();
        for _ in 0..1 + u64::from(self.random.once_in(3)) {
            let column = from.any(self.random, |column| column.kind.can_be_key())?;
            if by.iter().all(|known| known.name != column.name) {
                by.push(Column { is_key: true, ..column.clone() });
            }
        }
        let (calls, mut columns) = self.calls(&from, of_table);
        let window = if of_table { None } else { self.window() };
        let filter = self.where_clause(&from);
        let groups: Vec<_> = by.iter().map(|column| column.name.clone()).collect();
        let having = match self.random.below(3) {
            0 => format!(" HAVING COUNT(*) > {}", self.random.below(3)),
            _ => String::new(),
        };
        let sql = format!(
            "CREATE TABLE {} WITH (key_format = 'json') AS SELECT {}, {} FROM {}{}{filter} GROUP BY {}{having}{}",
            self.name(),
            groups.join(", "),
            calls.join(", "),
            from.name,
            window.as_ref().map_or("", |(window, _)| window),
            groups.join(", "),
            window.as_ref().map_or("", |(_, emit)| emit),
        );
        columns.splice(0..0, by);
        let is_windowed = window.is_some();
        Some((sql, Relation { is_table: true, is_windowed, ..self.made(&from, columns) }))
    }

    fn window(&mut self) -> Option<(String, &'static str)> {
        let size = 2 + self.random.below(20);
        let grace = match self.random.below(3) {
            0 => String::new(),
            _ => format!(", GRACE PERIOD {} SECONDS", self.random.below(15)),
        };
        let window = match self.random.below(5) {
            0 | 1 => format!(" WINDOW TUMBLING (SIZE {size} SECONDS{grace})"),
            2 => {
                let advance = 1 + self.random.below(size);
                format!(
                    " WINDOW HOPPING (SIZE {size} SECONDS, ADVANCE BY {advance} SECONDS{grace})"
                )
            }
            3 => format!(" WINDOW SESSION ({size} SECONDS{grace})"),
            _ => return None,
        };
        Some((window, if self.random.once_in(5) { " EMIT FINAL" } else { "" }))
    }

    /// Chooses aggregate functions; those of tables must be able to take a row back.
    fn calls(&mut self, from: &Relation, of_table: bool) -> (Vec<String>, Vec<Column>) {
        let (mut calls, mut columns) = (Vec::new(), Vec::new());
        for place in 0..1 + self.random.below(3) {
            let any = from.any(self.random, |column| column.kind.can_be_key()).cloned();
            let number = from.any(self.random, |column| column.kind.is_number()).cloned();
            let which = self.random.below(if of_table { 4 } else { 12 });
            let (call, kind) = match (which, any, number) {
                (1, _, Some(n)) => (format!("SUM({})", n.name), n.kind),
                (2, _, Some(n)) => (format!("AVG({})", n.name), Kind::Double),
                (3, Some(any), _) => (format!("COUNT({})", any.name), Kind::Bigint),
                (4, _, Some(n)) => (format!("MIN({})", n.name), n.kind),
                (5, _, Some(n)) => (format!("MAX({})", n.name), n.kind),
                (6, Some(any), _) => (format!("LATEST_BY_OFFSET({})", any.name), any.kind),
                (7, Some(any), _) => (format!("EARLIEST_BY_OFFSET({}, 2)", any.name), Kind::Other),
                (8, Some(any), _) => (format!("COLLECT_LIST({})", any.name), Kind::Other),
                (9, Some(any), _) => (format!("COLLECT_SET({})", any.name), Kind::Other),
                (10, _, Some(n)) => (format!("TOPK({}, 3)", n.name), Kind::Other),
                (11, Some(any), _) => (format!("COUNT_DISTINCT({})", any.name), Kind::Bigint),
                _ => ("COUNT(*)".to_owned(), Kind::Bigint),
            };
            let name = format!("f{place}");
            calls.push(format!("{call} AS {name}"));
            columns.push(Column { name, kind, is_key: false });
        }
        (calls, columns)
    }
}

struct Joined {
    items: String,
    columns: Vec<Column>,
}

/// Makes records: in runs of a topic, out of order, some without key, some without value, some of no format at all.
fn records(random: &mut Random, key: Kind) -> Vec<(&'static str, TestRecord)> {
    let mut records = Vec::new();
    let mut now = 1_000_000;
    while records.len() < 120 {
        let source = random.choose(&SOURCES);
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
                headers: Vec::new(),
            };
            records.push((source.topic, record));
        }
    }
    records
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
    if random.once_in(if source.is_table { 5 } else { 15 }) {
        return None;
    }
    if random.once_in(20) {
        let garbage: &[&[u8]] = &[b"", b"{", b"no json", b"[1]", b"{\"a\":{}}", b"\xff\xfe"];
        return Some(random.choose(garbage).to_vec());
    }
    let mut fields = Vec::new();
    for (name, kind) in source.columns {
        if random.once_in(8) {
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
        Kind::Other => "{}".to_owned(),
    }
}
