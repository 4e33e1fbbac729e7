//! Texts as Java sees them: sequences of UTF-16 units, of which characters above U+FFFF take two.

use std::borrow::Cow;
use std::ops::Range;

/// Counts the units of a text.
pub(super) fn length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(char::len_utf16).sum() }
}

/// Returns the units of a range, which ends with the text if it reaches further. Half a character becomes a question mark,
/// as it does when Java writes it as UTF-8.
pub(super) fn slice(text: &str, range: Range<usize>) -> Cow<'_, str> {
    if text.is_ascii() {
        let end = range.end.min(text.len());
        return Cow::Borrowed(&text[range.start.min(end)..end]);
    }
    let units: Vec<u16> = text.encode_utf16().collect();
    let end = range.end.min(units.len());
    Cow::Owned(to_text(&units[range.start.min(end)..end]))
}

/// Makes a text of units; half a character becomes a question mark.
pub(super) fn to_text(units: &[u16]) -> String {
    char::decode_utf16(units.iter().copied()).map(|unit| unit.unwrap_or('?')).collect()
}

/// Finds the first place at or after `from` where units stand in others.
pub(super) fn find(units: &[u16], wanted: &[u16], from: usize) -> Option<usize> {
    if wanted.is_empty() {
        return (from <= units.len()).then_some(from);
    }
    let found = units.get(from..)?.windows(wanted.len()).position(|window| window == wanted);
    found.map(|position| from + position)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_cuts_units() {
        assert_eq!(length("a𝄞é"), 4);
        assert_eq!(slice("a𝄞é", 1..3), "𝄞");
        assert_eq!(slice("a𝄞é", 2..9), "?é");
        assert_eq!(slice("abc", 2..9), "c");
        assert_eq!(slice("abc", 7..9), "");
    }
}
