//! Random records of two streams and two tables, as they come and as columns.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use datafusion::prelude::{DataFrame, SessionContext};
use tidemill::engine::TestRecord;

use crate::random::Random;

pub(super) const DECLARATIONS: &str = "
    CREATE STREAM events (k VARCHAR KEY, i BIGINT, n INT, x DOUBLE, d VARCHAR)
      WITH (kafka_topic = 'events', value_format = 'json', partitions = 1);
    CREATE STREAM clicks (k VARCHAR KEY, i BIGINT)
      WITH (kafka_topic = 'clicks', value_format = 'json', partitions = 1);
    CREATE TABLE people (k VARCHAR PRIMARY KEY, label VARCHAR, place VARCHAR, n INT, x DOUBLE)
      WITH (kafka_topic = 'people', value_format = 'json', partitions = 1);
    CREATE TABLE places (k VARCHAR PRIMARY KEY, area BIGINT)
      WITH (kafka_topic = 'places', value_format = 'json', partitions = 1);";

/// No record of a stream is further behind the latest one before it.
pub(super) const DISORDER_MS: i64 = 20_000;

/// A column's value.
#[derive(Clone)]
enum Cell {
    Long(Option<i64>),
    Double(Option<f64>),
    Text(Option<String>),
}

/// A topic's records as columns. Those of a stream begin with the place in which a record came and its time, those of a table with
/// the place after which the row was there and the last one at which it was.
struct Columns {
    names: &'static [&'static str],
    rows: Vec<Vec<Cell>>,
}

/// The records of all topics as they come, and as columns.
pub(super) struct Records {
    pub(super) stream: Vec<(&'static str, TestRecord)>,
    events: Columns,
    clicks: Columns,
    people: Columns,
    places: Columns,
}

impl Columns {
    fn new(names: &'static [&'static str]) -> Columns {
        Columns { names, rows: Vec::new() }
    }

    fn frame(&self, context: &SessionContext) -> DataFrame {
        let column = |(index, name): (usize, &&'static str)| (*name, self.column(index), true);
        let columns = self.names.iter().enumerate().map(column);
        context.read_batch(RecordBatch::try_from_iter_with_nullable(columns).unwrap()).unwrap()
    }

    fn column(&self, index: usize) -> ArrayRef {
        let cells = || self.rows.iter().map(|row| &row[index]);
        let long = |cell: &Cell| if let Cell::Long(value) = cell { *value } else { None };
        let double = |cell: &Cell| if let Cell::Double(value) = cell { *value } else { None };
        let text = |cell: &Cell| if let Cell::Text(value) = cell { value.clone() } else { None };
        match self.rows.first().map(|row| &row[index]) {
            Some(Cell::Long(_)) => Arc::new(cells().map(long).collect::<Int64Array>()),
            Some(Cell::Double(_)) => Arc::new(cells().map(double).collect::<Float64Array>()),
            Some(Cell::Text(_)) => Arc::new(cells().map(text).collect::<StringArray>()),
            None => panic!("a topic has no records"),
        }
    }

    /// Ends the row of a key, and begins another.
    fn replace(&mut self, key: &str, place: i64, values: Option<Vec<Cell>>) {
        for row in &mut self.rows {
            let is_same = matches!(&row[2], Cell::Text(Some(text)) if text == key);
            if is_same && matches!(row[1], Cell::Long(Some(i64::MAX))) {
                row[1] = Cell::Long(Some(place));
            }
        }
        let Some(values) = values else { return };
        let mut row = vec![Cell::Long(Some(place)), Cell::Long(Some(i64::MAX))];
        row.push(Cell::Text(Some(key.to_owned())));
        row.extend(values);
        self.rows.push(row);
    }
}

fn json(cell: &Cell) -> String {
    match cell {
        Cell::Long(Some(value)) => value.to_string(),
        Cell::Double(Some(value)) => format!("{value:?}"),
        Cell::Text(Some(value)) => format!("\"{value}\""),
        Cell::Long(None) | Cell::Double(None) | Cell::Text(None) => "null".to_owned(),
    }
}

fn record(key: Option<&str>, names: &[&str], values: Option<&[Cell]>, time: i64) -> TestRecord {
    // Names of columns are those of a source behind its initial.
    let field =
        |(name, cell): (&&str, &Cell)| format!("\"{}\":{}", name[2..].to_uppercase(), json(cell));
    let object = |values: &[Cell]| {
        let fields: Vec<_> = names.iter().zip(values).map(field).collect();
        format!("{{{}}}", fields.join(",")).into_bytes()
    };
    TestRecord {
        key: key.map(|key| key.as_bytes().to_vec()),
        value: values.map(object),
        timestamp_ms: time,
        headers: Vec::new(),
    }
}

impl Records {
    pub(super) fn new(random: &mut Random) -> Records {
        let mut records = Records {
            stream: Vec::new(),
            events: Columns::new(&["e_after", "e_time", "e_k", "e_i", "e_n", "e_x", "e_d"]),
            clicks: Columns::new(&["c_after", "c_time", "c_k", "c_i"]),
            people: Columns::new(&[
                "p_after", "p_until", "p_k", "p_label", "p_place", "p_n", "p_x",
            ]),
            places: Columns::new(&["q_after", "q_until", "q_k", "q_area"]),
        };
        // One of each, so that every topic has columns.
        for place in 0..4 {
            records.push(place as u64, random, place);
        }
        for place in 4..180 {
            let topic = *random.choose(&[0, 0, 0, 1, 2, 3]);
            records.push(topic, random, place);
        }
        records
    }

    fn push(&mut self, topic: u64, random: &mut Random, place: i64) {
        match topic {
            0 => self.push_event(random, place),
            1 => self.push_click(random, place),
            2 => self.push_person(random, place),
            _ => self.push_place(random, place),
        }
    }

    fn push_event(&mut self, random: &mut Random, place: i64) {
        let maybe = |random: &mut Random| !random.once_in(6);
        let key = maybe(random).then(|| text(random, &["a", "b", "c", "d", "e"]));
        let values = [
            Cell::Long(Some(place)),
            Cell::Long(maybe(random).then(|| random.below(20) as i64 - 5)),
            quarters(random),
            Cell::Text(maybe(random).then(|| text(random, &["x", "y", "z"]))),
        ];
        push_streamed(
            &mut self.stream,
            ("events", &mut self.events),
            (key, time(random, place)),
            &values,
        );
    }

    fn push_click(&mut self, random: &mut Random, place: i64) {
        let key = (!random.once_in(6)).then(|| text(random, &["a", "b", "c", "d", "e"]));
        let values = [Cell::Long(Some(place))];
        push_streamed(
            &mut self.stream,
            ("clicks", &mut self.clicks),
            (key, time(random, place)),
            &values,
        );
    }

    fn push_person(&mut self, random: &mut Random, place: i64) {
        let key = text(random, &["a", "b", "c", "d", "f", "g"]);
        let values = vec![
            Cell::Text(Some(text(random, &["one", "two", "three"]))),
            Cell::Text((!random.once_in(6)).then(|| text(random, &["a", "b", "c", "h"]))),
            Cell::Long((!random.once_in(6)).then(|| random.below(20) as i64)),
            quarters(random),
        ];
        let values = (place < 4 || !random.once_in(3)).then_some(values);
        let names = &self.people.names[3..];
        let record = record(Some(&key), names, values.as_deref(), place);
        self.stream.push(("people", record));
        self.people.replace(&key, place, values);
    }

    fn push_place(&mut self, random: &mut Random, place: i64) {
        let key = text(random, &["a", "b", "c", "d", "h"]);
        let values = vec![Cell::Long((!random.once_in(6)).then(|| random.below(9) as i64))];
        let values = (place < 4 || !random.once_in(3)).then_some(values);
        let names = &self.places.names[3..];
        let record = record(Some(&key), names, values.as_deref(), place);
        self.stream.push(("places", record));
        self.places.replace(&key, place, values);
    }

    pub(super) fn events(&self, context: &SessionContext) -> DataFrame {
        self.events.frame(context)
    }

    pub(super) fn clicks(&self, context: &SessionContext) -> DataFrame {
        self.clicks.frame(context)
    }

    /// Returns the rows of `people` of all times.
    pub(super) fn people(&self, context: &SessionContext) -> DataFrame {
        self.people.frame(context)
    }

    /// Returns the rows of `places` of all times.
    pub(super) fn places(&self, context: &SessionContext) -> DataFrame {
        self.places.frame(context)
    }
}

fn push_streamed(
    stream: &mut Vec<(&'static str, TestRecord)>,
    (topic, columns): (&'static str, &mut Columns),
    (key, time): (Option<String>, i64),
    values: &[Cell],
) {
    stream.push((topic, record(key.as_deref(), &columns.names[3..], Some(values), time)));
    let mut row = vec![values[0].clone(), Cell::Long(Some(time)), Cell::Text(key)];
    row.extend_from_slice(values);
    columns.rows.push(row);
}

fn text(random: &mut Random, choices: &[&str]) -> String {
    (*random.choose(choices)).to_owned()
}

/// Quarters add up without rounding, in any order.
fn quarters(random: &mut Random) -> Cell {
    Cell::Double((!random.once_in(6)).then(|| random.below(100) as f64 / 4.0))
}

fn time(random: &mut Random, place: i64) -> i64 {
    1_000_000 + place * 700 - random.below(DISORDER_MS as u64) as i64
}
