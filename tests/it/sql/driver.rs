//! Runs golden scripts on a `TestDriver`.
//!
//! ```text
//! > CREATE STREAM …              any statement; [plan] shows the plan of the query it starts
//! > SELECT …                     a pull query
//! > produce TOPIC 10s KEY VALUE  a record; `null` is none
//! > read SOURCE                  the rows of a stream or table since the last read
//! > records TOPIC              the records of a topic since the last read, as text; `#3` is the id of a schema in front
//! > register SUBJECT KIND TEXT   registers a schema
//! > schemas                      all schemas
//! > reports                      what went to the processing log since the last time
//! ```
//!
//! A line `# partitions: NAME, NAME: REASON` says of which sources (or of `reports`) the answers are others when topics have
//! more partitions, and why.

use std::error::Error;

use tidemill::engine::{Row, TestDriver, TestRecord, TestRow};
use tidemill::registry::{Registration, SchemaKind};
use tidemill::types::Value;

pub(super) struct ScriptDriver {
    driver: TestDriver,
    restarts: bool,
    /// Records that are produced with the next statement, so that they can be one batch.
    waiting: Vec<(String, TestRecord)>,
    /// How many partitions each topic has, whatever statements say.
    partitions: Option<u32>,
}

/// A line of an answer, and the key that it belongs to: the lines of a key have an order, those of several have none.
pub(super) struct Line {
    pub(super) key: String,
    pub(super) text: String,
}

impl Line {
    /// Makes lines of no key: they come in an order of their own.
    fn sorted(mut lines: Vec<String>) -> Vec<Line> {
        lines.sort();
        lines.into_iter().map(|text| Line { key: String::new(), text }).collect()
    }
}

impl ScriptDriver {
    pub(super) fn new(batch_size: usize, restarts: bool) -> Self {
        let driver = TestDriver::new().with_batch_size(batch_size);
        ScriptDriver { driver, restarts, waiting: Vec::new(), partitions: None }
    }

    /// Makes each topic with so many partitions.
    pub(super) fn with_partitions(self, partitions: u32) -> Self {
        ScriptDriver { partitions: Some(partitions), ..self }
    }

    /// Keeps in memory only what must be there.
    pub(super) fn with_scarce_memory(self) -> Self {
        ScriptDriver { driver: self.driver.with_scarce_memory(), ..self }
    }

    fn flush(&mut self) -> Result<(), Box<dyn Error>> {
        let mut waiting = std::mem::take(&mut self.waiting).into_iter().peekable();
        while let Some((topic, record)) = waiting.next() {
            let mut records = vec![record];
            while let Some((_, next)) = waiting.next_if(|(next, _)| *next == topic) {
                records.push(next);
            }
            self.driver.pipe(&topic, &records)?;
        }
        if self.restarts {
            self.driver.restart()?;
        }
        Ok(())
    }

    fn produce(&mut self, text: &str) -> Result<(), Box<dyn Error>> {
        let mut words = text.splitn(4, ' ');
        let mut word = || words.next().ok_or("produce TOPIC TIME KEY VALUE");
        let (topic, time, key, value) = (word()?, word()?, word()?, word()?);
        let part = |text: &str| (text != "null").then(|| text.as_bytes().to_vec());
        let record = TestRecord {
            key: part(key),
            value: part(value),
            timestamp_ms: parse_time(time)?,
            headers: Vec::new(),
        };
        self.waiting.push((topic.to_owned(), record));
        Ok(())
    }

    fn register(&mut self, text: &str) -> Result<String, Box<dyn Error>> {
        let mut words = text.splitn(3, ' ');
        let mut word = || words.next().ok_or("register SUBJECT KIND TEXT");
        let (subject, kind, text) = (word()?, word()?, word()?);
        let kind = SchemaKind::from_name(Some(kind)).ok_or("KIND is AVRO, JSON or PROTOBUF")?;
        let schemas = self.driver.schemas();
        let schema = schemas.parse(kind, text, Vec::new())?;
        Ok(format!("id {}", schemas.register(subject, schema)?))
    }

    fn schemas(&self) -> String {
        let line = |found: &Registration| {
            let schema = &found.schema.schema;
            let (subject, version) = (&found.subject, found.version);
            format!("{subject} version {version}: #{} {}", found.schema.id, schema.text)
        };
        let lines: Vec<String> = self.driver.schemas().registrations().iter().map(line).collect();
        lines.join("\n")
    }

    fn read(&mut self, source: &str) -> Result<Vec<Line>, Box<dyn Error>> {
        let key_length = self.driver.source(source)?.schema.key().len();
        let line = |row: &TestRow| {
            let text = row_text(row);
            // Without a key each row stands alone.
            let has_key = 0 < key_length;
            let key = if has_key { values_text(&row.values[..key_length]) } else { text.clone() };
            Line { key, text }
        };
        Ok(self.driver.read_rows(source)?.iter().map(line).collect())
    }

    /// Carries out a command and returns what it answers.
    pub(super) fn answer(
        &mut self,
        text: &str,
        wants_plan: bool,
    ) -> Result<Vec<Line>, Box<dyn Error>> {
        if let Some(record) = text.strip_prefix("produce ") {
            self.produce(record)?;
            return Ok(Vec::new());
        }
        self.flush()?;
        if let Some(source) = text.strip_prefix("read ") {
            return self.read(source);
        }
        if let Some(topic) = text.strip_prefix("records ") {
            return Ok(self.driver.read(topic).iter().map(record_line).collect());
        }
        if let Some(schema) = text.strip_prefix("register ") {
            return Ok(vec![Line { key: String::new(), text: self.register(schema)? }]);
        }
        if text == "schemas" {
            return Ok(vec![Line { key: String::new(), text: self.schemas() }]);
        }
        if text == "reports" {
            // Queries report one after the other for a batch: their order says nothing.
            return Ok(Line::sorted(self.driver.read_reports()));
        }
        if text.starts_with("SELECT") {
            let rows = self.driver.query(text)?;
            return Ok(Line::sorted(
                rows.iter().map(|row: &Row| values_text(&row.values)).collect(),
            ));
        }
        match self.partitions {
            Some(count) => self.driver.execute(&with_partitions(text, count))?,
            None => self.driver.execute(text)?,
        }
        let plan = if wants_plan { self.driver.explain() } else { String::new() };
        Ok(vec![Line { key: String::new(), text: plan }])
    }
}

/// Puts another number behind each `partitions =`.
fn with_partitions(statement: &str, count: u32) -> String {
    const NAME: &str = "partitions = ";
    let mut parts = statement.split(NAME);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|char: char| char.is_ascii_digit());
        text.extend([NAME, &count.to_string(), rest]);
    }
    text
}

fn parse_time(text: &str) -> Result<i64, Box<dyn Error>> {
    match text.strip_suffix('s') {
        Some(seconds) => Ok(seconds.parse::<i64>()? * 1000),
        None => Ok(text.parse()?),
    }
}

fn record_line(record: &TestRecord) -> Line {
    let part = |bytes: &Option<Vec<u8>>| match bytes {
        Some(bytes) => bytes_text(bytes),
        None => "null".to_owned(),
    };
    let key = part(&record.key);
    let text = format!("{key} {} @{}", part(&record.value), time_text(record.timestamp_ms));
    Line { key, text }
}

/// Shows text as it is, other bytes escaped, and the id of a schema as a number.
fn bytes_text(bytes: &[u8]) -> String {
    let plain = |bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains(char::is_control) => text.to_owned(),
        _ => bytes.escape_ascii().to_string(),
    };
    match bytes {
        [0, a, b, c, d, body @ ..] => {
            let id = u32::from_be_bytes([*a, *b, *c, *d]);
            format!("#{id} {}", plain(body))
        }
        bytes => plain(bytes),
    }
}

fn row_text(row: &TestRow) -> String {
    let window = match row.window {
        Some((start, end)) => format!("[{}, {}) ", time_text(start), time_text(end)),
        None => String::new(),
    };
    let gone = if row.is_tombstone { " (gone)" } else { "" };
    format!("{window}{}{gone} @{}", values_text(&row.values), time_text(row.timestamp_ms))
}

fn time_text(ms: i64) -> String {
    if ms % 1000 == 0 { format!("{}s", ms / 1000) } else { ms.to_string() }
}

fn values_text(values: &[Value]) -> String {
    values.iter().map(value_text).collect::<Vec<_>>().join(" | ")
}

fn value_text(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Boolean(v) => v.to_string(),
        Value::Int(v) | Value::Date(v) | Value::Time(v) => v.to_string(),
        Value::Bigint(v) | Value::Timestamp(v) => v.to_string(),
        Value::Double(v) => format!("{v:?}"),
        Value::Varchar(v) => v.to_string(),
        Value::Decimal(v) => format!("{}e-{}", v.unscaled, v.scale),
        Value::Bytes(v) => format!("{v:02x?}"),
        Value::Array(v) => format!("[{}]", v.iter().map(value_text).collect::<Vec<_>>().join(", ")),
        Value::Struct(v) => {
            format!("({})", v.iter().map(value_text).collect::<Vec<_>>().join(", "))
        }
        Value::Map(v) => {
            let mut entries: Vec<_> =
                v.iter().map(|(k, v)| format!("{}: {}", value_text(k), value_text(v))).collect();
            entries.sort();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

impl goldenscript::Runner for ScriptDriver {
    type Command = goldenscript::Command;

    fn run(
        &mut self,
        command: &goldenscript::Command,
        context: &goldenscript::Context,
    ) -> Result<String, Box<dyn Error>> {
        let lines = self.answer(command.name.trim(), context.tags.contains("plan"))?;
        Ok(lines.into_iter().map(|line| line.text).collect::<Vec<_>>().join("\n"))
    }
}
