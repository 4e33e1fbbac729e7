//! The JSON Schema of columns, as Connect's converter makes it for ksqlDB.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::types::SqlType;

/// Returns the schema of columns: an object, or the type of the one column if it stands bare.
pub(in crate::formats) fn schema_text(
    columns: &[(Arc<str>, SqlType)],
    is_unwrapped: bool,
) -> String {
    match columns {
        [(_, sql_type)] if is_unwrapped => nullable(sql_type, None),
        _ => object(columns.iter().map(|(name, sql_type)| (&**name, sql_type))),
    }
    .to_string()
}

fn object<'a>(fields: impl Iterator<Item = (&'a str, &'a SqlType)>) -> Value {
    let mut properties = Map::new();
    for (place, (name, sql_type)) in fields.enumerate() {
        properties.insert(name.to_owned(), nullable(sql_type, Some(place)));
    }
    json!({"type": "object", "properties": properties})
}

/// Every column can be null.
fn nullable(sql_type: &SqlType, place: Option<usize>) -> Value {
    let mut node = Map::new();
    if let Some(place) = place {
        node.insert("connect.index".to_owned(), place.into());
    }
    node.insert("oneOf".to_owned(), json!([{"type": "null"}, node_of(sql_type)]));
    node.into()
}

fn node_of(sql_type: &SqlType) -> Value {
    let logical = |name: &str, connect: &str| {
        json!({
            "type": "integer",
            "title": format!("org.apache.kafka.connect.data.{name}"),
            "connect.version": 1,
            "connect.type": connect,
        })
    };
    match sql_type {
        SqlType::Boolean => json!({"type": "boolean"}),
        SqlType::Int => json!({"type": "integer", "connect.type": "int32"}),
        SqlType::Bigint => json!({"type": "integer", "connect.type": "int64"}),
        SqlType::Double => json!({"type": "number", "connect.type": "float64"}),
        SqlType::Varchar => json!({"type": "string"}),
        SqlType::Bytes => json!({"type": "string", "connect.type": "bytes"}),
        SqlType::Decimal { precision, scale } => json!({
            "type": "number",
            "title": "org.apache.kafka.connect.data.Decimal",
            "connect.version": 1,
            "connect.type": "bytes",
            "connect.parameters": {
                "scale": scale.to_string(),
                "connect.decimal.precision": precision.to_string(),
            },
        }),
        SqlType::Date => logical("Date", "int32"),
        SqlType::Time => logical("Time", "int32"),
        SqlType::Timestamp => logical("Timestamp", "int64"),
        SqlType::Array(element) => json!({"type": "array", "items": nullable(element, None)}),
        SqlType::Map(_, value) => json!({
            "type": "object",
            "connect.type": "map",
            "additionalProperties": nullable(value, None),
        }),
        SqlType::Struct(fields) => {
            object(fields.iter().map(|field| (&*field.name, &field.sql_type)))
        }
    }
}
