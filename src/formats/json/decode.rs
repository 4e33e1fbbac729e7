//! JSON documents into columns.
//!
//! A row is read in one pass that takes the values as they come. Where that is not enough (a key occurs twice) or fails,
//! what it pushed is taken back and the row is read again with care: first which value of which key counts, then the
//! values. What the second pass says stands.

use std::collections::HashSet;
use std::sync::Arc;

use super::fault::Fault;
use super::keys::{Keys, NO_COLUMN, NO_KEY};
use super::number::short_long;
use super::reader::{Reader, Token};
use super::scalar::{not_of_type, push_scalar};
use super::text::last_entries;
use crate::formats::draft::{Draft, DraftCells, DraftList, DraftMap};
use crate::formats::{BATCH_BYTES_MAX, DecodeFailure, Decoded, Decoder, Serde};
use crate::types::SqlType;

/// Decodes columns out of JSON objects, or one column out of bare values.
pub(in crate::formats) struct JsonDecoder {
    columns: Vec<Draft>,
    row: ObjectShape,
    is_unwrapped: bool,
    /// For each column that is wanted, which of those decoded it is.
    wanted: Vec<usize>,
    scratch: Vec<u8>,
}

/// A type, with what is known of the documents that hold it.
struct Shape {
    sql_type: SqlType,
    parts: Parts,
}

enum Parts {
    None,
    /// ARRAY's element or MAP's value.
    Element(Box<Shape>),
    Fields(Box<ObjectShape>),
}

/// The fields of an object.
struct ObjectShape {
    names: Vec<Arc<str>>,
    shapes: Vec<Shape>,
    keys: Keys,
    /// The last object in which each field occurred, by its number.
    seen: Vec<u32>,
    object: u32,
}

/// How a row is read.
struct Pass<'a> {
    is_careful: bool,
    scratch: &'a mut Vec<u8>,
}

impl JsonDecoder {
    /// Makes a decoder of some of a side's columns.
    pub(in crate::formats) fn new(serde: &Serde, wanted: &[usize]) -> Self {
        let mut decoded: Vec<usize> = Vec::new();
        let place = |column: &usize| match decoded.iter().position(|known| known == column) {
            Some(place) => place,
            None => {
                decoded.push(*column);
                decoded.len() - 1
            }
        };
        let wanted = wanted.iter().map(place).collect();
        let fields = || decoded.iter().map(|column| &serde.columns[*column]);
        JsonDecoder {
            columns: fields().map(|(_, sql_type)| Draft::new(sql_type)).collect(),
            row: ObjectShape::new(fields().map(|(name, sql_type)| (name, sql_type))),
            is_unwrapped: serde.format.unwrapped && serde.columns.len() == 1,
            wanted,
            scratch: Vec::new(),
        }
    }

    fn decode_row(&mut self, row: usize, payload: &[u8]) -> Result<(), Fault> {
        if self.read_row(payload, false).is_ok() {
            return Ok(());
        }
        self.columns.iter_mut().for_each(|column| column.truncate(row));
        self.read_row(payload, true)
    }

    fn read_row(&mut self, payload: &[u8], is_careful: bool) -> Result<(), Fault> {
        let mut reader = Reader::new(payload);
        let mut pass = Pass { is_careful, scratch: &mut self.scratch };
        let token = reader.peek_token();
        if self.is_unwrapped {
            match (self.columns.first_mut(), self.row.shapes.first_mut()) {
                (Some(column), Some(shape)) => pass.value(&mut reader, shape, column)?,
                _ => reader.skip_value()?,
            }
        } else if token == b'{' {
            pass.object(&mut reader, &mut self.row, &mut self.columns)?;
        } else {
            match reader.token()? {
                Token::Null => self.columns.iter_mut().for_each(Draft::push_null),
                other => return Err(not_of_type(other, "STRUCT")),
            }
        }
        reader.expect_end()
    }
}

impl Decoder for JsonDecoder {
    fn decode(&mut self, payloads: &[Option<&[u8]>]) -> Decoded {
        let mut failures = Vec::new();
        let mut bytes = 0;
        self.columns.iter_mut().for_each(|column| column.reserve(payloads.len()));
        for (row, payload) in payloads.iter().enumerate() {
            let Some(payload) = payload else {
                self.columns.iter_mut().for_each(Draft::push_null);
                continue;
            };
            bytes += payload.len();
            let decoded = if bytes <= BATCH_BYTES_MAX {
                self.decode_row(row, payload)
            } else {
                Err(Fault::new(format!("a batch is larger than {BATCH_BYTES_MAX} bytes")))
            };
            if let Err(fault) = decoded {
                for column in &mut self.columns {
                    column.truncate(row);
                    column.push_null();
                }
                failures.push(DecodeFailure { row, reason: fault.into_reason() });
            }
        }
        let columns: Vec<_> = self.columns.iter_mut().map(Draft::finish).collect();
        let columns = self.wanted.iter().map(|place| Arc::clone(&columns[*place])).collect();
        Decoded { columns, failures }
    }
}

impl Shape {
    fn new(sql_type: &SqlType) -> Self {
        let parts = match sql_type {
            SqlType::Array(element) | SqlType::Map(_, element) => {
                Parts::Element(Box::new(Shape::new(element)))
            }
            SqlType::Struct(fields) => {
                let fields = fields.iter().map(|field| (&field.name, &field.sql_type));
                Parts::Fields(Box::new(ObjectShape::new(fields)))
            }
            _scalar => Parts::None,
        };
        Shape { sql_type: sql_type.clone(), parts }
    }
}

impl ObjectShape {
    fn new<'a>(fields: impl Iterator<Item = (&'a Arc<str>, &'a SqlType)>) -> Self {
        let (names, shapes): (Vec<_>, Vec<_>) =
            fields.map(|(name, sql_type)| (Arc::clone(name), Shape::new(sql_type))).unzip();
        let keys = Keys::new(&names);
        ObjectShape { seen: vec![0; names.len()], names, shapes, keys, object: 0 }
    }

    fn begin_object(&mut self) {
        self.object = self.object.wrapping_add(1);
        if self.object == 0 {
            self.seen.fill(0);
            self.object = 1;
        }
    }

    /// Marks a field as seen; tells whether it was in this object before.
    #[inline]
    fn is_again(&mut self, field: usize) -> bool {
        std::mem::replace(&mut self.seen[field], self.object) == self.object
    }

    /// Reads a key that was not expected, up to its value; returns it and its column, or None at the end of the object.
    ///
    /// The reader stands behind a value, or at the brace of an object that was entered already.
    fn read_key(
        &mut self,
        reader: &mut Reader<'_>,
        last: u32,
        is_first: bool,
    ) -> Result<Option<(u32, u32)>, Fault> {
        let start = reader.at();
        if is_first {
            reader.skip_bytes(1);
        }
        if !reader.next_key(is_first)? {
            return Ok(None);
        }
        let key = reader.key()?;
        let bytes = reader.since(start);
        if let Some(found) = self.keys.find(last, bytes) {
            return Ok(Some(found));
        }
        let column = self.keys.target(&key.unescaped()).column.unwrap_or(NO_COLUMN);
        Ok(Some((self.keys.learn(last, bytes, column), column)))
    }
}

impl Pass<'_> {
    /// Reads an object at its brace, and pushes a cell to each column.
    fn object(
        &mut self,
        reader: &mut Reader<'_>,
        shape: &mut ObjectShape,
        columns: &mut [Draft],
    ) -> Result<(), Fault> {
        if self.is_careful {
            return self.careful_object(reader, shape, columns);
        }
        reader.descend()?;
        shape.begin_object();
        let mut last = NO_KEY;
        let mut is_first = true;
        let mut missing = columns.len();
        loop {
            let column;
            let expected = shape.keys.expected_after(last);
            if let Some((known, size)) = shape.keys.matches(expected, reader.rest()) {
                reader.skip_bytes(size);
                (last, column) = (expected, known);
            } else if let Some(read) = shape.read_key(reader, last, is_first)? {
                (last, column) = read;
            } else {
                break;
            }
            is_first = false;
            if column == NO_COLUMN {
                reader.skip_value()?;
                continue;
            }
            let column = column as usize;
            if shape.is_again(column) {
                return Err(Fault::new("a key occurs twice".to_owned()));
            }
            missing -= 1;
            self.value(reader, &mut shape.shapes[column], &mut columns[column])?;
        }
        if 0 < missing {
            push_missing(shape, columns);
        }
        Ok(())
    }

    /// Reads an object in which keys can occur twice: the last value counts, and one of the column's own name before
    /// one whose name it is in upper case.
    fn careful_object(
        &mut self,
        reader: &mut Reader<'_>,
        shape: &mut ObjectShape,
        columns: &mut [Draft],
    ) -> Result<(), Fault> {
        let mut found: Vec<Option<(bool, Reader<'_>)>> = vec![None; columns.len()];
        reader.enter()?;
        let mut is_first = true;
        while reader.next_key(is_first)? {
            is_first = false;
            let target = shape.keys.target(&reader.key()?.unescaped());
            if let Some(column) = target.column {
                let found = &mut found[column as usize];
                if found.as_ref().is_none_or(|(is_exact, _)| target.is_exact || !is_exact) {
                    *found = Some((target.is_exact, reader.clone()));
                }
            }
            reader.skip_value()?;
        }
        for (field, (found, column)) in found.into_iter().zip(columns).enumerate() {
            match found {
                Some((_, mut reader)) => self
                    .value(&mut reader, &mut shape.shapes[field], column)
                    .map_err(|fault| fault.within(|| format!(".{}", shape.names[field])))?,
                None => column.push_null(),
            }
        }
        Ok(())
    }

    /// Reads a value and pushes it.
    #[inline]
    fn value(
        &mut self,
        reader: &mut Reader<'_>,
        shape: &mut Shape,
        column: &mut Draft,
    ) -> Result<(), Fault> {
        match &mut column.cells {
            DraftCells::Bigint(cells) | DraftCells::Timestamp(cells) => {
                if let Some((value, size)) = short_long(reader.rest()) {
                    cells.push(value);
                    reader.skip_bytes(size);
                    return Ok(());
                }
            }
            DraftCells::Int(cells) => {
                if let Some((value, size)) = short_long(reader.rest())
                    && let Ok(value) = i32::try_from(value)
                {
                    cells.push(value);
                    reader.skip_bytes(size);
                    return Ok(());
                }
            }
            DraftCells::Varchar(cells) if reader.peek() == b'"' => {
                reader.text()?.push_to(&mut cells.bytes)?;
                cells.finish_row();
                return Ok(());
            }
            _any => {}
        }
        self.any_value(reader, shape, column)
    }

    fn any_value(
        &mut self,
        reader: &mut Reader<'_>,
        shape: &mut Shape,
        column: &mut Draft,
    ) -> Result<(), Fault> {
        let token = reader.token()?;
        if token == Token::Null {
            column.push_null();
            return Ok(());
        }
        match (&mut column.cells, &mut shape.parts, token) {
            (DraftCells::Array(cells), Parts::Element(shape), Token::Array) => {
                self.array(reader, shape, cells)
            }
            (DraftCells::Map(cells), Parts::Element(shape), Token::Object) => {
                self.map(reader, shape, cells)
            }
            (DraftCells::Struct(cells), Parts::Fields(shape), Token::Object) => {
                self.object(reader, shape, &mut cells.fields)?;
                cells.finish_row();
                Ok(())
            }
            (_, Parts::None, token) => push_scalar(token, reader, column, self.scratch),
            (_, _, token) => Err(not_of_type(token, &shape.sql_type.to_string())),
        }
    }

    fn array(
        &mut self,
        reader: &mut Reader<'_>,
        shape: &mut Shape,
        cells: &mut DraftList,
    ) -> Result<(), Fault> {
        reader.enter()?;
        let mut index = 0u32;
        while reader.next_element(index == 0)? {
            reader.peek_token();
            self.value(reader, shape, &mut cells.element)
                .map_err(|fault| fault.within(|| format!("[{index}]")))?;
            index += 1;
        }
        cells.finish_row();
        Ok(())
    }

    fn map(
        &mut self,
        reader: &mut Reader<'_>,
        shape: &mut Shape,
        cells: &mut DraftMap,
    ) -> Result<(), Fault> {
        if self.is_careful {
            return self.careful_map(reader, shape, cells);
        }
        let entry_count = cells.entry_count();
        reader.enter()?;
        let mut is_first = true;
        while reader.next_key(is_first)? {
            is_first = false;
            let DraftCells::Varchar(keys) = &mut cells.key.cells else {
                return Err(not_text_keys());
            };
            reader.key()?.push_to(&mut keys.bytes)?;
            keys.finish_row();
            self.value(reader, shape, &mut cells.value)?;
        }
        let DraftCells::Varchar(keys) = &cells.key.cells else { return Err(not_text_keys()) };
        if has_twice(keys.rows_from(entry_count)) {
            return Err(Fault::new("a key occurs twice".to_owned()));
        }
        cells.finish_row();
        Ok(())
    }

    fn careful_map(
        &mut self,
        reader: &mut Reader<'_>,
        shape: &mut Shape,
        cells: &mut DraftMap,
    ) -> Result<(), Fault> {
        for (key, mut value) in last_entries(reader)? {
            let DraftCells::Varchar(keys) = &mut cells.key.cells else {
                return Err(not_text_keys());
            };
            keys.push(&key);
            self.value(&mut value, shape, &mut cells.value).map_err(|fault| {
                fault.within(|| format!(".{}.value", String::from_utf8_lossy(&key)))
            })?;
        }
        cells.finish_row();
        Ok(())
    }
}

#[cold]
fn not_text_keys() -> Fault {
    Fault::new("JSON only supports MAP types with STRING keys".to_owned())
}

fn push_missing(shape: &ObjectShape, columns: &mut [Draft]) {
    for (column, seen) in columns.iter_mut().zip(&shape.seen) {
        if *seen != shape.object {
            column.push_null();
        }
    }
}

/// Tells whether a key occurs twice.
fn has_twice<'a>(keys: impl Iterator<Item = &'a [u8]>) -> bool {
    let mut keys: Vec<&[u8]> = keys.collect();
    if keys.len() <= 8 {
        return keys.iter().enumerate().any(|(place, key)| keys[..place].contains(key));
    }
    let mut seen = HashSet::with_capacity(keys.len());
    keys.drain(..).any(|key| !seen.insert(key))
}
