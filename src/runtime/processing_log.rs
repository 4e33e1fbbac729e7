//! The processing log: what went wrong with single records, as records of a topic with a stream over it.
//!
//! The records have the shape that ksqlDB gives them, so that its queries over them run here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::operators::Report;
use crate::runtime::input::Undecoded;

/// The topic of the processing log.
pub const PROCESSING_LOG_TOPIC: &str = "default_ksql_processing_log";
/// The stream over it.
pub const PROCESSING_LOG_STREAM: &str = "KSQL_PROCESSING_LOG";

/// The statement that makes the stream.
pub const PROCESSING_LOG_STATEMENT: &str = "CREATE STREAM KSQL_PROCESSING_LOG (
  logger VARCHAR, level VARCHAR, time BIGINT,
  message STRUCT<
    type INT,
    deserializationError STRUCT<target VARCHAR, errorMessage VARCHAR, recordB64 VARCHAR, cause ARRAY<VARCHAR>,
      `topic` VARCHAR, `partition` INT, `offset` BIGINT>,
    recordProcessingError STRUCT<errorMessage VARCHAR, record VARCHAR, cause ARRAY<VARCHAR>>,
    productionError STRUCT<errorMessage VARCHAR>>
) WITH (KAFKA_TOPIC='default_ksql_processing_log', VALUE_FORMAT='JSON');";

const DESERIALIZATION_ERROR: i32 = 0;
const RECORD_PROCESSING_ERROR: i32 = 1;

/// Returns the record for a record that did not decode.
pub(super) fn undecoded_record(
    query_id: &str,
    topic: &str,
    partition: u32,
    undecoded: &Undecoded,
    now_ms: i64,
) -> Vec<u8> {
    let message = json!({
        "TYPE": DESERIALIZATION_ERROR,
        "DESERIALIZATIONERROR": {
            "TARGET": undecoded.report.part,
            "ERRORMESSAGE": undecoded.report.reason,
            "RECORDB64": STANDARD.encode(&undecoded.bytes),
            "CAUSE": [],
            "topic": topic,
            "partition": partition,
            "offset": undecoded.offset,
        },
        "RECORDPROCESSINGERROR": null,
        "PRODUCTIONERROR": null,
    });
    record(&format!("processing.{query_id}.{topic}.deserializer"), message, now_ms)
}

/// Returns the record for what an operator reports.
pub(super) fn report_record(query_id: &str, report: &Report, now_ms: i64) -> Vec<u8> {
    let (reason, row) = match report {
        Report::Expression { reason } => (reason.clone(), None),
        Report::Late { time_ms, stream_time_ms, window_start_ms, window_end_ms } => (
            format!(
                "record dropped: its window [{window_start_ms}, {window_end_ms}) was closed at stream time {stream_time_ms}"
            ),
            Some(json!({ "rowtime": time_ms }).to_string()),
        ),
        Report::NotEmitted { stream_time_ms, window_start_ms, window_end_ms } => (
            format!(
                "final result dropped: at stream time {stream_time_ms} the window [{window_start_ms}, {window_end_ms}) was closed, but not kept any more; a longer RETENTION keeps it"
            ),
            None,
        ),
        Report::NullKey { operator, row_count } => {
            (format!("{row_count} records dropped: {operator} needs a key, theirs is null"), None)
        }
    };
    let message = json!({
        "TYPE": RECORD_PROCESSING_ERROR,
        "DESERIALIZATIONERROR": null,
        "RECORDPROCESSINGERROR": { "ERRORMESSAGE": reason, "RECORD": row, "CAUSE": [] },
        "PRODUCTIONERROR": null,
    });
    record(&format!("processing.{query_id}"), message, now_ms)
}

fn record(logger: &str, message: Value, now_ms: i64) -> Vec<u8> {
    json!({ "LOGGER": logger, "LEVEL": "ERROR", "TIME": now_ms, "MESSAGE": message })
        .to_string()
        .into_bytes()
}
