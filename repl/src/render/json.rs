//! Values and rows as JSON, written directly so that every digit of a DECIMAL stays.

use tidemill::engine::Row;
use tidemill::types::{Schema, SqlType, Value};

use crate::render::value::scalar;

/// Writes a row as an object by column name; a row that says that its key is gone has `"@tombstone":true`.
pub(crate) fn row_as_json(row: &Row, schema: &Schema) -> String {
    let mut text = String::from("{");
    if row.is_tombstone {
        text.push_str("\"@tombstone\":true");
    }
    for (column, value) in schema.columns().iter().zip(&row.values) {
        separate(&mut text, '{');
        write_string(&mut text, &column.name);
        text.push(':');
        write_value(&mut text, value, &column.sql_type);
    }
    text.push('}');
    text
}

/// Writes text as a JSON string.
pub(crate) fn string_as_json(value: &str) -> String {
    let mut text = String::new();
    write_string(&mut text, value);
    text
}

/// Writes a value: numbers as numbers, BYTES as base64, dates and times as ISO 8601.
pub(crate) fn write_value(text: &mut String, value: &Value, sql_type: &SqlType) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Boolean(_) | Value::Int(_) | Value::Bigint(_) | Value::Decimal(_) => {
            text.push_str(&scalar(value));
        }
        // JSON has no NaN and no infinity.
        Value::Double(number) if number.is_finite() => text.push_str(&scalar(value)),
        Value::Double(_)
        | Value::Varchar(_)
        | Value::Bytes(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::Timestamp(_) => write_string(text, &scalar(value)),
        Value::Array(elements) => write_array(text, elements, sql_type),
        Value::Map(entries) => write_map(text, entries, sql_type),
        Value::Struct(fields) => write_struct(text, fields, sql_type),
    }
}

fn write_array(text: &mut String, elements: &[Value], sql_type: &SqlType) {
    let SqlType::Array(element_type) = sql_type else {
        unreachable!("an array is of an array type")
    };
    text.push('[');
    for element in elements {
        separate(text, '[');
        write_value(text, element, element_type);
    }
    text.push(']');
}

fn write_map(text: &mut String, entries: &[(Value, Value)], sql_type: &SqlType) {
    let SqlType::Map(_, value_type) = sql_type else { unreachable!("a map is of a map type") };
    text.push('{');
    for (key, value) in entries {
        separate(text, '{');
        write_string(text, &scalar(key));
        text.push(':');
        write_value(text, value, value_type);
    }
    text.push('}');
}

fn write_struct(text: &mut String, values: &[Value], sql_type: &SqlType) {
    let SqlType::Struct(fields) = sql_type else { unreachable!("a struct is of a struct type") };
    text.push('{');
    for (field, value) in fields.iter().zip(values) {
        separate(text, '{');
        write_string(text, &field.name);
        text.push(':');
        write_value(text, value, &field.sql_type);
    }
    text.push('}');
}

/// Writes the comma before all but the first; a bracket can end the text only if nothing follows it yet.
fn separate(text: &mut String, open: char) {
    if !text.ends_with(open) {
        text.push(',');
    }
}

fn write_string(text: &mut String, value: &str) {
    text.push_str(&serde_json::Value::from(value).to_string());
}

#[cfg(test)]
mod tests {
    use tidemill::types::Column;

    use super::*;

    #[test]
    fn rows_are_objects() {
        let schema = Schema::new([
            Column::key("ID", SqlType::Varchar),
            Column::value("N", SqlType::Bigint),
            Column::value("XS", SqlType::array(SqlType::Int)),
            Column::value("M", SqlType::map(SqlType::Varchar, SqlType::array(SqlType::Int))),
        ]);
        let row = Row {
            values: vec![
                Value::from("a{["),
                Value::Bigint(i64::MAX),
                Value::Array(vec![Value::Int(1), Value::Null]),
                Value::Map(vec![
                    (Value::from("x"), Value::Array(vec![])),
                    (Value::from("y"), Value::Null),
                ]),
            ],
            is_tombstone: false,
        };
        let want = r#"{"ID":"a{[","N":9223372036854775807,"XS":[1,null],"M":{"x":[],"y":null}}"#;
        assert_eq!(row_as_json(&row, &schema), want);
    }

    #[test]
    fn a_tombstone_says_so() {
        let schema =
            Schema::new([Column::key("ID", SqlType::Int), Column::value("N", SqlType::Bigint)]);
        let row = Row { values: vec![Value::Int(1), Value::Null], is_tombstone: true };
        assert_eq!(row_as_json(&row, &schema), r#"{"@tombstone":true,"ID":1,"N":null}"#);
    }
}
