//! What an option is, and which values it takes.

/// An option.
#[derive(Clone, Copy, Debug)]
pub struct ConfigOption {
    /// Its name: ksqlDB's or Kafka's where they have one.
    pub name: &'static str,
    /// Other names for it.
    pub aliases: &'static [&'static str],
    /// Which values it takes.
    pub kind: OptionKind,
    /// Its value where nobody sets one.
    pub default: &'static str,
    /// Whether SET and the properties of a request may set it.
    pub is_session: bool,
    /// What it does.
    pub doc: &'static str,
}

/// Which values an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionKind {
    /// `true` or `false`.
    Boolean,
    /// `true`, `false`, or nothing.
    OptionalBoolean,
    /// A whole number from 0.
    Number,
    /// A whole number from 0, or nothing.
    OptionalNumber,
    /// One of these words, in any case.
    Choice(&'static [&'static str]),
    /// Any text.
    Text,
}

impl OptionKind {
    /// Checks a value; the error says what would be right.
    pub fn check(self, value: &str) -> Result<(), String> {
        let is_boolean = || ["true", "false"].iter().any(|word| value.eq_ignore_ascii_case(word));
        match self {
            OptionKind::Boolean if !is_boolean() => Err("it must be true or false".into()),
            OptionKind::OptionalBoolean if !value.is_empty() && !is_boolean() => {
                Err("it must be true or false".into())
            }
            OptionKind::Number if value.parse::<u64>().is_err() => {
                Err("it must be a whole number from 0".into())
            }
            OptionKind::OptionalNumber if !value.is_empty() && value.parse::<u64>().is_err() => {
                Err("it must be a whole number from 0".into())
            }
            OptionKind::Choice(words) if !words.iter().any(|w| w.eq_ignore_ascii_case(value)) => {
                Err(format!("it must be one of {}", words.join(", ")))
            }
            OptionKind::Boolean
            | OptionKind::OptionalBoolean
            | OptionKind::Number
            | OptionKind::OptionalNumber
            | OptionKind::Choice(_)
            | OptionKind::Text => Ok(()),
        }
    }
}
