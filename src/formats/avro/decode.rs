//! Avro records into columns.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use datafusion::arrow::datatypes::i256;

use crate::formats::avro::read_plan::{Read, ReadRecord, Step, plan, plan_row};
use crate::formats::avro::wire::{Cursor, no_branch};
use crate::formats::draft::{Draft, DraftCells, DraftMap};
use crate::formats::numbers::{time_of_day, write_long};
use crate::formats::unscaled::read_decimal;
use crate::formats::wanted::WantedColumns;
use crate::formats::{Decoded, Decoder, Serde, framing};
use crate::registry::avro::AvroSchema;
use crate::registry::{ParsedSchema, SchemaRegistry};
use crate::types::SqlType;

/// Decodes columns out of records, or one column out of bare values.
pub(in crate::formats) struct AvroDecoder {
    columns: WantedColumns,
    is_unwrapped: bool,
    writers: Writers,
}

/// The plans for the schemas that records were written with.
struct Writers {
    registry: SchemaRegistry,
    by_id: HashMap<u32, Result<Arc<Writer>, String>>,
    last: Option<(u32, Arc<Writer>)>,
}

struct Writer {
    schema: AvroSchema,
    read: Read,
}

impl AvroDecoder {
    /// Makes a decoder of some of a side's columns, which finds schemas in a registry.
    pub(in crate::formats) fn new(
        serde: &Serde,
        wanted: &[usize],
        registry: &SchemaRegistry,
    ) -> Self {
        AvroDecoder {
            columns: WantedColumns::new(serde, wanted),
            is_unwrapped: serde.format.unwrapped && serde.columns.len() == 1,
            writers: Writers { registry: registry.clone(), by_id: HashMap::new(), last: None },
        }
    }
}

impl Decoder for AvroDecoder {
    fn decode(&mut self, payloads: &[Option<&[u8]>]) -> Decoded {
        let columns = self.columns.columns().to_vec();
        let (writers, is_unwrapped) = (&mut self.writers, self.is_unwrapped);
        self.columns.decode(payloads, |payload, drafts| {
            let (id, body) = framing::split(payload)?;
            let writer = writers.writer(id, &columns, is_unwrapped)?;
            let mut cursor = Cursor::new(body);
            let mut pass = Pass { schema: &writer.schema, cursor: &mut cursor };
            match (is_unwrapped, drafts) {
                (true, [draft]) => pass.value(&writer.read, draft)?,
                (true, _) => return Ok(()),
                (false, drafts) => pass.row(&writer.read, drafts)?,
            }
            cursor.finish()
        })
    }
}

impl Writers {
    fn writer(
        &mut self,
        id: u32,
        columns: &[(Arc<str>, SqlType)],
        is_unwrapped: bool,
    ) -> Result<Arc<Writer>, String> {
        if let Some((last, writer)) = &self.last
            && *last == id
        {
            return Ok(Arc::clone(writer));
        }
        let writer = match self.by_id.get(&id) {
            Some(known) => known.clone()?,
            None => {
                let found = self.registry.by_id(id);
                // A schema that is not there yet may come.
                let found = found.ok_or_else(|| {
                    format!("Error retrieving Avro schema for id {id}: Schema {id} not found")
                })?;
                let made = match &found.schema.parsed {
                    ParsedSchema::Avro(schema) => make(schema, columns, is_unwrapped),
                    ParsedSchema::Json(_) | ParsedSchema::Protobuf(_) => {
                        Err(format!("Schema {id} is of type {}, not AVRO", found.schema.kind()))
                    }
                };
                self.by_id.insert(id, made.clone());
                made?
            }
        };
        self.last = Some((id, Arc::clone(&writer)));
        Ok(writer)
    }
}

fn make(
    schema: &AvroSchema,
    columns: &[(Arc<str>, SqlType)],
    is_unwrapped: bool,
) -> Result<Arc<Writer>, String> {
    let read = match columns {
        [(_, sql_type)] if is_unwrapped => plan(schema, schema.root(), sql_type),
        _ => plan_row(schema, columns)?,
    };
    Ok(Arc::new(Writer { schema: schema.clone(), read }))
}

struct Pass<'a, 'b> {
    schema: &'a AvroSchema,
    cursor: &'a mut Cursor<'b>,
}

impl Pass<'_, '_> {
    fn row(&mut self, read: &Read, drafts: &mut [Draft]) -> Result<(), String> {
        match read {
            Read::Union(branches) => {
                let index = self.cursor.index()?;
                let branch = branches.get(index).ok_or_else(|| no_branch(index))?;
                self.row(branch, drafts)
            }
            Read::Record(record) => self.record(record, drafts),
            Read::Refuse(reason) => Err(reason.to_string()),
            _null => {
                drafts.iter_mut().for_each(Draft::push_null);
                Ok(())
            }
        }
    }

    fn record(&mut self, record: &ReadRecord, drafts: &mut [Draft]) -> Result<(), String> {
        for step in &record.steps {
            match step {
                Step::Skip(node) => self.cursor.skip(self.schema, *node)?,
                Step::Read(column, read) => self.value(read, &mut drafts[*column])?,
            }
        }
        record.missing.iter().for_each(|column| drafts[*column].push_null());
        Ok(())
    }

    fn value(&mut self, read: &Read, draft: &mut Draft) -> Result<(), String> {
        match read {
            Read::Null => {
                draft.push_null();
                Ok(())
            }
            Read::Refuse(reason) => Err(reason.to_string()),
            Read::Union(branches) => {
                let index = self.cursor.index()?;
                self.value(branches.get(index).ok_or_else(|| no_branch(index))?, draft)
            }
            Read::Long(divisor) => {
                let value = self.cursor.long()?;
                push_long(if *divisor == 1 { value } else { value.div_euclid(*divisor) }, draft)
            }
            Read::Decimal(size, scale) => {
                let bytes = match size {
                    Some(size) => self.cursor.take(*size)?,
                    None => self.cursor.bytes()?,
                };
                push_decimal(bytes, *scale, draft)
            }
            Read::Branches(branches) => self.branch(branches, draft),
            Read::Record(_) | Read::Array(_) | Read::Map(_) | Read::Entries(_, _) => {
                self.nested(read, draft)
            }
            Read::Boolean
            | Read::Float
            | Read::Double
            | Read::Text
            | Read::Symbol(_)
            | Read::Bytes
            | Read::Fixed(_) => self.scalar(read, draft),
        }
    }

    fn scalar(&mut self, read: &Read, draft: &mut Draft) -> Result<(), String> {
        match (read, &mut draft.cells) {
            (Read::Boolean, DraftCells::Boolean(cells)) => {
                cells.push(self.cursor.array::<1>()? != [0]);
            }
            (Read::Boolean, DraftCells::Varchar(cells)) => {
                let is_true = self.cursor.array::<1>()? != [0];
                cells.push(if is_true { b"true" } else { b"false" });
            }
            (Read::Float, DraftCells::Double(cells)) => {
                cells.push(f64::from(f32::from_le_bytes(self.cursor.array()?)));
            }
            (Read::Double, DraftCells::Double(cells)) => {
                cells.push(f64::from_le_bytes(self.cursor.array()?));
            }
            (Read::Text, DraftCells::Varchar(cells)) => cells.push(text(self.cursor.bytes()?)?),
            (Read::Symbol(symbols), DraftCells::Varchar(cells)) => {
                let index = self.cursor.index()?;
                let symbol = symbols.get(index).ok_or_else(|| format!("no symbol {index}"))?;
                cells.push(symbol.as_bytes());
            }
            (Read::Bytes, DraftCells::Bytes(cells)) => cells.push(self.cursor.bytes()?),
            (Read::Fixed(size), DraftCells::Bytes(cells)) => cells.push(self.cursor.take(*size)?),
            (read, _) => return Err(no_value(read)),
        }
        Ok(())
    }

    fn nested(&mut self, read: &Read, draft: &mut Draft) -> Result<(), String> {
        match (read, &mut draft.cells) {
            (Read::Record(record), DraftCells::Struct(cells)) => {
                self.record(record, &mut cells.fields)?;
                cells.finish_row();
            }
            (Read::Array(element), DraftCells::Array(cells)) => {
                while let Some(count) = self.next_block()? {
                    for _ in 0..count {
                        self.value(element, &mut cells.element)?;
                    }
                }
                cells.finish_row();
            }
            (Read::Map(value), DraftCells::Map(cells)) => self.map(&Read::Text, value, cells)?,
            (Read::Entries(key, value), DraftCells::Map(cells)) => self.map(key, value, cells)?,
            (read, _) => return Err(no_value(read)),
        }
        Ok(())
    }

    fn map(&mut self, key: &Read, value: &Read, cells: &mut DraftMap) -> Result<(), String> {
        let from = cells.entry_count();
        while let Some(count) = self.next_block()? {
            for _ in 0..count {
                self.value(key, &mut cells.key)?;
                self.value(value, &mut cells.value)?;
            }
        }
        finish_map(cells, from)
    }

    /// Reads a union of which each type is a field of a struct.
    fn branch(
        &mut self,
        branches: &[Option<(usize, Read)>],
        draft: &mut Draft,
    ) -> Result<(), String> {
        let index = self.cursor.index()?;
        let branch = branches.get(index).ok_or_else(|| no_branch(index))?;
        let Some((field, read)) = branch else {
            draft.push_null();
            return Ok(());
        };
        let DraftCells::Struct(cells) = &mut draft.cells else { return Err(no_value(read)) };
        for (place, column) in cells.fields.iter_mut().enumerate() {
            if place == *field {
                self.value(read, column)?;
            } else {
                column.push_null();
            }
        }
        cells.finish_row();
        Ok(())
    }

    fn next_block(&mut self) -> Result<Option<usize>, String> {
        let count = self.cursor.block()?;
        Ok((count != 0).then_some(count))
    }
}

fn no_value(read: &Read) -> String {
    format!("{read:?} is no value of the column")
}

fn text(bytes: &[u8]) -> Result<&[u8], String> {
    match std::str::from_utf8(bytes) {
        Ok(_) => Ok(bytes),
        Err(_) => Err("a string is not UTF-8".to_owned()),
    }
}

/// Ends the row of a map; a null is no key, and no key occurs twice.
fn finish_map(cells: &mut DraftMap, from: usize) -> Result<(), String> {
    if cells.key.has_null_from(from) {
        return Err("a map has a key that is null".to_owned());
    }
    if let DraftCells::Varchar(keys) = &cells.key.cells {
        let mut seen = HashSet::new();
        if !keys.rows_from(from).all(|key| seen.insert(key)) {
            return Err("a map has a key twice".to_owned());
        }
    }
    cells.finish_row();
    Ok(())
}

fn push_long(value: i64, draft: &mut Draft) -> Result<(), String> {
    let out_of_range = || format!("Numeric value out of range: {value}");
    match &mut draft.cells {
        DraftCells::Int(cells) | DraftCells::Date(cells) => {
            cells.push(i32::try_from(value).map_err(|_| out_of_range())?);
        }
        DraftCells::Bigint(cells) | DraftCells::Timestamp(cells) => cells.push(value),
        DraftCells::Time(cells) => cells.push(time_of_day(value)?),
        DraftCells::Varchar(cells) => {
            write_long(value, &mut cells.bytes);
            cells.finish_row();
        }
        _other => return Err(out_of_range()),
    }
    Ok(())
}

fn push_decimal(bytes: &[u8], scale: u8, draft: &mut Draft) -> Result<(), String> {
    match &mut draft.cells {
        DraftCells::Decimal(cells, digits) => {
            let value = read_decimal(bytes, scale, *digits)?;
            cells.push(i256::to_i128(value).ok_or("a decimal has too many digits")?);
        }
        DraftCells::WideDecimal(cells, digits) => cells.push(read_decimal(bytes, scale, *digits)?),
        _other => return Err("a decimal is no value of the column".to_owned()),
    }
    Ok(())
}
