//! The numbers that most rows hold, without a walk digit by digit.

/// Reads a whole number of at most 18 digits that something other than a number follows, and tells how long it is.
///
/// None means only that this does not know: the number has a fraction, is too long, or is none.
#[inline(always)]
pub(super) fn short_long(rest: &[u8]) -> Option<(i64, usize)> {
    let is_negative = rest.first() == Some(&b'-');
    let digits = if is_negative { &rest[1..] } else { rest };
    let (value, count) = short_digits(digits)?;
    let is_whole = !matches!(digits.get(count), Some(b'.' | b'e' | b'E' | b'0'..=b'9'));
    let has_plain_start = count == 1 || digits[0] != b'0';
    if !is_whole || !has_plain_start || (is_negative && value == 0) {
        return None;
    }
    let value = value as i64;
    Some(if is_negative { (-value, count + 1) } else { (value, count) })
}

/// Reads 1 to 18 digits.
#[inline(always)]
fn short_digits(digits: &[u8]) -> Option<(u64, usize)> {
    let Some(first) = digits.first_chunk::<8>() else { return digits_to_end(digits) };
    let (value, count) = eight_digits(u64::from_le_bytes(*first));
    if count < 8 {
        return (0 < count).then_some((value, count));
    }
    let Some(second) = digits[8..].first_chunk::<8>() else {
        let (more, count) = digits_to_end(&digits[8..]).unwrap_or((0, 0));
        return Some((value * 10u64.pow(count as u32) + more, 8 + count));
    };
    let (more, count) = eight_digits(u64::from_le_bytes(*second));
    let value = value * POWERS[count] + more;
    if count < 8 {
        return Some((value, 8 + count));
    }
    let (more, count) = digits_to_end(&digits[16..]).unwrap_or((0, 0));
    (count <= 2).then(|| (value * POWERS[count] + more, 16 + count))
}

const POWERS: [u64; 9] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/// Reads the few digits before the end of a document, or up to nine of more.
fn digits_to_end(digits: &[u8]) -> Option<(u64, usize)> {
    let count = digits.iter().take(9).take_while(|byte| byte.is_ascii_digit()).count();
    let value = digits[..count].iter().fold(0, |value, digit| value * 10 + u64::from(digit - b'0'));
    (0 < count).then_some((value, count))
}

const ZEROS: u64 = 0x3030_3030_3030_3030;

/// Returns how many of eight bytes, the first lowest, are digits before one that is none.
#[inline(always)]
fn digit_count(bytes: u64) -> usize {
    let digits = bytes ^ ZEROS;
    // A byte above 9 carries into its top bit; one above 0x7F has it set already. No carry leaves its byte.
    let carries = (digits & 0x7F7F_7F7F_7F7F_7F7F) + 0x7676_7676_7676_7676;
    let others = (carries | digits) & 0x8080_8080_8080_8080;
    (others.trailing_zeros() / 8) as usize
}

/// Returns how many digits bytes begin with.
#[inline]
pub(super) fn leading_digits(bytes: &[u8]) -> usize {
    let mut count = 0;
    while let Some(eight) = bytes.get(count..).and_then(<[u8]>::first_chunk::<8>) {
        let more = digit_count(u64::from_le_bytes(*eight));
        count += more;
        if more < 8 {
            return count;
        }
    }
    let rest = bytes.get(count..).unwrap_or(&[]);
    count + rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// Reads the digits that eight bytes, the first lowest, begin with, and tells how many there are.
#[inline(always)]
fn eight_digits(bytes: u64) -> (u64, usize) {
    let count = digit_count(bytes);
    let digits = bytes ^ ZEROS;
    if count == 0 {
        return (0, 0);
    }
    // Zeros go in front of the digits, which are then added up in pairs, fours and eights.
    let digits = digits << (64 - 8 * count);
    let pairs = (digits * 10 + (digits >> 8)) & 0x00FF_00FF_00FF_00FF;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_FFFF_0000_FFFF;
    let eight = (fours * 10_000 + (fours >> 32)) & 0xFFFF_FFFF;
    (eight, count)
}

/// Reads a number whose digits and power of ten are so few that one division or multiplication is exact.
pub(super) fn short_double(text: &[u8]) -> Option<f64> {
    const POWERS: [f64; 23] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
        1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ];
    let (is_negative, digits) = match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        _ => (false, text),
    };
    let mut value = 0u64;
    let mut fraction_count = None;
    if 17 < digits.len() {
        return None;
    }
    for byte in digits {
        match byte {
            b'0'..=b'9' => {
                value = value * 10 + u64::from(byte - b'0');
                fraction_count = fraction_count.map(|count: usize| count + 1);
            }
            b'.' if fraction_count.is_none() => fraction_count = Some(0),
            _ => return None,
        }
    }
    if 1 << 53 < value {
        return None;
    }
    let magnitude = value as f64 / POWERS[fraction_count.unwrap_or(0)];
    Some(if is_negative { -magnitude } else { magnitude })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_numbers_are_read_whole() {
        for text in [
            "0",
            "7",
            "12",
            "12345678",
            "123456789",
            "1234567890123456",
            "12345678901234567",
            "123456789012345678",
            "-1",
            "-123456789012345678",
        ] {
            let want = text.parse::<i64>().unwrap();
            for follower in
                ["", ",", "}", ",\"abcdefghijklmnop\":1}", " ", "\u{FFFD}\u{FFFD}abcdefgh"]
            {
                let got = short_long(format!("{text}{follower}").as_bytes());
                assert_eq!(got, Some((want, text.len())), "{text}{follower}");
            }
        }
    }

    #[test]
    fn leaves_other_numbers_to_others() {
        for text in [
            "",
            "-",
            "x",
            "01",
            "-01",
            "-0",
            "1.5",
            "1e5",
            "1E5",
            "12345678.",
            "1234567890123456e1",
            "1234567890123456789",
            "12345678901234567890",
            "\"1\"",
            "+1",
            "1234567890123456789012345678901",
        ] {
            assert_eq!(short_long(text.as_bytes()), None, "{text}");
            assert_eq!(
                short_long(format!("{text},\"abcdefghijklmnopqrstuvw\":0").as_bytes()),
                None,
                "{text}"
            );
        }
    }

    #[test]
    fn short_doubles_are_exact() {
        for text in [
            "0",
            "-0",
            "1.5",
            "-73.985",
            "0.1",
            "123456789.123456",
            "9007199254740992",
            "1.0000000000000",
        ] {
            let (got, want) = (short_double(text.as_bytes()), text.parse::<f64>().unwrap());
            assert_eq!(got.map(f64::to_bits), Some(want.to_bits()), "{text}");
        }
        for text in ["1e5", "9007199254740993", "123456789012345678"] {
            assert_eq!(short_double(text.as_bytes()), None, "{text}");
        }
    }
}
