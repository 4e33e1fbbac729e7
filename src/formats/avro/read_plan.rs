//! How the values of a writer's schema become cells of columns.

use std::sync::Arc;

use crate::formats::avro::types::{branch_name, entry_parts};
use crate::formats::support::base_name;
use crate::formats::wanted::matching;
use crate::registry::avro::{AvroKind, AvroLogical, AvroSchema, NodeId};
use crate::types::SqlType;

/// How a value is read.
#[derive(Debug)]
pub(super) enum Read {
    Null,
    Boolean,
    /// A whole number, divided by that.
    Long(i64),
    Float,
    Double,
    Text,
    Symbol(Arc<[String]>),
    Bytes,
    Fixed(usize),
    /// Bytes, or so many of them, at a scale.
    Decimal(Option<usize>, u8),
    Array(Box<Read>),
    Map(Box<Read>),
    /// A map as an array of entries.
    Entries(Box<Read>, Box<Read>),
    Record(ReadRecord),
    Union(Vec<Read>),
    /// Each branch is a field of its own; none for that of null.
    Branches(Vec<Option<(usize, Read)>>),
    /// A value that has no form in the column.
    Refuse(Arc<str>),
}

/// How a record is read.
#[derive(Debug)]
pub(super) struct ReadRecord {
    /// By the writer's fields.
    pub(super) steps: Vec<Step>,
    /// The columns that no field is for.
    pub(super) missing: Vec<usize>,
}

/// What becomes of a field.
#[derive(Debug)]
pub(super) enum Step {
    Skip(NodeId),
    Read(usize, Read),
}

/// Plans how a whole record becomes columns; a record that is null is a row of nulls.
pub(super) fn plan_row(
    schema: &AvroSchema,
    columns: &[(Arc<str>, SqlType)],
) -> Result<Read, String> {
    let root = schema.root();
    let row = |node: NodeId| match &schema.node(node).kind {
        AvroKind::Null => Read::Null,
        AvroKind::Record(_) => plan_record(schema, node, columns),
        other => Read::Refuse(mismatch(other, "STRUCT")),
    };
    match &schema.node(root).kind {
        AvroKind::Union(branches) => {
            Ok(Read::Union(branches.iter().map(|branch| row(*branch)).collect()))
        }
        AvroKind::Record(_) => Ok(row(root)),
        other => Err(mismatch(other, "STRUCT").to_string()),
    }
}

fn mismatch(kind: &AvroKind, sql_type: &str) -> Arc<str> {
    format!("Cannot deserialize type {} as type {sql_type}", kind.name()).into()
}

fn plan_record(schema: &AvroSchema, node: NodeId, columns: &[(Arc<str>, SqlType)]) -> Read {
    let AvroKind::Record(record) = &schema.node(node).kind else {
        return Read::Refuse("no record".into());
    };
    let mut field_of = vec![None; record.fields.len()];
    let mut missing = Vec::new();
    for (column, (name, _)) in columns.iter().enumerate() {
        let names = record.fields.iter().map(|field| field.name.as_str());
        match matching(name, names).filter(|field| field_of[*field].is_none()) {
            Some(field) => field_of[field] = Some(column),
            None => missing.push(column),
        }
    }
    let step = |(field, column): (&crate::registry::avro::AvroField, Option<usize>)| match column {
        Some(column) => Step::Read(column, plan(schema, field.node, &columns[column].1)),
        None => Step::Skip(field.node),
    };
    let steps = record.fields.iter().zip(field_of).map(step).collect();
    Read::Record(ReadRecord { steps, missing })
}

/// Plans how a value becomes one of a type.
pub(super) fn plan(schema: &AvroSchema, node: NodeId, sql_type: &SqlType) -> Read {
    use SqlType::{Bigint, Boolean, Bytes, Date, Double, Int, Time, Timestamp, Varchar};
    let found = schema.node(node);
    match (&found.kind, sql_type) {
        (AvroKind::Null, _) => Read::Null,
        (AvroKind::Union(branches), _) => plan_union(schema, node, branches, sql_type),
        (AvroKind::Boolean, Boolean | Varchar) => Read::Boolean,
        (AvroKind::Int, Int | Bigint | Varchar | Date | Time | Timestamp)
        | (AvroKind::Long, Bigint | Varchar) => Read::Long(1),
        (AvroKind::Long, Time | Timestamp) => match found.logical {
            Some(AvroLogical::TimeMicros | AvroLogical::TimestampMicros) => Read::Long(1000),
            _millis => Read::Long(1),
        },
        (AvroKind::Float, Double) => Read::Float,
        (AvroKind::Double, Double) => Read::Double,
        (AvroKind::String, Varchar) => Read::Text,
        (AvroKind::Enum { symbols, .. }, Varchar) => Read::Symbol(Arc::clone(symbols)),
        (AvroKind::Bytes, Bytes) => Read::Bytes,
        (AvroKind::Fixed { size, .. }, Bytes) => Read::Fixed(*size),
        (AvroKind::Bytes, SqlType::Decimal { .. }) => Read::Decimal(None, scale(found.logical)),
        (AvroKind::Fixed { size, .. }, SqlType::Decimal { .. }) => {
            Read::Decimal(Some(*size), scale(found.logical))
        }
        (AvroKind::Array(items), SqlType::Array(element)) => {
            Read::Array(Box::new(plan(schema, *items, element)))
        }
        (AvroKind::Map(values), SqlType::Map(_, value)) => {
            Read::Map(Box::new(plan(schema, *values, value)))
        }
        (AvroKind::Array(items), SqlType::Map(key, value)) => {
            match entry_parts(schema, *items, false) {
                Some((key_field, value_field)) => Read::Entries(
                    Box::new(plan(schema, key_field.node, key)),
                    Box::new(plan(schema, value_field.node, value)),
                ),
                None => Read::Refuse(mismatch(&found.kind, base_name(sql_type))),
            }
        }
        (AvroKind::Record(_), SqlType::Struct(fields)) => {
            let columns: Vec<_> =
                fields.iter().map(|f| (Arc::clone(&f.name), f.sql_type.clone())).collect();
            plan_record(schema, node, &columns)
        }
        (kind, _) => Read::Refuse(mismatch(kind, base_name(sql_type))),
    }
}

fn scale(logical: Option<AvroLogical>) -> u8 {
    match logical {
        Some(AvroLogical::Decimal { scale, .. }) => scale,
        _plain => 0,
    }
}

/// A union of more than one type besides null is a struct with a field for each of them.
fn plan_union(schema: &AvroSchema, node: NodeId, branches: &[NodeId], sql_type: &SqlType) -> Read {
    let is_struct_of_branches = schema.without_null(node) == node;
    match sql_type {
        SqlType::Struct(fields) if is_struct_of_branches => {
            let branch = |branch: &NodeId| {
                let kind = &schema.node(*branch).kind;
                let names = fields.iter().map(|field| &*field.name);
                let field = matching(branch_name(kind), names)?;
                Some((field, plan(schema, *branch, &fields[field].sql_type)))
            };
            Read::Branches(branches.iter().map(branch).collect())
        }
        _ => Read::Union(branches.iter().map(|branch| plan(schema, *branch, sql_type)).collect()),
    }
}
