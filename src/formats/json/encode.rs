//! Columns into JSON documents.

use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;

use super::text::write_text;
use crate::formats::cells::Cells;
use crate::formats::numbers::{write_decimal, write_long, write_wide_decimal};
use crate::formats::{EncodeError, Encoder, Payloads, Serde, framing, texts};
use crate::types::{SqlType, push_double};

/// Encodes columns as JSON objects, or one column as bare values.
pub(in crate::formats) struct JsonEncoder {
    row: Vec<Field>,
    is_unwrapped: bool,
    /// The id of the schema that stands in front of each document.
    schema: Option<u32>,
    /// How many bytes a row took last time.
    row_bytes: usize,
}

/// A field of an object.
struct Field {
    /// What stands before its value: brace or comma, name, colon.
    start: FixedText,
    shape: Shape,
}

/// Text that is written again and again.
struct FixedText {
    /// At least [`CHUNK`] bytes, so that short texts are copied at that size: that is faster than the call which a copy of any size
    /// is.
    padded: Vec<u8>,
    size: usize,
}

const CHUNK: usize = 32;

impl FixedText {
    fn new(mut text: Vec<u8>) -> Self {
        let size = text.len();
        text.resize(size.max(CHUNK), 0);
        FixedText { padded: text, size }
    }

    #[inline]
    fn write(&self, out: &mut Vec<u8>) {
        match self.padded.first_chunk::<CHUNK>() {
            Some(chunk) if self.size <= CHUNK => {
                let end = out.len() + self.size;
                out.extend_from_slice(chunk);
                out.truncate(end);
            }
            _ => out.extend_from_slice(&self.padded),
        }
    }
}

/// What the cells of a type do not say of it: the names of fields.
enum Shape {
    Scalar,
    /// ARRAY's element or MAP's value.
    Element(Box<Shape>),
    Fields(Vec<Field>),
}

impl Shape {
    fn new(sql_type: &SqlType) -> Self {
        match sql_type {
            SqlType::Array(element) | SqlType::Map(_, element) => {
                Shape::Element(Box::new(Shape::new(element)))
            }
            SqlType::Struct(fields) => {
                Shape::Fields(fields_of(fields.iter().map(|f| (&f.name, &f.sql_type))))
            }
            _scalar => Shape::Scalar,
        }
    }

    fn element(&self) -> &Shape {
        match self {
            Shape::Element(element) => element,
            Shape::Scalar | Shape::Fields(_) => unreachable!("ARRAY and MAP have elements"),
        }
    }

    fn fields(&self) -> &[Field] {
        match self {
            Shape::Fields(fields) => fields,
            Shape::Scalar | Shape::Element(_) => unreachable!("STRUCT has fields"),
        }
    }
}

fn fields_of<'a>(fields: impl Iterator<Item = (&'a Arc<str>, &'a SqlType)>) -> Vec<Field> {
    let field = |(place, (name, sql_type)): (usize, (&Arc<str>, &SqlType))| {
        let mut start = vec![if place == 0 { b'{' } else { b',' }];
        write_text(name.as_bytes(), &mut start);
        start.push(b':');
        Field { start: FixedText::new(start), shape: Shape::new(sql_type) }
    };
    fields.enumerate().map(field).collect()
}

impl JsonEncoder {
    /// Makes an encoder of all columns of a side.
    pub(in crate::formats) fn new(serde: &Serde) -> Self {
        JsonEncoder {
            row: fields_of(serde.columns.iter().map(|(name, sql_type)| (name, sql_type))),
            is_unwrapped: serde.format.unwrapped && serde.columns.len() == 1,
            schema: None,
            row_bytes: 32,
        }
    }

    /// Writes the id of a schema in front of each document.
    pub(in crate::formats) fn with_schema(self, id: u32) -> Self {
        JsonEncoder { schema: Some(id), ..self }
    }
}

impl Encoder for JsonEncoder {
    fn encode(
        &mut self,
        columns: &[ArrayRef],
        row_count: usize,
        absent: &dyn Fn(usize) -> bool,
    ) -> Result<Payloads, EncodeError> {
        let cells: Vec<Cells<'_>> = columns.iter().map(|column| Cells::of(column)).collect();
        let mut payloads = Payloads::with_capacity(row_count, row_count * self.row_bytes);
        for row in 0..row_count {
            // A bare null is an absent payload, as in ksqlDB.
            let is_absent = absent(row) || (self.is_unwrapped && cells[0].is_null(row));
            if is_absent {
                payloads.push_absent();
                continue;
            }
            if let Some(id) = self.schema {
                framing::write(id, &mut payloads.bytes);
            }
            match (self.is_unwrapped, self.row.as_slice()) {
                (true, [field]) => write_value(&cells[0], &field.shape, row, &mut payloads.bytes),
                (_, fields) => write_object(&cells, fields, row, &mut payloads.bytes),
            }
            payloads.finish_row()?;
        }
        self.row_bytes = payloads.bytes.len() / row_count.max(1) + 1;
        Ok(payloads)
    }
}

fn write_object(cells: &[Cells<'_>], fields: &[Field], row: usize, out: &mut Vec<u8>) {
    if fields.is_empty() {
        out.push(b'{');
    }
    for (cells, field) in cells.iter().zip(fields) {
        field.start.write(out);
        write_cell(cells, &field.shape, row, out);
    }
    out.push(b'}');
}

#[inline]
fn write_cell(cells: &Cells<'_>, shape: &Shape, row: usize, out: &mut Vec<u8>) {
    if cells.is_null(row) {
        out.extend_from_slice(b"null");
    } else {
        write_value(cells, shape, row, out);
    }
}

fn write_value(cells: &Cells<'_>, shape: &Shape, row: usize, out: &mut Vec<u8>) {
    match cells {
        Cells::Boolean(a) => out.extend_from_slice(if a.value(row) { b"true" } else { b"false" }),
        Cells::Int(a) => write_long(i64::from(a.value(row)), out),
        Cells::Bigint(a) => write_long(a.value(row), out),
        Cells::Double(a) => write_double(a.value(row), out),
        Cells::Decimal(a) => write_decimal(a.value(row), a.scale().unsigned_abs(), out),
        Cells::WideDecimal(a) => write_wide_decimal(a.value(row), a.scale().unsigned_abs(), out),
        Cells::Varchar(a) => write_text(a.value(row).as_bytes(), out),
        Cells::Bytes(a) => {
            out.push(b'"');
            texts::encode_base64(a.value(row), out);
            out.push(b'"');
        }
        Cells::Date(a) => write_long(i64::from(a.value(row)), out),
        Cells::Time(a) => write_long(i64::from(a.value(row)), out),
        Cells::Timestamp(a) => write_long(a.value(row), out),
        Cells::Array(a, element) => {
            let shape = shape.element();
            write_list(b"[]", a.value_offsets(), row, out, |i, out| {
                write_cell(element, shape, i, out);
            });
        }
        Cells::Map(a, keys, values) => {
            let shape = shape.element();
            write_list(b"{}", a.value_offsets(), row, out, |i, out| {
                write_value(keys, &Shape::Scalar, i, out);
                out.push(b':');
                write_cell(values, shape, i, out);
            });
        }
        Cells::Struct(_, cells) => write_object(cells, shape.fields(), row, out),
    }
}

/// Writes a DOUBLE as Java does; what is no number in JSON is text.
fn write_double(value: f64, out: &mut Vec<u8>) {
    if value.is_finite() {
        return push_double(value, out);
    }
    out.push(b'"');
    push_double(value, out);
    out.push(b'"');
}

#[inline]
fn write_list(
    brackets: &[u8; 2],
    ends: &[i32],
    row: usize,
    out: &mut Vec<u8>,
    mut write: impl FnMut(usize, &mut Vec<u8>),
) {
    out.push(brackets[0]);
    let elements = ends[row] as usize..ends[row + 1] as usize;
    for element in elements.clone() {
        if elements.start < element {
            out.push(b',');
        }
        write(element, out);
    }
    out.push(brackets[1]);
}
