//! How cells of columns become the fields of a message.

use std::sync::Arc;

use crate::formats::draft::Digits;
use crate::formats::protobuf::types::{DEFAULT_DIGITS, oneofs};
use crate::formats::wanted::matching;
use crate::registry::protobuf::{Field, FieldKind, Known, Label, MessageId, ProtoSchema, Scalar};
use crate::types::SqlType;

/// How a message is written: its fields by their numbers, ascending.
#[derive(Debug)]
pub(super) struct WriteMessage {
    pub(super) fields: Vec<WriteField>,
}

/// How a field is written.
#[derive(Debug)]
pub(super) struct WriteField {
    pub(super) number: u32,
    pub(super) source: WriteSource,
    pub(super) form: WriteForm,
}

/// Which cells a field is written from.
#[derive(Clone, Copy, Debug)]
pub(super) enum WriteSource {
    Column(usize),
    /// A field of a column that is a STRUCT.
    Inner(usize, usize),
}

impl WriteSource {
    fn column(self) -> usize {
        match self {
            WriteSource::Column(column) | WriteSource::Inner(column, _) => column,
        }
    }
}

/// How often, and how.
#[derive(Debug)]
pub(super) enum WriteForm {
    /// Whether it is left out where it is its type's default.
    One(Write, bool),
    List(Write),
    Map(Scalar, Write),
}

/// How a value is written.
#[derive(Debug)]
pub(super) enum Write {
    Scalar(Scalar),
    Wrapper(Scalar),
    Symbol(Arc<[(String, i32)]>),
    Timestamp,
    Date,
    TimeOfDay,
    Decimal(Digits),
    Message(Box<WriteMessage>),
}

/// Plans how rows become messages.
pub(super) fn plan_message(
    schema: &ProtoSchema,
    message: MessageId,
    columns: &[(Arc<str>, SqlType)],
    depth: usize,
) -> Result<WriteMessage, String> {
    const DEPTH_MAX: usize = 64;
    if DEPTH_MAX <= depth {
        return Err(format!("messages are nested more than {DEPTH_MAX} deep"));
    }
    let all = &schema.message(message).fields;
    let mut fields = Vec::new();
    let mut add = |field: &Field, source: WriteSource, sql_type: &SqlType| {
        let form = plan_field(schema, field, sql_type, depth)
            .map_err(|reason| format!("field {}: {reason}", field.name))?;
        fields.push(WriteField { number: field.number, source, form });
        Ok::<_, String>(())
    };
    let names = || columns.iter().map(|(name, _)| &**name);
    for field in all.iter().filter(|field| field.oneof.is_none()) {
        if let Some(column) = matching(&field.name, names()) {
            add(field, WriteSource::Column(column), &columns[column].1)?;
        }
    }
    for (name, members) in oneofs(all) {
        let Some(column) = matching(&name, names()) else { continue };
        let SqlType::Struct(inner) = &columns[column].1 else { continue };
        for field in members {
            let names = inner.iter().map(|field| &*field.name);
            if let Some(place) = matching(&field.name, names) {
                add(field, WriteSource::Inner(column, place), &inner[place].sql_type)?;
            }
        }
    }
    let is_written = |place: usize| fields.iter().any(|field| field.source.column() == place);
    if let Some((_, name)) = names().enumerate().find(|(place, _)| !is_written(*place)) {
        return Err(format!("it has no field for `{name}`"));
    }
    fields.sort_by_key(|field| field.number);
    Ok(WriteMessage { fields })
}

fn plan_field(
    schema: &ProtoSchema,
    field: &Field,
    sql_type: &SqlType,
    depth: usize,
) -> Result<WriteForm, String> {
    let plan = |kind: &FieldKind, sql_type: &SqlType| plan(schema, (kind, field), sql_type, depth);
    match (&field.kind, field.label, sql_type) {
        (FieldKind::Map(key, value), _, SqlType::Map(key_type, value_type)) => {
            plan(&FieldKind::Scalar(*key), key_type)?;
            Ok(WriteForm::Map(*key, plan(value, value_type)?))
        }
        (kind, Label::Repeated, SqlType::Array(element)) => {
            Ok(WriteForm::List(plan(kind, element)?))
        }
        (_, Label::Repeated, _) => Err(format!("a repeated field holds no {sql_type}")),
        (kind, label, _) => {
            let is_plain = matches!(kind, FieldKind::Scalar(_) | FieldKind::Enum(_));
            let leaves_out = is_plain && label == Label::Implicit;
            Ok(WriteForm::One(plan(kind, sql_type)?, leaves_out))
        }
    }
}

fn plan(
    schema: &ProtoSchema,
    (kind, field): (&FieldKind, &Field),
    sql_type: &SqlType,
    depth: usize,
) -> Result<Write, String> {
    use SqlType::{Date, Time, Timestamp, Varchar};
    match (kind, sql_type) {
        (FieldKind::Scalar(scalar), _) if takes(*scalar, sql_type) => Ok(Write::Scalar(*scalar)),
        (FieldKind::Known(Known::Wrapper(scalar)), _) if takes(*scalar, sql_type) => {
            Ok(Write::Wrapper(*scalar))
        }
        (FieldKind::Enum(id), Varchar) => {
            Ok(Write::Symbol(schema.enumeration(*id).values.clone().into()))
        }
        (FieldKind::Known(Known::Timestamp), Timestamp) => Ok(Write::Timestamp),
        (FieldKind::Known(Known::Date), Date) => Ok(Write::Date),
        (FieldKind::Known(Known::TimeOfDay), Time) => Ok(Write::TimeOfDay),
        (FieldKind::Known(Known::Decimal), SqlType::Decimal { precision, scale }) => {
            let given = field.digits.filter(|digits| *digits != DEFAULT_DIGITS);
            let (precision, scale) = given.unwrap_or((*precision, *scale));
            Ok(Write::Decimal(Digits { precision, scale }))
        }
        (FieldKind::Message(message), SqlType::Struct(fields)) => {
            let columns: Vec<_> =
                fields.iter().map(|f| (Arc::clone(&f.name), f.sql_type.clone())).collect();
            Ok(Write::Message(Box::new(plan_message(schema, *message, &columns, depth + 1)?)))
        }
        _ => Err(format!("it holds no {sql_type}")),
    }
}

fn takes(scalar: Scalar, sql_type: &SqlType) -> bool {
    use SqlType::{Bigint, Boolean, Bytes, Double, Int, Varchar};
    match scalar {
        Scalar::Double | Scalar::Float => matches!(sql_type, Double | Int),
        Scalar::Bool => *sql_type == Boolean,
        Scalar::String => *sql_type == Varchar,
        Scalar::Bytes => *sql_type == Bytes,
        _whole => matches!(sql_type, Int | Bigint),
    }
}
