//! Decimals as Java's `BigInteger` writes them: the unscaled number in big-endian two's complement, as short as it can be.

use datafusion::arrow::datatypes::i256;

use super::draft::Digits;
use super::numbers::{Written, write_wide_decimal};

/// Reads a number; none if it has more than 256 bits.
fn read(bytes: &[u8]) -> Option<i256> {
    let first = *bytes.first()?;
    let fill = if first & 0x80 == 0 { 0 } else { 0xFF };
    let kept = match bytes.len().checked_sub(32) {
        None | Some(0) => bytes,
        Some(extra) => {
            let is_sign = bytes[..extra].iter().all(|byte| *byte == fill);
            let kept = &bytes[extra..];
            (is_sign && kept[0] & 0x80 == fill & 0x80).then_some(kept)?
        }
    };
    let mut wide = [fill; 32];
    wide[32 - kept.len()..].copy_from_slice(kept);
    Some(i256::from_be_bytes(wide))
}

/// Reads a number of a scale as a DECIMAL.
pub(super) fn read_decimal(bytes: &[u8], scale: u8, digits: Digits) -> Result<i256, String> {
    let value = read(bytes).ok_or_else(|| "a decimal has more than 256 bits".to_owned())?;
    if scale == digits.scale && has_at_most(value, digits.precision) {
        return Ok(value);
    }
    rescaled(value, scale, digits)
}

/// Returns a number at the scale of a DECIMAL; it must fit without rounding.
pub(super) fn rescaled(value: i256, scale: u8, digits: Digits) -> Result<i256, String> {
    let mut text = Vec::new();
    write_wide_decimal(value, scale, &mut text);
    let written = Written::parse(&text).ok_or_else(|| "no number".to_owned())?;
    written.at_wide_scale(digits).map_err(|fault| fault.reason(&text, digits))
}

fn has_at_most(value: i256, precision: u8) -> bool {
    let limit = i256::from_i128(10).checked_pow(u32::from(precision));
    limit.is_none_or(|limit| value < limit && limit.wrapping_neg() < value)
}

/// Writes a number.
pub(super) fn write(value: i256, out: &mut Vec<u8>) {
    let wide = value.to_be_bytes();
    let fill = if value < i256::ZERO { 0xFF } else { 0 };
    // A byte can go if the next one has the same sign.
    let redundant =
        wide.windows(2).take_while(|pair| pair[0] == fill && pair[1] & 0x80 == fill & 0x80).count();
    out.extend_from_slice(&wide[redundant..]);
}

/// Writes a number in so many bytes; tells whether it fits.
pub(super) fn write_fixed(value: i256, size: usize, out: &mut Vec<u8>) -> bool {
    let mut short = Vec::new();
    write(value, &mut short);
    let Some(missing) = size.checked_sub(short.len()) else { return false };
    out.extend(std::iter::repeat_n(if value < i256::ZERO { 0xFF } else { 0 }, missing));
    out.extend_from_slice(&short);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: i128, want: &[u8]) {
        let mut out = Vec::new();
        write(i256::from_i128(value), &mut out);
        assert_eq!(out, want);
        assert_eq!(read(want), Some(i256::from_i128(value)));
    }

    #[test]
    fn numbers_are_as_short_as_they_can_be() {
        check(0, &[0]);
        check(127, &[0x7F]);
        check(128, &[0, 0x80]);
        check(-128, &[0x80]);
        check(-129, &[0xFF, 0x7F]);
        check(1001, &[0x03, 0xE9]);
    }

    #[test]
    fn what_is_too_long_is_refused() {
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[1; 33]), None);
        assert_eq!(read(&[&[0; 40][..], &[5]].concat()), Some(i256::from_i128(5)));
        let mut out = Vec::new();
        assert!(!write_fixed(i256::from_i128(300), 1, &mut out));
        assert!(write_fixed(i256::from_i128(-2), 3, &mut out));
        assert_eq!(out, [0xFF, 0xFF, 0xFE]);
    }

    #[test]
    fn scales_are_brought_together() {
        let digits = Digits { precision: 4, scale: 2 };
        assert_eq!(read_decimal(&[0x0A], 1, digits), Ok(i256::from_i128(100)));
        assert!(read_decimal(&[0x7F, 0xFF], 2, digits).is_err());
    }
}
