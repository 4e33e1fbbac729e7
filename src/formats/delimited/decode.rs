//! Delimited lines into columns.

use std::sync::Arc;

use super::lines::{Field, Lines};
use crate::formats::draft::{Digits, Draft, DraftCells};
use crate::formats::numbers::{
    DecimalFault, Written, parse_double, parse_long, shown, time_of_day,
};
use crate::formats::support::base_name;
use crate::formats::{BATCH_BYTES_MAX, DecodeFailure, Decoded, Decoder, Serde, texts};

/// Decodes fields of delimited lines.
pub(in crate::formats) struct DelimitedDecoder {
    delimiter: u8,
    field_count: usize,
    columns: Vec<WantedColumn>,
    /// The fields of the line that is being read, and the text of those with quotes in them.
    fields: Vec<Field>,
    buffer: Vec<u8>,
}

struct WantedColumn {
    field: usize,
    name: Arc<str>,
    type_name: &'static str,
    draft: Draft,
}

impl DelimitedDecoder {
    /// Makes a decoder of some of a side's columns, which are of types the format supports.
    pub(in crate::formats) fn new(serde: &Serde, wanted: &[usize]) -> Self {
        let column = |field: &usize| {
            let (name, sql_type) = &serde.columns[*field];
            WantedColumn {
                field: *field,
                name: Arc::clone(name),
                type_name: base_name(sql_type),
                draft: Draft::new(sql_type),
            }
        };
        DelimitedDecoder {
            delimiter: serde.format.delimiter,
            field_count: serde.columns.len(),
            columns: wanted.iter().map(column).collect(),
            fields: Vec::new(),
            buffer: Vec::new(),
        }
    }

    fn decode_row(&mut self, payload: &[u8]) -> Result<(), String> {
        self.read_fields(payload)?;
        for column in &mut self.columns {
            let text = match &self.fields[column.field] {
                Field::Plain(range) => &payload[range.clone()],
                Field::Unquoted(range) => &self.buffer[range.clone()],
            };
            if text.is_empty() {
                column.draft.push_null();
            } else {
                push(text, &mut column.draft)
                    .map_err(|fault| fault.reason(text, &column.name, column.type_name))?;
            }
        }
        Ok(())
    }

    fn read_fields(&mut self, payload: &[u8]) -> Result<(), String> {
        self.fields.clear();
        self.buffer.clear();
        let mut lines = Lines::new(payload, self.delimiter);
        let fields = &mut self.fields;
        let mut next_line = |buffer: &mut Vec<u8>, take: &mut dyn FnMut(Field)| {
            lines.next_line(buffer, take).map_err(|error| error.to_string())
        };
        if !next_line(&mut self.buffer, &mut |field| fields.push(field))? {
            return Err("No fields in record".to_owned());
        }
        let mut ignored = Vec::new();
        while next_line(&mut ignored, &mut |_| {})? {
            ignored.clear();
        }
        if self.fields.len() != self.field_count {
            return Err(format!(
                "Unexpected field count, csvFields:{} schemaFields:{}",
                self.fields.len(),
                self.field_count
            ));
        }
        Ok(())
    }
}

impl Decoder for DelimitedDecoder {
    fn decode(&mut self, payloads: &[Option<&[u8]>]) -> Decoded {
        let mut failures = Vec::new();
        let mut bytes = 0;
        for (row, payload) in payloads.iter().enumerate() {
            let Some(payload) = payload else {
                self.columns.iter_mut().for_each(|column| column.draft.push_null());
                continue;
            };
            bytes += payload.len();
            let decoded = if bytes <= BATCH_BYTES_MAX {
                self.decode_row(payload)
            } else {
                Err(format!("a batch is larger than {BATCH_BYTES_MAX} bytes"))
            };
            if let Err(reason) = decoded {
                for column in &mut self.columns {
                    column.draft.truncate(row);
                    column.draft.push_null();
                }
                failures.push(DecodeFailure { row, reason });
            }
        }
        let columns = self.columns.iter_mut().map(|column| column.draft.finish()).collect();
        Decoded { columns, failures }
    }
}

/// Why a field is not of its column's type.
enum FieldFault {
    NotOfType,
    Decimal(DecimalFault, Digits),
    Time(String),
}

impl FieldFault {
    fn reason(self, text: &[u8], column: &str, type_name: &str) -> String {
        match self {
            FieldFault::NotOfType => {
                format!("'{}' is no {type_name}, column: `{column}`", shown(text))
            }
            FieldFault::Decimal(fault, digits) => {
                format!("{}, column: `{column}`", fault.reason(text, digits))
            }
            FieldFault::Time(reason) => format!("{reason} column: `{column}`"),
        }
    }
}

/// Pushes a field that is not empty.
fn push(text: &[u8], column: &mut Draft) -> Result<(), FieldFault> {
    match &mut column.cells {
        DraftCells::Boolean(cells) => cells.push(text.eq_ignore_ascii_case(b"true")),
        DraftCells::Int(cells) | DraftCells::Date(cells) => {
            cells.push(i32::try_from(long(text)?).map_err(|_| FieldFault::NotOfType)?);
        }
        DraftCells::Bigint(cells) | DraftCells::Timestamp(cells) => cells.push(long(text)?),
        DraftCells::Time(cells) => {
            cells.push(time_of_day(long(text)?).map_err(FieldFault::Time)?);
        }
        DraftCells::Double(cells) => {
            cells.push(parse_double(text).ok_or(FieldFault::NotOfType)?);
        }
        DraftCells::Decimal(cells, digits) => {
            cells.push(decimal(text, *digits, |written| written.at_scale(*digits))?);
        }
        DraftCells::WideDecimal(cells, digits) => {
            cells.push(decimal(text, *digits, |written| written.at_wide_scale(*digits))?);
        }
        DraftCells::Varchar(cells) => {
            texts::push_lossy(text, &mut cells.bytes);
            cells.finish_row();
        }
        DraftCells::Bytes(cells) => {
            if !texts::decode_base64(text, &mut cells.bytes) {
                return Err(FieldFault::NotOfType);
            }
            cells.finish_row();
        }
        DraftCells::Array(_) | DraftCells::Map(_) | DraftCells::Struct(_) => {
            unreachable!("the format's support of the type is checked when the decoder is made")
        }
    }
    Ok(())
}

fn long(text: &[u8]) -> Result<i64, FieldFault> {
    parse_long(text).ok_or(FieldFault::NotOfType)
}

fn decimal<T>(
    text: &[u8],
    digits: Digits,
    convert: impl FnOnce(Written<'_>) -> Result<T, DecimalFault>,
) -> Result<T, FieldFault> {
    let written = Written::parse(text).ok_or(FieldFault::NotOfType)?;
    convert(written).map_err(|fault| FieldFault::Decimal(fault, digits))
}
