//! Stream against batch: what a query's table holds in the end is what DataFusion computes over the same records at once.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray,
};
use datafusion::functions::core::expr_fn::coalesce;
use datafusion::functions_aggregate::expr_fn::{avg, count, max, min, sum};
use datafusion::logical_expr::JoinType;
use datafusion::prelude::{DataFrame, SessionConfig, SessionContext, col, lit};
use tidemill::engine::{TestDriver, TestRecord};
use tidemill::types::Value;

use crate::random::{Random, Seed, number};

/// A record of the stream: the place in which it came, its time, and its columns.
struct Event {
    place: i64,
    time: i64,
    k: Option<String>,
    n: Option<i64>,
    x: Option<f64>,
    d: Option<String>,
}

/// A row of the table, and from after which record on up to which it was there.
struct Person {
    k: String,
    label: String,
    after: i64,
    until: i64,
}

/// What is asked, of both.
#[derive(Debug)]
struct Question {
    join: Option<JoinType>,
    /// `n` must be above it.
    above: Option<i64>,
    group_by: &'static str,
    window_ms: Option<i64>,
}

const SOURCES: &str = "
    CREATE STREAM events (k VARCHAR KEY, n INT, x DOUBLE, d VARCHAR)
      WITH (kafka_topic = 'events', value_format = 'json', partitions = 1);
    CREATE TABLE people (k VARCHAR PRIMARY KEY, label VARCHAR)
      WITH (kafka_topic = 'people', value_format = 'json', partitions = 1);";

impl Question {
    fn new(random: &mut Random) -> Question {
        let join = *random.choose(&[None, Some(JoinType::Inner), Some(JoinType::Left)]);
        let groups: &[&'static str] =
            if join.is_some() { &["label", "d", "k"] } else { &["d", "k"] };
        Question {
            join,
            above: random.once_in(2).then(|| random.below(10) as i64),
            group_by: random.choose::<&str>(groups),
            window_ms: random.once_in(2).then(|| 1000 * (1 + random.below(30) as i64)),
        }
    }

    fn as_sql(&self) -> String {
        let from = match self.join {
            None => "events e".to_owned(),
            Some(kind) => {
                let kind = if kind == JoinType::Left { "LEFT JOIN" } else { "JOIN" };
                format!("events e {kind} people p ON e.k = p.k")
            }
        };
        let alias = if self.group_by == "label" { "p" } else { "e" };
        let group = format!("{alias}.{}", self.group_by);
        let window = self.window_ms.map(|size| {
            format!(" WINDOW TUMBLING (SIZE {size} MILLISECONDS, RETENTION 4000 DAYS, GRACE PERIOD 3000 DAYS)")
        });
        let filter = self.above.map(|above| format!(" WHERE e.n > {above}"));
        format!(
            "CREATE TABLE answer AS SELECT {group} AS g, COUNT(*) AS c, COUNT(e.n) AS cn, SUM(e.n) AS s, MIN(e.n) AS lo, MAX(e.n) AS hi, AVG(e.x) AS m, SUM(e.x) AS sx FROM {from}{}{} GROUP BY {group};",
            window.unwrap_or_default(),
            filter.unwrap_or_default(),
        )
    }

    /// Asks the stream processor for the table's final state.
    fn of_stream(&self, records: &[(&'static str, TestRecord)], batch_size: usize) -> Vec<String> {
        let mut driver = TestDriver::new().with_batch_size(batch_size);
        driver.execute(SOURCES).unwrap();
        driver.execute(&self.as_sql()).unwrap();
        for run in records.chunk_by(|(left, _), (right, _)| left == right) {
            let records: Vec<_> = run.iter().map(|(_, record)| record.clone()).collect();
            driver.pipe(run[0].0, &records).unwrap();
        }
        let window = if self.window_ms.is_some() { "windowstart, " } else { "" };
        let sql = format!("SELECT {window}g, c, cn, s, lo, hi, m, sx FROM answer;");
        let rows = driver.query(&sql).unwrap();
        let rows = rows.iter().map(|row| row.values.iter().map(value_text).collect::<Vec<_>>());
        sorted(rows.collect())
    }

    /// Asks DataFusion.
    async fn of_batch(&self, events: &[Event], people: &[Person]) -> Vec<String> {
        let config = SessionConfig::new().with_target_partitions(1);
        let context = SessionContext::new_with_config(config);
        let mut frame = context.read_batch(event_columns(events)).unwrap();
        if let Some(kind) = self.join {
            let people = context.read_batch(person_columns(people)).unwrap();
            let is_there = col("after").lt(col("place")).and(col("place").lt_eq(col("until")));
            frame = frame.join(people, kind, &["k"], &["person"], Some(is_there)).unwrap();
        }
        if let Some(above) = self.above {
            frame = frame.filter(col("n").gt(lit(above))).unwrap();
        }
        let mut groups = vec![col(self.group_by)];
        if let Some(size) = self.window_ms {
            groups.insert(0, (col("time") - col("time") % lit(size)).alias("start"));
        }
        let calls = vec![
            count(lit(1)).alias("c"),
            count(col("n")).alias("cn"),
            // The sum and the mean of no numbers are zero in ksqlDB.
            coalesce(vec![sum(col("n")), lit(0_i64)]).alias("s"),
            min(col("n")).alias("lo"),
            max(col("n")).alias("hi"),
            coalesce(vec![avg(col("x")), lit(0.0)]).alias("m"),
            coalesce(vec![sum(col("x")), lit(0.0)]).alias("sx"),
        ];
        let grouped = frame.filter(col(self.group_by).is_not_null()).unwrap();
        rows_of(grouped.aggregate(groups, calls).unwrap()).await
    }
}

fn event_columns(events: &[Event]) -> RecordBatch {
    let columns: [(&str, ArrayRef); 6] = [
        ("place", Arc::new(events.iter().map(|e| Some(e.place)).collect::<Int64Array>())),
        ("time", Arc::new(events.iter().map(|e| Some(e.time)).collect::<Int64Array>())),
        ("k", Arc::new(events.iter().map(|e| e.k.clone()).collect::<StringArray>())),
        ("n", Arc::new(events.iter().map(|e| e.n).collect::<Int64Array>())),
        ("x", Arc::new(events.iter().map(|e| e.x).collect::<Float64Array>())),
        ("d", Arc::new(events.iter().map(|e| e.d.clone()).collect::<StringArray>())),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, data)| (name, data, true)))
        .unwrap()
}

fn person_columns(people: &[Person]) -> RecordBatch {
    let columns: [(&str, ArrayRef); 4] = [
        ("person", Arc::new(people.iter().map(|p| Some(p.k.clone())).collect::<StringArray>())),
        ("label", Arc::new(people.iter().map(|p| Some(p.label.clone())).collect::<StringArray>())),
        ("after", Arc::new(people.iter().map(|p| Some(p.after)).collect::<Int64Array>())),
        ("until", Arc::new(people.iter().map(|p| Some(p.until)).collect::<Int64Array>())),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, data)| (name, data, true)))
        .unwrap()
}

async fn rows_of(frame: DataFrame) -> Vec<String> {
    let mut rows = Vec::new();
    for batch in frame.collect().await.unwrap() {
        for row in 0..batch.num_rows() {
            rows.push(batch.columns().iter().map(|column| cell_text(column, row)).collect());
        }
    }
    sorted(rows)
}

fn cell_text(column: &ArrayRef, row: usize) -> String {
    let any = column.as_any();
    if column.is_null(row) {
        "null".to_owned()
    } else if let Some(longs) = any.downcast_ref::<Int64Array>() {
        longs.value(row).to_string()
    } else if let Some(doubles) = any.downcast_ref::<Float64Array>() {
        format!("{:?}", doubles.value(row))
    } else {
        any.downcast_ref::<StringArray>().unwrap().value(row).to_owned()
    }
}

fn value_text(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Int(v) => v.to_string(),
        Value::Bigint(v) => v.to_string(),
        Value::Double(v) => format!("{v:?}"),
        Value::Varchar(v) => v.to_string(),
        other => panic!("no column of the answer is {other:?}"),
    }
}

fn sorted(rows: Vec<Vec<String>>) -> Vec<String> {
    let mut rows: Vec<_> = rows.into_iter().map(|row| row.join(" | ")).collect();
    rows.sort();
    rows
}

/// Records of both topics as they come, and the same as tables.
#[derive(Default)]
struct Records {
    stream: Vec<(&'static str, TestRecord)>,
    events: Vec<Event>,
    people: Vec<Person>,
}

impl Records {
    fn new(random: &mut Random) -> Records {
        let mut records = Records::default();
        for place in 0..150 {
            if random.once_in(4) {
                records.push_person(random, place)
            } else {
                records.push_event(random, place)
            }
        }
        records
    }

    fn push_person(&mut self, random: &mut Random, place: i64) {
        let k = random.choose(&["a", "b", "c", "d"]).to_string();
        for person in self.people.iter_mut().filter(|person| person.k == k) {
            person.until = person.until.min(place);
        }
        let label = random.choose(&["one", "two", "three"]).to_string();
        let value = (!random.once_in(3)).then(|| format!(r#"{{"LABEL":"{label}"}}"#).into_bytes());
        let is_there = value.is_some();
        let record = TestRecord {
            key: Some(k.clone().into_bytes()),
            value,
            timestamp_ms: place,
            headers: Vec::new(),
        };
        self.stream.push(("people", record));
        if is_there {
            self.people.push(Person { k, label, after: place, until: i64::MAX });
        }
    }

    fn push_event(&mut self, random: &mut Random, place: i64) {
        let maybe = |random: &mut Random| !random.once_in(6);
        let event = Event {
            place,
            time: 1_000_000 + place * 700 - random.below(20_000) as i64,
            k: maybe(random).then(|| random.choose(&["a", "b", "c", "d", "e"]).to_string()),
            n: maybe(random).then(|| random.below(20) as i64 - 5),
            // Quarters add up without rounding, in any order.
            x: maybe(random).then(|| random.below(100) as f64 / 4.0),
            d: maybe(random).then(|| random.choose(&["x", "y", "z"]).to_string()),
        };
        let n = event.n.map_or("null".to_owned(), |n| n.to_string());
        let x = event.x.map_or("null".to_owned(), |x| format!("{x:?}"));
        let d = event.d.as_ref().map_or("null".to_owned(), |d| format!("\"{d}\""));
        let record = TestRecord {
            key: event.k.clone().map(String::into_bytes),
            value: Some(format!(r#"{{"N":{n},"X":{x},"D":{d}}}"#).into_bytes()),
            timestamp_ms: event.time,
            headers: Vec::new(),
        };
        self.stream.push(("events", record));
        self.events.push(event);
    }
}

#[test]
fn the_final_state_is_what_a_batch_over_all_records_gives() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let first = number("TIDEMILL_BATCH_SEED", 0);
    let mut row_count = 0;
    for seed in first..first + number("TIDEMILL_BATCH_QUESTIONS", 150) {
        let _seed = Seed { variable: "TIDEMILL_BATCH_SEED", seed };
        let mut random = Random::new(seed);
        let question = Question::new(&mut random);
        let records = Records::new(&mut random);
        let expected = runtime.block_on(question.of_batch(&records.events, &records.people));
        let batch_size = *random.choose(&[1, 10, 1000]);
        let actual = question.of_stream(&records.stream, batch_size);
        assert_eq!(actual, expected, "{question:?}");
        row_count += expected.len();
    }
    assert!(0 < row_count);
}
