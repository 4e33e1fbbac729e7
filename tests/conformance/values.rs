//! Values of columns as JSON.

use std::sync::Arc;

use base64::Engine as _;
use tidemill::types::{SqlType, Value};

use crate::json::Json;

/// Returns a value as JSON.
pub(crate) fn json_of(value: &Value, sql_type: &SqlType) -> Json {
    let number = |digits: String| Json::Number(digits);
    match (value, sql_type) {
        (Value::Null, _) => Json::Null,
        (Value::Boolean(value), _) => Json::Bool(*value),
        (Value::Int(v) | Value::Date(v) | Value::Time(v), _) => number(v.to_string()),
        (Value::Bigint(v) | Value::Timestamp(v), _) => number(v.to_string()),
        (Value::Double(value), _) => Json::Double(*value),
        (Value::Decimal(value), _) => number(decimal(&value.unscaled.to_string(), value.scale)),
        (Value::Varchar(text), _) => Json::Text(text.to_string()),
        (Value::Bytes(bytes), _) => {
            Json::Text(base64::engine::general_purpose::STANDARD.encode(bytes))
        }
        (Value::Array(values), SqlType::Array(element)) => {
            Json::List(values.iter().map(|value| json_of(value, element)).collect())
        }
        (Value::Map(entries), SqlType::Map(_, value_type)) => {
            let key = |key: &Value| match key {
                Value::Varchar(text) => text.to_string(),
                other => format!("{other:?}"),
            };
            let entry = |(k, v): &(Value, Value)| (key(k), json_of(v, value_type));
            Json::Object(entries.iter().map(entry).collect())
        }
        (Value::Struct(values), SqlType::Struct(fields)) => {
            let field = |(value, field): (&Value, &tidemill::types::StructField)| {
                (field.name.to_string(), json_of(value, &field.sql_type))
            };
            Json::Object(values.iter().zip(fields.iter()).map(field).collect())
        }
        (value, sql_type) => unreachable!("{value:?} is no {sql_type}"),
    }
}

/// Returns a row as an object; bytes that are empty are null there.
pub(crate) fn row(values: &[Value], columns: &[(Arc<str>, SqlType)]) -> Json {
    let column = |(value, (name, sql_type)): (&Value, &(Arc<str>, SqlType))| {
        let is_empty = matches!(value, Value::Bytes(bytes) if bytes.is_empty());
        let json = if is_empty { Json::Null } else { json_of(value, sql_type) };
        (name.to_string(), json)
    };
    Json::Object(values.iter().zip(columns).map(column).collect())
}

fn decimal(unscaled: &str, scale: u8) -> String {
    let scale = usize::from(scale);
    let (sign, digits) = match unscaled.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", unscaled),
    };
    if scale == 0 {
        return unscaled.to_owned();
    }
    let digits = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    format!("{sign}{whole}.{fraction}")
}
