//! DOUBLE as text, as Java's `Double.toString` writes it: `1.0`, `1.0E10`, `4.6116860184273879E18`, `NaN`.
//!
//! Kafka's and ksqlDB's records hold doubles in this form, and comparisons of text depend on it.

/// The exponents of two from which Java writes whole numbers by their exact digits, not by the shortest that tell them apart.
const EXACT_EXPONENT_MIN: u64 = 53;
const EXACT_EXPONENT_MAX: u64 = 62;
/// How many of the exact digits say nothing any more, by the exponent of two less 54.
const INSIGNIFICANT: [u32; 9] = [0, 0, 0, 0, 1, 1, 1, 2, 2];

/// Appends a DOUBLE.
pub fn push_double(value: f64, out: &mut Vec<u8>) {
    if value.is_nan() {
        return out.extend_from_slice(b"NaN");
    }
    if value.is_sign_negative() {
        out.push(b'-');
    }
    let value = value.abs();
    if value == f64::INFINITY {
        return out.extend_from_slice(b"Infinity");
    }
    if value == 0.0 {
        return out.extend_from_slice(b"0.0");
    }
    let mut buffer = [0; 20];
    let (digits, exponent) = decimal(value, &mut buffer);
    if (-3..7).contains(&exponent) {
        write_plain(digits, exponent, out);
    } else {
        write_scientific(digits, exponent, out);
    }
}

/// Appends a DOUBLE to text.
pub fn write_double(value: f64, out: &mut String) {
    let mut bytes = Vec::with_capacity(24);
    push_double(value, &mut bytes);
    out.extend(bytes.into_iter().map(char::from));
}

/// Returns the digits of a positive number without zeros at their ends, and the power of ten of the first.
fn decimal(value: f64, buffer: &mut [u8; 20]) -> (&[u8], i32) {
    let exponent_of_two = (value.to_bits() >> 52).wrapping_sub(1023);
    if (EXACT_EXPONENT_MIN..=EXACT_EXPONENT_MAX).contains(&exponent_of_two) {
        let dropped = INSIGNIFICANT.get(exponent_of_two.wrapping_sub(54) as usize).copied();
        let dropped = dropped.unwrap_or(0);
        let ten = 10u64.pow(dropped);
        let exact = value as u64;
        let kept = exact / ten + u64::from(ten <= exact % ten * 2 && 0 < dropped);
        return split(&kept.to_string(), dropped as i32, buffer);
    }
    if value < 1e-300 {
        // Java writes two digits at least, and of those the nearest: 4.9E-324, not 5.0E-324.
        let text = format!("{value:e}");
        let text = if text.contains('.') { text } else { format!("{value:.1e}") };
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        return split(mantissa, exponent.parse().unwrap_or(0), buffer);
    }
    let mut text = ryu::Buffer::new();
    let text = text.format_finite(value);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    split(mantissa, exponent.parse().unwrap_or(0), buffer)
}

/// Takes a number apart that is written with or without a point, times a power of ten.
fn split<'a>(mantissa: &str, power: i32, buffer: &'a mut [u8; 20]) -> (&'a [u8], i32) {
    let point = mantissa.find('.').unwrap_or(mantissa.len());
    let mut count = 0;
    let mut leading = 0;
    for digit in mantissa.bytes().filter(u8::is_ascii_digit) {
        if count == 0 && digit == b'0' {
            leading += 1;
        } else {
            buffer[count] = digit;
            count += 1;
        }
    }
    while 1 < count && buffer[count - 1] == b'0' {
        count -= 1;
    }
    (&buffer[..count], point as i32 - 1 - leading + power)
}

fn write_plain(digits: &[u8], exponent: i32, out: &mut Vec<u8>) {
    if exponent < 0 {
        out.extend_from_slice(b"0.");
        out.extend(std::iter::repeat_n(b'0', (-exponent - 1) as usize));
        return out.extend_from_slice(digits);
    }
    let whole_count = exponent as usize + 1;
    let (whole, fraction) = digits.split_at(whole_count.min(digits.len()));
    out.extend_from_slice(whole);
    out.extend(std::iter::repeat_n(b'0', whole_count - whole.len()));
    out.push(b'.');
    out.extend_from_slice(if fraction.is_empty() { b"0" } else { fraction });
}

fn write_scientific(digits: &[u8], exponent: i32, out: &mut Vec<u8>) {
    let (first, rest) = digits.split_at(1);
    out.extend_from_slice(first);
    out.push(b'.');
    out.extend_from_slice(if rest.is_empty() { b"0" } else { rest });
    out.push(b'E');
    out.extend_from_slice(exponent.to_string().as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: f64, want: &str) {
        let mut out = Vec::new();
        push_double(value, &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), want);
    }

    #[test]
    fn doubles_print_as_in_java() {
        check(0.0, "0.0");
        check(-0.0, "-0.0");
        check(1.0, "1.0");
        check(-1.5, "-1.5");
        check(123_456.789, "123456.789");
        check(9_999_999.0, "9999999.0");
        check(1e7, "1.0E7");
        check(12_345_678.9, "1.23456789E7");
        check(0.001, "0.001");
        check(0.00099, "9.9E-4");
        check(1e-5, "1.0E-5");
        check(1e10, "1.0E10");
        check(f64::MAX, "1.7976931348623157E308");
        check(f64::MIN_POSITIVE, "2.2250738585072014E-308");
        check(5e-324, "4.9E-324");
        check(2e-323, "2.0E-323");
        check(100.0, "100.0");
        check(f64::NAN, "NaN");
        check(f64::NEG_INFINITY, "-Infinity");
    }

    #[test]
    fn large_whole_numbers_have_their_exact_digits() {
        check(2f64.powi(62), "4.6116860184273879E18");
        check(2f64.powi(53), "9.007199254740992E15");
        check(2f64.powi(54), "1.8014398509481984E16");
        check(2f64.powi(63), "9.223372036854776E18");
        check(1e18, "1.0E18");
    }

    #[test]
    fn what_is_written_reads_back() {
        let mut bits = 0x1234_5678_9ABC_DEF1u64;
        for _ in 0..10_000 {
            bits = bits
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let value = f64::from_bits(bits);
            if value.is_finite() {
                let mut out = Vec::new();
                push_double(value, &mut out);
                assert_eq!(String::from_utf8(out).unwrap().parse::<f64>(), Ok(value));
            }
        }
    }
}
