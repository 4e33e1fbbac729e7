//! Turns lines into records, by the flags.

use std::io::{BufReader, Read};

use serde_json::Value;

use crate::args::{InputFormat, ProduceArguments};
use crate::errors::Failure;
use crate::topics::KeyFormat;
use crate::topics::produce::columns::ColumnChoice;
use crate::topics::produce::delimited::{Columns, Dialect, read_record};
use crate::topics::produce::fields::FieldPath;
use crate::topics::produce::lines::{Lines, without_break};
use crate::topics::produce::time::TimeFormat;
use tidemill::engine::ProducedRecord;

/// A line that is no record.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bad {
    line: u64,
    reason: String,
    is_fatal: bool,
}

/// What the flags say about records.
#[derive(Debug)]
pub(super) struct Recipe {
    shape: Shape,
    skip_header: bool,
    key_format: KeyFormat,
    time_format: TimeFormat,
    null_marker: Option<Vec<u8>>,
    partition: Option<u32>,
    headers: Vec<(String, Option<Vec<u8>>)>,
}

/// What a line holds, and where key and time are in it.
#[derive(Debug)]
enum Shape {
    Lines {
        separator: Option<String>,
    },
    Json {
        separator: Option<String>,
        key: Option<FieldPath>,
        time: Option<FieldPath>,
    },
    Columns {
        dialect: Dialect,
        key: Option<ColumnChoice>,
        keep_key: bool,
        time: Option<ColumnChoice>,
    },
}

/// What one line gives.
#[derive(Default)]
struct Parts {
    key: Option<String>,
    value: Vec<u8>,
    time: Option<String>,
}

/// Reads records from a file.
pub(super) struct RecordReader<'a, R> {
    recipe: &'a Recipe,
    lines: Lines<R>,
    key_index: Option<usize>,
    time_index: Option<usize>,
    line: Vec<u8>,
}

impl Bad {
    pub(super) fn new(line: u64, reason: String) -> Self {
        Bad { line, reason, is_fatal: false }
    }

    /// A line behind which nothing can be read.
    pub(super) fn fatal(line: u64, reason: String) -> Self {
        Bad { line, reason, is_fatal: true }
    }

    /// Names the line in which the record began instead.
    pub(super) fn begun_at(self, line: u64) -> Self {
        Bad { line, ..self }
    }

    pub(super) fn is_fatal(&self) -> bool {
        self.is_fatal
    }

    pub(super) fn into_failure(self, file: &str) -> Failure {
        Failure::Input(format!("{file}:{}: {}", self.line, self.reason))
    }
}

impl Recipe {
    /// Reads the flags; refuses those that do not fit the format.
    pub(super) fn new(flags: &ProduceArguments) -> Result<Self, Failure> {
        let format = flags.format.unwrap_or_else(|| likely_format(flags));
        refuse_unfit(flags, format)?;
        let column = |flag: &Option<String>| {
            let parsed = flag.as_deref().map(|text| ColumnChoice::parse(text, flags.skip_header));
            parsed.transpose().map_err(Failure::Usage)
        };
        let path = |flag: &Option<String>| flag.as_deref().map(FieldPath::new);
        let columns = |delimiter: u8, has_quotes: bool| {
            Ok::<_, Failure>(Shape::Columns {
                dialect: Dialect { delimiter: flags.delimiter.unwrap_or(delimiter), has_quotes },
                key: column(&flags.key_column)?,
                keep_key: flags.keep_key_column,
                time: column(&flags.timestamp_column)?,
            })
        };
        let separator = flags.key_separator.clone();
        let shape = match format {
            InputFormat::Lines => Shape::Lines { separator },
            InputFormat::Json => Shape::Json {
                separator,
                key: path(&flags.key_field),
                time: path(&flags.timestamp_field),
            },
            InputFormat::Csv => columns(b',', true)?,
            InputFormat::Tsv => columns(b'\t', false)?,
        };
        let headers = flags.headers.iter();
        Ok(Recipe {
            shape,
            skip_header: flags.skip_header,
            key_format: flags.key_format,
            time_format: TimeFormat::new(flags.timestamp_format.as_deref()),
            null_marker: flags.null_marker.as_ref().map(|marker| marker.as_bytes().to_vec()),
            partition: flags.partition,
            headers: headers
                .map(|(name, value)| (name.clone(), Some(value.clone().into_bytes())))
                .collect(),
        })
    }

    /// Begins to read a file.
    pub(super) fn read<R: Read>(&self, source: BufReader<R>) -> Result<RecordReader<'_, R>, Bad> {
        let mut reader = RecordReader {
            recipe: self,
            lines: Lines::new(source),
            key_index: None,
            time_index: None,
            line: Vec::new(),
        };
        reader.begin()?;
        Ok(reader)
    }
}

/// The flags name what only one format has; else the file's name tells.
fn likely_format(flags: &ProduceArguments) -> InputFormat {
    if flags.key_field.is_some() || flags.timestamp_field.is_some() {
        return InputFormat::Json;
    }
    let ending = flags.files.first().and_then(|path| path.extension()?.to_str());
    match ending {
        Some("csv") => InputFormat::Csv,
        Some("tsv") => InputFormat::Tsv,
        Some("json" | "jsonl" | "ndjson") => InputFormat::Json,
        _ if flags.key_column.is_some() || flags.timestamp_column.is_some() => InputFormat::Csv,
        _ if flags.delimiter.is_some() => InputFormat::Csv,
        _ => InputFormat::Lines,
    }
}

fn refuse_unfit(flags: &ProduceArguments, format: InputFormat) -> Result<(), Failure> {
    let (is_json, is_columns) = match format {
        InputFormat::Lines => (false, false),
        InputFormat::Json => (true, false),
        InputFormat::Csv | InputFormat::Tsv => (false, true),
    };
    let rules = [
        (flags.key_field.is_some(), is_json, "--key-field", "json"),
        (flags.timestamp_field.is_some(), is_json, "--timestamp-field", "json"),
        (flags.key_column.is_some(), is_columns, "--key-column", "csv or tsv"),
        (flags.timestamp_column.is_some(), is_columns, "--timestamp-column", "csv or tsv"),
        (flags.delimiter.is_some(), is_columns, "--delimiter", "csv or tsv"),
        (flags.key_separator.is_some(), !is_columns, "--key-separator", "lines or json"),
    ];
    match rules.into_iter().find(|(is_used, fits, _, _)| *is_used && !fits) {
        Some((_, _, flag, formats)) => {
            Err(Failure::Usage(format!("{flag} needs --format {formats}")))
        }
        None => Ok(()),
    }
}

impl<R: Read> RecordReader<'_, R> {
    /// Returns how many bytes were read.
    pub(super) fn byte_count(&self) -> u64 {
        self.lines.byte_count()
    }

    /// Tells whether the next record may have to be waited for.
    pub(super) fn would_wait(&self) -> bool {
        self.lines.would_wait()
    }

    /// Passes over the header line and finds the columns in it.
    fn begin(&mut self) -> Result<(), Bad> {
        let header =
            if self.recipe.skip_header && self.read_line()? { self.header() } else { Vec::new() };
        let Shape::Columns { key, time, .. } = &self.recipe.shape else { return Ok(()) };
        let find = |choice: &Option<ColumnChoice>| {
            let found = choice.as_ref().map(|choice| choice.find(&header)).transpose();
            found.map_err(|reason| Bad::fatal(1, reason))
        };
        (self.key_index, self.time_index) = (find(key)?, find(time)?);
        Ok(())
    }

    fn header(&self) -> Vec<String> {
        let Shape::Columns { dialect, .. } = &self.recipe.shape else { return Vec::new() };
        // A byte order mark is no part of the first name.
        let line = self.line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&self.line);
        let columns = Columns::new(line, *dialect);
        let names = (0..columns.count()).filter_map(|index| columns.meaning(index));
        names.map(|name| String::from_utf8_lossy(&name).trim().to_owned()).collect()
    }

    /// Reads the next record.
    pub(super) fn next(&mut self) -> Option<Result<ProducedRecord, Bad>> {
        match self.read_line() {
            Ok(true) => Some(self.record()),
            Ok(false) => None,
            Err(bad) => Some(Err(bad)),
        }
    }

    /// Reads the lines of the next record; those that say nothing are passed over, unless any line is a value.
    fn read_line(&mut self) -> Result<bool, Bad> {
        if let Shape::Columns { dialect, .. } = &self.recipe.shape {
            return read_record(&mut self.lines, *dialect, &mut self.line);
        }
        loop {
            self.line.clear();
            if !self.lines.append(&mut self.line)? {
                return Ok(false);
            }
            let length = without_break(&self.line).len();
            self.line.truncate(length);
            let is_blank = self.line.iter().all(u8::is_ascii_whitespace);
            if !is_blank || matches!(self.recipe.shape, Shape::Lines { .. }) {
                return Ok(true);
            }
        }
    }

    fn record(&self) -> Result<ProducedRecord, Bad> {
        let bad = |reason: String| Bad::new(self.lines.line_count(), reason);
        let parts = self.parts().map_err(bad)?;
        let recipe = self.recipe;
        let key = parts.key.map(|key| recipe.key_format.encode(&key)).transpose().map_err(bad)?;
        let time = parts.time.map(|time| recipe.time_format.parse(&time));
        let is_null = recipe.null_marker.as_ref().is_some_and(|marker| *marker == parts.value);
        Ok(ProducedRecord {
            partition: recipe.partition,
            key,
            value: if is_null { None } else { Some(parts.value) },
            timestamp_ms: time.transpose().map_err(bad)?,
            headers: recipe.headers.clone(),
        })
    }

    fn parts(&self) -> Result<Parts, String> {
        match &self.recipe.shape {
            Shape::Lines { separator } => split_key(&self.line, separator.as_deref()),
            Shape::Json { separator, key, time } => {
                let mut parts = split_key(&self.line, separator.as_deref())?;
                let is_null = self.recipe.null_marker.as_ref() == Some(&parts.value);
                if !is_null {
                    let document: Value = serde_json::from_slice(&parts.value)
                        .map_err(|error| format!("not a JSON document: {error}"))?;
                    if let Some(path) = key {
                        parts.key = path.text(&document);
                    }
                    parts.time =
                        time.as_ref().map(|path| field_time(path, &document)).transpose()?;
                }
                Ok(parts)
            }
            Shape::Columns { dialect, keep_key, .. } => {
                let columns = Columns::new(&self.line, *dialect);
                let column =
                    |index: Option<usize>| index.map(|it| text_of(&columns, it)).transpose();
                let value = match self.key_index {
                    Some(index) if !keep_key => columns.without(index),
                    _ => self.line.clone(),
                };
                Ok(Parts { key: column(self.key_index)?, value, time: column(self.time_index)? })
            }
        }
    }
}

fn field_time(path: &FieldPath, document: &Value) -> Result<String, String> {
    path.text(document)
        .ok_or_else(|| "the field that holds the time is null or not there".to_owned())
}

fn text_of(columns: &Columns<'_>, index: usize) -> Result<String, String> {
    let count = columns.count();
    let column = columns
        .meaning(index)
        .ok_or_else(|| format!("there is no column {}: the line has {count}", index + 1))?;
    String::from_utf8(column.into_owned()).map_err(|_| format!("column {} is not UTF-8", index + 1))
}

/// Splits a line at the first separator, if keys have one.
fn split_key(line: &[u8], separator: Option<&str>) -> Result<Parts, String> {
    let Some(separator) = separator else {
        return Ok(Parts { value: line.to_vec(), ..Parts::default() });
    };
    let length = separator.len().max(1);
    let place = line.windows(length).position(|window| window == separator.as_bytes());
    let Some(place) = place else {
        return Err(format!("there is no '{separator}' between key and value"));
    };
    let key = String::from_utf8(line[..place].to_vec()).map_err(|_| "the key is not UTF-8")?;
    Ok(Parts { key: Some(key), value: line[place + length..].to_vec(), time: None })
}

#[cfg(test)]
mod tests;
