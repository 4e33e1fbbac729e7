//! Looks at text many bytes at a time.

use wide::{i8x16, u8x16};

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

/// Finds the quote that ends text at or after a place, if all before it is ASCII without backslashes or control characters.
#[inline(always)]
pub(super) fn plain_text_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut end = start;
    while let Some(block) = bytes.get(end..)?.first_chunk::<16>() {
        let ends = text_ends(*block);
        if ends != 0 {
            end += ends.trailing_zeros() as usize;
            return (bytes[end] == b'"').then_some(end);
        }
        end += 16;
    }
    // The bytes before the last block have been looked at, but for those before the text.
    let (before, block) = bytes.split_last_chunk::<16>()?;
    let ends = text_ends(*block) >> (end - before.len());
    end += ends.trailing_zeros() as usize;
    (bytes.get(end) == Some(&b'"')).then_some(end)
}

/// Marks the bytes of a block that plain text does not go on over, the first by the lowest bit.
#[inline(always)]
fn text_ends(block: [u8; 16]) -> u32 {
    let bytes = u8x16::new(block);
    let signed = i8x16::new(block.map(u8::cast_signed));
    let quotes = bytes.simd_eq(u8x16::splat(b'"'));
    let slashes = bytes.simd_eq(u8x16::splat(b'\\'));
    // As signed numbers, bytes that are not ASCII are less than any control character.
    let others = signed.simd_lt(i8x16::splat(0x20));
    (quotes | slashes).to_bitmask() | others.to_bitmask()
}

/// Tells whether there are control characters in text.
#[inline]
pub(super) fn has_control(text: &[u8]) -> bool {
    let (words, rest) = text.as_chunks::<8>();
    let marks = words.iter().fold(0, |marks, word| {
        let word = u64::from_le_bytes(*word);
        marks | (controls(word) & !word)
    });
    marks & TOPS != 0 || rest.iter().any(|byte| *byte < b' ')
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
                    let is_plain = byte.is_ascii() && !needs_escape(byte);
                    let want = (byte == b'"').then_some(place);
                    let is_found =
                        |got: Option<usize>, want| got == want || (got.is_none() && length < 16);
                    assert!(is_found(plain_text_end(&bytes, 0), want), "{bytes:?}");
                    bytes.push(b'"');
                    let want = want.or(is_plain.then_some(length));
                    assert!(is_found(plain_text_end(&bytes, 0), want), "{bytes:?}");
                    bytes.pop();
                    assert_eq!(has_control(&bytes), byte < b' ');
                    let is_found = matches!(byte, b'"' | b'\\');
                    assert_eq!(quote_or_backslash(&bytes, 0), is_found.then_some(place));
                }
            }
        }
    }
}
