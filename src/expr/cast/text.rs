//! Values as text: scalars as literals are, composites as Java prints them.

use std::fmt::Write;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::expr::decimal::{java_text, plain_text};
use crate::types::datetime::iso::{write_date, write_time, write_timestamp};
use crate::types::{SqlType, Value, write_double};

/// Appends what CAST(… AS VARCHAR) gives for a value that is not NULL.
pub(super) fn write_value(value: &Value, sql_type: &SqlType, out: &mut String) {
    match value {
        Value::Decimal(decimal) => out.push_str(&plain_text(*decimal)),
        value => write_element(value, sql_type, out),
    }
}

/// Appends a value as it stands in a composite: `null`, a text without quotes, `[1, 3]`, `{this=1}`, `Struct{F0=1}`.
fn write_element(value: &Value, sql_type: &SqlType, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Boolean(v) => write_display(v, out),
        Value::Int(v) => write_display(v, out),
        Value::Bigint(v) => write_display(v, out),
        Value::Double(v) => write_double(*v, out),
        Value::Decimal(v) => out.push_str(&java_text(*v)),
        Value::Varchar(v) => out.push_str(v),
        Value::Bytes(v) => STANDARD.encode_string(v, out),
        Value::Date(v) => write_date(*v, out),
        Value::Time(v) => write_time(*v, out),
        Value::Timestamp(v) => write_timestamp(*v, out),
        Value::Array(elements) => write_array(elements, sql_type, out),
        Value::Map(entries) => write_map(entries, sql_type, out),
        Value::Struct(fields) => write_struct(fields, sql_type, out),
    }
}

fn write_display(value: &dyn std::fmt::Display, out: &mut String) {
    write!(out, "{value}").expect("a string takes all that is written");
}

fn write_array(elements: &[Value], sql_type: &SqlType, out: &mut String) {
    let SqlType::Array(element_type) = sql_type else { return };
    out.push('[');
    for (i, element) in elements.iter().enumerate() {
        if 0 < i {
            out.push_str(", ");
        }
        write_element(element, element_type, out);
    }
    out.push(']');
}

fn write_map(entries: &[(Value, Value)], sql_type: &SqlType, out: &mut String) {
    let SqlType::Map(key_type, value_type) = sql_type else { return };
    out.push('{');
    for (i, (key, value)) in entries.iter().enumerate() {
        if 0 < i {
            out.push_str(", ");
        }
        write_element(key, key_type, out);
        out.push('=');
        write_element(value, value_type, out);
    }
    out.push('}');
}

/// A field that is NULL is left out.
fn write_struct(values: &[Value], sql_type: &SqlType, out: &mut String) {
    let SqlType::Struct(fields) = sql_type else { return };
    out.push_str("Struct{");
    let mut comma = "";
    for (field, value) in fields.iter().zip(values).filter(|(_, value)| !value.is_null()) {
        out.push_str(comma);
        out.push_str(&field.name);
        out.push('=');
        write_element(value, &field.sql_type, out);
        comma = ",";
    }
    out.push('}');
}
