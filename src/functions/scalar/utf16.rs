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

/// Returns the byte at which a unit's character begins, or where the text ends.
pub(super) fn byte_of(text: &str, unit: usize) -> usize {
    if text.is_ascii() {
        return unit.min(text.len());
    }
    let mut before = 0;
    let is_reached = |c: char| {
        let is_reached = unit <= before;
        before += c.len_utf16();
        is_reached
    };
    text.find(is_reached).unwrap_or(text.len())
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
        assert_eq!([0, 1, 3, 4, 9].map(|unit| byte_of("a𝄞é", unit)), [0, 1, 5, 7, 7]);
    }
}
