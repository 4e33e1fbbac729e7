//! What a topic's records look like, and rows of it as records.

use std::fmt::Write as _;

use tidemill::engine::ProducedRecord;
use tidemill::log::partition_for_key;

use crate::data::BASE_TIME_MS;

/// One value of a row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cell<'a> {
    Int(i64),
    Text(&'a str),
}

/// What a column holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Int,
    Text,
}

/// Where a record's timestamp comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RecordTime {
    /// From a column.
    Column(usize),
    /// It is before all events, so that a table is there before what is joined with it.
    Before,
}

/// What the records of a topic look like.
#[derive(Debug)]
pub(crate) struct TopicShape {
    pub(crate) name: &'static str,
    /// The fields of the value, by their JSON names.
    pub(crate) columns: &'static [(&'static str, Kind)],
    /// Whether the first column, a number, is the record's key too; if not, records have none, and it decides the partition alone.
    pub(crate) is_keyed: bool,
    pub(crate) time: RecordTime,
}

impl TopicShape {
    /// Returns the record of a row.
    pub(crate) fn record(&self, cells: &[Cell<'_>], partitions: u32) -> ProducedRecord {
        let mut value = String::with_capacity(256);
        self.write_json(cells, &mut value);
        let time = match self.time {
            RecordTime::Column(index) => number(cells[index]),
            RecordTime::Before => BASE_TIME_MS - 1,
        };
        ProducedRecord {
            partition: Some(self.partition(cells, partitions)),
            key: self.is_keyed.then(|| key(cells).to_vec()),
            value: Some(value.into_bytes()),
            timestamp_ms: Some(time),
            headers: Vec::new(),
        }
    }

    /// Returns the partition of a row: rows of one key keep their order.
    pub(crate) fn partition(&self, cells: &[Cell<'_>], partitions: u32) -> u32 {
        partition_for_key(&key(cells), partitions)
    }

    /// Appends the value of a row. No text that is generated has characters that JSON escapes.
    pub(crate) fn write_json(&self, cells: &[Cell<'_>], out: &mut String) {
        for (index, ((name, _), cell)) in self.columns.iter().zip(cells).enumerate() {
            out.push(if index == 0 { '{' } else { ',' });
            // Writing to a String does not fail.
            let _ = match cell {
                Cell::Int(number) => write!(out, r#""{name}":{number}"#),
                Cell::Text(text) => write!(out, r#""{name}":"{text}""#),
            };
        }
        out.push('}');
    }
}

/// Returns the first column as a key, in format KAFKA.
fn key(cells: &[Cell<'_>]) -> [u8; 8] {
    number(cells[0]).to_be_bytes()
}

fn number(cell: Cell<'_>) -> i64 {
    match cell {
        Cell::Int(number) => number,
        Cell::Text(_) => unreachable!("keys and times are numbers"),
    }
}
