//! Text as values of other types.

/// Drops blanks and control characters at both ends, as Java's `trim` does.
pub(in crate::expr) fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c <= ' ')
}

/// Reads a boolean: what begins `true` or `yes` is true in any letters, everything else false.
pub(super) fn parse_boolean(text: &str) -> bool {
    is_prefix_of(text, "true") || is_prefix_of(text, "yes")
}

/// Reads a boolean: what begins `true`, `yes`, `false` or `no` in any letters.
pub(in crate::expr) fn parse_exact_boolean(text: &str) -> Option<bool> {
    if parse_boolean(text) {
        return Some(true);
    }
    (is_prefix_of(text, "false") || is_prefix_of(text, "no")).then_some(false)
}

fn is_prefix_of(text: &str, word: &str) -> bool {
    let start = word.get(..text.len());
    !text.is_empty() && start.is_some_and(|start| start.eq_ignore_ascii_case(text))
}

/// Reads a double; words such as `NaN` are no numbers here.
pub(super) fn parse_double(text: &str) -> Result<f64, String> {
    let has_digit = text.bytes().any(|b| b.is_ascii_digit());
    let parsed = text.parse().ok().filter(|_| has_digit);
    parsed.ok_or_else(|| not_a_number(text))
}

/// Says that a text is not a number.
pub(super) fn not_a_number(text: &str) -> String {
    format!("For input string: \"{text}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_booleans_by_their_beginning() {
        for text in ["t", "TrUe", "tr", "Y", "yes"] {
            assert_eq!(parse_exact_boolean(text), Some(true), "{text}");
        }
        for text in ["f", "FaLse", "n", "No"] {
            assert_eq!(parse_exact_boolean(text), Some(false), "{text}");
        }
        for text in ["", "truely", "x", "é"] {
            assert_eq!(parse_exact_boolean(text), None, "{text}");
            assert!(!parse_boolean(text));
        }
    }

    #[test]
    fn reads_doubles_but_not_words() {
        assert_eq!(parse_double("1.344e2"), Ok(134.4));
        assert_eq!(parse_double(".5"), Ok(0.5));
        assert!(parse_double("NaN").is_err());
        assert!(parse_double("Infinity").is_err());
        assert!(parse_double("").is_err());
    }
}
