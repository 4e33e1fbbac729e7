//! How keys are written.

use clap::ValueEnum;

/// How keys are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeyFormat {
    /// The text itself; KEY_FORMAT='KAFKA' with a VARCHAR key.
    String,
    /// Four bytes; KEY_FORMAT='KAFKA' with an INT key.
    #[value(alias = "integer")]
    Int,
    /// Eight bytes; KEY_FORMAT='KAFKA' with a BIGINT key.
    #[value(alias = "long")]
    Bigint,
    /// Eight bytes; KEY_FORMAT='KAFKA' with a DOUBLE key.
    Double,
    /// A JSON document; KEY_FORMAT='JSON'.
    Json,
}

impl KeyFormat {
    /// Writes a key; says why if the text is none of this format.
    pub(crate) fn encode(self, text: &str) -> Result<Vec<u8>, String> {
        let refuse = |what: &str| format!("the key '{}' is not {what}", abridged(text));
        match self {
            KeyFormat::String => Ok(text.as_bytes().to_vec()),
            KeyFormat::Int => text
                .trim()
                .parse::<i32>()
                .map(|number| number.to_be_bytes().to_vec())
                .map_err(|_| refuse("an INT")),
            KeyFormat::Bigint => text
                .trim()
                .parse::<i64>()
                .map(|number| number.to_be_bytes().to_vec())
                .map_err(|_| refuse("a BIGINT")),
            KeyFormat::Double => text
                .trim()
                .parse::<f64>()
                .map(|number| number.to_be_bytes().to_vec())
                .map_err(|_| refuse("a DOUBLE")),
            KeyFormat::Json => match serde_json::from_str::<serde_json::Value>(text) {
                Ok(_) => Ok(text.as_bytes().to_vec()),
                // Text that is no JSON is meant as text.
                Err(_) => Ok(serde_json::Value::from(text).to_string().into_bytes()),
            },
        }
    }
}

/// Shortens text for a message.
pub(super) fn abridged(text: &str) -> String {
    const SHOWN_CHARS: usize = 40;
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_written_as_kafka_does() {
        assert_eq!(KeyFormat::Int.encode(" 258"), Ok(vec![0, 0, 1, 2]));
        assert_eq!(KeyFormat::Bigint.encode("-1"), Ok(vec![255; 8]));
        assert_eq!(KeyFormat::Double.encode("0"), Ok(vec![0; 8]));
        assert_eq!(KeyFormat::String.encode("ü"), Ok("ü".as_bytes().to_vec()));
        assert_eq!(KeyFormat::Json.encode("{\"a\": 1}"), Ok(b"{\"a\": 1}".to_vec()));
        assert_eq!(KeyFormat::Json.encode("pen"), Ok(b"\"pen\"".to_vec()));
        assert_eq!(
            KeyFormat::Int.encode("2147483648"),
            Err("the key '2147483648' is not an INT".into())
        );
    }
}
