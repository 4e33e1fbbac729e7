//! Why a pattern, a text or a zone is refused, in the words that Java's `DateTimeFormatter` uses and ksqlDB's users know.

/// Why a pattern, a text or a zone is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DateTimeError {
    /// The pattern has a letter without a meaning.
    #[error("Unknown pattern letter: {0}")]
    UnknownLetter(char),
    /// The pattern repeats a letter too often, or not often enough.
    #[error("Too many pattern letters: {0}")]
    LetterCount(char),
    /// A quote in the pattern does not end.
    #[error("Pattern ends with an incomplete string literal: {0}")]
    OpenQuote(String),
    /// A bracket in the pattern closes what was not opened.
    #[error("Pattern invalid as it contains ] without previous [")]
    UnmatchedBracket,
    /// The pattern has a character that Java keeps for later.
    #[error("Pattern includes reserved character: '{0}'")]
    ReservedCharacter(char),
    /// A pad letter in the pattern stands before nothing that can be padded.
    #[error("Pad letter 'p' must be followed by valid pad pattern: {0}")]
    Pad(String),
    /// The pattern is too long, or its brackets are nested too deep.
    #[error("Pattern is too long or nested too deep")]
    PatternTooLarge,
    /// The text does not match the pattern.
    #[error("Text '{text}' could not be parsed at index {index}")]
    Unmatched {
        /// The text.
        text: String,
        /// Where it stops matching.
        index: usize,
    },
    /// The text goes on behind what the pattern matches.
    #[error("Text '{text}' could not be parsed, unparsed text found at index {index}")]
    LeftOver {
        /// The text.
        text: String,
        /// Where it goes on.
        index: usize,
    },
    /// The text matches, but what it says is no date or time.
    #[error("Text '{text}' could not be parsed: {reason}")]
    Unresolved {
        /// The text.
        text: String,
        /// Why not.
        reason: String,
    },
    /// A field of the pattern is not part of what is formatted or parsed.
    #[error("Unsupported field: {0}")]
    UnsupportedField(&'static str),
    /// A number is too large or negative for its place in the pattern.
    #[error("Field {field} cannot be printed as the value {value} does not fit its width")]
    TooWide {
        /// The field.
        field: &'static str,
        /// Its value.
        value: i64,
    },
    /// There is no time zone of that name.
    #[error("Unknown time-zone ID: {0}")]
    UnknownZone(String),
    /// The offset is not between -18:00 and +18:00, or not written as one.
    #[error("Invalid ID for ZoneOffset, invalid format: {0}")]
    InvalidOffset(String),
    /// The moment is further from 1970 than a timestamp reaches.
    #[error("the time is out of the range of a TIMESTAMP")]
    OutOfRange,
    /// A text is no timestamp, date or time in the form that CAST takes.
    #[error("Failed to parse {kind} '{text}': {reason}\n{help}")]
    Cast {
        /// What it should be: `timestamp`, `date` or `time`.
        kind: &'static str,
        /// The text.
        text: String,
        /// Why it is not.
        reason: String,
        /// The form that is taken.
        help: &'static str,
    },
}
