//! Records of a topic, for PRINT and `tidemill consume`.

use chrono::{DateTime, SecondsFormat};
use tidemill::engine::ConsumedRecord;

use crate::render::bytes::{Shown, as_json, as_text, show};
use crate::render::json::string_as_json;

/// Writes a time in milliseconds as ISO 8601 in UTC.
pub(crate) fn iso_time(millis: i64) -> String {
    match DateTime::from_timestamp_millis(millis) {
        Some(time) => time.to_rfc3339_opts(SecondsFormat::Millis, true),
        None => millis.to_string(),
    }
}

/// Writes a record as PRINT does.
pub(crate) fn record_as_line(record: &ConsumedRecord) -> String {
    let key = as_text(&show(record.key.as_deref()));
    let value = as_text(&show(record.value.as_deref()));
    let time = iso_time(record.timestamp_ms);
    let place = format!("partition: {}, offset: {}", record.partition, record.offset);
    let headers = match record.headers.as_slice() {
        [] => String::new(),
        headers => format!(", headers: {}", headers_as_text(headers)),
    };
    format!("rowtime: {time}, key: {key}, value: {value}, {place}{headers}")
}

/// Writes a record as a JSON object, its key and value as they are shown.
pub(crate) fn record_as_json(record: &ConsumedRecord, key: &Shown, value: &Shown) -> String {
    let headers: Vec<String> = record
        .headers
        .iter()
        .map(|(name, value)| {
            let value = as_json(&show(value.as_deref()));
            format!(r#"{{"key":{},"value":{value}}}"#, string_as_json(name))
        })
        .collect();
    format!(
        r#"{{"partition":{},"offset":{},"timestamp":{},"key":{},"value":{},"headers":[{}]}}"#,
        record.partition,
        record.offset,
        record.timestamp_ms,
        as_json(key),
        as_json(value),
        headers.join(",")
    )
}

fn headers_as_text(headers: &[(String, Option<Vec<u8>>)]) -> String {
    let shown =
        headers.iter().map(|(name, value)| format!("{name}={}", as_text(&show(value.as_deref()))));
    format!("[{}]", shown.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> ConsumedRecord {
        ConsumedRecord {
            partition: 1,
            offset: 17,
            timestamp_ms: 60_000,
            key: Some(b"pen".to_vec()),
            value: None,
            headers: vec![("from".to_owned(), Some(b"test".to_vec())), ("x".to_owned(), None)],
        }
    }

    #[test]
    fn a_line_holds_all_of_a_record() {
        assert_eq!(
            record_as_line(&record()),
            "rowtime: 1970-01-01T00:01:00.000Z, key: pen, value: <null>, partition: 1, offset: 17, \
             headers: [from=test, x=<null>]"
        );
    }

    #[test]
    fn an_object_holds_all_of_a_record() {
        let record = record();
        let key = show(record.key.as_deref());
        assert_eq!(
            record_as_json(&record, &key, &Shown::Null),
            r#"{"partition":1,"offset":17,"timestamp":60000,"key":"pen","value":null,"headers":[{"key":"from","value":"test"},{"key":"x","value":null}]}"#
        );
    }
}
