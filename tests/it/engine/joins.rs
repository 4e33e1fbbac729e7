//! Joins on several partitions, with restarts in between, against what a few lines over all records say.

use std::collections::BTreeMap;

use tidemill::engine::Row;
use tidemill::types::Value;

use super::{WAIT, open, record, rows};

/// Numbers that look random and are the same every time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

const TABLES: &str = "
    CREATE TABLE orders (id VARCHAR PRIMARY KEY, product VARCHAR, n INT)
      WITH (kafka_topic = 'orders', value_format = 'json', partitions = 3);
    CREATE TABLE products (id VARCHAR PRIMARY KEY, name INT)
      WITH (kafka_topic = 'products', value_format = 'json', partitions = 2);
    CREATE TABLE notes (id VARCHAR PRIMARY KEY, note INT)
      WITH (kafka_topic = 'notes', value_format = 'json', partitions = 3);
    CREATE TABLE known AS SELECT o.id AS id, n, name FROM orders o JOIN products p ON o.product = p.id;
    CREATE TABLE all_orders AS SELECT o.id AS id, n, name FROM orders o LEFT JOIN products p ON o.product = p.id;
    CREATE TABLE noted AS SELECT ROWKEY AS id, n, note FROM orders o FULL JOIN notes m ON o.id = m.id;
    CREATE TABLE everything AS SELECT o.id AS id, n, name, note
      FROM orders o JOIN products p ON o.product = p.id LEFT JOIN notes m ON o.id = m.id;";

type Cells = Vec<Option<i64>>;

fn table(rows: Vec<Row>) -> BTreeMap<String, Cells> {
    let cell = |value: &Value| match value {
        Value::Int(value) => Some(i64::from(*value)),
        _ => None,
    };
    let row = |row: Row| match &row.values[0] {
        Value::Varchar(id) => (id.to_string(), row.values[1..].iter().map(cell).collect()),
        other => panic!("{other:?} is no id"),
    };
    rows.into_iter().map(row).collect()
}

/// The tables as they are, each with what its last records say.
#[derive(Default)]
struct Model {
    orders: BTreeMap<String, (Option<String>, i64)>,
    products: BTreeMap<String, i64>,
    notes: BTreeMap<String, i64>,
}

impl Model {
    fn name_of(&self, product: &Option<String>) -> Option<i64> {
        self.products.get(product.as_ref()?).copied()
    }

    fn known(&self) -> BTreeMap<String, Cells> {
        let row = |(id, (product, n)): (&String, &(Option<String>, i64))| {
            Some((id.clone(), vec![Some(*n), Some(self.name_of(product)?)]))
        };
        self.orders.iter().filter_map(row).collect()
    }

    fn all_orders(&self) -> BTreeMap<String, Cells> {
        let row = |(id, (product, n)): (&String, &(Option<String>, i64))| {
            (id.clone(), vec![Some(*n), self.name_of(product)])
        };
        self.orders.iter().map(row).collect()
    }

    fn noted(&self) -> BTreeMap<String, Cells> {
        let row = |id: &String| {
            let n = self.orders.get(id).map(|(_, n)| *n);
            (id.clone(), vec![n, self.notes.get(id).copied()])
        };
        self.orders.keys().chain(self.notes.keys()).map(row).collect()
    }

    fn everything(&self) -> BTreeMap<String, Cells> {
        let with_note = |(id, mut cells): (String, Cells)| {
            cells.push(self.notes.get(&id).copied());
            (id, cells)
        };
        self.known().into_iter().map(with_note).collect()
    }
}

#[test]
fn joined_tables_come_to_what_their_sources_say() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = open(folder.path());
    engine.session().execute(TABLES).unwrap();
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    let mut model = Model::default();
    let mut time = 0;
    for round in 0..40 {
        let (mut orders, mut products, mut notes) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..numbers.below(60) {
            time += 1;
            let id = format!("o{}", numbers.below(30));
            let n = numbers.below(1000) as i64;
            let product = match numbers.below(8) {
                0 => None,
                other => Some(format!("p{}", other % 6)),
            };
            let is_gone = numbers.below(6) == 0;
            match numbers.below(4) {
                0 => {
                    let id = format!("p{}", numbers.below(6));
                    let value = (!is_gone).then(|| format!(r#"{{"name": {n}}}"#));
                    products.push(with_value(&id, value, time));
                    if is_gone {
                        model.products.remove(&id)
                    } else {
                        model.products.insert(id, n)
                    };
                }
                1 => {
                    let value = (!is_gone).then(|| format!(r#"{{"note": {n}}}"#));
                    notes.push(with_value(&id, value, time));
                    if is_gone {
                        model.notes.remove(&id)
                    } else {
                        model.notes.insert(id, n)
                    };
                }
                _ => {
                    let text = product.as_ref().map_or("null".to_owned(), |p| format!("\"{p}\""));
                    let value = (!is_gone).then(|| format!(r#"{{"product": {text}, "n": {n}}}"#));
                    orders.push(with_value(&id, value, time));
                    match is_gone {
                        true => drop(model.orders.remove(&id)),
                        false => drop(model.orders.insert(id, (product, n))),
                    }
                }
            }
        }
        engine.produce("orders", &orders).unwrap();
        engine.produce("products", &products).unwrap();
        engine.produce("notes", &notes).unwrap();
        if round % 10 == 9 {
            // Whatever is on its way between the tasks is still there afterwards.
            engine.close().unwrap();
            drop(engine);
            engine = open(folder.path());
        }
    }
    assert!(engine.wait_until_idle(WAIT).unwrap());
    assert_eq!(table(rows(&engine, "SELECT * FROM known;")), model.known());
    assert_eq!(table(rows(&engine, "SELECT * FROM all_orders;")), model.all_orders());
    assert_eq!(table(rows(&engine, "SELECT * FROM noted;")), model.noted());
    assert_eq!(table(rows(&engine, "SELECT * FROM everything;")), model.everything());
    engine.close().unwrap();
}

fn with_value(
    key: &str,
    value: Option<String>,
    timestamp_ms: i64,
) -> tidemill::engine::ProducedRecord {
    let value = value.map(String::into_bytes);
    tidemill::engine::ProducedRecord { value, ..record(key, "", timestamp_ms) }
}

#[test]
fn joined_streams_are_all_pairs_within_the_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = open(folder.path());
    engine
        .session()
        .execute(
            "CREATE STREAM l (id VARCHAR KEY, k INT, v INT) WITH (kafka_topic = 'l', value_format = 'json', partitions = 2);
             CREATE STREAM r (id VARCHAR KEY, k INT, w INT) WITH (kafka_topic = 'r', value_format = 'json', partitions = 2);
             CREATE TABLE by_key WITH (key_format = 'json') AS SELECT l.id AS id, v, w, COUNT(*) AS n FROM l JOIN r WITHIN (50 MILLISECONDS, 100 MILLISECONDS) ON l.id = r.id GROUP BY l.id, v, w;
             CREATE TABLE by_value WITH (key_format = 'json') AS SELECT l.k AS k, v, w, COUNT(*) AS n FROM l JOIN r WITHIN 50 MILLISECONDS ON l.k = r.k GROUP BY l.k, v, w;",
        )
        .unwrap();
    let mut numbers = Numbers(0x0123_4567_89AB_CDEF);
    let (mut all_left, mut all_right) = (Vec::new(), Vec::new());
    for round in 0..30_i64 {
        for (topic, all) in [("l", &mut all_left), ("r", &mut all_right)] {
            let mut records = Vec::new();
            for _ in 0..numbers.below(40) {
                let (key, time) = (numbers.below(20), round * 40 + numbers.below(120) as i64);
                let value = all.len();
                let name = if topic == "l" { "v" } else { "w" };
                let text = format!(r#"{{"k": {key}, "{name}": {value}}}"#);
                records.push(record(&key.to_string(), &text, time));
                all.push((key, time));
            }
            engine.produce(topic, &records).unwrap();
        }
        if round % 10 == 9 {
            engine.close().unwrap();
            drop(engine);
            engine = open(folder.path());
        }
    }
    assert!(engine.wait_until_idle(WAIT).unwrap());
    let pairs = |before: i64, after: i64| {
        let mut pairs = Vec::new();
        for (v, (left_key, left)) in all_left.iter().enumerate() {
            for (w, (right_key, right)) in all_right.iter().enumerate() {
                if left_key == right_key && (left - before..=left + after).contains(right) {
                    pairs.push((v as i64, w as i64, 1));
                }
            }
        }
        pairs
    };
    let found = |sql: &str| {
        let int = |value: &Value| match value {
            Value::Int(value) => i64::from(*value),
            Value::Bigint(value) => *value,
            other => panic!("{other:?} is no number"),
        };
        let row = |row: Row| (int(&row.values[0]), int(&row.values[1]), int(&row.values[2]));
        let mut found: Vec<_> = rows(&engine, sql).into_iter().map(row).collect();
        found.sort_unstable();
        found
    };
    assert_eq!(found("SELECT v, w, n FROM by_key;"), pairs(50, 100));
    assert_eq!(found("SELECT v, w, n FROM by_value;"), pairs(50, 50));
    engine.close().unwrap();
}

#[test]
fn a_stream_joined_with_itself_meets_each_record_on_both_sides_before_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    engine
        .session()
        .execute(
            "CREATE STREAM s1 (id VARCHAR KEY, v INT) WITH (kafka_topic = 's', value_format = 'json', partitions = 1);
             CREATE STREAM s2 (id VARCHAR KEY, v INT) WITH (kafka_topic = 's', value_format = 'json', partitions = 1);",
        )
        .unwrap();
    let records = [(1, 5), (2, 5), (3, 3), (4, 9)];
    let records: Vec<_> =
        records.map(|(value, time)| record("x", &format!(r#"{{"v": {value}}}"#), time)).into();
    engine.produce("s", &records).unwrap();
    let found = rows(
        &engine,
        "SELECT a.id, a.v, b.v FROM s1 a JOIN s2 b WITHIN 3 MILLISECONDS ON a.id = b.id EMIT CHANGES LIMIT 10;",
    );
    let pair = |row: &Row| match (&row.values[1], &row.values[2]) {
        (Value::Int(left), Value::Int(right)) => (*left, *right),
        other => panic!("{other:?} is no pair"),
    };
    let pairs: Vec<_> = found.iter().map(pair).collect();
    // The third record is earlier than those before it, and meets them in the order of their times.
    let expected = [(1, 1), (2, 1), (1, 2), (2, 2), (3, 1), (3, 2), (3, 3), (1, 3), (2, 3), (4, 4)];
    assert_eq!(pairs, expected);
    engine.close().unwrap();
}
