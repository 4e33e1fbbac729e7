//! Exact arithmetic on DECIMALs.

use datafusion::arrow::datatypes::i256;

use crate::types::{DECIMAL_PRECISION_MAX, Decimal, SqlType};

/// Where digits that are left out push the last one that stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rounding {
    /// To the larger number.
    Up,
    /// To the smaller number.
    Down,
    /// To the number nearer zero.
    TowardsZero,
    /// To the nearest number, from the middle to the larger.
    HalfUp,
}

/// Rounds to so many digits after the point (before it, if negative); the scale stays.
pub(super) fn round(value: Decimal, places: i32, rounding: Rounding) -> Result<Decimal, String> {
    let dropped = i64::from(value.scale) - i64::from(places);
    if dropped <= 0 {
        return Ok(value);
    }
    let unit = u32::try_from(dropped).ok().and_then(power_of_ten);
    let Some(unit) = unit else {
        return round_to_nothing(value, rounding);
    };
    let whole = value.unscaled.wrapping_div(unit);
    let rest = value.unscaled.wrapping_rem(unit);
    let step = step(rest, unit, rounding);
    let rounded = whole.checked_add(i256::from(step)).and_then(|whole| whole.checked_mul(unit));
    match rounded {
        Some(unscaled) => Ok(Decimal { unscaled, ..value }),
        None => Err(OVERFLOW.to_owned()),
    }
}

/// Rounds to a unit that is larger than any number.
fn round_to_nothing(value: Decimal, rounding: Rounding) -> Result<Decimal, String> {
    let is_outward = match rounding {
        Rounding::Up => i256::ZERO < value.unscaled,
        Rounding::Down => value.unscaled < i256::ZERO,
        Rounding::TowardsZero | Rounding::HalfUp => false,
    };
    if is_outward {
        return Err(OVERFLOW.to_owned());
    }
    Ok(Decimal { unscaled: i256::ZERO, ..value })
}

/// Returns what rounding adds to the whole units.
fn step(rest: i256, unit: i256, rounding: Rounding) -> i8 {
    if rest == i256::ZERO {
        return 0;
    }
    let is_positive = i256::ZERO < rest;
    // Halves are compared without doubling, which could overflow.
    let magnitude = rest.wrapping_abs();
    let from_middle = magnitude.cmp(&unit.wrapping_sub(magnitude));
    match rounding {
        Rounding::Up => i8::from(is_positive),
        Rounding::Down => -i8::from(!is_positive),
        Rounding::TowardsZero => 0,
        Rounding::HalfUp if is_positive => i8::from(from_middle.is_ge()),
        Rounding::HalfUp => -i8::from(from_middle.is_gt()),
    }
}

/// Writes the same number with more digits after the point.
pub(super) fn rescale(value: Decimal, scale: u8) -> Result<Decimal, String> {
    let added = scale.checked_sub(value.scale).map(u32::from).and_then(power_of_ten);
    let unscaled = added.and_then(|factor| value.unscaled.checked_mul(factor));
    unscaled.map(|unscaled| Decimal { unscaled, scale }).ok_or_else(|| OVERFLOW.to_owned())
}

/// Returns the smallest DECIMAL that holds all numbers of both.
pub(super) fn widen(a: &SqlType, b: &SqlType) -> SqlType {
    let (
        SqlType::Decimal { precision: a_precision, scale: a_scale },
        SqlType::Decimal { precision: b_precision, scale: b_scale },
    ) = (a, b)
    else {
        return a.clone();
    };
    let scale = *a_scale.max(b_scale);
    let whole = a_precision.saturating_sub(*a_scale).max(b_precision.saturating_sub(*b_scale));
    SqlType::Decimal { precision: whole.saturating_add(scale).min(DECIMAL_PRECISION_MAX), scale }
}

const OVERFLOW: &str = "Numeric field overflow";

fn power_of_ten(exponent: u32) -> Option<i256> {
    i256::from(10).checked_pow(exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(unscaled: i64, scale: u8, places: i32, want: [i64; 4]) {
        let value = Decimal { unscaled: i256::from(unscaled), scale };
        let modes = [Rounding::Up, Rounding::Down, Rounding::TowardsZero, Rounding::HalfUp];
        let got = modes.map(|rounding| round(value, places, rounding).unwrap().unscaled);
        assert_eq!(got, want.map(i256::from));
    }

    #[test]
    fn rounds_up_down_inward_and_half_up() {
        check(125, 2, 1, [130, 120, 120, 130]);
        check(-125, 2, 1, [-120, -130, -120, -120]);
        check(-126, 2, 1, [-120, -130, -120, -130]);
        check(124, 2, 0, [200, 100, 100, 100]);
        check(150, 2, -1, [1000, 0, 0, 0]);
        check(125, 2, 7, [125, 125, 125, 125]);
    }

    #[test]
    fn rounding_to_nothing_is_zero_or_an_overflow() {
        let value = Decimal { unscaled: i256::from(5), scale: 1 };
        assert_eq!(round(value, i32::MIN, Rounding::HalfUp).unwrap().unscaled, i256::ZERO);
        assert_eq!(round(value, i32::MIN, Rounding::Up), Err(OVERFLOW.to_owned()));
    }
}
