//! Keys and values of records, which are bytes, as text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::render::json::string_as_json;
use crate::render::record::iso_time;
use crate::render::value::visible;
use crate::topics::KeyFormat;

/// What bytes were taken for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shown {
    /// Nothing: a record without a key, a tombstone.
    Null,
    /// Text.
    Text(String),
    /// JSON, as it is written.
    Json(String),
    /// A whole number.
    Integer(i64),
    /// A number with a point.
    Double(f64),
    /// Text with the window it belongs to: start, and end of a session window.
    Windowed(String, i64, Option<i64>),
    /// Anything else.
    Bytes(Vec<u8>),
}

/// Writes bytes as base64.
pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Takes bytes for what they most likely are: text, or a number or windowed key of KEY_FORMAT='KAFKA'.
pub(crate) fn show(bytes: Option<&[u8]>) -> Shown {
    let Some(bytes) = bytes else { return Shown::Null };
    if let Some(text) = plain_text(bytes) {
        return Shown::Text(text.to_owned());
    }
    match bytes.len() {
        4 | 8 => Shown::Integer(big_endian(bytes)),
        _ => windowed(bytes).unwrap_or_else(|| Shown::Bytes(bytes.to_vec())),
    }
}

/// Reads bytes as that format wrote them; what it did not write is shown as it most likely is.
pub(crate) fn decode(bytes: Option<&[u8]>, format: KeyFormat) -> Shown {
    let Some(known) = bytes else { return Shown::Null };
    let number = |length: usize| (known.len() == length).then(|| big_endian(known));
    let text = || std::str::from_utf8(known).ok().map(str::to_owned);
    let decoded = match format {
        KeyFormat::String => text().map(Shown::Text),
        KeyFormat::Json => text().map(Shown::Json),
        KeyFormat::Int => number(4).map(Shown::Integer),
        KeyFormat::Bigint => number(8).map(Shown::Integer),
        KeyFormat::Double => {
            number(8).map(|bits| Shown::Double(f64::from_bits(bits.cast_unsigned())))
        }
    };
    decoded.unwrap_or_else(|| show(bytes))
}

/// Writes it for people.
pub(crate) fn as_text(shown: &Shown) -> String {
    match shown {
        Shown::Null => "<null>".to_owned(),
        Shown::Text(text) | Shown::Json(text) => visible(text).into_owned(),
        Shown::Integer(number) => number.to_string(),
        Shown::Double(number) => format!("{number:?}"),
        Shown::Windowed(key, start, end) => {
            let end = end.map_or_else(|| "-".to_owned(), iso_time);
            format!("[{}@{}/{end}]", visible(key), iso_time(*start))
        }
        Shown::Bytes(bytes) => format!("base64:{}", base64(bytes)),
    }
}

/// Writes it as JSON; a program tells bytes from text by the object around them.
pub(crate) fn as_json(shown: &Shown) -> String {
    match shown {
        Shown::Null => "null".to_owned(),
        Shown::Text(text) => string_as_json(text),
        Shown::Json(text) => json_or_string(text),
        Shown::Integer(number) => number.to_string(),
        Shown::Double(number) if number.is_finite() => format!("{number:?}"),
        Shown::Double(number) => string_as_json(&number.to_string()),
        Shown::Windowed(key, start, end) => {
            let end = end.map_or_else(|| "null".to_owned(), |end| end.to_string());
            let key = string_as_json(key);
            format!(r#"{{"key":{key},"windowStart":{start},"windowEnd":{end}}}"#)
        }
        Shown::Bytes(bytes) => format!(r#"{{"base64":"{}"}}"#, base64(bytes)),
    }
}

fn json_or_string(text: &str) -> String {
    let is_json = serde_json::from_str::<serde_json::Value>(text).is_ok();
    if is_json && !text.contains('\n') { text.to_owned() } else { string_as_json(text) }
}

/// Returns the text, unless it has characters that numbers have and text has not.
fn plain_text(bytes: &[u8]) -> Option<&str> {
    let is_binary = |char: char| char.is_control() && !matches!(char, '\t' | '\n' | '\r');
    std::str::from_utf8(bytes).ok().filter(|text| !text.contains(is_binary))
}

/// A windowed key is the key, then the start of its window; that of a session is followed by its end.
fn windowed(bytes: &[u8]) -> Option<Shown> {
    let times_of = |count: usize| {
        let (key, times) = bytes.split_at_checked(bytes.len().checked_sub(count * 8)?)?;
        let key = plain_text(key).filter(|key| !key.is_empty())?;
        let times: Vec<i64> = times.chunks(8).map(big_endian).collect();
        times.iter().all(|time| is_likely_time(*time)).then(|| (key.to_owned(), times))
    };
    if let Some((key, times)) = times_of(2) {
        return Some(Shown::Windowed(key, times[0], Some(times[1])));
    }
    times_of(1).map(|(key, times)| Shown::Windowed(key, times[0], None))
}

/// Tells whether it lies between 1970 and 2100, in milliseconds.
fn is_likely_time(millis: i64) -> bool {
    (0..4_102_444_800_000).contains(&millis)
}

/// Reads a number of at most eight bytes, with its sign.
fn big_endian(bytes: &[u8]) -> i64 {
    let negative = bytes.first().is_some_and(|byte| *byte >= 0x80);
    bytes
        .iter()
        .fold(if negative { -1 } else { 0 }, |number, byte| (number << 8) | i64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], text: &str, json: &str) {
        let shown = show(Some(bytes));
        assert_eq!((as_text(&shown).as_str(), as_json(&shown).as_str()), (text, json));
    }

    #[test]
    fn bytes_are_taken_for_what_they_most_likely_are() {
        check(b"pen", "pen", r#""pen""#);
        check("ü\n".as_bytes(), r"ü\n", "\"ü\\n\"");
        check(&42_i32.to_be_bytes(), "42", "42");
        check(&(-1_i32).to_be_bytes(), "-1", "-1");
        check(&i64::MIN.to_be_bytes(), "-9223372036854775808", "-9223372036854775808");
        check(&[0xff, 0xfe, 0], "base64://4A", r#"{"base64":"//4A"}"#);
        let mut key = b"pen".to_vec();
        key.extend(60_000_i64.to_be_bytes());
        let json = r#"{"key":"pen","windowStart":60000,"windowEnd":null}"#;
        check(&key, "[pen@1970-01-01T00:01:00.000Z/-]", json);
        key.extend(61_000_i64.to_be_bytes());
        let json = r#"{"key":"pen","windowStart":60000,"windowEnd":61000}"#;
        check(&key, "[pen@1970-01-01T00:01:00.000Z/1970-01-01T00:01:01.000Z]", json);
    }

    #[test]
    fn a_format_that_is_named_wins() {
        assert_eq!(decode(Some(b"1234"), KeyFormat::Int), Shown::Integer(0x3132_3334));
        assert_eq!(decode(Some(b"123"), KeyFormat::Int), Shown::Text("123".to_owned()));
        let bytes = 1.5_f64.to_be_bytes();
        assert_eq!(as_json(&decode(Some(&bytes), KeyFormat::Double)), "1.5");
        assert_eq!(as_json(&decode(Some(b"{\"a\":1}"), KeyFormat::Json)), r#"{"a":1}"#);
        assert_eq!(as_json(&decode(Some(b"{a"), KeyFormat::Json)), r#""{a""#);
        assert_eq!(decode(None, KeyFormat::Json), Shown::Null);
    }
}
