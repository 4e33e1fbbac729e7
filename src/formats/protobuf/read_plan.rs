//! How the fields of a message become cells of columns.

use std::sync::Arc;

use crate::formats::protobuf::types::{DEFAULT_DIGITS, oneofs};
use crate::formats::support::base_name;
use crate::formats::wanted::matching;
use crate::registry::protobuf::{Field, FieldKind, Known, Label, MessageId, ProtoSchema, Scalar};
use crate::types::SqlType;

/// How a message is read.
#[derive(Debug)]
pub(super) struct ReadMessage {
    /// The fields that are wanted, by their numbers, ascending.
    pub(super) numbers: Vec<(u32, usize)>,
    /// The fields that are wanted.
    pub(super) fields: Vec<ReadField>,
    /// What each column is.
    pub(super) columns: Vec<ReadColumn>,
}

/// What a column is.
#[derive(Debug)]
pub(super) enum ReadColumn {
    Missing,
    Field(usize),
    /// A struct of which one field is there: fields by their places in it.
    Oneof(Vec<Option<usize>>),
}

/// How a field is read.
#[derive(Debug)]
pub(super) enum ReadField {
    /// Whether it is null where it is missing.
    One(Read, bool),
    List(Read),
    Map(Read, Read),
}

/// How a value is read.
#[derive(Debug)]
pub(super) enum Read {
    Scalar(Scalar),
    Wrapper(Scalar),
    Symbol(Arc<[(String, i32)]>),
    Timestamp,
    Date,
    TimeOfDay,
    /// The scale where the value has none.
    Decimal(u8),
    Message(Box<ReadMessage>),
    /// A value that has no form in the column.
    Refuse(Arc<str>),
}

/// Plans how a message becomes columns.
pub(super) fn plan_message(
    schema: &ProtoSchema,
    message: MessageId,
    columns: &[(Arc<str>, SqlType)],
) -> ReadMessage {
    let all = &schema.message(message).fields;
    let mut plan = ReadMessage { numbers: Vec::new(), fields: Vec::new(), columns: Vec::new() };
    let groups = oneofs(all);
    for (name, sql_type) in columns {
        let plain = |field: &&Field| field.oneof.is_none();
        let names = all.iter().filter(plain).map(|field| field.name.as_str());
        if let Some(found) = matching(name, names)
            && let Some(field) = all.iter().filter(plain).nth(found)
        {
            let place = plan.add(schema, field, sql_type);
            plan.columns.push(ReadColumn::Field(place));
            continue;
        }
        let group = matching(name, groups.iter().map(|(name, _)| name.as_str()));
        let column = match (group, sql_type) {
            (Some(group), SqlType::Struct(members)) => {
                let fields = &groups[group].1;
                let part = |member: &crate::types::StructField| {
                    let names = fields.iter().map(|field| field.name.as_str());
                    let found = matching(&member.name, names)?;
                    Some(plan.add(schema, fields[found], &member.sql_type))
                };
                ReadColumn::Oneof(members.iter().map(part).collect())
            }
            _ => ReadColumn::Missing,
        };
        plan.columns.push(column);
    }
    plan.numbers.sort_unstable();
    plan
}

impl ReadMessage {
    /// Adds a field that is wanted; returns its place.
    fn add(&mut self, schema: &ProtoSchema, field: &Field, sql_type: &SqlType) -> usize {
        let place = self.fields.len();
        self.fields.push(plan_field(schema, field, sql_type));
        self.numbers.push((field.number, place));
        place
    }

    /// Finds the fields of a number.
    pub(super) fn find(&self, number: u32) -> impl Iterator<Item = usize> {
        let from = self.numbers.partition_point(|(known, _)| *known < number);
        self.numbers[from..]
            .iter()
            .take_while(move |(known, _)| *known == number)
            .map(|(_, at)| *at)
    }
}

fn plan_field(schema: &ProtoSchema, field: &Field, sql_type: &SqlType) -> ReadField {
    match (&field.kind, field.label, sql_type) {
        (FieldKind::Map(key, value), _, SqlType::Map(key_type, value_type)) => ReadField::Map(
            plan(schema, &FieldKind::Scalar(*key), field, key_type),
            plan(schema, value, field, value_type),
        ),
        (_, Label::Repeated, SqlType::Array(element)) => {
            ReadField::List(plan(schema, &field.kind, field, element))
        }
        (_, Label::Repeated, _) | (FieldKind::Map(_, _), _, _) => {
            ReadField::One(mismatch(&field.name, sql_type), true)
        }
        (kind, label, _) => {
            let is_plain = matches!(kind, FieldKind::Scalar(_) | FieldKind::Enum(_));
            let is_null = label == Label::Optional || !is_plain;
            ReadField::One(plan(schema, kind, field, sql_type), is_null)
        }
    }
}

fn mismatch(name: &str, sql_type: &SqlType) -> Read {
    Read::Refuse(format!("Cannot deserialize field {name} as type {}", base_name(sql_type)).into())
}

fn plan(schema: &ProtoSchema, kind: &FieldKind, field: &Field, sql_type: &SqlType) -> Read {
    use SqlType::{Date, Time, Timestamp, Varchar};
    match (kind, sql_type) {
        (FieldKind::Scalar(scalar), _) if holds(*scalar, sql_type) => Read::Scalar(*scalar),
        (FieldKind::Known(Known::Wrapper(scalar)), _) if holds(*scalar, sql_type) => {
            Read::Wrapper(*scalar)
        }
        (FieldKind::Enum(id), Varchar) => {
            Read::Symbol(schema.enumeration(*id).values.clone().into())
        }
        (FieldKind::Known(Known::Timestamp), Timestamp) => Read::Timestamp,
        (FieldKind::Known(Known::Date), Date) => Read::Date,
        (FieldKind::Known(Known::TimeOfDay), Time) => Read::TimeOfDay,
        (FieldKind::Known(Known::Decimal), SqlType::Decimal { .. }) => {
            Read::Decimal(field.digits.unwrap_or(DEFAULT_DIGITS).1)
        }
        (FieldKind::Message(message), SqlType::Struct(fields)) => {
            let columns: Vec<_> =
                fields.iter().map(|f| (Arc::clone(&f.name), f.sql_type.clone())).collect();
            Read::Message(Box::new(plan_message(schema, *message, &columns)))
        }
        _ => mismatch(&field.name, sql_type),
    }
}

/// Tells whether a scalar becomes a value of a type: as it is, in a wider type, or as text.
fn holds(scalar: Scalar, sql_type: &SqlType) -> bool {
    use SqlType::{Bigint, Boolean, Bytes, Double, Int, Varchar};
    match scalar {
        Scalar::Double | Scalar::Float => *sql_type == Double,
        Scalar::Int32 | Scalar::Sint32 | Scalar::Sfixed32 => {
            matches!(sql_type, Int | Bigint | Varchar)
        }
        Scalar::Int64
        | Scalar::Sint64
        | Scalar::Sfixed64
        | Scalar::Uint32
        | Scalar::Fixed32
        | Scalar::Uint64
        | Scalar::Fixed64 => matches!(sql_type, Bigint | Varchar),
        Scalar::Bool => matches!(sql_type, Boolean | Varchar),
        Scalar::String => *sql_type == Varchar,
        Scalar::Bytes => *sql_type == Bytes,
    }
}
