//! Numbers out of text, exact at any length, and back into text.

use datafusion::arrow::datatypes::i256;

use super::draft::Digits;

/// A number as it is written: sign, digits before and after the point, exponent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Written<'a> {
    is_negative: bool,
    whole: &'a [u8],
    fraction: &'a [u8],
    exponent: i64,
}

/// Exponents beyond this are cut to it: no number of that size fits any type.
const EXPONENT_MAX: i64 = 1 << 40;

/// Why a number does not fit a DECIMAL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DecimalFault {
    /// It has too many digits before the point.
    Overflow,
    /// It has too many digits after the point.
    Rounding,
}

impl DecimalFault {
    /// Says what is wrong, in ksqlDB's words.
    pub(super) fn reason(self, text: &[u8], digits: Digits) -> String {
        let Digits { precision, scale } = digits;
        let text = shown(text);
        match self {
            DecimalFault::Overflow => {
                let whole = precision.saturating_sub(scale);
                format!(
                    "Numeric field overflow: A field with precision {precision} and scale {scale} \
                     must round to an absolute value less than 10^{whole}. Got {text}"
                )
            }
            DecimalFault::Rounding => format!(
                "Cannot fit decimal '{text}' into DECIMAL({precision}, {scale}) without rounding."
            ),
        }
    }
}

/// Returns text for a message: its beginning, if it is long.
pub(super) fn shown(text: &[u8]) -> String {
    const SHOWN_MAX: usize = 64;
    match text.get(..SHOWN_MAX) {
        Some(start) if SHOWN_MAX < text.len() => format!("{}…", String::from_utf8_lossy(start)),
        _ => String::from_utf8_lossy(text).into_owned(),
    }
}

impl<'a> Written<'a> {
    /// Reads what Java's `BigDecimal` takes: a sign, digits with or without a point, an exponent.
    pub(super) fn parse(text: &'a [u8]) -> Option<Self> {
        let (is_negative, rest) = split_sign(text);
        let (whole, rest) = split_digits(rest);
        let (fraction, rest) = match rest.split_first() {
            Some((b'.', rest)) => split_digits(rest),
            _ => (&rest[..0], rest),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let exponent = match rest.split_first() {
            None => 0,
            Some((b'e' | b'E', rest)) => parse_exponent(rest)?,
            Some(_) => return None,
        };
        Some(Written { is_negative, whole, fraction, exponent })
    }

    /// Returns its digits without leading zeros, and the power of ten that the last one stands for.
    fn digits(&self) -> (impl DoubleEndedIterator<Item = u8> + Clone, i64, i64) {
        let zeros = self.whole.iter().chain(self.fraction).take_while(|d| **d == b'0').count();
        let whole = &self.whole[zeros.min(self.whole.len())..];
        let fraction = &self.fraction[zeros.saturating_sub(self.whole.len())..];
        let digits = whole.iter().chain(fraction).map(|digit| digit - b'0');
        let count = (whole.len() + fraction.len()) as i64;
        (digits, count, self.exponent - self.fraction.len() as i64)
    }

    /// Returns the number without what follows its point, if that fits 64 bits.
    pub(super) fn truncated_long(&self) -> Option<i64> {
        let (digits, count, power) = self.digits();
        let whole_count = if count == 0 { 0 } else { count + power };
        if whole_count <= 0 {
            return Some(0);
        }
        if 19 < whole_count {
            return None;
        }
        let padded = digits.chain(std::iter::repeat(0)).take(whole_count as usize);
        let value = padded.fold(0i128, |value, digit| value * 10 + i128::from(digit));
        i64::try_from(if self.is_negative { -value } else { value }).ok()
    }

    /// Returns the number at the scale of a DECIMAL of at most 38 digits.
    pub(super) fn at_scale(&self, digits: Digits) -> Result<i128, DecimalFault> {
        let (kept, zeros) = self.kept(digits)?;
        let value = kept.chain(std::iter::repeat_n(0, zeros));
        let value = value.fold(0i128, |value, digit| value * 10 + i128::from(digit));
        Ok(if self.is_negative { -value } else { value })
    }

    /// Returns the number at the scale of a DECIMAL.
    pub(super) fn at_wide_scale(&self, digits: Digits) -> Result<i256, DecimalFault> {
        let (kept, zeros) = self.kept(digits)?;
        let ten = i256::from_i128(10);
        let value = kept.chain(std::iter::repeat_n(0, zeros)).fold(i256::ZERO, |value, digit| {
            value.wrapping_mul(ten).wrapping_add(i256::from_i128(i128::from(digit)))
        });
        Ok(if self.is_negative { value.wrapping_neg() } else { value })
    }

    /// Returns the digits that stay at a scale, at most as many as the precision, and how many zeros follow them.
    fn kept(
        &self,
        Digits { precision, scale }: Digits,
    ) -> Result<(impl Iterator<Item = u8>, usize), DecimalFault> {
        let (digits, count, power) = self.digits();
        let shift = if count == 0 { 0 } else { power + i64::from(scale) };
        if 0 < count && i64::from(precision) - i64::from(scale) < count + power {
            return Err(DecimalFault::Overflow);
        }
        let dropped = (-shift).clamp(0, count);
        let is_exact = -shift <= count || count == 0;
        if !is_exact || digits.clone().rev().take(dropped as usize).any(|digit| digit != 0) {
            return Err(DecimalFault::Rounding);
        }
        Ok((digits.take((count - dropped) as usize), shift.max(0) as usize))
    }

    /// Writes the number as Java's `BigDecimal.toString` does: an exponent stays, small numbers get one.
    pub(super) fn write_java(&self, out: &mut Vec<u8>) {
        let (digits, count, power) = self.digits();
        if self.is_negative && 0 < count {
            out.push(b'-');
        }
        let start = out.len();
        out.extend(digits.map(|digit| digit + b'0'));
        if count == 0 {
            out.push(b'0');
        }
        let count = count.max(1);
        let adjusted = power + count - 1;
        if power == 0 {
            return;
        }
        if power < 0 && -6 <= adjusted {
            return insert_point(out, start, count + power);
        }
        if 1 < count {
            out.insert(start + 1, b'.');
        }
        out.extend_from_slice(if adjusted < 0 { b"E-" } else { b"E+" });
        write_long(adjusted.abs(), out);
    }
}

/// Puts a point after so many digits; where there are none, zeros make up for them.
fn insert_point(out: &mut Vec<u8>, start: usize, whole_count: i64) {
    if whole_count <= 0 {
        let zeros = (1 - whole_count) as usize;
        out.splice(start..start, std::iter::repeat_n(b'0', zeros));
        out.insert(start + 1, b'.');
    } else {
        out.insert(start + whole_count as usize, b'.');
    }
}

fn split_sign(text: &[u8]) -> (bool, &[u8]) {
    match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text),
    }
}

fn split_digits(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().take_while(|byte| byte.is_ascii_digit()).count())
}

fn parse_exponent(text: &[u8]) -> Option<i64> {
    let (is_negative, digits) = split_sign(text);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits
        .iter()
        .fold(0i64, |value, digit| (value * 10 + i64::from(digit - b'0')).min(EXPONENT_MAX));
    Some(if is_negative { -value } else { value })
}

/// Reads what Java's `Long.parseLong` takes: a sign and digits.
pub(super) fn parse_long(text: &[u8]) -> Option<i64> {
    let (is_negative, digits) = split_sign(text);
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0i64, |value, byte| {
        let digit = i64::from(byte.is_ascii_digit().then(|| byte - b'0')?);
        let value = value.checked_mul(10)?;
        if is_negative { value.checked_sub(digit) } else { value.checked_add(digit) }
    })
}

/// Reads what Java's `Double.parseDouble` takes, but for hexadecimal.
pub(super) fn parse_double(text: &[u8]) -> Option<f64> {
    let text = trim(text);
    let (is_negative, unsigned) = split_sign(text);
    let sign = if is_negative { -1.0 } else { 1.0 };
    match unsigned {
        b"NaN" => return Some(f64::NAN),
        b"Infinity" => return Some(sign * f64::INFINITY),
        _ => {}
    }
    let text = match text.split_last() {
        Some((b'd' | b'D' | b'f' | b'F', rest)) => rest,
        _ => text,
    };
    let is_number = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
    if !text.iter().all(is_number) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Checks that a number is a time of day in milliseconds.
pub(super) fn time_of_day(value: i64) -> Result<i32, String> {
    const DAY_MS: i32 = 86_400_000;
    i32::try_from(value).ok().filter(|ms| (0..DAY_MS).contains(ms)).ok_or_else(|| {
        format!(
            "Time values must use number of milliseconds greater than 0 and less than {DAY_MS}."
        )
    })
}

fn trim(text: &[u8]) -> &[u8] {
    let start = text.iter().take_while(|byte| **byte <= b' ').count();
    let text = &text[start..];
    let end = text.iter().rev().take_while(|byte| **byte <= b' ').count();
    &text[..text.len() - end]
}

const PAIRS: &[u8; 200] = b"0001020304050607080910111213141516171819\
2021222324252627282930313233343536373839\
4041424344454647484950515253545556575859\
6061626364656667686970717273747576777879\
8081828384858687888990919293949596979899";

/// Writes a whole number.
pub(super) fn write_long(value: i64, out: &mut Vec<u8>) {
    if value < 0 {
        out.push(b'-');
    }
    let mut text = [0; 20];
    let start = write_digits(value.unsigned_abs(), &mut text);
    push_padded(&text, start, out);
}

/// Appends the end of a buffer, by a copy of fixed size, which is no call.
fn push_padded(text: &[u8; 20], start: usize, out: &mut Vec<u8>) {
    let mut padded = [0; 40];
    padded[..20].copy_from_slice(text);
    let end = out.len() + (text.len() - start);
    if let Some(digits) = padded[start..].first_chunk::<20>() {
        out.extend_from_slice(digits);
        out.truncate(end);
    }
}

/// Writes digits at the end of a buffer and returns where they start.
fn write_digits(mut value: u64, text: &mut [u8; 20]) -> usize {
    let mut start = text.len();
    while 10 <= value {
        let pair = (value % 100) as usize * 2;
        value /= 100;
        start -= 2;
        text[start..start + 2].copy_from_slice(&PAIRS[pair..pair + 2]);
    }
    // What is left is the first digit of an odd number of them, or nothing; but zero is a digit too.
    if 0 < value || start == text.len() {
        start -= 1;
        text[start] = b'0' + value as u8;
    }
    start
}

/// Writes a DECIMAL of at most 38 digits, plain and at its full scale.
pub(super) fn write_decimal(unscaled: i128, scale: u8, out: &mut Vec<u8>) {
    match i64::try_from(unscaled) {
        Ok(short) => {
            let mut text = [0; 20];
            let start = write_digits(short.unsigned_abs(), &mut text);
            write_scaled(short < 0, &text[start..], scale, out);
        }
        Err(_) => {
            let digits = unscaled.unsigned_abs().to_string();
            write_scaled(unscaled < 0, digits.as_bytes(), scale, out);
        }
    }
}

/// Writes a DECIMAL, plain and at its full scale.
pub(super) fn write_wide_decimal(unscaled: i256, scale: u8, out: &mut Vec<u8>) {
    let digits = unscaled.to_string();
    let (is_negative, digits) = split_sign(digits.as_bytes());
    write_scaled(is_negative, digits, scale, out);
}

fn write_scaled(is_negative: bool, digits: &[u8], scale: u8, out: &mut Vec<u8>) {
    if is_negative {
        out.push(b'-');
    }
    let start = out.len();
    out.extend_from_slice(digits);
    if 0 < scale {
        insert_point(out, start, digits.len() as i64 - i64::from(scale));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn java(text: &str) -> String {
        let mut out = Vec::new();
        Written::parse(text.as_bytes()).unwrap().write_java(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn decimals_print_as_in_java() {
        for (text, want) in [
            ("12", "12"),
            ("-0", "0"),
            ("-0.0", "0.0"),
            ("1.50", "1.50"),
            ("1e2", "1E+2"),
            ("12e3", "1.2E+4"),
            ("0.0000001", "1E-7"),
            ("0.000001", "0.000001"),
            ("0.00000123", "0.00000123"),
            ("0.000000123", "1.23E-7"),
            ("123.45e1", "1234.5"),
            ("0e3", "0E+3"),
            ("0.00000000", "0E-8"),
            ("100000000000000000000", "100000000000000000000"),
        ] {
            assert_eq!(java(text), want, "{text}");
        }
    }

    #[test]
    fn longs_lose_their_fraction_only() {
        let long = |text: &str| {
            Written::parse(text.as_bytes()).and_then(|written| written.truncated_long())
        };
        assert_eq!(long("1.0"), Some(1));
        assert_eq!(long("-1.99"), Some(-1));
        assert_eq!(long("1e2"), Some(100));
        assert_eq!(long("0.5e1"), Some(5));
        assert_eq!(long("0.0005e3"), Some(0));
        assert_eq!(long("9223372036854775807"), Some(i64::MAX));
        assert_eq!(long("-9223372036854775808"), Some(i64::MIN));
        assert_eq!(long("9223372036854775808"), None);
        assert_eq!(long("0000000000000000000000001"), Some(1));
        assert_eq!(long("1e1000000000000"), None);
        assert_eq!(long("1e-1000000000000"), Some(0));
        assert_eq!(long("0e1000000000000"), Some(0));
    }

    #[track_caller]
    fn check_decimal(text: &str, precision: u8, scale: u8, want: Result<i128, DecimalFault>) {
        let written = Written::parse(text.as_bytes()).unwrap();
        let digits = Digits { precision, scale };
        assert_eq!(written.at_scale(digits), want, "{text}");
        assert_eq!(written.at_wide_scale(digits), want.map(i256::from_i128), "{text}, wide");
    }

    #[test]
    fn decimals_fit_or_fail() {
        check_decimal("1.23", 4, 2, Ok(123));
        check_decimal("-1.2", 4, 2, Ok(-120));
        check_decimal("12", 4, 2, Ok(1200));
        check_decimal("1.2300", 4, 2, Ok(123));
        check_decimal("1.234", 4, 2, Err(DecimalFault::Rounding));
        check_decimal("100", 4, 2, Err(DecimalFault::Overflow));
        check_decimal("00099.99", 4, 2, Ok(9999));
        check_decimal("1e1", 4, 2, Ok(1000));
        check_decimal("1000e-2", 4, 2, Ok(1000));
        check_decimal("0e99999999999999", 4, 2, Ok(0));
        check_decimal("1e99999999999999", 4, 2, Err(DecimalFault::Overflow));
        check_decimal("1e-99999999999999", 4, 2, Err(DecimalFault::Rounding));
        check_decimal("0.000", 4, 2, Ok(0));
        check_decimal("0.001", 4, 2, Err(DecimalFault::Rounding));
        check_decimal(&"9".repeat(38), 38, 0, Ok(10i128.pow(38) - 1));
    }

    #[test]
    fn whole_numbers_print() {
        for value in [0, 7, 10, 99, 100, 101, 999, 1000, -1, -10, i64::MAX, i64::MIN] {
            let mut out = Vec::new();
            write_long(value, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), value.to_string());
        }
    }

    #[test]
    fn decimals_print_at_full_scale() {
        let print = |unscaled: i128, scale: u8| {
            let (mut narrow, mut wide) = (Vec::new(), Vec::new());
            write_decimal(unscaled, scale, &mut narrow);
            write_wide_decimal(i256::from_i128(unscaled), scale, &mut wide);
            assert_eq!(narrow, wide);
            String::from_utf8(narrow).unwrap()
        };
        assert_eq!(print(123, 2), "1.23");
        assert_eq!(print(-5, 3), "-0.005");
        assert_eq!(print(0, 7), "0.0000000");
        assert_eq!(print(i128::MAX, 0), i128::MAX.to_string());
        assert_eq!(print(-10_000_000_000_000_000_000_000, 2), "-100000000000000000000.00");
    }

    #[test]
    fn doubles_are_read_as_in_java() {
        let double = |text: &str| parse_double(text.as_bytes());
        assert_eq!(double(" 1.5 "), Some(1.5));
        assert_eq!(double("1e400"), Some(f64::INFINITY));
        assert_eq!(double("-Infinity"), Some(f64::NEG_INFINITY));
        assert_eq!(double("1d"), Some(1.0));
        assert!(double("NaN").unwrap().is_nan());
        assert_eq!(double("inf"), None);
        assert_eq!(double("nan"), None);
        assert_eq!(double(""), None);
    }
}
