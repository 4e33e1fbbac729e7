//! A record of a case as the bytes of its topic, and back.

use tidemill::catalog::{KeyWindow, Source};
use tidemill::engine::TestRecord;
use tidemill::formats::{FormatKind, window_key};
use tidemill::types::{Column, SqlType, push_double};

use crate::corpus::{Record, Window};
use crate::json::Json;

/// Writes a record as the source of its topic reads it.
pub(crate) fn encode(record: &Record, source: &Source) -> Result<TestRecord, String> {
    let key = encode_side(&record.key, source.key_format.kind, source.schema.key().first())?;
    let value = source.schema.value().next();
    Ok(TestRecord {
        key: key.map(|key| with_window(key, record.window)),
        value: encode_side(&record.value, source.value_format.kind, value)?,
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
    format: FormatKind,
    column: Option<&Column>,
) -> Result<Option<Vec<u8>>, String> {
    if *spec == Json::Null {
        return Ok(None);
    }
    Ok(match format {
        FormatKind::Json => Some(spec.to_string().into_bytes()),
        FormatKind::Delimited => Some(spec.plain().into_bytes()),
        FormatKind::Kafka => Some(encode_kafka(spec, column)?),
        FormatKind::None => None,
    })
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
pub(crate) fn decode_key(record: &TestRecord, source: &Source) -> Result<Key, String> {
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
    let column = source.schema.key().first();
    Ok(Key { value: decode_side(bytes, source.key_format.kind, column)?, window })
}

/// Reads a record's value as the source of its topic writes it.
pub(crate) fn decode_value(record: &TestRecord, source: &Source) -> Result<Json, String> {
    let column = source.schema.value().next();
    decode_side(record.value.as_deref(), source.value_format.kind, column)
}

fn decode_side(
    bytes: Option<&[u8]>,
    format: FormatKind,
    column: Option<&Column>,
) -> Result<Json, String> {
    let Some(bytes) = bytes else { return Ok(Json::Null) };
    let text = || String::from_utf8_lossy(bytes).into_owned();
    match format {
        FormatKind::Json => Json::parse(&text()),
        FormatKind::Delimited => Ok(Json::Text(text())),
        FormatKind::None => Ok(Json::Null),
        FormatKind::Kafka => {
            let size = |_| format!("the number has {} bytes", bytes.len());
            Ok(match column.map(|column| &column.sql_type) {
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
