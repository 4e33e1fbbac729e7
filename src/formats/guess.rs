//! The format of payloads nobody described, as PRINT shows them.
//!
//! As in ksqlDB, every format that all payloads so far were written in stays possible, and the first of them is shown.

use super::json;
use super::window_key::{split_session_window, split_time_window};
use crate::types::push_double;

/// A format that a payload can be seen in, in the order in which they are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as PRINT names them")]
pub enum GuessedFormat {
    Json,
    KafkaInt,
    KafkaBigint,
    KafkaDouble,
    KafkaString,
}

/// How a key can be windowed, in the order in which the ways are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Windowing {
    Session,
    Hopping,
    Tumbling,
    None,
}

const GUESSES: [GuessedFormat; 5] = [
    GuessedFormat::Json,
    GuessedFormat::KafkaInt,
    GuessedFormat::KafkaBigint,
    GuessedFormat::KafkaDouble,
    GuessedFormat::KafkaString,
];

const KEY_WINDOWINGS: [Windowing; 4] =
    [Windowing::Session, Windowing::Hopping, Windowing::Tumbling, Windowing::None];

/// The end of the year 9999: eight bytes of text would be a later time than this, and so are no window.
const WINDOW_TIME_MAX: i64 = 253_402_300_799_999;

/// The formats that all payloads of a topic's side can be seen in.
#[derive(Clone, Debug)]
pub struct FormatGuess {
    possible: Vec<(GuessedFormat, Windowing)>,
    has_seen: bool,
}

impl FormatGuess {
    /// Begins with all formats of keys, windowed ones too.
    pub fn of_keys() -> Self {
        Self::new(&KEY_WINDOWINGS)
    }

    /// Begins with all formats of values.
    pub fn of_values() -> Self {
        Self::new(&[Windowing::None])
    }

    fn new(windowings: &[Windowing]) -> Self {
        let with_windows = |format| windowings.iter().map(move |windowing| (format, *windowing));
        FormatGuess {
            possible: GUESSES.into_iter().flat_map(with_windows).collect(),
            has_seen: false,
        }
    }

    /// Shows a payload in the first format that it, and all before it, can be seen in; bytes in hexadecimal where there is none.
    pub fn show(&mut self, payload: Option<&[u8]>) -> String {
        let Some(payload) = payload else { return "<null>".to_owned() };
        self.has_seen = true;
        let mut first = None;
        self.possible.retain(|(format, windowing)| {
            let shown = windowing.show(*format, payload);
            let is_possible = shown.is_some();
            first = first.take().or(shown);
            is_possible
        });
        first.unwrap_or_else(|| show_bytes(payload))
    }

    /// Returns the formats that are left, as `JSON` or `SESSION(KAFKA_STRING)`; none before a payload was seen.
    pub fn possible(&self) -> Vec<String> {
        if !self.has_seen {
            return Vec::new();
        }
        self.possible.iter().map(|(format, windowing)| windowing.name(format.name())).collect()
    }

    /// Returns the first format that is left, if a payload was seen and the key is not windowed.
    pub fn format(&self) -> Option<GuessedFormat> {
        let (format, windowing) = self.possible.first().filter(|_| self.has_seen)?;
        (*windowing == Windowing::None).then_some(*format)
    }
}

impl GuessedFormat {
    /// Returns the name, as PRINT shows it.
    pub fn name(self) -> &'static str {
        match self {
            GuessedFormat::Json => "JSON",
            GuessedFormat::KafkaInt => "KAFKA_INT",
            GuessedFormat::KafkaBigint => "KAFKA_BIGINT",
            GuessedFormat::KafkaDouble => "KAFKA_DOUBLE",
            GuessedFormat::KafkaString => "KAFKA_STRING",
        }
    }

    fn show(self, payload: &[u8]) -> Option<String> {
        match self {
            GuessedFormat::Json => show_text(payload).filter(|_| json::is_document(payload)),
            GuessedFormat::KafkaInt => {
                Some(i32::from_be_bytes(payload.try_into().ok()?).to_string())
            }
            GuessedFormat::KafkaBigint => {
                Some(i64::from_be_bytes(payload.try_into().ok()?).to_string())
            }
            GuessedFormat::KafkaDouble => {
                let mut text = Vec::new();
                push_double(f64::from_be_bytes(payload.try_into().ok()?), &mut text);
                String::from_utf8(text).ok()
            }
            GuessedFormat::KafkaString => show_text(payload),
        }
    }
}

fn show_text(payload: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(payload).ok()?;
    (!text.is_empty() && !text.contains(char::REPLACEMENT_CHARACTER)).then(|| text.to_owned())
}

/// Shows bytes as Kafka's `Bytes` do: printable ones as they are, others as `\xFF`.
fn show_bytes(payload: &[u8]) -> String {
    use std::fmt::Write;
    payload.iter().fold(String::with_capacity(payload.len()), |mut shown, byte| {
        match byte {
            b' '..=b'[' | b']'..=b'~' => shown.push(char::from(*byte)),
            _ => write!(shown, "\\x{byte:02X}").expect("a string takes all that is written"),
        }
        shown
    })
}

impl Windowing {
    fn name(self, format: &str) -> String {
        match self {
            Windowing::Session => format!("SESSION({format})"),
            Windowing::Hopping => format!("HOPPING({format})"),
            Windowing::Tumbling => format!("TUMBLING({format})"),
            Windowing::None => format.to_owned(),
        }
    }

    fn show(self, format: GuessedFormat, payload: &[u8]) -> Option<String> {
        match self {
            Windowing::Session => {
                let (key, start, end) = split_session_window(payload)?;
                (0 <= start && start <= end && end <= WINDOW_TIME_MAX).then_some(())?;
                Some(format!("[{}@{start}/{end}]", format.show(key)?))
            }
            Windowing::Hopping | Windowing::Tumbling => {
                let (key, start) = split_time_window(payload)?;
                (0..=WINDOW_TIME_MAX).contains(&start).then_some(())?;
                Some(format!("[{}@{start}/-]", format.show(key)?))
            }
            Windowing::None => format.show(payload),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_drop_out_as_payloads_come() {
        let mut guess = FormatGuess::of_values();
        assert!(guess.possible().is_empty());
        assert_eq!(guess.show(None), "<null>");
        assert_eq!(guess.show(Some(b"1234")), "1234");
        assert_eq!(guess.possible(), ["JSON", "KAFKA_INT", "KAFKA_STRING"]);
        assert_eq!(guess.format(), Some(GuessedFormat::Json));
        assert_eq!(guess.show(Some(b"pens")), "1885695603");
        assert_eq!(guess.possible(), ["KAFKA_INT", "KAFKA_STRING"]);
        assert_eq!(guess.show(Some(b"pencil")), "pencil");
        assert_eq!(guess.show(Some(b"a\xFF\\")), r"a\xFF\x5C");
        assert!(guess.possible().is_empty());
    }

    #[test]
    fn keys_can_be_windowed() {
        let mut guess = FormatGuess::of_keys();
        let mut key = b"\"pen\"".to_vec();
        crate::formats::window_key::append_time_window(60_000, &mut key);
        assert_eq!(guess.show(Some(&key)), "[\"pen\"@60000/-]");
        assert_eq!(guess.possible()[0], "HOPPING(JSON)");
    }
}
