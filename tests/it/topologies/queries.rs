//! Random queries over the streams and tables that are there.

use super::relation::{Column, Kind, Relation};
use crate::random::Random;

/// Makes one query over what is there.
pub(super) struct Query<'a> {
    pub(super) random: &'a mut Random,
    pub(super) relations: &'a [Relation],
    pub(super) number: usize,
}

type Made = Option<(String, Relation)>;

impl Query<'_> {
    /// Makes the statements of a query, and what they make; none if it does not fit what is there.
    pub(super) fn make(&mut self) -> Option<(Vec<String>, Relation)> {
        let made = match self.random.below(20) {
            0..=2 => self.project_stream(),
            3..=4 => self.stream_table_join(),
            5..=8 => self.aggregate(false),
            9 => self.project_table(),
            10..=11 => self.aggregate(true),
            12..=13 => self.stream_stream_join(),
            14..=15 => self.table_table_join(),
            16 => self.flat_map(),
            17 => self.self_join(),
            18 => self.n_way_join(),
            _ => return self.writers(),
        };
        made.map(|(statement, relation)| (vec![statement], relation))
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
        let is_passed_on =
            |column: &Column| matches!(column.kind, Kind::Ints | Kind::Other | Kind::Header);
        if let Some(xs) = from.any(self.random, is_passed_on) {
            items.push(xs.name.clone());
            let kind = if xs.kind == Kind::Header { Kind::Other } else { xs.kind };
            columns.push(Column { kind, ..xs.clone() });
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
        let has_ints =
            |r: &&Relation| !r.is_table && r.columns.iter().any(|column| column.kind == Kind::Ints);
        let fitting: Vec<_> = self.relations.iter().filter(has_ints).cloned().collect();
        let from = self.random.choose(&fitting).clone();
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
        Some(self.join_streams(&left, &right, (&on, &key)))
    }

    /// Joins two streams over one topic: each row meets itself, too.
    fn self_join(&mut self) -> Made {
        let by_name = |name: &str| self.relations.iter().find(|r| r.name == name).cloned();
        let (left, right) = (by_name("events")?, by_name("again")?);
        let key = right.keys().next()?.clone();
        Some(self.join_streams(&left, &right, (&key, &key)))
    }

    fn join_streams(
        &mut self,
        left: &Relation,
        right: &Relation,
        (on, key): (&Column, &Column),
    ) -> (String, Relation) {
        let kind = *self.random.choose(&["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL OUTER JOIN"]);
        let within = match self.random.below(3) {
            0 => format!("({} SECONDS, {} SECONDS)", self.random.below(10), self.random.below(10)),
            _ => format!("{} SECONDS", 1 + self.random.below(10)),
        };
        let grace = match self.random.below(2) {
            0 => String::new(),
            _ => format!(" GRACE PERIOD {} SECONDS", self.random.below(10)),
        };
        let Joined { mut items, columns } = self.join(left, right, (on, key));
        if kind == "FULL OUTER JOIN" {
            items = items.replacen(&format!("l.{} AS k", on.name), "ROWKEY AS k", 1);
        }
        let sql = format!(
            "CREATE STREAM {} AS SELECT {items} FROM {} l {kind} {} r WITHIN {within}{grace} ON l.{} = r.{}",
            self.name(),
            left.name,
            right.name,
            on.name,
            key.name
        );
        (sql, self.joined(left, right, columns))
    }

    /// Joins a stream or a table with two tables.
    fn n_way_join(&mut self) -> Made {
        let of_table = self.random.once_in(2);
        let (left, right) = self.two(of_table, true)?;
        let third = self.from(true)?;
        let known = || left.origins.union(&right.origins);
        if known().any(|origin| third.origins.contains(origin)) || third.is_windowed {
            return None;
        }
        let (key, third_key) = (right.keys().next()?.clone(), third.keys().next()?.clone());
        let fits = |column: &Column| {
            column.kind == key.kind && column.kind == third_key.kind && (!of_table || column.is_key)
        };
        let on = left.any(self.random, fits)?.clone();
        let kinds = ["JOIN", "LEFT JOIN"];
        let (first, second) = (*self.random.choose(&kinds), *self.random.choose(&kinds));
        let Joined { mut items, mut columns } = self.join(&left, &right, (&on, &key));
        if let Some(extra) = third.any(self.random, |column| !column.is_key) {
            let name = format!("t_{}", extra.name);
            items = format!("{items}, t.{} AS {name}", extra.name);
            columns.push(Column { name, is_key: false, ..extra.clone() });
        }
        let (what, on_text) = (if of_table { "TABLE" } else { "STREAM" }, format!("l.{}", on.name));
        let sql = format!(
            "CREATE {what} {} AS SELECT {items} FROM {} l {first} {} r ON {on_text} = r.{} {second} {} t ON {on_text} = t.{}",
            self.name(),
            left.name,
            right.name,
            key.name,
            third.name,
            third_key.name
        );
        let relation = self.joined(&left, &right, columns);
        let origins = relation.origins.union(&third.origins).copied().collect();
        Some((sql, Relation { origins, ..relation }))
    }

    /// Has two queries write one stream.
    fn writers(&mut self) -> Option<(Vec<String>, Relation)> {
        let (left, right) = self.two(false, false)?;
        let (key, other) = (left.keys().next()?.clone(), right.keys().next()?.clone());
        if left.keys().count() != 1 || key.kind != other.kind {
            return None;
        }
        let mut select = |from: &Relation, key: &Column| {
            let number = from.expr(self.random, Kind::Int, 2);
            let text = from.expr(self.random, Kind::Text, 2);
            let filter = self.where_clause(from);
            let from = &from.name;
            format!("SELECT {} AS k, {number} AS v0, {text} AS v1 FROM {from}{filter}", key.name)
        };
        let (first, second) = (select(&left, &key), select(&right, &other));
        let name = self.name();
        let sql = vec![
            format!("CREATE STREAM {name} AS {first}"),
            format!("INSERT INTO {name} {second}"),
        ];
        let column = |name: &str, kind, is_key| Column { name: name.to_owned(), kind, is_key };
        let columns = vec![
            column("k", key.kind, true),
            column("v0", Kind::Int, false),
            column("v1", Kind::Text, false),
        ];
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
            let which = self.random.below(if of_table { UNDOABLE } else { UNDOABLE + 11 });
            let (call, kind) = call(which, any.as_ref(), number.as_ref());
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

/// How many of the aggregate functions below can take a row back.
const UNDOABLE: u64 = 8;

/// Calls an aggregate function; one that does not find the column it needs counts rows.
fn call(which: u64, any: Option<&Column>, number: Option<&Column>) -> (String, Kind) {
    match (which, any, number) {
        (1, _, Some(n)) => (format!("SUM({})", n.name), n.kind),
        (2, _, Some(n)) => (format!("AVG({})", n.name), Kind::Double),
        (3, Some(any), _) => (format!("COUNT({})", any.name), Kind::Bigint),
        (4, Some(any), _) => (format!("COLLECT_LIST({})", any.name), Kind::Other),
        (5, Some(any), _) => (format!("HISTOGRAM(CAST({} AS VARCHAR))", any.name), Kind::Other),
        (6, _, Some(n)) => (format!("STDDEV_SAMPLE({})", n.name), Kind::Double),
        (7, _, Some(n)) => (format!("CORRELATION({0}, {0})", n.name), Kind::Double),
        (8, _, Some(n)) => (format!("MIN({})", n.name), n.kind),
        (9, _, Some(n)) => (format!("MAX({})", n.name), n.kind),
        (10, Some(any), _) => (format!("LATEST_BY_OFFSET({})", any.name), any.kind),
        (11, Some(any), _) => (format!("EARLIEST_BY_OFFSET({})", any.name), any.kind),
        (12, Some(any), _) => (format!("EARLIEST_BY_OFFSET({}, 2)", any.name), Kind::Other),
        (13, Some(any), _) => (format!("LATEST_BY_OFFSET({}, 2)", any.name), Kind::Other),
        (14, Some(any), _) => (format!("COLLECT_SET({})", any.name), Kind::Other),
        (15, _, Some(n)) => (format!("TOPK({}, 3)", n.name), Kind::Other),
        (16, _, Some(n)) => (format!("TOPKDISTINCT({}, 3)", n.name), Kind::Other),
        (17, Some(any), _) => (format!("COUNT_DISTINCT({})", any.name), Kind::Bigint),
        (18, Some(any), _) => (format!("ATTR({})", any.name), any.kind),
        _ => ("COUNT(*)".to_owned(), Kind::Bigint),
    }
}
