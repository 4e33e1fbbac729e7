//! The Avro schema of columns, as Connect's converter makes it for ksqlDB.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::types::SqlType;

/// What schemas are called where nothing else is said.
const NAMESPACE: &str = "io.confluent.ksql.avro_schemas";
const DEFAULT_NAME: &str = "KsqlDataSourceSchema";

/// Returns the schema of columns: a record, or the type of the one column if it stands bare.
pub(in crate::formats) fn schema_text(
    columns: &[(Arc<str>, SqlType)],
    is_unwrapped: bool,
    full_name: Option<&str>,
) -> String {
    let (namespace, name) = match full_name {
        None => (NAMESPACE, DEFAULT_NAME),
        Some(name) => name.rsplit_once('.').unwrap_or(("", name)),
    };
    let at = Names { namespace, name: name.to_owned() };
    match columns {
        [(_, sql_type)] if is_unwrapped => node(sql_type, &at),
        _ => record(columns.iter().map(|(name, sql_type)| (&**name, sql_type)), &at),
    }
    .to_string()
}

/// What a type that needs a name is called.
struct Names<'a> {
    namespace: &'a str,
    name: String,
}

impl Names<'_> {
    fn within(&self, part: &str) -> Names<'_> {
        Names { namespace: self.namespace, name: format!("{}_{part}", self.name) }
    }

    fn full(&self) -> String {
        if self.namespace.is_empty() {
            return self.name.clone();
        }
        format!("{}.{}", self.namespace, self.name)
    }

    /// Begins a record of that name.
    fn record(&self, fields: Vec<Value>) -> Map<String, Value> {
        let mut record = Map::new();
        record.insert("type".to_owned(), "record".into());
        record.insert("name".to_owned(), self.name.clone().into());
        if !self.namespace.is_empty() {
            record.insert("namespace".to_owned(), self.namespace.into());
        }
        record.insert("fields".to_owned(), fields.into());
        record
    }
}

fn record<'a>(fields: impl Iterator<Item = (&'a str, &'a SqlType)>, at: &Names<'_>) -> Value {
    let field = |(name, sql_type): (&str, &SqlType)| field(name, node(sql_type, &at.within(name)));
    let mut record = at.record(fields.map(field).collect());
    record.insert("connect.name".to_owned(), at.full().into());
    record.into()
}

/// Every column can be null.
fn field(name: &str, node: Value) -> Value {
    json!({"name": name, "type": ["null", node], "default": null})
}

fn node(sql_type: &SqlType, at: &Names<'_>) -> Value {
    let logical = |kind: &str, logical: &str, connect: &str| {
        json!({
            "type": kind,
            "connect.version": 1,
            "connect.name": format!("org.apache.kafka.connect.data.{connect}"),
            "logicalType": logical,
        })
    };
    match sql_type {
        SqlType::Boolean => "boolean".into(),
        SqlType::Int => "int".into(),
        SqlType::Bigint => "long".into(),
        SqlType::Double => "double".into(),
        SqlType::Varchar => "string".into(),
        SqlType::Bytes => "bytes".into(),
        SqlType::Decimal { precision, scale } => json!({
            "type": "bytes",
            "scale": scale,
            "precision": precision,
            "connect.version": 1,
            "connect.parameters": {
                "scale": scale.to_string(),
                "connect.decimal.precision": precision.to_string(),
            },
            "connect.name": "org.apache.kafka.connect.data.Decimal",
            "logicalType": "decimal",
        }),
        SqlType::Date => logical("int", "date", "Date"),
        SqlType::Time => logical("int", "time-millis", "Time"),
        SqlType::Timestamp => logical("long", "timestamp-millis", "Timestamp"),
        SqlType::Array(element) => {
            json!({"type": "array", "items": ["null", node(element, at)]})
        }
        SqlType::Map(key, value) => {
            let key = field("key", node(key, &at.within("MapKey")));
            let value = field("value", node(value, &at.within("MapValue")));
            let mut entry = at.record(vec![key, value]);
            entry.insert("connect.internal.type".to_owned(), "MapEntry".into());
            json!({
                "type": "array",
                "items": entry,
                "connect.name": at.full(),
                "connect.internal.type": "MapEntry",
            })
        }
        SqlType::Struct(fields) => {
            record(fields.iter().map(|field| (&*field.name, &field.sql_type)), at)
        }
    }
}
