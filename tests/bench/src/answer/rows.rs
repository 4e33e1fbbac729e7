//! A topic of results as rows of columns: read without the engine's decoders, so that they are tested too.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Float64Builder, Int64Builder, StringBuilder};
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use serde_json::{Map, Value};
use tidemill::engine::{ConsumeFrom, Engine};

use crate::error::{BenchError, Result};

/// What a record's key holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Key {
    /// Nothing that is in the result.
    None,
    /// A BIGINT, in format KAFKA.
    Bigint(&'static str),
    /// Columns, in format JSON.
    Json,
}

/// The windows behind the keys.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Windows {
    None,
    /// Tumbling or hopping ones, of so many milliseconds.
    Sized(i64),
    Session,
}

/// How to read a topic of results.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResultShape {
    pub(crate) key: Key,
    pub(crate) windows: Windows,
    /// Whether the last record of a key is what counts, and not every record.
    pub(crate) is_table: bool,
    /// A column that is a list, of which each element becomes a row with its place from 1 on in `RANK`.
    pub(crate) list: Option<&'static str>,
    /// Of how many numbers in the key one is read, where all would take too long; 1 reads all.
    pub(crate) sample: i64,
}

impl ResultShape {
    fn is_sampled(&self, key: Option<&[u8]>) -> bool {
        let number = key.and_then(|key| key.last_chunk::<8>());
        number.is_some_and(|number| i64::from_be_bytes(*number) % self.sample == 0)
    }
}

const BATCH_ROWS: usize = 8192;

/// Reads the committed records of a topic as rows of a schema.
pub(crate) fn read_rows(
    engine: &Engine,
    topic: &str,
    shape: &ResultShape,
    schema: &SchemaRef,
) -> Result<Vec<RecordBatch>> {
    let mut builder = RowsBuilder::new(schema);
    let mut last: HashMap<Vec<u8>, Option<Vec<u8>>> = HashMap::new();
    let mut records = engine.consume_available(topic, ConsumeFrom::Beginning)?;
    while let Some(record) = records.next_record() {
        let record = record?;
        if 1 < shape.sample && !shape.is_sampled(record.key.as_deref()) {
            continue;
        }
        if shape.is_table {
            last.insert(record.key.unwrap_or_default(), record.value);
        } else if let Some(value) = record.value {
            builder.push_record(shape, record.key.as_deref().unwrap_or_default(), &value)?;
        }
    }
    for (key, value) in last {
        if let Some(value) = value {
            builder.push_record(shape, &key, &value)?;
        }
    }
    builder.finish()
}

struct RowsBuilder {
    schema: SchemaRef,
    columns: Vec<ColumnBuilder>,
    row_count: usize,
    batches: Vec<RecordBatch>,
}

enum ColumnBuilder {
    Int(Int64Builder),
    Double(Float64Builder),
    Text(StringBuilder),
}

impl RowsBuilder {
    fn new(schema: &SchemaRef) -> Self {
        let column = |data_type: &DataType| match data_type {
            DataType::Int64 => ColumnBuilder::Int(Int64Builder::new()),
            DataType::Float64 => ColumnBuilder::Double(Float64Builder::new()),
            _ => ColumnBuilder::Text(StringBuilder::new()),
        };
        RowsBuilder {
            schema: Arc::clone(schema),
            columns: schema.fields().iter().map(|field| column(field.data_type())).collect(),
            row_count: 0,
            batches: Vec::new(),
        }
    }

    fn push_record(&mut self, shape: &ResultShape, key: &[u8], value: &[u8]) -> Result<()> {
        let mut row: Map<String, Value> = serde_json::from_slice(value)?;
        add_key(shape, key, &mut row)?;
        let Some(list) = shape.list else { return self.push(&row) };
        let Some(Value::Array(elements)) = row.remove(list) else { return self.push(&row) };
        for (place, element) in elements.into_iter().enumerate() {
            row.insert("RANK".to_owned(), Value::from(place + 1));
            row.insert(list.to_owned(), element);
            self.push(&row)?;
        }
        Ok(())
    }

    fn push(&mut self, row: &Map<String, Value>) -> Result<()> {
        for (field, column) in self.schema.fields().iter().zip(&mut self.columns) {
            let value = row.get(field.name()).unwrap_or(&Value::Null);
            let unexpected = || BenchError::run("answer", format!("{} is {value}", field.name()));
            match (column, value) {
                (ColumnBuilder::Int(builder), Value::Null) => builder.append_null(),
                (ColumnBuilder::Double(builder), Value::Null) => builder.append_null(),
                (ColumnBuilder::Text(builder), Value::Null) => builder.append_null(),
                (ColumnBuilder::Int(builder), value) => {
                    builder.append_value(value.as_i64().ok_or_else(unexpected)?);
                }
                (ColumnBuilder::Double(builder), value) => {
                    builder.append_value(value.as_f64().ok_or_else(unexpected)?);
                }
                (ColumnBuilder::Text(builder), value) => {
                    builder.append_value(value.as_str().ok_or_else(unexpected)?);
                }
            }
        }
        self.row_count += 1;
        if self.row_count == BATCH_ROWS { self.end_batch() } else { Ok(()) }
    }

    fn end_batch(&mut self) -> Result<()> {
        let finish = |column: &mut ColumnBuilder| -> ArrayRef {
            match column {
                ColumnBuilder::Int(builder) => Arc::new(builder.finish()),
                ColumnBuilder::Double(builder) => Arc::new(builder.finish()),
                ColumnBuilder::Text(builder) => Arc::new(builder.finish()),
            }
        };
        let columns = self.columns.iter_mut().map(finish).collect();
        self.batches.push(RecordBatch::try_new(Arc::clone(&self.schema), columns)?);
        self.row_count = 0;
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<RecordBatch>> {
        self.end_batch()?;
        Ok(self.batches)
    }
}

/// Adds the columns that a record's key holds to those of its value.
fn add_key(shape: &ResultShape, key: &[u8], row: &mut Map<String, Value>) -> Result<()> {
    let too_short = || BenchError::run("answer", format!("the key {key:?} is too short"));
    let mut rest = key;
    let mut take_last = || {
        let (before, number) = rest.split_last_chunk::<8>().ok_or_else(too_short)?;
        rest = before;
        Ok::<i64, BenchError>(i64::from_be_bytes(*number))
    };
    match shape.windows {
        Windows::None => {}
        Windows::Sized(size_ms) => {
            let start = take_last()?;
            row.insert("WINDOWSTART".to_owned(), Value::from(start));
            row.insert("WINDOWEND".to_owned(), Value::from(start + size_ms));
        }
        Windows::Session => {
            let (start, end) = (take_last()?, take_last()?);
            row.insert("WINDOWSTART".to_owned(), Value::from(start));
            row.insert("WINDOWEND".to_owned(), Value::from(end));
        }
    }
    match shape.key {
        Key::None => {}
        Key::Bigint(name) => {
            row.insert(name.to_owned(), Value::from(take_last()?));
        }
        Key::Json => row.extend(serde_json::from_slice::<Map<String, Value>>(rest)?),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_key_gives_its_key_and_window() {
        let shape = ResultShape {
            key: Key::Bigint("K"),
            windows: Windows::Session,
            is_table: true,
            list: None,
            sample: 1,
        };
        let key = [7_i64, 20, 10].map(i64::to_be_bytes).concat();
        let mut row = Map::new();
        add_key(&shape, &key, &mut row).unwrap();
        let row = Value::Object(row).to_string();
        assert_eq!(row, r#"{"WINDOWSTART":10,"WINDOWEND":20,"K":7}"#);
        assert!(add_key(&shape, &key[1..], &mut Map::new()).is_err());
    }
}
