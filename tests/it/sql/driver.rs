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

use std::error::Error;
use std::fmt::Write as _;

use tidemill::engine::{Row, TestDriver, TestRecord, TestRow};
use tidemill::registry::{Registration, SchemaKind};
use tidemill::types::Value;

pub(super) struct ScriptDriver {
    driver: TestDriver,
    restarts: bool,
    /// Records that are produced with the next statement, so that they can be one batch.
    waiting: Vec<(String, TestRecord)>,
}

impl ScriptDriver {
    pub(super) fn new(batch_size: usize, restarts: bool) -> Self {
        let driver = TestDriver::new().with_batch_size(batch_size);
        ScriptDriver { driver, restarts, waiting: Vec::new() }
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

    fn produce(&mut self, text: &str) -> Result<String, Box<dyn Error>> {
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
        Ok(String::new())
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

    fn read(&mut self, source: &str) -> Result<String, Box<dyn Error>> {
        let mut out = String::new();
        for row in self.driver.read_rows(source)? {
            writeln!(out, "{}", row_text(&row))?;
        }
        Ok(out)
    }
}

fn parse_time(text: &str) -> Result<i64, Box<dyn Error>> {
    match text.strip_suffix('s') {
        Some(seconds) => Ok(seconds.parse::<i64>()? * 1000),
        None => Ok(text.parse()?),
    }
}

fn record_text(record: &TestRecord) -> String {
    let part = |bytes: &Option<Vec<u8>>| match bytes {
        Some(bytes) => bytes_text(bytes),
        None => "null".to_owned(),
    };
    format!("{} {} @{}", part(&record.key), part(&record.value), time_text(record.timestamp_ms))
}

/// Shows text as it is, other bytes escaped, and the id of a schema as a number.
fn bytes_text(bytes: &[u8]) -> String {
    match bytes {
        [0, a, b, c, d, body @ ..] => {
            let id = u32::from_be_bytes([*a, *b, *c, *d]);
            format!("#{id} {}", bytes_text(body))
        }
        bytes => match std::str::from_utf8(bytes) {
            Ok(text) if !text.contains(char::is_control) => text.to_owned(),
            _ => bytes.escape_ascii().to_string(),
        },
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
        let text = command.name.trim();
        if let Some(record) = text.strip_prefix("produce ") {
            return self.produce(record);
        }
        self.flush()?;
        if let Some(source) = text.strip_prefix("read ") {
            return self.read(source);
        }
        if let Some(topic) = text.strip_prefix("records ") {
            let lines: Vec<String> = self.driver.read(topic).iter().map(record_text).collect();
            return Ok(lines.join("\n"));
        }
        if let Some(schema) = text.strip_prefix("register ") {
            return self.register(schema);
        }
        if text == "schemas" {
            return Ok(self.schemas());
        }
        if text == "reports" {
            let mut reports = self.driver.read_reports();
            // Queries report one after the other for a batch: their order says nothing.
            reports.sort();
            return Ok(reports.join("\n"));
        }
        if text.starts_with("SELECT") {
            let mut rows: Vec<String> =
                self.driver.query(text)?.iter().map(|row: &Row| values_text(&row.values)).collect();
            rows.sort();
            return Ok(rows.join("\n"));
        }
        self.driver.execute(text)?;
        Ok(if context.tags.contains("plan") { self.driver.explain() } else { String::new() })
    }
}
