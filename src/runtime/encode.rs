//! Rows to records of a topic.

use datafusion::arrow::array::{Array, ArrayRef, UInt32Array};

use crate::error::Result;
use crate::formats::row::RowWriter;
use crate::formats::window_key::{append_session_window, append_time_window};
use crate::formats::{Encoder, Payloads, Serde, encoder};
use crate::log::partition_for_key;
use crate::operators::OperatorError;
use crate::runtime::decode::{InternalRow, unwritable};
use crate::topology::Output;
use crate::types::{Batch, ColumnRole, Schema, Value, Windows, value_at};

/// Records on their way to a topic, by column.
#[derive(Clone, Debug, Default)]
pub(crate) struct EncodedRecords {
    /// Their keys.
    pub(crate) keys: Payloads,
    /// Their values.
    pub(crate) values: Payloads,
    /// Their timestamps.
    pub(crate) times: Vec<i64>,
    /// The partition that each one's key goes to; none for a record without a key.
    pub(crate) partitions: Vec<Option<u32>>,
    /// Their headers, if any has some.
    pub(crate) headers: Option<ArrayRef>,
}

impl EncodedRecords {
    /// Returns the headers of a record, for those who need them one by one.
    pub(crate) fn headers_of(&self, row: usize) -> Vec<(String, Option<Vec<u8>>)> {
        let Some(headers) = &self.headers else { return Vec::new() };
        let Value::Array(headers) = value_at(headers, row) else { return Vec::new() };
        let header = |header: Value| match header {
            Value::Struct(pair) => match pair.as_slice() {
                [Value::Varchar(name), Value::Bytes(value)] => {
                    Some((name.to_string(), Some(value.to_vec())))
                }
                [Value::Varchar(name), _] => Some((name.to_string(), None)),
                _ => None,
            },
            _ => None,
        };
        headers.into_iter().filter_map(header).collect()
    }

    /// Makes records that have values only, all of one time.
    pub(crate) fn values(values: Vec<Vec<u8>>, time_ms: i64) -> Self {
        let count = values.len();
        let mut payloads = Payloads::default();
        for value in values {
            payloads.bytes.extend_from_slice(&value);
            payloads.ends.push(payloads.bytes.len() as u32);
        }
        let keys = Payloads { bytes: Vec::new(), ends: vec![0; count], absent: vec![true; count] };
        let (times, partitions) = (vec![time_ms; count], vec![None; count]);
        EncodedRecords { keys, values: payloads, times, partitions, headers: None }
    }
}

/// Turns the rows of an output into records.
pub(crate) enum RecordEncoder {
    /// By a sink's formats.
    Sink(Box<SinkEncoder>),
    /// Into the internal format; the key is written as those of the topics it is joined with.
    Repartition {
        /// How the key is written.
        key: Box<dyn Encoder>,
        /// How many columns it has.
        key_count: usize,
        /// How many bytes a row took last time.
        row_bytes: usize,
    },
}

impl RecordEncoder {
    /// Makes the encoder of an output; none for rows that go to who asked.
    pub(crate) fn new(output: &Output) -> Result<Option<Self>> {
        Ok(match output {
            Output::Sink { sink, schema, is_windowed, has_whole_key } => {
                let source = &sink.source;
                let values: Vec<_> = schema.value().cloned().collect();
                let is_session = matches!(source.window, Some(crate::catalog::KeyWindow::Session));
                Some(RecordEncoder::Sink(Box::new(SinkEncoder {
                    key: encoder(&Serde::new(source.key_format.clone(), schema.key()))
                        .map_err(unwritable)?,
                    value: encoder(&Serde::new(source.value_format.clone(), &values))
                        .map_err(unwritable)?,
                    schema: schema.clone(),
                    window: is_windowed.then_some(WindowSuffix { is_session }),
                    has_whole_key: *has_whole_key,
                })))
            }
            Output::Repartition { schema, key_format, .. } => Some(RecordEncoder::Repartition {
                key: encoder(&Serde::new(key_format.clone(), schema.key())).map_err(unwritable)?,
                key_count: schema.key_count(),
                row_bytes: 0,
            }),
            Output::Rows(_) => None,
        })
    }

    /// Turns rows into records for a topic of so many partitions.
    pub(crate) fn encode(
        &mut self,
        batch: &Batch,
        partition_count: u32,
    ) -> Result<EncodedRecords, OperatorError> {
        match self {
            RecordEncoder::Sink(sink) => sink.encode(batch, partition_count),
            RecordEncoder::Repartition { key, key_count, row_bytes } => {
                let values = internal_values(batch, row_bytes)?;
                encode_internal(key.as_mut(), *key_count, batch, values, partition_count)
            }
        }
    }
}

/// Writes the values of records, and says with which row each begins.
fn internal_values(
    batch: &Batch,
    row_bytes: &mut usize,
) -> Result<(Payloads, Vec<u32>), OperatorError> {
    let row_count = batch.row_count();
    let mut values = Payloads::with_capacity(row_count, row_count * *row_bytes);
    let mut heads: Vec<u32> = Vec::with_capacity(row_count);
    let writer = RowWriter::new(&batch.columns);
    for row in 0..row_count {
        let is_replacement = 0 < row && batch.is_replaced(row - 1);
        if !is_replacement {
            heads.push(row as u32);
            values.bytes.push(internal_row(batch, row).flag());
        }
        writer.write(row, &mut values.bytes);
        if !batch.is_replaced(row) {
            values.ends.push(end_of(&values.bytes)?);
        }
    }
    *row_bytes = values.bytes.len() / row_count.max(1) + 1;
    Ok((values, heads))
}

fn encode_internal(
    key: &mut dyn Encoder,
    key_count: usize,
    batch: &Batch,
    (values, heads): (Payloads, Vec<u32>),
    partition_count: u32,
) -> Result<EncodedRecords, OperatorError> {
    // A row and the one that replaces it are one record.
    let records = match heads.len() == batch.row_count() {
        true => batch.clone(),
        false => batch.take(&UInt32Array::from(heads))?,
    };
    let columns = &records.columns[..key_count];
    let has_null = |row: usize| columns.iter().all(|column| column.is_null(row));
    let keys = key.encode(columns, records.row_count(), &has_null).map_err(refused)?;
    Ok(EncodedRecords {
        partitions: partitions(&keys, partition_count),
        keys,
        values,
        times: records.times.to_vec(),
        headers: records.headers,
    })
}

fn internal_row(batch: &Batch, row: usize) -> InternalRow {
    let is_undone = batch.undone.as_ref().is_some_and(|undone| undone.rows.value(row));
    match (batch.is_deleted(row), is_undone, batch.is_replaced(row)) {
        (_, _, true) => InternalRow::Replaced,
        (_, true, false) => InternalRow::Undone,
        (true, false, false) => InternalRow::Deleted,
        (false, false, false) => InternalRow::Live,
    }
}

fn refused(error: crate::formats::EncodeError) -> OperatorError {
    OperatorError::Record(error.to_string())
}

fn end_of(bytes: &[u8]) -> Result<u32, OperatorError> {
    let too_large = |_| OperatorError::Record("a batch of output is larger than 4 GiB".to_owned());
    u32::try_from(bytes.len()).map_err(too_large)
}

fn partitions(keys: &Payloads, partition_count: u32) -> Vec<Option<u32>> {
    let partition = |key: &[u8]| partition_for_key(key, partition_count);
    (0..keys.ends.len()).map(|row| keys.get(row).map(partition)).collect()
}

/// Turns rows into records of a stream's or table's topic.
pub(crate) struct SinkEncoder {
    key: Box<dyn Encoder>,
    value: Box<dyn Encoder>,
    schema: Schema,
    window: Option<WindowSuffix>,
    /// Whether a key of nulls only is a key.
    has_whole_key: bool,
}

#[derive(Clone, Copy)]
struct WindowSuffix {
    is_session: bool,
}

impl WindowSuffix {
    /// Writes each row's window behind its key.
    fn append(self, keys: &Payloads, windows: &Windows) -> Result<Payloads, OperatorError> {
        let mut out = Payloads::default();
        for (row, key) in keys.iter().enumerate() {
            out.absent.push(key.is_none());
            if let Some(key) = key {
                out.bytes.extend_from_slice(key);
                let start = windows.starts[row];
                match self.is_session {
                    true => append_session_window(start, windows.ends[row], &mut out.bytes),
                    false => append_time_window(start, &mut out.bytes),
                }
            }
            out.ends.push(end_of(&out.bytes)?);
        }
        Ok(out)
    }
}

impl SinkEncoder {
    fn encode(
        &mut self,
        batch: &Batch,
        partition_count: u32,
    ) -> Result<EncodedRecords, OperatorError> {
        let row_count = batch.row_count();
        let (keys, rest) = batch.columns.split_at(self.schema.key_count());
        let no_key =
            |row: usize| !self.has_whole_key && keys.iter().all(|column| column.is_null(row));
        let inner = self.key.encode(keys, row_count, &no_key).map_err(refused)?;
        // Windows of a key stay together: the partition is that of the key without its window.
        let partitions = partitions(&inner, partition_count);
        let values: Vec<ArrayRef> = self
            .schema
            .rest()
            .iter()
            .zip(rest)
            .filter(|(column, _)| column.role == ColumnRole::Value)
            .map(|(_, data)| ArrayRef::clone(data))
            .collect();
        let deleted = |row: usize| batch.is_deleted(row);
        let values = self.value.encode(&values, row_count, &deleted).map_err(refused)?;
        let keys = match (&self.window, &batch.windows) {
            (Some(suffix), Some(windows)) => suffix.append(&inner, windows)?,
            _ => inner,
        };
        let times = batch.times.to_vec();
        let headers = batch.headers.clone();
        Ok(EncodedRecords { keys, values, times, partitions, headers })
    }
}
