//! Looks at text many bytes at a time.

/// Finds the first quote or backslash at or after a place.
#[inline]
pub(super) fn quote_or_backslash(bytes: &[u8], start: usize) -> Option<usize> {
    let rest = bytes.get(start..)?;
    memchr::memchr2(b'"', b'\\', rest).map(|count| start + count)
}

const ONES: u64 = 0x0101_0101_0101_0101;
const TOPS: u64 = 0x8080_8080_8080_8080;

/// Marks, by their top bits, that there are bytes below a space in a word: exact for the first, too many behind it.
#[inline]
fn controls(word: u64) -> u64 {
    word.wrapping_sub(ONES * u64::from(b' '))
}

/// Tells that a part of bytes is ASCII without control characters; where it is short, what stands before it can deny that.
#[inline]
pub(super) fn is_plain_ascii(bytes: &[u8], start: usize, end: usize) -> bool {
    let (words, rest) = bytes[start..end].as_chunks::<8>();
    let mut marks = 0;
    for word in words {
        let word = u64::from_le_bytes(*word);
        marks |= controls(word) | word;
    }
    if !rest.is_empty() {
        let Some(word) = bytes[..end].last_chunk::<8>() else { return false };
        let word = u64::from_le_bytes(*word);
        marks |= controls(word) | word;
    }
    marks & TOPS == 0
}

/// Tells whether JSON must escape a byte of text, or perhaps must: text that is not ASCII can be taken for such.
#[inline]
pub(super) fn may_need_escape(text: &[u8]) -> bool {
    let marks_of = |word: u64| {
        let quotes = (word ^ (ONES * u64::from(b'"'))).wrapping_sub(ONES);
        let slashes = (word ^ (ONES * u64::from(b'\\'))).wrapping_sub(ONES);
        (quotes | slashes | controls(word)) & !word
    };
    let (words, rest) = text.as_chunks::<8>();
    let marks = words.iter().fold(0, |marks, word| marks | marks_of(u64::from_le_bytes(*word)));
    let rest_needs = match text.last_chunk::<8>() {
        Some(word) if !rest.is_empty() => marks_of(u64::from_le_bytes(*word)) & TOPS != 0,
        _ => rest.iter().any(|byte| needs_escape(*byte)),
    };
    marks & TOPS != 0 || rest_needs
}

/// Tells whether JSON must escape a byte of text.
#[inline]
pub(super) fn needs_escape(byte: u8) -> bool {
    byte == b'"' || byte == b'\\' || byte < b' '
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_a_walk_byte_by_byte() {
        let odd =
            [b'"', b'\\', 0x1F, 0, b' ', b'!', 0x7F, 0x80, 0xFF, b'#', b'[', b']', 0xA2, 0xDC];
        for length in 0..40 {
            for place in 0..length {
                for byte in odd {
                    let mut bytes = vec![b'x'; length];
                    bytes[place] = byte;
                    assert_eq!(may_need_escape(&bytes), needs_escape(byte), "{bytes:?}");
                    let is_plain = byte.is_ascii() && b' ' <= byte;
                    let answer = is_plain_ascii(&bytes, 0, length);
                    assert!(answer == is_plain || (!answer && length < 8), "{bytes:?}");
                    let is_found = matches!(byte, b'"' | b'\\');
                    assert_eq!(quote_or_backslash(&bytes, 0), is_found.then_some(place));
                }
            }
        }
    }

    #[test]
    fn short_text_is_plain_where_enough_stands_before_it() {
        assert!(is_plain_ascii(br#"{"key":"abc""#, 8, 11));
        assert!(is_plain_ascii(br#"{"key":"""#, 8, 8));
        assert!(!is_plain_ascii(b"{\"key\":\"a\nc\"", 8, 11));
    }
}
