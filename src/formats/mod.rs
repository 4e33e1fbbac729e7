//! Bytes to columns and back, one file per format. Only this module turns bytes into columns.

pub mod row;

use datafusion::arrow::array::ArrayRef;

use crate::types::{Column, SqlType};

/// Decodes one side, key or value, of the records of a batch.
///
/// # Contract
///
/// - What comes out depends on the payloads alone, not on how they are cut into batches.
/// - A payload that does not decode gives a row of nulls and a [`DecodeFailure`]; the others are not touched by it.
pub trait Decoder: Send {
    /// Decodes one payload per row; `None` is a payload that is absent (a null key, a tombstone): a row of nulls, no failure.
    ///
    /// Returns one column for each column the decoder was made for.
    fn decode(&mut self, payloads: &[Option<&[u8]>]) -> Decoded;
}

/// What a batch of payloads decoded to.
pub struct Decoded {
    /// The columns that were asked for.
    pub columns: Vec<ArrayRef>,
    /// The rows that did not decode, in order.
    pub failures: Vec<DecodeFailure>,
}

/// A payload that did not decode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeFailure {
    /// The row in the batch.
    pub row: usize,
    /// Why.
    pub reason: String,
}

/// Encodes one side, key or value, of the records of a batch.
pub trait Encoder: Send {
    /// Encodes one payload per row. A row that `absent` marks (a tombstone) has no payload.
    ///
    /// Fails as a whole when a row's value has no form in the format; the error names the row.
    fn encode(
        &mut self,
        columns: &[ArrayRef],
        row_count: usize,
        absent: &dyn Fn(usize) -> bool,
    ) -> Result<Payloads, EncodeError>;
}

/// One payload per row, in one buffer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payloads {
    /// All payloads, one after the other.
    pub bytes: Vec<u8>,
    /// Where each ends.
    pub ends: Vec<u32>,
    /// Which are absent; empty if none is.
    pub absent: Vec<bool>,
}

/// A value that has no form in the format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("row {row}: {reason}")]
pub struct EncodeError {
    /// The row in the batch.
    pub row: usize,
    /// Why.
    pub reason: String,
}

/// A format by name, as in `KEY_FORMAT` and `VALUE_FORMAT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "named as in SQL")]
pub enum FormatKind {
    Json,
    Delimited,
    Kafka,
    None,
}

/// A format with its properties, for one side of a topic's records.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Format {
    /// Which.
    pub kind: FormatKind,
    /// `KEY_DELIMITER`, `VALUE_DELIMITER`: what separates fields in DELIMITED.
    pub delimiter: u8,
    /// Whether a single column stands bare, without a struct around it (`WRAP_SINGLE_VALUE = false`, keys of one column).
    pub unwrapped: bool,
}

/// A side of a record: what its columns are, and how they are written.
#[derive(Clone, Debug, PartialEq)]
pub struct Serde {
    /// How.
    pub format: Format,
    /// All columns of the side, in order.
    pub columns: Vec<(std::sync::Arc<str>, SqlType)>,
}

impl Serde {
    /// Describes a side.
    pub fn new(format: Format, columns: &[Column]) -> Self {
        let columns = columns.iter().map(|c| (c.name.clone(), c.sql_type.clone())).collect();
        Serde { format, columns }
    }
}
