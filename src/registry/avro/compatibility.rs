//! Whether a schema reads what another one has written: Avro's rules of schema resolution.

use std::collections::HashSet;

use crate::registry::avro::{AvroKind, AvroRecord, AvroSchema, NodeId};

/// Checks that what `writer` has written can be read by `reader`.
pub(super) fn check(reader: &AvroSchema, writer: &AvroSchema) -> Result<(), String> {
    Check { reader, writer, seen: HashSet::new() }.node(reader.root(), writer.root(), 0)
}

struct Check<'a> {
    reader: &'a AvroSchema,
    writer: &'a AvroSchema,
    /// Pairs that are being looked at, or that were found to fit.
    seen: HashSet<(NodeId, NodeId)>,
}

impl Check<'_> {
    fn node(&mut self, reader: NodeId, writer: NodeId, depth: usize) -> Result<(), String> {
        const DEPTH_MAX: usize = 256;
        if DEPTH_MAX <= depth || !self.seen.insert((reader, writer)) {
            return Ok(());
        }
        let found = self.pair(reader, writer, depth + 1);
        if found.is_err() {
            self.seen.remove(&(reader, writer));
        }
        found
    }

    fn pair(&mut self, reader: NodeId, writer: NodeId, depth: usize) -> Result<(), String> {
        use AvroKind::{
            Array, Boolean, Bytes, Double, Enum, Fixed, Float, Int, Long, Map, Null, Record,
            String, Union,
        };
        let (reader_schema, writer_schema) = (self.reader, self.writer);
        let (new, old) = (&reader_schema.node(reader).kind, &writer_schema.node(writer).kind);
        match (new, old) {
            (_, Union(branches)) => {
                branches.iter().try_for_each(|branch| self.node(reader, *branch, depth))
            }
            (Union(branches), _) => {
                let fits = branches.iter().any(|branch| self.node(*branch, writer, depth).is_ok());
                let missing = || format!("no type of the new union reads {}", old.name());
                fits.then_some(()).ok_or_else(missing)
            }
            (Null, Null)
            | (Boolean, Boolean)
            | (Int, Int)
            | (Long, Int | Long)
            | (Float, Int | Long | Float)
            | (Double, Int | Long | Float | Double)
            | (Bytes | String, Bytes | String) => Ok(()),
            (Array(new), Array(old)) | (Map(new), Map(old)) => self.node(*new, *old, depth),
            (Fixed { name, size }, Fixed { name: old_name, size: old_size }) => {
                same_name(name, old_name)?;
                let differs = || format!("the size of {name} was {old_size}, and is {size}");
                (size == old_size).then_some(()).ok_or_else(differs)
            }
            (Enum { name, symbols, has_default }, Enum { name: old_name, symbols: old, .. }) => {
                same_name(name, old_name)?;
                match old.iter().find(|symbol| !symbols.contains(symbol)) {
                    Some(symbol) if !has_default => {
                        Err(format!("enum {name} does not have {symbol} any more"))
                    }
                    _ => Ok(()),
                }
            }
            (Record(new), Record(old)) => self.record(new, old, depth),
            _ => Err(format!("{} was {}", new.name(), old.name())),
        }
    }

    fn record(&mut self, new: &AvroRecord, old: &AvroRecord, depth: usize) -> Result<(), String> {
        same_name(&new.name, &old.name)?;
        for field in &new.fields {
            let written = old
                .fields
                .iter()
                .find(|old| old.name == field.name || field.aliases.contains(&old.name));
            match written {
                Some(written) => self
                    .node(field.node, written.node, depth)
                    .map_err(|reason| format!("field {}: {reason}", field.name))?,
                None if field.default.is_some() => {}
                None => {
                    return Err(format!(
                        "the new field '{}' of {} has no default value",
                        field.name, new.name
                    ));
                }
            }
        }
        Ok(())
    }
}

/// Named types are the same if their names are, whatever their namespaces.
fn same_name(new: &str, old: &str) -> Result<(), String> {
    let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    let differs = || format!("the name of the type was {old}, and is {new}");
    (last(new) == last(old)).then_some(()).ok_or_else(differs)
}
