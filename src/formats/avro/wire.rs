//! Avro's binary encoding of single values.

use crate::registry::avro::{AvroKind, AvroSchema, NodeId};

/// So deep may values be nested; a schema can hold itself.
const DEPTH_MAX: usize = 100;
/// So many elements may take no byte.
const EMPTY_ELEMENTS_MAX: usize = 1 << 16;

/// Reads values off the bytes of a record.
pub(super) struct Cursor<'a> {
    rest: &'a [u8],
    elements_left: usize,
    depth: usize,
}

fn truncated() -> String {
    "the record ends inside a value".to_owned()
}

impl<'a> Cursor<'a> {
    /// Begins a record.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Cursor { rest: bytes, elements_left: bytes.len() + EMPTY_ELEMENTS_MAX, depth: 0 }
    }

    /// Takes so many bytes.
    pub(super) fn take(&mut self, size: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self.rest.split_at_checked(size).ok_or_else(truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    /// Takes as many bytes as an array has.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or_else(truncated)?;
        self.rest = rest;
        Ok(*taken)
    }

    /// Reads a number of any length.
    #[inline]
    pub(super) fn long(&mut self) -> Result<i64, String> {
        let mut value = 0u64;
        for (place, byte) in self.rest.iter().take(10).enumerate() {
            value |= u64::from(byte & 0x7F) << (7 * place);
            if byte & 0x80 == 0 {
                self.rest = &self.rest[place + 1..];
                return Ok((value >> 1) as i64 ^ -((value & 1) as i64));
            }
        }
        Err(if self.rest.len() < 10 { truncated() } else { "a number has no end".to_owned() })
    }

    /// Reads the number of a branch or symbol.
    pub(super) fn index(&mut self) -> Result<usize, String> {
        let value = self.long()?;
        usize::try_from(value).map_err(|_| format!("{value} is no index"))
    }

    /// Reads bytes after their number.
    pub(super) fn bytes(&mut self) -> Result<&'a [u8], String> {
        let size = self.long()?;
        let size = usize::try_from(size).map_err(|_| format!("{size} is no length"))?;
        self.take(size)
    }

    /// Reads how many elements the next block of an array or map has; none follow the last.
    pub(super) fn block(&mut self) -> Result<usize, String> {
        let count = self.long()?;
        if count < 0 {
            self.long()?;
        }
        let count = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
        let left = self.elements_left.checked_sub(count);
        self.elements_left = left.ok_or("an array has more elements than the record has bytes")?;
        Ok(count)
    }

    /// Begins a value in a value.
    pub(super) fn descend(&mut self) -> Result<(), String> {
        self.depth += 1;
        if DEPTH_MAX < self.depth {
            return Err(format!("values are nested more than {DEPTH_MAX} deep"));
        }
        Ok(())
    }

    /// Ends a value in a value.
    pub(super) fn ascend(&mut self) {
        self.depth -= 1;
    }

    /// Checks that nothing is left.
    pub(super) fn finish(&self) -> Result<(), String> {
        if self.rest.is_empty() {
            return Ok(());
        }
        Err(format!("{} bytes are left after the record", self.rest.len()))
    }

    /// Reads over a value.
    pub(super) fn skip(&mut self, schema: &AvroSchema, node: NodeId) -> Result<(), String> {
        self.descend()?;
        match &schema.node(node).kind {
            AvroKind::Null => {}
            AvroKind::Boolean => drop(self.take(1)?),
            AvroKind::Int | AvroKind::Long | AvroKind::Enum { .. } => drop(self.long()?),
            AvroKind::Float => drop(self.take(4)?),
            AvroKind::Double => drop(self.take(8)?),
            AvroKind::Bytes | AvroKind::String => drop(self.bytes()?),
            AvroKind::Fixed { size, .. } => drop(self.take(*size)?),
            AvroKind::Array(items) => self.skip_blocks(schema, *items, false)?,
            AvroKind::Map(values) => self.skip_blocks(schema, *values, true)?,
            AvroKind::Union(branches) => {
                let index = self.index()?;
                let branch = branches.get(index).ok_or_else(|| no_branch(index))?;
                self.skip(schema, *branch)?;
            }
            AvroKind::Record(record) => {
                for field in &record.fields {
                    self.skip(schema, field.node)?;
                }
            }
        }
        self.ascend();
        Ok(())
    }

    fn skip_blocks(
        &mut self,
        schema: &AvroSchema,
        element: NodeId,
        has_keys: bool,
    ) -> Result<(), String> {
        loop {
            let count = self.block()?;
            if count == 0 {
                return Ok(());
            }
            for _ in 0..count {
                if has_keys {
                    self.bytes()?;
                }
                self.skip(schema, element)?;
            }
        }
    }
}

/// Says that a union has no such branch.
pub(super) fn no_branch(index: usize) -> String {
    format!("a union has no branch {index}")
}

/// Writes a number.
#[inline]
pub(super) fn write_long(value: i64, out: &mut Vec<u8>) {
    let mut rest = ((value << 1) ^ (value >> 63)) as u64;
    while 0x80 <= rest {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// Writes bytes after their number.
pub(super) fn write_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    write_long(bytes.len() as i64, out);
    out.extend_from_slice(bytes);
}
