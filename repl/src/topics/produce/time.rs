//! Event times as text.

use std::borrow::Cow;

use tidemill::types::datetime::{DateTimePattern, Zone, iso};

use crate::topics::key::abridged;

/// How times are written.
#[derive(Debug)]
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
    Pattern { text: String, pattern: DateTimePattern },
}

impl TimeFormat {
    /// Reads the flag.
    pub(super) fn new(flag: Option<&str>) -> Result<Self, String> {
        Ok(match flag {
            None => TimeFormat::Guess,
            Some("ms" | "millis") => TimeFormat::Milliseconds,
            Some("s" | "seconds") => TimeFormat::Seconds,
            Some("iso") => TimeFormat::Iso,
            Some(text) => {
                let pattern = DateTimePattern::compile(text)
                    .map_err(|error| format!("--timestamp-format {text}: {error}"))?;
                TimeFormat::Pattern { text: text.to_owned(), pattern }
            }
        })
    }

    /// Reads a time; returns milliseconds since 1970.
    pub(super) fn parse(&self, text: &str) -> Result<i64, String> {
        let text = text.trim();
        let refuse = || format!("the time '{}' is not {}", abridged(text), self.name());
        let time = match self {
            TimeFormat::Guess => text.parse().ok().or_else(|| iso_time(text)),
            TimeFormat::Milliseconds => text.parse().ok(),
            TimeFormat::Seconds => seconds(text),
            TimeFormat::Iso => iso_time(text),
            TimeFormat::Pattern { pattern, .. } => pattern.parse_timestamp(text, Zone::UTC).ok(),
        };
        time.ok_or_else(refuse)
    }

    fn name(&self) -> String {
        match self {
            TimeFormat::Guess => "milliseconds or ISO 8601".to_owned(),
            TimeFormat::Milliseconds => "milliseconds".to_owned(),
            TimeFormat::Seconds => "seconds".to_owned(),
            TimeFormat::Iso => "ISO 8601".to_owned(),
            TimeFormat::Pattern { text, .. } => format!("written as {text}"),
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
fn iso_time(text: &str) -> Option<i64> {
    const DATE_LENGTH: usize = "2020-05-26".len();
    let text = match text.as_bytes().get(DATE_LENGTH) {
        Some(b' ') => Cow::Owned(text.replacen(' ', "T", 1)),
        _ => Cow::Borrowed(text),
    };
    iso::parse_timestamp(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(format: Option<&str>, text: &str, want: Result<i64, &str>) {
        let parsed = TimeFormat::new(format).and_then(|format| format.parse(text));
        assert_eq!(parsed, want.map_err(str::to_owned));
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
        check(Some("yyyy/MM/dd HH:mm"), "1970/01/01 00:02", Ok(120_000));
        check(Some("yyyy"), "x", Err("the time 'x' is not written as yyyy"));
        check(Some("ms"), "1.5", Err("the time '1.5' is not milliseconds"));
        check(None, "yesterday", Err("the time 'yesterday' is not milliseconds or ISO 8601"));
    }
}
