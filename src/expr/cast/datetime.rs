//! ISO text to DATE, TIME and TIMESTAMP, and back.
//!
//! Text may be partial: `2020`, `2020-05`, `2020-05-26T23`.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Timelike};

const MS_PER_DAY: i64 = 86_400_000;
/// What stands for the parts of a time that are missing.
const TIME_REST: &str = "00:00:00.000";

/// Reads a timestamp, `yyyy-MM-dd'T'HH:mm:ss.SSS` with an optional offset, or a part of it; without an offset it is UTC.
pub(in crate::expr) fn parse_timestamp(text: &str) -> Result<i64, String> {
    read_timestamp(text).ok_or_else(|| {
        format!(
            "Failed to parse timestamp '{text}'\nRequired format is: \"yyyy-MM-dd'T'HH:mm:ss.SSS\", with an optional numeric \
             4-digit timezone, for example: '2020-05-26T23:59:58.000' or with tz: '2020-05-26T23:59:58.000+0200'. A trailing \
             'Z' instead of tz indicates the zero UTC offset. Partials are also supported, for example \"2020-05-26\""
        )
    })
}

fn read_timestamp(text: &str) -> Option<i64> {
    let Some((date, rest)) = text.split_once('T') else {
        return days(read_date(text)?).checked_mul(MS_PER_DAY);
    };
    let (time, zone) = match rest.find(['+', '-']) {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let time = time.strip_suffix('Z').unwrap_or(time);
    let time = format!("{time}{}", TIME_REST.get(time.len()..).unwrap_or(""));
    let local = read_date(date).filter(|_| date.split('-').count() == 3)?;
    let ms = days(local).checked_mul(MS_PER_DAY)?.checked_add(read_full_time(&time)?)?;
    ms.checked_sub(read_offset(zone)?)
}

/// Reads `HH:mm:ss.SSS`, no digit more or less.
fn read_full_time(text: &str) -> Option<i64> {
    let time = NaiveTime::parse_from_str(text, "%H:%M:%S%.3f").ok()?;
    (text.len() == TIME_REST.len()).then(|| ms_of_day(time))
}

/// Reads `+hh`, `+hhmm` or `+hh:mm` as milliseconds east of Greenwich.
fn read_offset(text: &str) -> Option<i64> {
    let sign = match text.as_bytes().first() {
        None => return Some(0),
        Some(b'-') => -1,
        Some(_) => 1,
    };
    let digits: String = text[1..].chars().filter(|c| *c != ':').collect();
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = match digits.len() {
        1 | 2 => (digits.as_str(), "0"),
        4 => digits.split_at(2),
        _ => return None,
    };
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours <= 18 && minutes < 60).then_some(sign * (hours * 60 + minutes) * 60_000)
}

/// Reads a date, `yyyy-MM-dd` or a part of it, as days since 1970-01-01.
pub(in crate::expr) fn parse_date(text: &str) -> Result<i32, String> {
    let day = read_date(text).and_then(|date| i32::try_from(days(date)).ok());
    day.ok_or_else(|| {
        format!(
            "Failed to parse date '{text}'\nRequired format is: \"yyyy-MM-dd\", for example '2020-05-26'. Partials are also \
             supported, for example '2020-05'"
        )
    })
}

fn read_date(text: &str) -> Option<NaiveDate> {
    let mut parts = text.split('-');
    let mut part = |digits: usize| match parts.next() {
        None => Some(1),
        Some(part) if part.len() == digits && part.bytes().all(|b| b.is_ascii_digit()) => {
            part.parse::<u32>().ok()
        }
        Some(_) => None,
    };
    let (year, month, day) = (part(4)?, part(2)?, part(2)?);
    parts.next().is_none().then(|| NaiveDate::from_ymd_opt(year.cast_signed(), month, day))?
}

/// Reads a time, `HH:mm`, `HH:mm:ss` or `HH:mm:ss.SSS`, as milliseconds since midnight.
pub(in crate::expr) fn parse_time(text: &str) -> Result<i32, String> {
    let is_padded = text.as_bytes().get(2) == Some(&b':');
    let format = if text.len() <= 5 { "%H:%M" } else { "%H:%M:%S%.f" };
    let time = NaiveTime::parse_from_str(text, format).ok().filter(|_| is_padded);
    time.and_then(|time| i32::try_from(ms_of_day(time)).ok()).ok_or_else(|| {
        format!(
            "Failed to parse time '{text}'\nRequired format is: \"HH:mm:ss.SSS\", for example: '01:34:20.123' or '01:34:20'. \
             Partials are also supported, for example '01:34'"
        )
    })
}

/// Writes a timestamp as `yyyy-MM-dd'T'HH:mm:ss.SSS` in UTC; none if it is beyond the calendar.
pub(in crate::expr) fn timestamp_text(ms: i64) -> Option<String> {
    Some(DateTime::from_timestamp_millis(ms)?.format("%Y-%m-%dT%H:%M:%S%.3f").to_string())
}

/// Writes a date as `yyyy-MM-dd`; none if it is beyond the calendar.
pub(in crate::expr) fn date_text(days: i32) -> Option<String> {
    let epoch = DateTime::UNIX_EPOCH.date_naive();
    let date = epoch.checked_add_signed(TimeDelta::days(i64::from(days)))?;
    Some(date.format("%Y-%m-%d").to_string())
}

/// Writes a time as `HH:mm:ss`, or `HH:mm` if it has no seconds; none if it is not within a day.
pub(in crate::expr) fn time_text(ms: i32) -> Option<String> {
    let seconds = u32::try_from(ms).ok()? / 1000;
    let time = NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0)?;
    let format = if seconds.is_multiple_of(60) { "%H:%M" } else { "%H:%M:%S" };
    Some(time.format(format).to_string())
}

/// Returns the day that a timestamp falls on in UTC.
pub(in crate::expr) fn date_of(timestamp_ms: i64) -> Option<i32> {
    i32::try_from(timestamp_ms.div_euclid(MS_PER_DAY)).ok()
}

/// Returns the time of day of a timestamp in UTC.
pub(in crate::expr) fn time_of(timestamp_ms: i64) -> Option<i32> {
    i32::try_from(timestamp_ms.rem_euclid(MS_PER_DAY)).ok()
}

/// Returns the first moment of a date in UTC.
pub(in crate::expr) fn start_of(date_days: i32) -> i64 {
    i64::from(date_days) * MS_PER_DAY
}

fn days(date: NaiveDate) -> i64 {
    i64::from(date.num_days_from_ce())
        - i64::from(DateTime::UNIX_EPOCH.date_naive().num_days_from_ce())
}

fn ms_of_day(time: NaiveTime) -> i64 {
    i64::from(time.num_seconds_from_midnight()) * 1000 + i64::from(time.nanosecond() / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_partial_timestamps() {
        let read = |text: &str| parse_timestamp(text).ok().and_then(timestamp_text);
        let same = |text: &str, want: &str| assert_eq!(read(text).as_deref(), Some(want), "{text}");
        same("2020", "2020-01-01T00:00:00.000");
        same("2020-05", "2020-05-01T00:00:00.000");
        same("2020-05-26", "2020-05-26T00:00:00.000");
        same("2020-05-26T23", "2020-05-26T23:00:00.000");
        same("2020-05-26T23:59:58", "2020-05-26T23:59:58.000");
        same("2020-05-26T23:59:58.1", "2020-05-26T23:59:58.100");
        same("2020-05-26T23:59:58.123Z", "2020-05-26T23:59:58.123");
        same("2019-01-01T00:00:00+0445", "2018-12-31T19:15:00.000");
        same("2019-01-01T00:00:00-08:00", "2019-01-01T08:00:00.000");
        for wrong in [
            "",
            "T",
            "20",
            "2020-5",
            "2020-05T10",
            "2020-13-01",
            "2020-05-26T25",
            "2020-05-26T10+x",
            "é-T€",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn reads_and_writes_times_and_dates() {
        let time = |text: &str| parse_time(text).ok().and_then(time_text);
        assert_eq!(time("09:01:15").as_deref(), Some("09:01:15"));
        assert_eq!(time("09:01").as_deref(), Some("09:01"));
        assert_eq!(parse_time("09:01:15.250"), Ok(32_475_250));
        assert_eq!(time("9:01"), None);
        assert_eq!(time("25:01"), None);
        let date = |text: &str| parse_date(text).ok().and_then(date_text);
        assert_eq!(date("1990-03-03").as_deref(), Some("1990-03-03"));
        assert_eq!(date("1990-03").as_deref(), Some("1990-03-01"));
        assert_eq!(date("1990-02-30"), None);
        assert_eq!(timestamp_text(i64::MAX), None);
        assert_eq!(time_text(-1), None);
    }
}
