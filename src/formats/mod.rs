//! Bytes to columns and back, one file or folder per format. Only this module turns bytes into columns.
//!
//! ```text
//! payloads ── Decoder ──▶ columns          JSON, AVRO, PROTOBUF …: what users and other programs read
//! columns  ── Encoder ──▶ payloads         row: what only Tidemill reads
//! ```

mod cells;
mod draft;
mod error;
mod numbers;
mod texts;
mod unscaled;
mod wanted;
mod framing;
mod avro;
mod delimited;
mod json;
mod json_sr;
mod kafka;
mod none;
mod protobuf;
mod guess;
mod inference;
mod properties;
mod support;
pub mod block;
pub mod row;
pub mod window_key;
#[cfg(test)]
mod property;

use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;

use crate::registry::{RegisteredSchema, SchemaRegistry};
use crate::types::{Column, SqlType};

pub use error::FormatError;
pub use guess::{FormatGuess, GuessedFormat};
pub use inference::{FieldNames, Inference, inferred_columns, schema_text};
pub use properties::{FormatProperties, check_delimiter};
pub use support::{Side, check_support};

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

/// How much room is made for bytes that are only expected: a few long rows must not make many short ones take all memory.
const RESERVED_BYTES_MAX: usize = 2 << 20;

/// Returns how much room to make for about so many bytes: somewhat more.
fn room_for(bytes: usize) -> usize {
    (bytes + bytes / 8).min(RESERVED_BYTES_MAX)
}

impl Payloads {
    /// Returns how many rows there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Tells whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Returns a row's payload, None if it is absent; the row must exist.
    pub fn get(&self, row: usize) -> Option<&[u8]> {
        if self.absent.get(row).is_some_and(|absent| *absent) {
            return None;
        }
        let start = if row == 0 { 0 } else { self.ends[row - 1] as usize };
        Some(&self.bytes[start..self.ends[row] as usize])
    }

    /// Returns the payloads in order.
    pub fn iter(&self) -> impl Iterator<Item = Option<&[u8]>> {
        (0..self.len()).map(|row| self.get(row))
    }

    /// Makes room for so many rows of about so many bytes in all.
    pub fn with_capacity(row_count: usize, bytes: usize) -> Self {
        Payloads {
            bytes: Vec::with_capacity(room_for(bytes)),
            ends: Vec::with_capacity(row_count),
            absent: Vec::new(),
        }
    }

    /// Ends a row: its payload is what was written to `bytes` since the last one.
    fn finish_row(&mut self) -> Result<(), EncodeError> {
        let end = u32::try_from(self.bytes.len()).map_err(|_| EncodeError {
            row: self.ends.len(),
            reason: "the payloads of a batch take more than 4 GiB".to_owned(),
        })?;
        self.ends.push(end);
        if !self.absent.is_empty() {
            self.absent.push(false);
        }
        Ok(())
    }

    /// Ends a row without a payload.
    fn push_absent(&mut self) {
        self.absent.resize(self.ends.len(), false);
        self.absent.push(true);
        self.ends.push(self.ends.last().copied().unwrap_or(0));
    }
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
    Avro,
    Protobuf,
    ProtobufNosr,
    JsonSr,
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
    /// `VALUE_PROTOBUF_NULLABLE_REPRESENTATION`: how a field says that it is null.
    pub nullable: NullableRepresentation,
    /// `KEY_SCHEMA_FULL_NAME`, `VALUE_SCHEMA_FULL_NAME`: the name of the schema, or of the message in it.
    pub full_name: Option<Arc<str>>,
    /// Where the schemas of AVRO, PROTOBUF and JSON_SR are.
    pub schemas: Option<SideSchemas>,
}

/// How a field of PROTOBUF says that it is null.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum NullableRepresentation {
    /// Not at all: it is 0, false, or empty.
    #[default]
    None,
    /// It is `optional`, and not there.
    Optional,
    /// It is a message around the value, and not there.
    Wrapper,
}

/// Where the schemas of a side's records are.
#[derive(Clone, Debug)]
pub struct SideSchemas {
    /// All schemas by the ids that records carry.
    pub registry: SchemaRegistry,
    /// The schema that records are written with.
    pub writer: Arc<RegisteredSchema>,
}

impl PartialEq for SideSchemas {
    fn eq(&self, other: &Self) -> bool {
        self.writer.id == other.writer.id
    }
}

impl Eq for SideSchemas {}

impl std::hash::Hash for SideSchemas {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.writer.id.hash(state);
    }
}

impl Format {
    /// Makes a format without properties.
    pub fn plain(kind: FormatKind) -> Self {
        Format {
            kind,
            delimiter: b',',
            unwrapped: false,
            nullable: NullableRepresentation::None,
            full_name: None,
            schemas: None,
        }
    }

    /// Tells whether two formats are the same but for the schema that records are written with.
    pub fn has_form_of(&self, other: &Format) -> bool {
        Format { schemas: None, ..self.clone() } == Format { schemas: None, ..other.clone() }
    }

    fn registry(&self) -> Result<&SchemaRegistry, FormatError> {
        let missing = FormatError::NoSchema { format: self.kind.name() };
        self.schemas.as_ref().map(|schemas| &schemas.registry).ok_or(missing)
    }

    fn writer(&self) -> Result<&Arc<RegisteredSchema>, FormatError> {
        let missing = FormatError::NoSchema { format: self.kind.name() };
        self.schemas.as_ref().map(|schemas| &schemas.writer).ok_or(missing)
    }
}

/// A side of a record: what its columns are, and how they are written.
#[derive(Clone, Debug, PartialEq)]
pub struct Serde {
    /// How.
    pub format: Format,
    /// All columns of the side, in order.
    pub columns: Vec<(Arc<str>, SqlType)>,
}

/// The formats, in the order in which messages name them.
pub const FORMATS: &[FormatKind] = &[
    FormatKind::Json,
    FormatKind::Avro,
    FormatKind::Protobuf,
    FormatKind::ProtobufNosr,
    FormatKind::JsonSr,
    FormatKind::Delimited,
    FormatKind::Kafka,
    FormatKind::None,
];

impl FormatKind {
    /// Returns the name, as in SQL.
    pub fn name(self) -> &'static str {
        match self {
            FormatKind::Json => "JSON",
            FormatKind::Avro => "AVRO",
            FormatKind::Protobuf => "PROTOBUF",
            FormatKind::ProtobufNosr => "PROTOBUF_NOSR",
            FormatKind::JsonSr => "JSON_SR",
            FormatKind::Delimited => "DELIMITED",
            FormatKind::Kafka => "KAFKA",
            FormatKind::None => "NONE",
        }
    }

    /// Tells whether a column of its own can stand bare in it, and in a struct too.
    pub fn wraps_or_not(self) -> bool {
        match self {
            FormatKind::Json | FormatKind::Avro | FormatKind::JsonSr => true,
            FormatKind::Protobuf
            | FormatKind::ProtobufNosr
            | FormatKind::Delimited
            | FormatKind::Kafka
            | FormatKind::None => false,
        }
    }

    /// Tells whether a column of its own can stand bare in it.
    pub(super) fn can_unwrap(self) -> bool {
        match self {
            FormatKind::Delimited | FormatKind::Kafka => true,
            other => other.wraps_or_not(),
        }
    }

    /// Tells whether a column of its own can stand in a struct in it.
    fn can_wrap(self) -> bool {
        match self {
            FormatKind::Protobuf | FormatKind::ProtobufNosr => true,
            other => other.wraps_or_not(),
        }
    }

    /// Finds a format by its name, in any case.
    pub fn from_name(name: &str) -> Result<Self, FormatError> {
        FORMATS
            .iter()
            .copied()
            .find(|kind| kind.name().eq_ignore_ascii_case(name))
            .ok_or_else(|| FormatError::Unknown { name: name.to_owned(), known: known_formats() })
    }
}

fn known_formats() -> String {
    FORMATS.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ")
}

/// The bytes that one call of [`Decoder::decode`] takes in all; columns address their text with 31 bits.
const BATCH_BYTES_MAX: usize = 512 << 20;

/// Makes a decoder of some of a side's columns, by their numbers, in that order.
///
/// Columns that are not wanted are not decoded: what stands in them is not looked at further than it
/// takes to find where it ends.
pub fn decoder(serde: &Serde, wanted: &[usize]) -> Result<Box<dyn Decoder>, FormatError> {
    let format = &serde.format;
    support::check_columns(format, &serde.columns)?;
    // A side without columns has no schema either.
    let is_empty = serde.columns.is_empty();
    Ok(match format.kind {
        FormatKind::Json => Box::new(json::JsonDecoder::new(serde, wanted)),
        FormatKind::Avro | FormatKind::JsonSr | FormatKind::Protobuf if is_empty => {
            Box::new(none::NoneDecoder)
        }
        FormatKind::Avro => Box::new(avro::AvroDecoder::new(serde, wanted, format.registry()?)),
        FormatKind::JsonSr => {
            Box::new(json_sr::JsonSrDecoder::new(serde, wanted, format.registry()?))
        }
        FormatKind::Protobuf => {
            let schemas = protobuf::Schemas::Registry(format.registry()?.clone());
            Box::new(protobuf::ProtobufDecoder::new(serde, wanted, &schemas)?)
        }
        FormatKind::ProtobufNosr => {
            let schemas = protobuf::Schemas::Columns(protobuf::schema_of(serde)?);
            Box::new(protobuf::ProtobufDecoder::new(serde, wanted, &schemas)?)
        }
        FormatKind::Delimited => Box::new(delimited::DelimitedDecoder::new(serde, wanted)),
        FormatKind::Kafka => Box::new(kafka::KafkaDecoder::new(serde, wanted)),
        FormatKind::None => Box::new(none::NoneDecoder),
    })
}

/// Makes an encoder of all columns of a side.
pub fn encoder(serde: &Serde) -> Result<Box<dyn Encoder>, FormatError> {
    let format = &serde.format;
    support::check_columns(format, &serde.columns)?;
    Ok(match format.kind {
        FormatKind::Json => Box::new(json::JsonEncoder::new(serde)),
        FormatKind::Avro | FormatKind::JsonSr | FormatKind::Protobuf
            if serde.columns.is_empty() && format.schemas.is_none() =>
        {
            Box::new(none::NoneEncoder)
        }
        FormatKind::Avro => Box::new(avro::AvroEncoder::new(serde, format.writer()?)?),
        FormatKind::JsonSr => Box::new(json_sr::json_sr_encoder(serde, format.writer()?)?),
        FormatKind::Protobuf => Box::new(protobuf::ProtobufEncoder::new(serde, format.writer()?)?),
        FormatKind::ProtobufNosr => {
            let schema = protobuf::schema_of(serde)?;
            Box::new(protobuf::ProtobufEncoder::plain(serde, &schema)?)
        }
        FormatKind::Delimited => Box::new(delimited::DelimitedEncoder::new(serde)),
        FormatKind::Kafka => Box::new(kafka::KafkaEncoder::new(serde)),
        FormatKind::None => Box::new(none::NoneEncoder),
    })
}

impl Serde {
    /// Describes a side.
    pub fn new(format: Format, columns: &[Column]) -> Self {
        let columns = columns.iter().map(|c| (Arc::clone(&c.name), c.sql_type.clone())).collect();
        Serde { format, columns }
    }
}
