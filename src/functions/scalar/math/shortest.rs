//! Rounds DOUBLEs by their decimal digits, as Java's `BigDecimal.valueOf` sees them.

use crate::functions::scalar::math::decimals::Rounding;

/// Rounds to so many digits after the point (before it, if negative), counting the shortest digits that make the number.
pub(super) fn round_double(value: f64, places: i32, rounding: Rounding) -> Result<f64, String> {
    if !value.is_finite() {
        return Err("Infinite or NaN".to_owned());
    }
    // "1.2345E2" has the digits 12345 and its last one stands at 10^-2.
    let text = format!("{:E}", value.abs());
    let (mantissa, exponent) = text.split_once('E').unwrap_or((&text, "0"));
    let mut digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).collect();
    let mut exponent = exponent.parse::<i64>().unwrap_or(0) - (digits.len() as i64 - 1);
    let kept = digits.len() as i64 + exponent + i64::from(places);
    if digits.len() as i64 <= kept {
        return Ok(value + 0.0);
    }
    let is_up =
        0 <= kept && is_rounded_up(&digits[kept.unsigned_abs() as usize..], value, rounding);
    digits.truncate(usize::try_from(kept).unwrap_or(0));
    exponent = -i64::from(places);
    let magnitude = if is_up { increment(digits) } else { digits };
    if magnitude.is_empty() {
        return Ok(0.0);
    }
    let sign = if value < 0.0 { "-" } else { "" };
    let text = format!("{sign}{}E{exponent}", String::from_utf8_lossy(&magnitude));
    text.parse::<f64>().map_err(|error| error.to_string()).map(|rounded| rounded + 0.0)
}

/// Tells whether the digits that are left out make the magnitude one larger.
fn is_rounded_up(rest: &[u8], value: f64, rounding: Rounding) -> bool {
    let is_zero = rest.iter().all(|digit| *digit == b'0');
    let half = rest[0].cmp(&b'5').then(if rest[1..].iter().all(|digit| *digit == b'0') {
        std::cmp::Ordering::Equal
    } else {
        std::cmp::Ordering::Greater
    });
    match rounding {
        Rounding::Up => 0.0 < value && !is_zero,
        Rounding::Down => value < 0.0 && !is_zero,
        Rounding::TowardsZero => false,
        Rounding::HalfUp if 0.0 < value => half.is_ge(),
        Rounding::HalfUp => half.is_gt(),
    }
}

fn increment(mut digits: Vec<u8>) -> Vec<u8> {
    for digit in digits.iter_mut().rev() {
        if *digit < b'9' {
            *digit += 1;
            return digits;
        }
        *digit = b'0';
    }
    digits.insert(0, b'1');
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: f64, places: i32, want: f64) {
        let got = round_double(value, places, Rounding::HalfUp).unwrap();
        assert_eq!(got.to_bits(), want.to_bits(), "{got} is not {want}");
    }

    #[test]
    fn counts_decimal_digits() {
        check(1.005, 2, 1.01);
        check(12345.678, -1, 12350.0);
        check(-12345.678, -1, -12350.0);
        check(-1.5, 0, -1.0);
        check(1.5, 0, 2.0);
        check(9.99, 1, 10.0);
        check(0.5, 0, 1.0);
        check(0.05, 0, 0.0);
        check(5.0, -1, 10.0);
        check(-5.0, -1, 0.0);
        check(7.0, -2, 0.0);
        check(-0.0, 1, 0.0);
        check(1e300, 2, 1e300);
        check(1.25, i32::MAX, 1.25);
        check(1.25, i32::MIN, 0.0);
    }
}
