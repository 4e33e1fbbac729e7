//! Records of a topic to rows.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BooleanArray, Int32Array, Int64Array};
use datafusion::arrow::buffer::{BooleanBuffer, ScalarBuffer};

use crate::catalog::{KeyWindow, Source};
use crate::error::{Error, Result};
use crate::formats::block::read_blocks;
use crate::formats::window_key::{split_session_window, split_time_window};
use crate::formats::{DecodeFailure, Decoder, FormatError, Serde, decoder};
use crate::operators::{OperatorError, event_time};
use crate::plan::SourceColumn;
use crate::state::StateError;
use crate::topology::Read;
use crate::types::datetime::DateTimePattern;
use crate::types::{Batch, ColumnBuilder, ColumnRole, Schema, SqlType, Windows};

/// A header: the row of its record, its name, its value.
pub(crate) type RawHeader<'a> = (usize, &'a [u8], Option<&'a [u8]>);

/// One payload per record, none where it is absent.
type Keys<'a> = Vec<Option<&'a [u8]>>;

/// Records of one partition, by column, as they stand in the log.
#[derive(Clone, Debug, Default)]
pub(crate) struct RawRecords<'a> {
    /// The partition.
    pub(crate) partition: u32,
    /// Their offsets.
    pub(crate) offsets: Vec<i64>,
    /// Their timestamps.
    pub(crate) timestamps: Vec<i64>,
    /// Their keys.
    pub(crate) keys: Vec<Option<&'a [u8]>>,
    /// Their values.
    pub(crate) values: Vec<Option<&'a [u8]>>,
    /// Their headers: row, name, value; rows in order.
    pub(crate) headers: Vec<RawHeader<'a>>,
}

/// A record that did not become a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DecodeReport {
    /// Its row among the records.
    pub(crate) row: usize,
    /// `key`, `value` or `timestamp`: what of it is wrong.
    pub(crate) part: &'static str,
    /// Why.
    pub(crate) reason: String,
}

/// Rows, the offset of each, and what did not become one.
pub(crate) struct DecodedRecords {
    /// The rows.
    pub(crate) batch: Batch,
    /// The offset of each row's record.
    pub(crate) offsets: Vec<i64>,
    /// The records that are not among them because something is wrong with them.
    pub(crate) reports: Vec<DecodeReport>,
    /// How many were dropped because a table's record needs a key.
    pub(crate) null_key_count: usize,
}

impl<'a> RawRecords<'a> {
    /// Makes room for so many records of a partition.
    pub(crate) fn with_capacity(partition: u32, count: usize) -> Self {
        RawRecords {
            partition,
            offsets: Vec::with_capacity(count),
            timestamps: Vec::with_capacity(count),
            keys: Vec::with_capacity(count),
            values: Vec::with_capacity(count),
            headers: Vec::new(),
        }
    }
}

impl DecodedRecords {
    /// Returns the first record that is right but for its time.
    fn without_time(&self) -> Option<&DecodeReport> {
        let is_else_wrong = |row: usize| {
            self.reports.iter().any(|report| report.row == row && report.part != "timestamp")
        };
        self.reports.iter().find(|report| report.part == "timestamp" && !is_else_wrong(report.row))
    }
}

/// Turns the records of an input into rows.
pub(crate) enum RecordDecoder {
    /// By a source's formats.
    Source(Box<SourceDecoder>),
    /// From blocks of rows.
    Repartition(Schema),
}

impl RecordDecoder {
    /// Makes the decoder of an input.
    pub(crate) fn new(read: &Read, is_table: bool) -> Result<Self> {
        Ok(match read {
            Read::Source { source, columns, needs_time } => {
                let mut decoder = SourceDecoder::new(source, columns, is_table)?;
                decoder.needs_time = *needs_time;
                RecordDecoder::Source(Box::new(decoder))
            }
            Read::Repartition(schema) => RecordDecoder::Repartition(schema.clone()),
        })
    }

    /// Turns records into rows.
    pub(crate) fn decode(
        &mut self,
        records: &RawRecords<'_>,
    ) -> Result<DecodedRecords, OperatorError> {
        match self {
            RecordDecoder::Source(decoder) => {
                let decoded = decoder.decode(records);
                match decoder.needs_time.then(|| decoded.without_time()).flatten() {
                    None => Ok(decoded),
                    Some(report) => Err(OperatorError::Record(format!(
                        "Fatal user code error in TimestampExtractor callback for record at offset {}: {}",
                        records.offsets[report.row], report.reason
                    ))),
                }
            }
            RecordDecoder::Repartition(schema) => decode_blocks(schema, records),
        }
    }
}

fn decode_blocks(
    schema: &Schema,
    records: &RawRecords<'_>,
) -> Result<DecodedRecords, OperatorError> {
    let damaged = || StateError::Damaged("a block of a repartition topic".to_owned());
    let blocks: Option<Vec<&[u8]>> = records.values.iter().copied().collect();
    let types = schema.columns().iter().map(|column| &column.sql_type);
    let (batch, counts) =
        read_blocks(&blocks.ok_or_else(damaged)?, types).map_err(|_| damaged())?;
    let of_block = |(offset, count): (&i64, usize)| std::iter::repeat_n(*offset, count);
    let offsets = records.offsets.iter().zip(counts).flat_map(of_block).collect();
    Ok(DecodedRecords { batch, offsets, reports: Vec::new(), null_key_count: 0 })
}

fn headers(records: &RawRecords<'_>) -> Option<ArrayRef> {
    if records.headers.is_empty() {
        return None;
    }
    let mut builder = ColumnBuilder::new(&SqlType::headers());
    let mut headers = records.headers.iter().peekable();
    for row in 0..records.offsets.len() {
        let ColumnBuilder::Array(list) = &mut builder else { return None };
        while let Some((_, name, value)) = headers.next_if(|(at, _, _)| *at == row) {
            let ColumnBuilder::Struct(pair) = list.element.as_mut() else { return None };
            if let [ColumnBuilder::Varchar(names), ColumnBuilder::Bytes(values)] =
                pair.fields.as_mut_slice()
            {
                names.append_value(String::from_utf8_lossy(name));
                values.append_option(*value);
            }
            pair.finish_row(true);
        }
        list.finish_row(true);
    }
    Some(builder.finish())
}

/// Turns the records of a stream's or table's topic into rows.
pub(crate) struct SourceDecoder {
    key: Box<dyn Decoder>,
    value: Box<dyn Decoder>,
    /// What each output column is made of.
    columns: Vec<Part>,
    timestamp: Option<(Part, Option<DateTimePattern>)>,
    window: Option<KeyWindow>,
    is_table: bool,
    /// Whether a record without a time is an error.
    needs_time: bool,
}

/// Where a column of a row comes from.
enum Part {
    /// A column that the key's decoder gives.
    Key(usize),
    /// A column that the value's decoder gives.
    Value(usize),
    Headers,
    Header(Arc<str>),
    RowTime,
    RowPartition,
    RowOffset,
    WindowStart,
    WindowEnd,
}

/// The columns that decoders gave, and the parts of the key that stand outside of it.
struct Parts<'a> {
    records: &'a RawRecords<'a>,
    keys: Vec<ArrayRef>,
    values: Vec<ArrayRef>,
    windows: Option<Windows>,
    headers: Option<ArrayRef>,
}

impl SourceDecoder {
    fn new(source: &Source, columns: &[SourceColumn], is_table: bool) -> Result<Self> {
        let schema = &source.schema;
        let mut wanted_values = Vec::new();
        let value_columns: Vec<_> = schema.value().cloned().collect();
        let value_names: Vec<_> =
            value_columns.iter().map(|column| Arc::clone(&column.name)).collect();
        let mut part = |index: usize| -> Part {
            let column = &schema.columns()[index];
            match &column.role {
                ColumnRole::Key => Part::Key(index),
                ColumnRole::Header(None) => Part::Headers,
                ColumnRole::Header(Some(name)) => Part::Header(Arc::clone(name)),
                ColumnRole::Value => {
                    let at = value_names.iter().position(|name| *name == column.name);
                    wanted_values.push(at.unwrap_or_default());
                    Part::Value(wanted_values.len() - 1)
                }
            }
        };
        let parts = columns
            .iter()
            .map(|column| match column {
                SourceColumn::Schema(index) => part(*index),
                SourceColumn::RowTime => Part::RowTime,
                SourceColumn::RowPartition => Part::RowPartition,
                SourceColumn::RowOffset => Part::RowOffset,
                SourceColumn::WindowStart => Part::WindowStart,
                SourceColumn::WindowEnd => Part::WindowEnd,
            })
            .collect();
        let timestamp = match &source.timestamp {
            Some(timestamp) => {
                let index = schema.find(&timestamp.column).map(|(index, _)| index);
                let pattern = timestamp.format.as_deref().map(DateTimePattern::compile);
                let pattern = pattern.transpose().map_err(|e| Error::statement(e.to_string()))?;
                Some((part(index.unwrap_or_default()), pattern))
            }
            None => None,
        };
        let all_keys: Vec<usize> = (0..schema.key_count()).collect();
        Ok(SourceDecoder {
            key: decoder(&Serde::new(source.key_format.clone(), schema.key()), &all_keys)
                .map_err(unwritable)?,
            value: decoder(
                &Serde::new(source.value_format.clone(), &value_columns),
                &wanted_values,
            )
            .map_err(unwritable)?,
            columns: parts,
            timestamp,
            window: source.window,
            is_table,
            needs_time: false,
        })
    }

    fn decode(&mut self, records: &RawRecords<'_>) -> DecodedRecords {
        let row_count = records.offsets.len();
        let mut reports = Vec::new();
        let (windows, inner_keys) = self.split_windows(records, &mut reports);
        let keys = self.key.decode(inner_keys.as_deref().unwrap_or(&records.keys));
        let values = self.value.decode(&records.values);
        add_failures(&mut reports, "key", keys.failures);
        add_failures(&mut reports, "value", values.failures);
        let parts = Parts {
            records,
            keys: keys.columns,
            values: values.columns,
            windows,
            headers: headers(records),
        };
        let times = self.times(&parts, &mut reports);
        let mut keep = vec![true; row_count];
        let mut null_key_count = 0;
        if self.is_table {
            for (row, _) in records.keys.iter().enumerate().filter(|(_, key)| key.is_none()) {
                keep[row] = false;
                null_key_count += 1;
            }
        }
        // A record with a negative time has none; Kafka Streams drops it too.
        keep.iter_mut().zip(&times).for_each(|(keep, time)| *keep &= 0 <= *time);
        reports.iter().for_each(|report| keep[report.row] = false);
        let times = ScalarBuffer::from(times);
        let columns = self.columns.iter().map(|part| parts.column(part, &times)).collect();
        let mut batch = Batch::new(columns, times);
        if records.values.iter().any(Option::is_none) {
            let absent: Vec<bool> = records.values.iter().map(Option::is_none).collect();
            batch.deleted = Some(BooleanBuffer::from(absent));
        }
        batch.windows = parts.windows;
        batch.headers = parts.headers;
        let mut offsets = records.offsets.clone();
        if keep.contains(&false) {
            let mut kept = keep.iter();
            offsets.retain(|_| kept.next().copied().unwrap_or(true));
            batch =
                batch.filter(&BooleanArray::from(keep)).expect("the filter has one entry per row");
        }
        DecodedRecords { batch, offsets, reports, null_key_count }
    }

    /// Takes the windows off the keys, if keys are windowed.
    fn split_windows<'a>(
        &self,
        records: &RawRecords<'a>,
        reports: &mut Vec<DecodeReport>,
    ) -> (Option<Windows>, Option<Keys<'a>>) {
        let Some(window) = self.window else { return (None, None) };
        let (mut starts, mut ends) = (Vec::new(), Vec::new());
        let mut inner = Vec::with_capacity(records.keys.len());
        for (row, key) in records.keys.iter().enumerate() {
            let split = key.map(|key| split_window(key, window));
            let (key, start, end) = match split {
                Some(Some((key, start, end))) => (Some(key), start, end),
                Some(None) => {
                    let reason = "the key is too short for its window".to_owned();
                    reports.push(DecodeReport { row, part: "key", reason });
                    (None, 0, 0)
                }
                None => (None, 0, 0),
            };
            inner.push(key);
            starts.push(start);
            ends.push(end);
        }
        (Some(Windows { starts: starts.into(), ends: ends.into() }), Some(inner))
    }

    /// Returns the event time of each record; where it has none, that is reported.
    fn times(&self, parts: &Parts<'_>, reports: &mut Vec<DecodeReport>) -> Vec<i64> {
        let mut times = parts.records.timestamps.clone();
        let Some((part, pattern)) = &self.timestamp else { return times };
        let raw = ScalarBuffer::from(times.clone());
        let column = parts.column(part, &raw);
        for (row, time) in times.iter_mut().enumerate() {
            // A tombstone has no columns: its own time is all there is.
            if parts.records.values[row].is_none() {
                continue;
            }
            match event_time(&column, row, pattern.as_ref()) {
                Ok(found) => *time = found,
                Err(reason) => reports.push(DecodeReport { row, part: "timestamp", reason }),
            }
        }
        times
    }
}

/// A format that cannot carry a source's columns, which the statement that made it should have been told.
pub(super) fn unwritable(error: FormatError) -> Error {
    Error::statement(error.to_string())
}

/// Takes the window off a key.
fn split_window(key: &[u8], window: KeyWindow) -> Option<(&[u8], i64, i64)> {
    match window {
        KeyWindow::Tumbling { size_ms } | KeyWindow::Hopping { size_ms } => {
            let (key, start) = split_time_window(key)?;
            Some((key, start, start.saturating_add(size_ms)))
        }
        KeyWindow::Session => split_session_window(key),
    }
}

fn add_failures(reports: &mut Vec<DecodeReport>, part: &'static str, failures: Vec<DecodeFailure>) {
    reports.extend(failures.into_iter().map(|failure| DecodeReport {
        row: failure.row,
        part,
        reason: failure.reason,
    }));
}

impl Parts<'_> {
    fn column(&self, part: &Part, times: &ScalarBuffer<i64>) -> ArrayRef {
        let row_count = self.records.offsets.len();
        match part {
            Part::Key(index) => Arc::clone(&self.keys[*index]),
            Part::Value(index) => Arc::clone(&self.values[*index]),
            Part::Headers => self.headers.clone().unwrap_or_else(|| {
                let mut none = ColumnBuilder::new(&SqlType::headers());
                for _ in 0..row_count {
                    if let ColumnBuilder::Array(list) = &mut none {
                        list.finish_row(true);
                    }
                }
                none.finish()
            }),
            Part::Header(name) => self.last_header(name),
            Part::RowTime => Arc::new(Int64Array::new(times.clone(), None)),
            Part::RowPartition => {
                let partition = i32::try_from(self.records.partition).unwrap_or(i32::MAX);
                Arc::new(Int32Array::from(vec![partition; row_count]))
            }
            Part::RowOffset => Arc::new(Int64Array::from(self.records.offsets.clone())),
            Part::WindowStart => self.window_column(row_count, |windows| &windows.starts),
            Part::WindowEnd => self.window_column(row_count, |windows| &windows.ends),
        }
    }

    fn window_column(
        &self,
        row_count: usize,
        bound: impl Fn(&Windows) -> &ScalarBuffer<i64>,
    ) -> ArrayRef {
        match &self.windows {
            Some(windows) => Arc::new(Int64Array::new(bound(windows).clone(), None)),
            None => Arc::new(Int64Array::new_null(row_count)),
        }
    }

    fn last_header(&self, name: &str) -> ArrayRef {
        let mut found = vec![None; self.records.offsets.len()];
        for (row, header, value) in &self.records.headers {
            if *header == name.as_bytes() {
                found[*row] = *value;
            }
        }
        Arc::new(datafusion::arrow::array::BinaryArray::from(found))
    }
}
