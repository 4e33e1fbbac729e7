//! Rows of both sides as text, in an order in which they can be compared.

use std::collections::BTreeMap;

use datafusion::arrow::array::{
    Array, ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray,
};
use tidemill::engine::{TestDriver, TestRow};
use tidemill::types::Value;

pub(super) fn sorted(rows: impl Iterator<Item = Vec<String>>) -> Vec<String> {
    let mut rows: Vec<_> = rows.map(|row| row.join(" | ")).collect();
    rows.sort();
    rows
}

pub(super) fn of_batches(batches: &[RecordBatch]) -> Vec<Vec<String>> {
    let row = |batch: &RecordBatch, row| {
        batch.columns().iter().map(|column| cell_text(column, row)).collect()
    };
    let rows = |batch| (0..RecordBatch::num_rows(batch)).map(move |number| row(batch, number));
    batches.iter().flat_map(rows).collect()
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

pub(super) fn texts(values: &[Value]) -> Vec<String> {
    values.iter().map(value_text).collect()
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

pub(super) fn with_time(row: &TestRow) -> Vec<String> {
    let mut texts = texts(&row.values);
    texts.push(row.timestamp_ms.to_string());
    texts
}

/// Returns a row behind the bounds of its window.
pub(super) fn with_window(row: &TestRow) -> Vec<String> {
    assert!(!row.is_tombstone, "a window that comes out once is not taken back");
    let window = row.window.map(|(start, end)| [start.to_string(), end.to_string()]);
    window.into_iter().flatten().chain(texts(&row.values)).collect()
}

/// Returns the rows that the records of ANSWER's topic come to: the last of each key, if it is no tombstone.
pub(super) fn latest(driver: &TestDriver, written: &[TestRow]) -> Vec<Vec<String>> {
    let key_length = driver.source("ANSWER").unwrap().schema.key().len();
    let mut latest: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
    for row in written {
        let key = (texts(&row.values[..key_length]), row.window);
        let key = key.0.into_iter().chain([format!("{:?}", key.1)]).collect();
        if row.is_tombstone {
            latest.remove(&key);
            continue;
        }
        let window = row.window.map(|(start, end)| [start.to_string(), end.to_string()]);
        let values = window.into_iter().flatten().chain(texts(&row.values));
        latest.insert(key, values.collect());
    }
    latest.into_values().collect()
}
