//! Event times as text.

use chrono::{DateTime, NaiveDate, NaiveDateTime};

use crate::topics::key::abridged;

/// How times are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TimeFormat {
    /// Milliseconds, or ISO 8601.
    Guess,
    /// Milliseconds since 1970.
    Milliseconds,
    /// Seconds since 1970, with or without a fraction.
    Seconds,
    /// ISO 8601.
    Iso,
    /// As the pattern says, in the letters of TIMESTAMP_FORMAT.
    Pattern(String),
}

impl TimeFormat {
    /// Reads the flag.
    pub(super) fn new(flag: Option<&str>) -> Self {
        match flag {
            None => TimeFormat::Guess,
            Some("ms" | "millis") => TimeFormat::Milliseconds,
            Some("s" | "seconds") => TimeFormat::Seconds,
            Some("iso") => TimeFormat::Iso,
            Some(pattern) => TimeFormat::Pattern(pattern.to_owned()),
        }
    }

    /// Reads a time; returns milliseconds since 1970.
    pub(super) fn parse(&self, text: &str) -> Result<i64, String> {
        let text = text.trim();
        let refuse = || format!("the time '{}' is not {}", abridged(text), self.name());
        let time = match self {
            TimeFormat::Guess => text.parse().ok().or_else(|| iso(text)),
            TimeFormat::Milliseconds => text.parse().ok(),
            TimeFormat::Seconds => seconds(text),
            TimeFormat::Iso => iso(text),
            TimeFormat::Pattern(_) => None,
        };
        time.ok_or_else(refuse)
    }

    fn name(&self) -> String {
        match self {
            TimeFormat::Guess => "milliseconds or ISO 8601".to_owned(),
            TimeFormat::Milliseconds => "milliseconds".to_owned(),
            TimeFormat::Seconds => "seconds".to_owned(),
            TimeFormat::Iso => "ISO 8601".to_owned(),
            TimeFormat::Pattern(pattern) => format!("written as {pattern}"),
        }
    }
}

/// Reads a time in milliseconds or ISO 8601.
pub(crate) fn parse_time(text: &str) -> Result<i64, String> {
    TimeFormat::Guess.parse(text)
}

fn seconds(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_negative = whole.starts_with('-');
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    let millis = digits.parse::<i64>().ok()?;
    let whole = whole.parse::<i64>().ok()?.checked_mul(1000)?;
    whole.checked_add(if is_negative { -millis } else { millis })
}

/// Reads ISO 8601; a blank may stand for the `T`, a time without a zone is UTC, a date is its midnight.
fn iso(text: &str) -> Option<i64> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.timestamp_millis());
    }
    // RFC 3339 wants a colon in the zone, ISO 8601 does not.
    for pattern in ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z"] {
        if let Ok(time) = DateTime::parse_from_str(text, pattern) {
            return Some(time.timestamp_millis());
        }
    }
    for pattern in
        ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
    {
        if let Ok(time) = NaiveDateTime::parse_from_str(text, pattern) {
            return Some(time.and_utc().timestamp_millis());
        }
    }
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(date.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(format: Option<&str>, text: &str, want: Result<i64, &str>) {
        assert_eq!(TimeFormat::new(format).parse(text), want.map_err(str::to_owned));
    }

    #[test]
    fn times_are_read() {
        check(None, "1442018818771", Ok(1_442_018_818_771));
        check(None, "2015-09-12T00:46:58.771Z", Ok(1_442_018_818_771));
        check(None, "2015-09-12T02:46:58.771+02:00", Ok(1_442_018_818_771));
        check(None, "2015-09-12T02:46:58.771+0200", Ok(1_442_018_818_771));
        check(None, "1970-01-01 00:00:01", Ok(1000));
        check(None, "1970-01-01T00:01", Ok(60_000));
        check(None, "1970-01-02", Ok(86_400_000));
        check(Some("s"), "804571201", Ok(804_571_201_000));
        check(Some("s"), "-1.5", Ok(-1500));
        check(Some("ms"), "1.5", Err("the time '1.5' is not milliseconds"));
        check(None, "yesterday", Err("the time 'yesterday' is not milliseconds or ISO 8601"));
    }
}
