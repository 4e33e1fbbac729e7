//! Timestamps, dates and times as texts without a pattern: what CAST reads and writes, and what a text means that is compared
//! with ROWTIME.

use std::sync::LazyLock;

use crate::types::datetime::calendar::{DAY_MS, Date, month_length};
use crate::types::datetime::write::push_digits;
use crate::types::datetime::{DateTimeError, DateTimePattern, Zone};

const TIMESTAMP_HELP: &str = "Required format is: \"yyyy-MM-dd'T'HH:mm:ss.SSS\", with an optional numeric 4-digit timezone, for example: '2020-05-26T23:59:58.000' or with tz: '2020-05-26T23:59:58.000+0200'. A trailing 'Z' instead of tz indicates the zero UTC offset. Partials are also supported, for example \"2020-05-26\"";
const DATE_HELP: &str = "Required format is: \"yyyy-MM-dd\", for example '2020-05-26'. Partials are also supported, for example '2020-05'";
const TIME_HELP: &str = "Required format is: \"HH:mm:ss.SSS\", for example: '01:34:20.123' or '01:34:20'. Partials are also supported, for example '01:34'";

static TIMESTAMP: LazyLock<DateTimePattern> = LazyLock::new(|| {
    DateTimePattern::compile("yyyy-MM-dd'T'HH:mm:ss.SSS").expect("the pattern is valid")
});

/// Reads a timestamp, in milliseconds since 1970: `yyyy-MM-dd'T'HH:mm:ss.SSS` in UTC, or with `Z` or an offset behind it.
/// What is missing at the end is as at the beginning of a year: `2020`, `2020-05`, `2020-05-26T23:59`.
pub fn parse_timestamp(text: &str) -> Result<i64, DateTimeError> {
    const TIME: &str = "00:00:00.000";
    let fail = |error: DateTimeError| cast_error("timestamp", text, error, TIMESTAMP_HELP);
    let Some((date, rest)) = text.split_once('T') else {
        let whole = format!("{}T{TIME}", complete_date(text));
        return TIMESTAMP.parse_timestamp(&whole, Zone::UTC).map_err(fail);
    };
    let (time, offset) = match rest.find('+').or_else(|| rest.find('-')) {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let zone = match offset.trim() {
        "" => Zone::UTC,
        _ => Zone::parse(offset).map_err(fail)?,
    };
    let time = time.strip_suffix('Z').unwrap_or(time);
    // The place of a character that is missing is taken by what stands there at midnight.
    let missing = TIME.get(time.len()..).unwrap_or_default();
    TIMESTAMP.parse_timestamp(&format!("{date}T{time}{missing}"), zone).map_err(fail)
}

/// Reads a date, in days since 1970-01-01: `yyyy-MM-dd`, or less: `2020`, `2020-05`.
pub fn parse_date(text: &str) -> Result<i32, DateTimeError> {
    let fail = |reason: &str| DateTimeError::Cast {
        kind: "date",
        text: text.to_owned(),
        reason: reason.to_owned(),
        help: DATE_HELP,
    };
    let whole = complete_date(text);
    let (sign, unsigned) = match whole.split_at_checked(1) {
        Some(("-", rest)) => (-1, rest),
        Some(("+", rest)) => (1, rest),
        _ => (1, whole.as_str()),
    };
    let parts: Vec<&str> = unsigned.split('-').collect();
    let [year, month, day] = parts[..] else { return Err(fail("it is not year, month and day")) };
    let number =
        |part: &str| part.parse::<i64>().ok().filter(|_| part.bytes().all(|b| b.is_ascii_digit()));
    let (Some(year), Some(month), Some(day)) = (number(year), number(month), number(day)) else {
        return Err(fail("a part of it is not a number"));
    };
    let widths = parts.iter().map(|part| part.len()).collect::<Vec<_>>();
    let has_sign = whole.len() != unsigned.len();
    let is_year = if has_sign { 4 <= widths[0] && widths[0] <= 9 } else { widths[0] == 4 };
    let (month, day) = (u8::try_from(month).unwrap_or(0), u8::try_from(day).unwrap_or(0));
    let year = sign * year;
    let is_date = 1 <= month && month <= 12 && 1 <= day && day <= month_length(year, month);
    if !is_year || widths[1..] != [2, 2] || !is_date {
        return Err(fail("there is no such date"));
    }
    i32::try_from(Date { year, month, day }.days()).map_err(|_| fail("it is out of range"))
}

/// Reads a time of day, in milliseconds: `HH:mm`, `HH:mm:ss`, or with a fraction of up to nine digits.
pub fn parse_time(text: &str) -> Result<i32, DateTimeError> {
    let time = || {
        let (clock, fraction) = match text.split_once('.') {
            Some((clock, fraction)) if clock.len() == 8 && fraction.len() <= 9 => (clock, fraction),
            Some(_) => return None,
            None => (text, ""),
        };
        let part = |part: &str, max: i32| {
            let is_number = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
            part.parse::<i32>().ok().filter(|value| is_number && *value <= max)
        };
        let parts: Vec<&str> = clock.split(':').collect();
        let (hour, minute, second) = match parts[..] {
            [hour, minute] => (hour, minute, "00"),
            [hour, minute, second] => (hour, minute, second),
            _ => return None,
        };
        let seconds = part(hour, 23)? * 3600 + part(minute, 59)? * 60 + part(second, 59)?;
        if !fraction.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let millis: i32 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
        Some(seconds * 1000 + millis)
    };
    time().ok_or_else(|| DateTimeError::Cast {
        kind: "time",
        text: text.to_owned(),
        reason: "there is no such time".to_owned(),
        help: TIME_HELP,
    })
}

/// Appends a timestamp as `yyyy-MM-dd'T'HH:mm:ss.SSS` in UTC.
pub fn write_timestamp(ms: i64, out: &mut String) {
    TIMESTAMP.write_timestamp(ms, Zone::UTC, out).expect("the pattern takes every timestamp");
}

/// Appends a date as `yyyy-MM-dd`; a year beyond 9999 has a sign.
pub fn write_date(days: i32, out: &mut String) {
    let Date { year, month, day } = Date::of_days(days.into());
    if year < 0 {
        out.push('-');
    } else if 9999 < year {
        out.push('+');
    }
    push_digits(year.unsigned_abs(), 4, out);
    out.push('-');
    push_digits(month.into(), 2, out);
    out.push('-');
    push_digits(day.into(), 2, out);
}

/// Appends a time of day as `HH:mm`, with seconds if there are some. Milliseconds are left out, as in ksqlDB.
pub fn write_time(ms: i32, out: &mut String) {
    let seconds = (i64::from(ms).rem_euclid(DAY_MS) / 1000).unsigned_abs();
    push_digits(seconds / 3600, 2, out);
    out.push(':');
    push_digits(seconds / 60 % 60, 2, out);
    if seconds % 60 != 0 {
        out.push(':');
        push_digits(seconds % 60, 2, out);
    }
}

/// Adds what is missing of a date.
fn complete_date(text: &str) -> String {
    match text.matches('-').count() {
        0 => format!("{text}-01-01"),
        1 => format!("{text}-01"),
        _ => text.to_owned(),
    }
}

fn cast_error(
    kind: &'static str,
    text: &str,
    error: DateTimeError,
    help: &'static str,
) -> DateTimeError {
    DateTimeError::Cast { kind, text: text.to_owned(), reason: error.to_string(), help }
}
