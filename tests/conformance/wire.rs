//! A record of a case as the bytes of its topic, and back.

use std::sync::Arc;

use tidemill::catalog::{KeyWindow, Source};
use tidemill::engine::{TestDriver, TestRecord};
use tidemill::formats::{
    FieldNames, Format, FormatKind, Inference, Serde, Side, SideSchemas, decoder, encoder,
    inferred_columns, window_key,
};
use tidemill::registry::RegisteredSchema;
use tidemill::types::{Column, SqlType, push_double, value_at};

use crate::corpus::{Record, Window};
use crate::json::Json;
use crate::values;

/// A side of a source's records.
struct SourceSide<'a> {
    side: Side,
    format: &'a Format,
    columns: Vec<Column>,
    topic: &'a str,
}

impl<'a> SourceSide<'a> {
    fn key(source: &'a Source) -> Self {
        let columns = source.schema.key().to_vec();
        SourceSide { side: Side::Key, format: &source.key_format, columns, topic: &source.topic }
    }

    fn value(source: &'a Source) -> Self {
        let columns = source.schema.value().cloned().collect();
        SourceSide {
            side: Side::Value,
            format: &source.value_format,
            columns,
            topic: &source.topic,
        }
    }

    /// Returns the columns of a schema.
    fn columns_of(
        &self,
        schema: &RegisteredSchema,
        names: FieldNames,
    ) -> Result<Vec<(Arc<str>, SqlType)>, String> {
        let inference = Inference {
            side: self.side,
            format: self.format.kind,
            is_unwrapped: self.format.unwrapped,
            full_name: self.format.full_name.as_deref(),
            names,
        };
        inferred_columns(schema, &inference).map_err(|error| error.to_string())
    }

    fn own_columns(&self) -> Vec<(Arc<str>, SqlType)> {
        self.columns.iter().map(|c| (Arc::clone(&c.name), c.sql_type.clone())).collect()
    }

    fn format_with(&self, writer: &Arc<RegisteredSchema>, driver: &TestDriver) -> Format {
        let schemas =
            SideSchemas { registry: driver.schemas().clone(), writer: Arc::clone(writer) };
        Format { schemas: Some(schemas), ..self.format.clone() }
    }
}

/// Writes a record as the source of its topic reads it.
pub(crate) fn encode(
    record: &Record,
    source: &Source,
    driver: &TestDriver,
) -> Result<TestRecord, String> {
    let key = encode_side(&record.key, &SourceSide::key(source), driver)?;
    Ok(TestRecord {
        key: key.map(|key| with_window(key, record.window)),
        value: encode_side(&record.value, &SourceSide::value(source), driver)?,
        timestamp_ms: record.timestamp.unwrap_or(0),
        headers: record.headers.clone(),
    })
}

fn with_window(mut key: Vec<u8>, window: Option<Window>) -> Vec<u8> {
    match window {
        None => {}
        Some(Window { start, end, is_session: true }) => {
            window_key::append_session_window(start, end, &mut key);
        }
        Some(window) => window_key::append_time_window(window.start, &mut key),
    }
    key
}

fn encode_side(
    spec: &Json,
    at: &SourceSide<'_>,
    driver: &TestDriver,
) -> Result<Option<Vec<u8>>, String> {
    if *spec == Json::Null {
        return Ok(None);
    }
    Ok(match at.format.kind {
        FormatKind::Json => Some(spec.to_string().into_bytes()),
        FormatKind::Delimited => Some(spec.plain().into_bytes()),
        FormatKind::Kafka => Some(encode_kafka(spec, at.columns.first())?),
        FormatKind::None => None,
        FormatKind::Avro | FormatKind::JsonSr | FormatKind::Protobuf => {
            let side = if at.side == Side::Key { "key" } else { "value" };
            let subject = format!("{}-{side}", at.topic);
            let latest = driver.schemas().latest(&subject);
            let writer = latest.ok_or_else(|| format!("{subject} has no schema"))?.schema;
            let names = at.columns_of(&writer, FieldNames::AsTheyAre)?;
            let columns = at.columns_of(&writer, FieldNames::Upper)?;
            encode_columns(spec, columns, names, at.format_with(&writer, driver))?
        }
        FormatKind::ProtobufNosr => {
            encode_columns(spec, at.own_columns(), at.own_columns(), at.format.clone())?
        }
    })
}

/// Reads JSON into columns, whatever the case of its names, and writes those by the names of the schema.
fn encode_columns(
    spec: &Json,
    columns: Vec<(Arc<str>, SqlType)>,
    named: Vec<(Arc<str>, SqlType)>,
    format: Format,
) -> Result<Option<Vec<u8>>, String> {
    let json = Format { unwrapped: format.unwrapped, ..Format::plain(FormatKind::Json) };
    let all: Vec<usize> = (0..columns.len()).collect();
    let serde = Serde { format: json, columns };
    let text = spec.to_string();
    let mut reader = decoder(&serde, &all).map_err(|error| error.to_string())?;
    let decoded = reader.decode(&[Some(text.as_bytes())]);
    if let Some(failure) = decoded.failures.first() {
        return Err(format!("{text}: {}", failure.reason));
    }
    let serde = Serde { format, columns: named };
    let mut writer = encoder(&serde).map_err(|error| error.to_string())?;
    let payloads = writer.encode(&decoded.columns, 1, &|_| false);
    let payloads = payloads.map_err(|error| format!("{text}: {error}"))?;
    Ok(payloads.get(0).map(<[u8]>::to_vec))
}

/// Reads a payload into columns, and returns those as JSON.
fn decode_columns(
    bytes: &[u8],
    columns: Vec<(Arc<str>, SqlType)>,
    format: Format,
) -> Result<Json, String> {
    let is_unwrapped = format.unwrapped;
    let all: Vec<usize> = (0..columns.len()).collect();
    let serde = Serde { format, columns };
    let mut reader = decoder(&serde, &all).map_err(|error| error.to_string())?;
    let decoded = reader.decode(&[Some(bytes)]);
    if let Some(failure) = decoded.failures.first() {
        return Err(failure.reason.clone());
    }
    let values: Vec<_> = decoded.columns.iter().map(|column| value_at(column, 0)).collect();
    match (values.as_slice(), serde.columns.as_slice()) {
        ([value], [(_, sql_type)]) if is_unwrapped => Ok(values::json_of(value, sql_type)),
        _ => Ok(values::row(&values, &serde.columns)),
    }
}

fn encode_kafka(spec: &Json, column: Option<&Column>) -> Result<Vec<u8>, String> {
    let text = spec.plain();
    let wrong = |error: &dyn ToString| format!("{text} is not a number: {}", error.to_string());
    Ok(match column.map(|column| &column.sql_type) {
        Some(SqlType::Int) => {
            text.parse::<i32>().map_err(|error| wrong(&error))?.to_be_bytes().to_vec()
        }
        Some(SqlType::Bigint) => {
            text.parse::<i64>().map_err(|error| wrong(&error))?.to_be_bytes().to_vec()
        }
        Some(SqlType::Double) => {
            text.parse::<f64>().map_err(|error| wrong(&error))?.to_be_bytes().to_vec()
        }
        _ => text.into_bytes(),
    })
}

/// What a record's key is.
pub(crate) struct Key {
    pub(crate) value: Json,
    pub(crate) window: Option<Window>,
}

/// Reads a record's key as the source of its topic writes it.
pub(crate) fn decode_key(
    record: &TestRecord,
    source: &Source,
    driver: &TestDriver,
) -> Result<Key, String> {
    let short = || "the key is too short for a window".to_owned();
    let (bytes, window) = match (record.key.as_deref(), source.window) {
        (None, _) => (None, None),
        (Some(key), None) => (Some(key), None),
        (Some(key), Some(KeyWindow::Session)) => {
            let (key, start, end) = window_key::split_session_window(key).ok_or_else(short)?;
            (Some(key), Some(Window { start, end, is_session: true }))
        }
        (Some(key), Some(window)) => {
            let (key, start) = window_key::split_time_window(key).ok_or_else(short)?;
            let end = start + window.size_ms().unwrap_or(0);
            (Some(key), Some(Window { start, end, is_session: false }))
        }
    };
    Ok(Key { value: decode_side(bytes, &SourceSide::key(source), driver)?, window })
}

/// Reads a record's value as the source of its topic writes it.
pub(crate) fn decode_value(
    record: &TestRecord,
    source: &Source,
    driver: &TestDriver,
) -> Result<Json, String> {
    decode_side(record.value.as_deref(), &SourceSide::value(source), driver)
}

fn decode_side(
    bytes: Option<&[u8]>,
    at: &SourceSide<'_>,
    driver: &TestDriver,
) -> Result<Json, String> {
    let Some(bytes) = bytes else { return Ok(Json::Null) };
    let text = || String::from_utf8_lossy(bytes).into_owned();
    match at.format.kind {
        FormatKind::Avro | FormatKind::JsonSr | FormatKind::Protobuf => {
            let id = bytes.get(1..5).and_then(|id| id.try_into().ok()).map(u32::from_be_bytes);
            let writer = id.and_then(|id| driver.schemas().by_id(id));
            let writer = writer.ok_or_else(|| format!("there is no schema {id:?}"))?;
            let columns = at.columns_of(&writer, FieldNames::AsTheyAre)?;
            decode_columns(bytes, columns, at.format_with(&writer, driver))
        }
        FormatKind::ProtobufNosr => decode_columns(bytes, at.own_columns(), at.format.clone()),
        FormatKind::Json => Json::parse(&text()),
        FormatKind::Delimited => Ok(Json::Text(text())),
        FormatKind::None => Ok(Json::Null),
        FormatKind::Kafka => {
            let size = |_| format!("the number has {} bytes", bytes.len());
            Ok(match at.columns.first().map(|column| &column.sql_type) {
                Some(SqlType::Int) => {
                    Json::Number(i32::from_be_bytes(bytes.try_into().map_err(size)?).to_string())
                }
                Some(SqlType::Bigint) => {
                    Json::Number(i64::from_be_bytes(bytes.try_into().map_err(size)?).to_string())
                }
                Some(SqlType::Double) => {
                    let mut digits = Vec::new();
                    push_double(f64::from_be_bytes(bytes.try_into().map_err(size)?), &mut digits);
                    Json::Number(String::from_utf8_lossy(&digits).into_owned())
                }
                _ => Json::Text(text()),
            })
        }
    }
}
