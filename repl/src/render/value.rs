//! One SQL value as the text of a cell.

use std::borrow::Cow;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta};
use tidemill::types::{Decimal, SqlType, Value, write_double};

use crate::render::json::write_value;

/// Writes a value for a table's cell: text as it is, nested values as JSON, NULL as `null`.
pub(crate) fn cell(value: &Value, sql_type: &SqlType) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Varchar(text) => visible(text).into_owned(),
        Value::Array(_) | Value::Map(_) | Value::Struct(_) => {
            let mut text = String::new();
            write_value(&mut text, value, sql_type);
            text
        }
        Value::Boolean(_)
        | Value::Int(_)
        | Value::Bigint(_)
        | Value::Double(_)
        | Value::Decimal(_)
        | Value::Bytes(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::Timestamp(_) => scalar(value),
    }
}

/// Writes a value that holds no other: what JSON would write, without the quotes.
pub(crate) fn scalar(value: &Value) -> String {
    match value {
        Value::Boolean(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Bigint(value) => value.to_string(),
        Value::Double(value) => {
            let mut text = String::new();
            write_double(*value, &mut text);
            text
        }
        Value::Decimal(value) => decimal(value),
        Value::Varchar(text) => text.to_string(),
        Value::Bytes(bytes) => super::bytes::base64(bytes),
        Value::Date(days) => date(*days),
        Value::Time(millis) => time(*millis),
        Value::Timestamp(millis) => timestamp(*millis),
        Value::Null | Value::Array(_) | Value::Map(_) | Value::Struct(_) => "null".to_owned(),
    }
}

/// Writes control characters as escapes: they would break the table, or drive the terminal.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for char in text.chars() {
        if char.is_control() {
            shown.extend(char.escape_default());
        } else {
            shown.push(char);
        }
    }
    Cow::Owned(shown)
}

fn decimal(value: &Decimal) -> String {
    let digits = value.unscaled.to_string();
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", digits.as_str()),
    };
    let scale = usize::from(value.scale);
    if scale == 0 {
        return format!("{sign}{digits}");
    }
    let digits = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    format!("{sign}{whole}.{fraction}")
}

fn date(days: i32) -> String {
    let count = Days::new(u64::from(days.unsigned_abs()));
    let epoch = NaiveDate::default();
    let date = if days < 0 { epoch.checked_sub_days(count) } else { epoch.checked_add_days(count) };
    // Outside what the calendar holds, the number itself is the only honest answer.
    date.map_or_else(|| days.to_string(), |date| date.format("%Y-%m-%d").to_string())
}

fn time(millis: i32) -> String {
    let (time, _) = NaiveTime::MIN.overflowing_add_signed(TimeDelta::milliseconds(millis.into()));
    time.format("%H:%M:%S%.3f").to_string()
}

/// Writes a TIMESTAMP as ksqlDB does: ISO 8601 in UTC, without the zone.
fn timestamp(millis: i64) -> String {
    match DateTime::from_timestamp_millis(millis) {
        Some(time) => time.format("%Y-%m-%dT%H:%M:%S%.3f").to_string(),
        None => millis.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: Value, sql_type: SqlType, want: &str) {
        assert_eq!(cell(&value, &sql_type), want);
    }

    fn unscaled(text: &str, scale: u8) -> Value {
        Value::Decimal(Decimal { unscaled: text.parse().expect("digits"), scale })
    }

    #[test]
    fn scalars_are_written_as_ksqldb_does() {
        check(Value::Null, SqlType::Int, "null");
        check(Value::Boolean(true), SqlType::Boolean, "true");
        check(Value::Double(1.0), SqlType::Double, "1.0");
        check(Value::Double(1e10), SqlType::Double, "1.0E10");
        check(Value::Double(-2.5e-7), SqlType::Double, "-2.5E-7");
        check(Value::Double(0.0), SqlType::Double, "0.0");
        check(Value::Double(f64::NAN), SqlType::Double, "NaN");
        check(Value::Date(-1), SqlType::Date, "1969-12-31");
        check(Value::Time(3_723_004), SqlType::Time, "01:02:03.004");
        check(Value::Timestamp(1_442_018_818_771), SqlType::Timestamp, "2015-09-12T00:46:58.771");
        check(Value::Timestamp(i64::MAX), SqlType::Timestamp, "9223372036854775807");
        check(Value::Bytes([0, 255].as_slice().into()), SqlType::Bytes, "AP8=");
    }

    #[test]
    fn decimals_keep_their_digits() {
        let sql_type = SqlType::Decimal { precision: 5, scale: 2 };
        check(unscaled("-5", 2), sql_type.clone(), "-0.05");
        check(unscaled("12345", 2), sql_type.clone(), "123.45");
        check(unscaled("7", 0), sql_type, "7");
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        check(Value::from("a\nb\u{1b}[31m"), SqlType::Varchar, r"a\nb\u{1b}[31m");
        check(Value::from("ünïcödé"), SqlType::Varchar, "ünïcödé");
    }

    #[test]
    fn nested_values_are_json() {
        let sql_type = SqlType::array(SqlType::structure([("A", SqlType::Varchar)]));
        let value = Value::Array(vec![Value::Struct(vec![Value::from("x\"")]), Value::Null]);
        check(value, sql_type, r#"[{"A":"x\""},null]"#);
        let sql_type = SqlType::map(SqlType::Varchar, SqlType::Double);
        let value = Value::Map(vec![(Value::from("k"), Value::Double(f64::INFINITY))]);
        check(value, sql_type, r#"{"k":"Infinity"}"#);
    }
}
