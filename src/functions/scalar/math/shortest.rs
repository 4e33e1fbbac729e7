//! Rounds DOUBLEs by their decimal digits, as Java's `BigDecimal.valueOf` sees them.

use crate::functions::scalar::math::decimals::Rounding;

/// Rounds to so many digits after the point (before it, if negative), counting the shortest digits that make the number.
pub(super) fn round_double(value: f64, places: i32, rounding: Rounding) -> Result<f64, String> {
    match rounded_by_arithmetic(value, places, rounding) {
        Some(rounded) => Ok(rounded),
        None => round_digits(value, places, rounding),
    }
}

/// Powers of ten that a DOUBLE holds exactly, as it does their products with whole numbers of less than [`WHOLE_MAX`].
const UNITS: [f64; 8] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7];
const WHOLE_MAX: f64 = 1e14;

/// Rounds without looking at digits; none where arithmetic cannot tell what they are.
fn rounded_by_arithmetic(value: f64, places: i32, rounding: Rounding) -> Option<f64> {
    let unit = *UNITS.get(usize::try_from(places).ok()?)?;
    let scaled = value * unit;
    if scaled.is_nan() || WHOLE_MAX <= scaled.abs() {
        return None;
    }
    // The product, and the number itself, are off by at most half of their last bit.
    let blur = scaled.abs() * 1e-15;
    let nearest = scaled.round();
    let distance = (scaled - nearest).abs();
    let whole = match rounding {
        Rounding::HalfUp if distance < 0.5 - blur => nearest,
        Rounding::HalfUp => {
            let tenths = (scaled * 10.0).round();
            if WHOLE_MAX <= tenths.abs() {
                return None;
            }
            // Larger numbers than the one that the middle's digits make have larger digits, smaller ones smaller digits.
            let above = (tenths / 10.0 + 0.5).floor();
            if tenths / (unit * 10.0) <= value { above } else { above - 1.0 }
        }
        Rounding::TowardsZero if blur < distance => scaled.trunc(),
        Rounding::TowardsZero if (nearest / unit).abs() <= value.abs() => nearest,
        Rounding::TowardsZero => nearest - nearest.signum(),
        Rounding::Up | Rounding::Down => return None,
    };
    Some(whole / unit + 0.0)
}

fn round_digits(value: f64, places: i32, rounding: Rounding) -> Result<f64, String> {
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

    /// Arithmetic, where it tells anything, tells what the digits say.
    #[test]
    fn arithmetic_agrees_with_digits() {
        let mut seed = 7_u64;
        let mut told = 0;
        for round in 0..200_000_u32 {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let whole = (seed >> 20) as i64 % 10_i64.pow(1 + round % 12);
            // Numbers of a few digits, their neighbours, and any others.
            let short = whole as f64 / 10_f64.powi((round % 9) as i32);
            let value = match round % 5 {
                0 => short,
                1 => short.next_up(),
                4 => short.next_down(),
                2 => -short,
                _ => short * 1.000_000_37,
            };
            for places in 0..4 {
                for rounding in [Rounding::HalfUp, Rounding::TowardsZero] {
                    let Some(fast) = rounded_by_arithmetic(value, places, rounding) else {
                        continue;
                    };
                    let slow = round_digits(value, places, rounding).unwrap();
                    assert_eq!(fast.to_bits(), slow.to_bits(), "{value} {places} {rounding:?}");
                    told += 1;
                }
            }
        }
        assert!(1_000_000 < told, "{told}");
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
