//! Finds the end of text, sixteen bytes at a time.

/// Where a run of plain text ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// The place of the first quote, backslash or control character, or the end of the bytes.
    pub(super) end: usize,
    /// Whether the run is ASCII.
    pub(super) is_ascii: bool,
}

/// Finds the first quote, backslash or control character at or after a place.
#[inline]
pub(super) fn plain_run(bytes: &[u8], start: usize) -> Run {
    let mut end = start;
    let mut is_ascii = true;
    while let Some(block) = bytes.get(end..).and_then(<[u8]>::first_chunk::<16>) {
        let (count, block_is_ascii) = plain_prefix(block);
        is_ascii &= block_is_ascii;
        end += count;
        if count < 16 {
            return Run { end, is_ascii };
        }
    }
    let rest = bytes.get(end..).unwrap_or(&[]);
    let count = rest.iter().position(|byte| is_special(*byte)).unwrap_or(rest.len());
    is_ascii &= rest[..count].is_ascii();
    Run { end: end + count, is_ascii }
}

#[inline]
fn is_special(byte: u8) -> bool {
    byte == b'"' || byte == b'\\' || byte < b' '
}

/// Returns how many bytes of a block are plain, and whether those are ASCII.
#[inline]
fn plain_prefix(block: &[u8; 16]) -> (usize, bool) {
    // This loop becomes a few vector instructions; most blocks need no more.
    let (mut is_special_block, mut bits) = (false, 0);
    for byte in block {
        is_special_block |= is_special(*byte);
        bits |= byte;
    }
    if !is_special_block {
        return (16, bits.is_ascii());
    }
    let word = u128::from_le_bytes(*block);
    let (low, low_is_ascii) = plain_prefix_of_word(word as u64);
    if low < 8 {
        return (low, low_is_ascii);
    }
    let (high, high_is_ascii) = plain_prefix_of_word((word >> 64) as u64);
    (8 + high, low_is_ascii && high_is_ascii)
}

/// The same of eight bytes: a borrow can mark a plain byte, but only behind the first special one.
#[inline]
fn plain_prefix_of_word(word: u64) -> (usize, bool) {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = 0x8080_8080_8080_8080;
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & TOPS;
    let controls = word.wrapping_sub(ONES * 0x20) & !word & TOPS;
    let quotes = zeros(word ^ (ONES * u64::from(b'"')));
    let slashes = zeros(word ^ (ONES * u64::from(b'\\')));
    let special = controls | quotes | slashes;
    let count = special.trailing_zeros() / 8;
    let plain = if count == 8 { u64::MAX } else { (1 << (8 * count)) - 1 };
    (count as usize, word & TOPS & plain == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slow(bytes: &[u8], start: usize) -> Run {
        let rest = &bytes[start..];
        let count = rest.iter().position(|byte| is_special(*byte)).unwrap_or(rest.len());
        Run { end: start + count, is_ascii: rest[..count].is_ascii() }
    }

    #[test]
    fn agrees_with_a_walk_byte_by_byte() {
        let specials = [b'"', b'\\', 0x1F, 0, b' ', b'!', 0x7F, 0x80, 0xFF, b'#', b'[', b']'];
        for length in 0..50 {
            for place in 0..length {
                for special in specials {
                    let mut bytes = vec![b'x'; length];
                    bytes[place] = special;
                    for start in [0, 1, length / 2] {
                        let start = start.min(length);
                        assert_eq!(plain_run(&bytes, start), slow(&bytes, start), "{bytes:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn words_agree_with_blocks() {
        let mut state = 1u64;
        for _ in 0..100_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(99);
            // Bytes near the special ones are the ones that can go wrong.
            let word = (state >> 3) & 0xA3BF_7FA3_FFBF_7F3F;
            let run = slow(&word.to_le_bytes(), 0);
            assert_eq!(plain_prefix_of_word(word), (run.end, run.is_ascii));
        }
    }
}
