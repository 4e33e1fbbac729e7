//! Avro schemas: what they say, and whether one reads what another has written.

mod compatibility;
mod parse;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde_json::Value;

pub use parse::check_name;

/// A node of a schema, by its number: a schema can hold itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(usize);

/// An Avro schema.
#[derive(Clone, Debug)]
pub struct AvroSchema {
    nodes: Arc<[AvroNode]>,
    root: NodeId,
}

/// A node: its type, and what Connect and logical types say of it.
#[derive(Clone, Debug)]
pub struct AvroNode {
    /// The type.
    pub kind: AvroKind,
    /// What the values stand for.
    pub logical: Option<AvroLogical>,
}

/// A type of Avro.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "named as in Avro")]
pub enum AvroKind {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    Fixed { name: String, size: usize },
    Enum { name: String, symbols: Arc<[String]>, has_default: bool },
    Array(NodeId),
    Map(NodeId),
    Union(Vec<NodeId>),
    Record(AvroRecord),
}

/// A record.
#[derive(Clone, Debug)]
pub struct AvroRecord {
    /// Its full name.
    pub name: String,
    /// Its fields, in the order in which they are written.
    pub fields: Vec<AvroField>,
    /// Whether it is the entry of a map whose keys are not plain text.
    pub is_map_entry: bool,
}

/// A field of a record.
#[derive(Clone, Debug)]
pub struct AvroField {
    /// Its name.
    pub name: String,
    /// Other names it is read by.
    pub aliases: Vec<String>,
    /// Its type.
    pub node: NodeId,
    /// What it is where nothing is given.
    pub default: Option<Value>,
}

/// What values stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in Avro")]
pub enum AvroLogical {
    Decimal { precision: u8, scale: u8 },
    Date,
    TimeMillis,
    TimeMicros,
    TimestampMillis,
    TimestampMicros,
}

impl AvroSchema {
    /// Reads a schema's text; `used` are the texts of the schemas it refers to.
    pub fn parse(text: &str, used: &[&str]) -> Result<Self, String> {
        parse::parse(text, used)
    }

    /// Checks that what was written by another schema can be read by this one.
    pub fn check_reads(&self, writer: &AvroSchema) -> Result<(), String> {
        compatibility::check(self, writer)
    }

    /// Returns the outermost node.
    pub fn root(&self) -> NodeId {
        self.root
    }

    /// Returns a node of this schema.
    pub fn node(&self, id: NodeId) -> &AvroNode {
        &self.nodes[id.0]
    }

    /// Returns the node itself, or that of a union with null which is not null.
    pub fn without_null(&self, id: NodeId) -> NodeId {
        let AvroKind::Union(branches) = &self.node(id).kind else { return id };
        match branches.as_slice() {
            [one] => *one,
            [first, second] if matches!(self.node(*first).kind, AvroKind::Null) => *second,
            [first, second] if matches!(self.node(*second).kind, AvroKind::Null) => *first,
            _ => id,
        }
    }
}

impl AvroKind {
    /// Returns the name of the type, a full one if it is named.
    pub fn name(&self) -> &str {
        match self {
            AvroKind::Null => "null",
            AvroKind::Boolean => "boolean",
            AvroKind::Int => "int",
            AvroKind::Long => "long",
            AvroKind::Float => "float",
            AvroKind::Double => "double",
            AvroKind::Bytes => "bytes",
            AvroKind::String => "string",
            AvroKind::Array(_) => "array",
            AvroKind::Map(_) => "map",
            AvroKind::Union(_) => "union",
            AvroKind::Fixed { name, .. } | AvroKind::Enum { name, .. } => name,
            AvroKind::Record(record) => &record.name,
        }
    }
}
