//! Rows to records of a topic.

use datafusion::arrow::array::{Array, ArrayRef};

use crate::error::Result;
use crate::formats::block::write_block;
use crate::formats::window_key::{append_session_window, append_time_window};
use crate::formats::{Encoder, Payloads, Serde, encoder};
use crate::log::partition_for_key;
use crate::operators::OperatorError;
use crate::runtime::decode::unwritable;
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
    /// Into blocks of rows.
    Repartition(Box<BlockEncoder>),
}

/// How large blocks may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BlockLimits {
    /// How many rows; one and the one that replaces it count as one.
    pub(crate) rows: usize,
    /// How many bytes, unless one row alone has more.
    pub(crate) bytes: usize,
}

impl RecordEncoder {
    /// Makes the encoder of an output; none for rows that go to who asked. A block has one row, unless `with_blocks` says else.
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
            Output::Repartition { schema, key_format, .. } => {
                let key = encoder(&Serde::new(key_format.clone(), schema.key()));
                Some(RecordEncoder::Repartition(Box::new(BlockEncoder {
                    key: key.map_err(unwritable)?,
                    key_count: schema.key_count(),
                    limits: BlockLimits { rows: 1, bytes: usize::MAX / 2 },
                    row_bytes: 0,
                })))
            }
            Output::Rows(_) => None,
        })
    }

    /// Says how large blocks may be.
    pub(crate) fn with_blocks(mut self, limits: BlockLimits) -> Self {
        if let RecordEncoder::Repartition(blocks) = &mut self {
            blocks.limits = limits;
        }
        self
    }

    /// Turns rows into records for a topic of so many partitions.
    pub(crate) fn encode(
        &mut self,
        batch: &Batch,
        partition_count: u32,
    ) -> Result<EncodedRecords, OperatorError> {
        match self {
            RecordEncoder::Sink(sink) => sink.encode(batch, partition_count),
            RecordEncoder::Repartition(blocks) => blocks.encode(batch, partition_count),
        }
    }
}

/// Turns rows into blocks, of which each goes to one partition.
pub(crate) struct BlockEncoder {
    /// Writes the key as those of the topics it is joined with: that decides the partition.
    key: Box<dyn Encoder>,
    key_count: usize,
    limits: BlockLimits,
    /// How many bytes a row took last time.
    row_bytes: usize,
}

impl BlockEncoder {
    fn encode(
        &mut self,
        batch: &Batch,
        partition_count: u32,
    ) -> Result<EncodedRecords, OperatorError> {
        let keys = &batch.columns[..self.key_count];
        let has_null = |row: usize| keys.iter().all(|column| column.is_null(row));
        let keys = self.key.encode(keys, batch.row_count(), &has_null).map_err(refused)?;
        let partitions = partitions(&keys, partition_count);
        let rows = by_partition(&partitions);
        let partition_of = |row: &u32| partitions[*row as usize];
        let mut pieces: Vec<&[u32]> = Vec::new();
        for of_partition in rows.chunk_by(|a, b| partition_of(a) == partition_of(b)) {
            self.cut(batch, of_partition, &mut pieces);
        }
        pieces.sort_unstable_by_key(|rows| rows[0]);
        let values = Payloads::with_capacity(pieces.len(), batch.row_count() * self.row_bytes);
        let mut records = EncodedRecords { values, ..EncodedRecords::default() };
        for piece in pieces {
            self.write(batch, piece, &partitions, &mut records)?;
        }
        records.keys.absent = vec![true; records.times.len()];
        records.keys.ends = vec![0; records.times.len()];
        Ok(records)
    }

    /// Cuts rows into as many as are expected to fit into a block.
    fn cut<'a>(&self, batch: &Batch, mut rows: &'a [u32], pieces: &mut Vec<&'a [u32]>) {
        let rows_max = (self.limits.bytes / self.row_bytes.max(1)).clamp(1, self.limits.rows);
        while !rows.is_empty() {
            let (piece, rest) = rows.split_at(unit_end(batch, rows, rows_max));
            pieces.push(piece);
            rows = rest;
        }
    }

    /// Writes rows as one block, or as several if they are larger than expected.
    fn write(
        &mut self,
        batch: &Batch,
        rows: &[u32],
        partitions: &[Option<u32>],
        records: &mut EncodedRecords,
    ) -> Result<(), OperatorError> {
        let start = records.values.bytes.len();
        write_block(batch, rows, &mut records.values.bytes);
        let size = records.values.bytes.len() - start;
        let half = unit_end(batch, rows, rows.len() / 2);
        if 2 * self.limits.bytes < size && half < rows.len() {
            records.values.bytes.truncate(start);
            self.write(batch, &rows[..half], partitions, records)?;
            return self.write(batch, &rows[half..], partitions, records);
        }
        self.row_bytes = size / rows.len() + 1;
        let times = rows.iter().map(|row| batch.times[*row as usize]);
        records.times.push(times.max().unwrap_or_default());
        records.partitions.push(partitions[rows[0] as usize]);
        records.values.ends.push(end_of(&records.values.bytes)?);
        Ok(())
    }
}

/// Returns the numbers of rows by their partitions; those of one partition stay in order.
fn by_partition(partitions: &[Option<u32>]) -> Vec<u32> {
    let mut rows: Vec<u32> = (0..partitions.len() as u32).collect();
    if partitions.iter().any(|partition| *partition != partitions[0]) {
        rows.sort_by_key(|row| partitions[*row as usize]);
    }
    rows
}

/// Returns how many of some rows are to be taken if it should be `count`, at least one: a row and the one that replaces it stay
/// together, so that nothing comes between them.
fn unit_end(batch: &Batch, rows: &[u32], count: usize) -> usize {
    let count = count.clamp(1, rows.len());
    if batch.is_replaced(rows[count - 1] as usize) { (count + 1).min(rows.len()) } else { count }
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::Int64Array;

    use super::*;
    use crate::formats::{Format, FormatKind};
    use crate::types::{Column, SqlType, Undone};

    /// Encodes rows whose keys are given, of which some are replaced by the next; returns the partition and the rows of each block.
    fn blocks(
        keys: &[Option<i64>],
        replaced: &[usize],
        limits: BlockLimits,
    ) -> Vec<(Option<u32>, Vec<i64>)> {
        let column =
            |name: &str, role| Column { name: name.into(), sql_type: SqlType::Bigint, role };
        let schema = Schema::new([column("K", ColumnRole::Key), column("V", ColumnRole::Value)]);
        let types: Vec<SqlType> = schema.columns().iter().map(|c| c.sql_type.clone()).collect();
        let key_format = Format { unwrapped: true, ..Format::plain(FormatKind::Json) };
        let output = Output::Repartition { topic: "t".into(), schema, key_format };
        let mut encoder = RecordEncoder::new(&output).unwrap().unwrap().with_blocks(limits);
        let numbers: Vec<i64> = (0..keys.len() as i64).collect();
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from(keys.to_vec())),
            Arc::new(Int64Array::from(numbers.clone())),
        ];
        let mut batch = Batch::new(columns, numbers.into());
        let marks: datafusion::arrow::buffer::BooleanBuffer =
            (0..keys.len()).map(|row| replaced.contains(&row)).collect();
        batch.undone = Some(Undone { rows: marks.clone(), replaced: marks });
        // The second time it knows how large rows are.
        encoder.encode(&batch, 4).unwrap();
        let records = encoder.encode(&batch, 4).unwrap();
        let block = |at: usize| {
            let value = records.values.get(at).unwrap();
            let (rows, _) = crate::formats::block::read_blocks(&[value], &types).unwrap();
            assert_eq!(records.times[at], *rows.times.last().unwrap());
            (records.partitions[at], rows.times.to_vec())
        };
        (0..records.times.len()).map(block).collect()
    }

    #[test]
    fn each_row_is_in_one_block_of_its_partition() {
        let keys: Vec<Option<i64>> =
            (0..100).map(|row| (row % 10 != 0).then_some(row % 7)).collect();
        for limits in [
            BlockLimits { rows: 1, bytes: usize::MAX / 2 },
            BlockLimits { rows: 9, bytes: usize::MAX / 2 },
            BlockLimits { rows: usize::MAX, bytes: 100 },
            BlockLimits { rows: usize::MAX, bytes: 64 * 1024 },
        ] {
            let found = blocks(&keys, &[], limits);
            let firsts: Vec<i64> = found.iter().map(|(_, rows)| rows[0]).collect();
            assert!(firsts.is_sorted(), "blocks are in the order of their first rows");
            let mut all: Vec<(i64, Option<u32>)> = found
                .iter()
                .flat_map(|(partition, rows)| rows.iter().map(move |row| (*row, *partition)))
                .collect();
            all.sort_unstable();
            let partition = |key: i64| partition_for_key(key.to_string().as_bytes(), 4);
            let expected = keys.iter().zip(0..).map(|(key, row)| (row, key.map(partition)));
            assert!(all.iter().copied().eq(expected));
            assert!(found.iter().all(|(_, rows)| rows.is_sorted() && rows.len() <= limits.rows));
            assert!(found.iter().all(|(_, rows)| rows.len() * 24 <= 2 * limits.bytes));
        }
    }

    #[test]
    fn a_row_and_the_one_that_replaces_it_stay_together() {
        let found = blocks(&[Some(1); 7], &[0, 3, 5], BlockLimits { rows: 1, bytes: 1 });
        let rows: Vec<Vec<i64>> = found.into_iter().map(|(_, rows)| rows).collect();
        assert_eq!(rows, [vec![0, 1], vec![2], vec![3, 4], vec![5, 6]]);
    }
}
