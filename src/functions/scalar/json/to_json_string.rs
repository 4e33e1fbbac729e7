//! `TO_JSON_STRING(value)`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveDate, NaiveTime, Timelike};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, StructArray};
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Float64Type, Time32MillisecondType, TimestampMillisecondType,
};

use crate::functions::ScalarFunction;
use crate::functions::elements::{
    Element, compare_texts, decimal_at, write_element, write_plain_decimal,
};
use crate::functions::scalar::json::document::write_string;
use crate::functions::scalar::json::on_json;
use crate::types::write_double;

/// A value of any type as JSON.
pub(super) fn to_json_string() -> ScalarFunction {
    on_json("TO_JSON_STRING", "Writes a value of any type as JSON.")
        .example("TO_JSON_STRING(ARRAY[1, 2])", "[1,2]")
        .overload("(val T) VARCHAR", "", |call| {
            let (array, is_constant) = call.array(0)?;
            call.write_strings(|row, out| {
                write_json((array, if is_constant { 0 } else { row }), out)
            })
        })
        .sees_nulls()
}

fn write_json((array, row): Element<'_>, out: &mut String) -> Result<(), String> {
    if array.is_null(row) {
        out.push_str("null");
        return Ok(());
    }
    match array.data_type() {
        DataType::Float64 => write_json_double(array.as_primitive::<Float64Type>().value(row), out),
        DataType::Decimal128(_, _) | DataType::Decimal256(_, _) => {
            write_plain_decimal(decimal_at(array, row), out);
        }
        DataType::Utf8 => write_string(array.as_string::<i32>().value(row), out),
        DataType::Binary => {
            write_string(&STANDARD.encode(array.as_binary::<i32>().value(row)), out);
        }
        DataType::Date32 | DataType::Time32(_) | DataType::Timestamp(_, _) => {
            write_string(&date_text(array, row)?, out);
        }
        DataType::List(_) => return write_list((array, row), out),
        DataType::Map(_, _) => return write_map((array, row), out),
        DataType::Struct(_) => return write_struct(array.as_struct(), row, out),
        other => {
            if !write_element((array, row), out) {
                return Err(format!("{other} can't be written as JSON"));
            }
        }
    }
    Ok(())
}

/// What is no number is written as a text.
fn write_json_double(value: f64, out: &mut String) {
    let mark = if value.is_finite() { "" } else { "\"" };
    out.push_str(mark);
    write_double(value, out);
    out.push_str(mark);
}

fn date_text(array: &ArrayRef, row: usize) -> Result<String, String> {
    let text = match array.data_type() {
        DataType::Date32 => {
            const DAYS_BEFORE_1970: i32 = 719_163;
            let days = array.as_primitive::<Date32Type>().value(row);
            let days = days.checked_add(DAYS_BEFORE_1970);
            days.and_then(NaiveDate::from_num_days_from_ce_opt).map(|date| date.to_string())
        }
        DataType::Time32(_) => {
            let ms = array.as_primitive::<Time32MillisecondType>().value(row);
            time_text(ms.unsigned_abs())
        }
        _ => {
            let ms = array.as_primitive::<TimestampMillisecondType>().value(row);
            let time = DateTime::from_timestamp_millis(ms);
            time.map(|time| time.format("%Y-%m-%dT%H:%M:%S%.3f").to_string())
        }
    };
    text.ok_or_else(|| "the time is out of range".to_owned())
}

/// Seconds are written only if there are any, and so are their fractions.
fn time_text(ms: u32) -> Option<String> {
    let time = NaiveTime::from_num_seconds_from_midnight_opt(ms / 1000, ms % 1000 * 1_000_000)?;
    let format = match (time.second(), time.nanosecond()) {
        (0, 0) => "%H:%M",
        (_, 0) => "%H:%M:%S",
        _ => "%H:%M:%S%.3f",
    };
    Some(time.format(format).to_string())
}

fn write_list((array, row): Element<'_>, out: &mut String) -> Result<(), String> {
    out.push('[');
    let elements = array.as_list::<i32>().value(row);
    for index in 0..elements.len() {
        out.push_str(if index == 0 { "" } else { "," });
        write_json((&elements, index), out)?;
    }
    out.push(']');
    Ok(())
}

/// Entries and fields stand in the order of their names, as in ksqlDB.
fn write_map((array, row): Element<'_>, out: &mut String) -> Result<(), String> {
    let entries = array.as_map().value(row);
    let key = |index: usize| {
        let mut key = String::new();
        write_element((entries.column(0), index), &mut key);
        key
    };
    let mut keys: Vec<(String, usize)> = (0..entries.len()).map(|i| (key(i), i)).collect();
    keys.sort_by(|a, b| compare_texts(&a.0, &b.0));
    write_members(keys.iter().map(|(key, i)| (key.as_str(), (entries.column(1), *i))), out)
}

fn write_struct(array: &StructArray, row: usize, out: &mut String) -> Result<(), String> {
    let names = array.fields().iter().map(|field| field.name().as_str());
    let mut fields: Vec<(&str, &ArrayRef)> = names.zip(array.columns()).collect();
    fields.sort_by(|a, b| compare_texts(a.0, b.0));
    write_members(fields.into_iter().map(|(name, column)| (name, (column, row))), out)
}

fn write_members<'a>(
    members: impl Iterator<Item = (&'a str, Element<'a>)>,
    out: &mut String,
) -> Result<(), String> {
    out.push('{');
    for (i, (name, value)) in members.enumerate() {
        out.push_str(if i == 0 { "" } else { "," });
        write_string(name, out);
        out.push(':');
        write_json(value, out)?;
    }
    out.push('}');
    Ok(())
}
