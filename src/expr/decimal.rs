//! Decimal numbers: their types under arithmetic, digits from text and doubles, rounding.

use std::cmp::Ordering;
use std::sync::LazyLock;

use datafusion::arrow::datatypes::i256;

use crate::types::{DECIMAL_PRECISION_MAX, Decimal, SqlType};

/// The digits after the point that are kept, if there were so many, where a result is too wide for its type.
const SCALE_KEPT: u32 = 6;

/// The digits of a DECIMAL in all, and those after the point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Digits {
    /// How many there are.
    pub(super) precision: u32,
    /// How many of them stand after the point.
    pub(super) scale: u32,
}

impl Digits {
    /// Returns the digits of the DECIMAL that holds every number of a type; none for DOUBLE and what is no number.
    pub(super) fn of(sql_type: &SqlType) -> Option<Self> {
        match sql_type {
            SqlType::Int => Some(Digits { precision: 10, scale: 0 }),
            SqlType::Bigint => Some(Digits { precision: 19, scale: 0 }),
            SqlType::Decimal { precision, scale } => {
                Some(Digits { precision: u32::from(*precision), scale: u32::from(*scale) })
            }
            SqlType::Double
            | SqlType::Boolean
            | SqlType::Varchar
            | SqlType::Bytes
            | SqlType::Date
            | SqlType::Time
            | SqlType::Timestamp
            | SqlType::Array(_)
            | SqlType::Map(..)
            | SqlType::Struct(_) => None,
        }
    }

    fn whole(self) -> u32 {
        self.precision - self.scale
    }

    /// Returns the digits that hold the numbers of both.
    pub(super) fn widen(self, other: Self) -> Self {
        let scale = self.scale.max(other.scale);
        Digits { precision: self.whole().max(other.whole()) + scale, scale }
    }

    /// Returns the digits of a sum or a difference.
    pub(super) fn add(self, other: Self) -> Self {
        let Digits { precision, scale } = self.widen(other);
        Digits { precision: precision + 1, scale }
    }

    /// Returns the digits of a product.
    pub(super) fn multiply(self, other: Self) -> Self {
        Digits { precision: self.precision + other.precision + 1, scale: self.scale + other.scale }
    }

    /// Returns the digits of a quotient.
    pub(super) fn divide(self, other: Self) -> Self {
        let scale = SCALE_KEPT.max(self.scale + other.precision + 1);
        Digits { precision: self.whole() + other.scale + scale, scale }
    }

    /// Returns the digits of a remainder.
    pub(super) fn modulus(self, other: Self) -> Self {
        let scale = self.scale.max(other.scale);
        Digits { precision: self.whole().min(other.whole()) + scale, scale }
    }

    /// Returns the type of these digits. Where there are more than a DECIMAL can have, those after the point give way first.
    pub(super) fn sql_type(self) -> SqlType {
        let max = u32::from(DECIMAL_PRECISION_MAX);
        let excess = self.precision.saturating_sub(max);
        let scale = self.scale.saturating_sub(excess).max(self.scale.min(SCALE_KEPT));
        let precision = self.precision.clamp(1, max);
        let narrow = |digits: u32| u8::try_from(digits).unwrap_or(DECIMAL_PRECISION_MAX);
        SqlType::Decimal { precision: narrow(precision), scale: narrow(scale.min(precision)) }
    }
}

/// All powers of ten that fit, from the zeroth.
static POWERS_OF_TEN: LazyLock<Vec<i256>> = LazyLock::new(|| {
    let ten = i256::from_i128(10);
    std::iter::successors(Some(i256::ONE), |power| power.checked_mul(ten)).collect()
});

/// Returns 10 to that power; none if it does not fit.
pub(super) fn power_of_ten(exponent: u32) -> Option<i256> {
    POWERS_OF_TEN.get(exponent as usize).copied()
}

/// Divides, rounding half away from zero.
pub(super) fn divide_half_up(dividend: i256, divisor: i256) -> Option<i256> {
    let quotient = dividend.checked_div(divisor)?;
    let remainder = dividend.checked_rem(divisor)?.wrapping_abs();
    // Compared with what is left to the divisor, as twice the remainder may not fit.
    let is_up = divisor.wrapping_abs().wrapping_sub(remainder) <= remainder;
    if !is_up || remainder == i256::ZERO {
        return Some(quotient);
    }
    let away =
        if dividend.is_negative() == divisor.is_negative() { i256::ONE } else { i256::MINUS_ONE };
    quotient.checked_add(away)
}

/// Gives a number another scale, rounding half away from zero; none if it does not fit.
pub(super) fn rescale(unscaled: i256, from: u32, to: u32) -> Option<i256> {
    match from.cmp(&to) {
        Ordering::Equal => Some(unscaled),
        Ordering::Less => unscaled.checked_mul(power_of_ten(to - from)?),
        Ordering::Greater => match power_of_ten(from - to) {
            Some(power) => divide_half_up(unscaled, power),
            None => Some(i256::ZERO),
        },
    }
}

/// Tells whether a number has no more digits than that.
pub(super) fn fits(unscaled: i256, precision: u8) -> bool {
    power_of_ten(u32::from(precision))
        .is_some_and(|limit| unscaled < limit && limit.wrapping_neg() < unscaled)
}

/// Gives a number the type DECIMAL(precision, scale), rounding half away from zero; says why it does not fit.
pub(super) fn to_type(value: Decimal, precision: u8, scale: u8) -> Result<i256, String> {
    rescale(value.unscaled, u32::from(value.scale), u32::from(scale))
        .filter(|unscaled| fits(*unscaled, precision))
        .ok_or_else(|| overflow(precision, scale, &plain_text(value)))
}

/// Says that a number does not fit.
pub(super) fn overflow(precision: u8, scale: u8, value: &str) -> String {
    format!(
        "Numeric field overflow: A field with precision {precision} and scale {scale} must round to an absolute value \
         less than 10^{}. Got {value}",
        precision.saturating_sub(scale)
    )
}

/// A number as it was written: `digits * 10^exponent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    is_negative: bool,
    /// Decimal digits without leading zeros; empty for zero.
    digits: Vec<u8>,
    exponent: i64,
    /// The digits after the point as written; negative where the exponent was positive.
    scale: i64,
}

impl Written {
    /// Reads `[+-]digits[.digits][e[+-]digits]`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (is_negative, rest) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (mantissa, exponent) = match rest.find(['e', 'E']) {
            Some(at) => (&rest[..at], rest[at + 1..].parse::<i32>().ok()?),
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all_digits = whole.bytes().chain(fraction.bytes());
        if whole.len() + fraction.len() == 0 || !all_digits.clone().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let digits: Vec<u8> = all_digits.map(|b| b - b'0').skip_while(|d| *d == 0).collect();
        let exponent = i64::from(exponent) - i64::try_from(fraction.len()).ok()?;
        Some(Written { is_negative, digits, exponent, scale: -exponent })
    }

    /// Returns a double's digits, exact as far as any DECIMAL can show; none if it is not finite.
    pub(super) fn of_double(value: f64) -> Option<Self> {
        let digits = usize::from(DECIMAL_PRECISION_MAX) + 4;
        value.is_finite().then(|| Written::parse(&format!("{value:.digits$e}")))?
    }

    /// Returns the shortest digits that read back as the double; none if it is not finite.
    pub(super) fn of_double_shortest(value: f64) -> Option<Self> {
        value.is_finite().then(|| Written::parse(&format!("{value:e}")))?
    }

    /// Returns the DECIMAL type of a literal written so.
    pub(super) fn literal_digits(&self) -> Digits {
        let scale = u32::try_from(self.scale.max(0)).unwrap_or(u32::MAX);
        let count = i64::try_from(self.digits.len()).unwrap_or(i64::MAX);
        let whole = count.saturating_add(self.exponent).max(1);
        let precision = u32::try_from(whole).unwrap_or(u32::MAX).saturating_add(scale);
        Digits { precision, scale }
    }

    /// Tells whether the number is whole and was written without a point or an exponent that says otherwise.
    pub(super) fn is_written_whole(&self) -> bool {
        self.scale == 0
    }

    /// Returns the number at a scale, rounded half away from zero; none if it has more digits than any DECIMAL.
    pub(super) fn at_scale(&self, scale: u8) -> Option<i256> {
        let count = i64::try_from(self.digits.len()).ok()?;
        // How many of the digits stand before the place at which it is cut.
        let kept = count.saturating_add(self.exponent).saturating_add(i64::from(scale));
        if i64::from(DECIMAL_PRECISION_MAX) < kept && count != 0 {
            return None;
        }
        if kept < 0 || count == 0 {
            return Some(i256::ZERO);
        }
        let kept = usize::try_from(kept).ok()?;
        let digit =
            |at: usize| i256::from_i128(i128::from(self.digits.get(at).copied().unwrap_or(0)));
        let ten = i256::from_i128(10);
        let mut unscaled = i256::ZERO;
        for at in 0..kept {
            unscaled = unscaled.checked_mul(ten)?.checked_add(digit(at))?;
        }
        if self.digits.get(kept).is_some_and(|next| 5 <= *next) {
            unscaled = unscaled.checked_add(i256::ONE)?;
        }
        Some(if self.is_negative { unscaled.wrapping_neg() } else { unscaled })
    }

    /// Gives the number the type DECIMAL(precision, scale); says why it does not fit.
    pub(super) fn to_type(&self, precision: u8, scale: u8, text: &str) -> Result<i256, String> {
        self.at_scale(scale)
            .filter(|unscaled| fits(*unscaled, precision))
            .ok_or_else(|| overflow(precision, scale, text))
    }

    /// Keeps that many digits, rounded half away from zero, and drops the rest.
    pub(super) fn round_to(mut self, precision: u8) -> Self {
        let kept = usize::from(precision);
        if self.digits.len() <= kept {
            return self;
        }
        let dropped = self.digits.split_off(kept);
        self.exponent += i64::try_from(dropped.len()).unwrap_or(i64::MAX);
        if 5 <= dropped[0] {
            self.increment();
        }
        self
    }

    fn increment(&mut self) {
        for digit in self.digits.iter_mut().rev() {
            if *digit < 9 {
                *digit += 1;
                return;
            }
            *digit = 0;
        }
        self.digits.insert(0, 1);
    }

    /// Compares a decimal with it.
    pub(super) fn compare_to(&self, value: Decimal) -> Ordering {
        let text = value.unscaled.wrapping_abs().to_string();
        let other = Written {
            is_negative: value.unscaled.is_negative(),
            digits: text.bytes().map(|b| b - b'0').skip_while(|d| *d == 0).collect(),
            exponent: -i64::from(value.scale),
            scale: i64::from(value.scale),
        };
        other.signed_compare(self)
    }

    fn signed_compare(&self, other: &Self) -> Ordering {
        let sign = |w: &Self| i8::from(!w.digits.is_empty()) * if w.is_negative { -1 } else { 1 };
        let by_sign = sign(self).cmp(&sign(other));
        if by_sign != Ordering::Equal || self.digits.is_empty() {
            return by_sign;
        }
        let by_size = self.compare_size(other);
        if self.is_negative { by_size.reverse() } else { by_size }
    }

    fn compare_size(&self, other: &Self) -> Ordering {
        let top = |w: &Self| i64::try_from(w.digits.len()).unwrap_or(i64::MAX) + w.exponent;
        let count = self.digits.len().max(other.digits.len());
        let digit = |w: &Self, at: usize| w.digits.get(at).copied().unwrap_or(0);
        top(self).cmp(&top(other)).then_with(|| {
            (0..count).map(|at| digit(self, at)).cmp((0..count).map(|at| digit(other, at)))
        })
    }
}

/// Compares two decimals of any scales.
pub(super) fn compare(left: Decimal, right: Decimal) -> Ordering {
    let scale = u32::from(left.scale.max(right.scale));
    let up = |d: Decimal| rescale(d.unscaled, u32::from(d.scale), scale);
    match (up(left), up(right)) {
        (Some(left), Some(right)) => left.cmp(&right),
        // One that does not fit is the larger in size: its sign decides.
        (None, Some(_)) => left.unscaled.cmp(&i256::ZERO),
        (Some(_), None) => i256::ZERO.cmp(&right.unscaled),
        (None, None) => left.unscaled.signum().cmp(&right.unscaled.signum()),
    }
}

/// Writes a decimal with all digits of its scale and no exponent.
pub(super) fn plain_text(value: Decimal) -> String {
    let scale = usize::from(value.scale);
    let digits = value.unscaled.wrapping_abs().to_string();
    let sign = if value.unscaled.is_negative() { "-" } else { "" };
    if scale == 0 {
        return format!("{sign}{digits}");
    }
    let digits = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    format!("{sign}{whole}.{fraction}")
}

/// Writes a decimal as Java's `BigDecimal.toString`: with an exponent if it is very small.
pub(super) fn java_text(value: Decimal) -> String {
    let digits = value.unscaled.wrapping_abs().to_string();
    let exponent = i64::try_from(digits.len()).unwrap_or(i64::MAX) - 1 - i64::from(value.scale);
    if -6 <= exponent {
        return plain_text(value);
    }
    let sign = if value.unscaled.is_negative() { "-" } else { "" };
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    format!("{sign}{first}{point}{rest}E{exponent}")
}

/// Returns the double that is nearest to a decimal.
pub(super) fn to_double(value: Decimal) -> f64 {
    const EXACT: i128 = 1 << 53;
    const POWERS: [f64; 23] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
        1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ];
    let narrow = value.unscaled.to_i128().filter(|v| v.unsigned_abs() <= EXACT.unsigned_abs());
    match (narrow, POWERS.get(usize::from(value.scale))) {
        // Both are exact, so that the one division rounds correctly.
        #[expect(clippy::cast_precision_loss, reason = "it has at most 53 bits")]
        (Some(unscaled), Some(power)) => unscaled as f64 / power,
        _ => plain_text(value).parse().unwrap_or(f64::NAN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(unscaled: i128, scale: u8) -> Decimal {
        Decimal { unscaled: i256::from_i128(unscaled), scale }
    }

    #[track_caller]
    fn check_written(text: &str, scale: u8, want: Option<i128>) {
        let got = Written::parse(text).and_then(|written| written.at_scale(scale));
        assert_eq!(got, want.map(i256::from_i128), "{text}");
    }

    #[test]
    fn rounds_half_away_from_zero() {
        check_written("1.005", 2, Some(101));
        check_written("-1.005", 2, Some(-101));
        check_written("1.0049", 2, Some(100));
        check_written("2e1", 0, Some(20));
        check_written("0.5", 0, Some(1));
        check_written("0.05", 0, Some(0));
        check_written("1e100", 0, None);
        check_written("1e-100", 10, Some(0));
        check_written("0e100", 10, Some(0));
        check_written("", 0, None);
        check_written(".", 0, None);
        check_written("1x", 0, None);
    }

    #[test]
    fn literals_have_the_digits_that_were_written() {
        let digits = |text: &str| Written::parse(text).unwrap().literal_digits().sql_type();
        let decimal = |precision, scale| SqlType::Decimal { precision, scale };
        assert_eq!(digits("2.345"), decimal(4, 3));
        assert_eq!(digits("0.05"), decimal(3, 2));
        assert_eq!(digits("0.0"), decimal(2, 1));
        assert_eq!(digits("10.00"), decimal(4, 2));
        assert_eq!(digits("2e1"), decimal(2, 0));
    }

    #[test]
    fn text_has_all_digits() {
        assert_eq!(plain_text(decimal(-5, 2)), "-0.05");
        assert_eq!(plain_text(decimal(0, 3)), "0.000");
        assert_eq!(plain_text(decimal(1234, 0)), "1234");
        assert_eq!(java_text(decimal(1, 7)), "1E-7");
        assert_eq!(java_text(decimal(12, 8)), "1.2E-7");
        assert_eq!(java_text(decimal(1, 6)), "0.000001");
    }

    #[test]
    fn compares_across_scales() {
        assert_eq!(compare(decimal(100, 2), decimal(1, 0)), Ordering::Equal);
        assert_eq!(compare(decimal(-100, 2), decimal(1, 0)), Ordering::Less);
        let huge = Decimal { unscaled: i256::MAX, scale: 0 };
        assert_eq!(compare(huge, decimal(1, 76)), Ordering::Greater);
        assert_eq!(compare(decimal(1, 76), huge), Ordering::Less);
        let tenth = Written::of_double_shortest(0.1).unwrap();
        assert_eq!(tenth.compare_to(decimal(10, 2)), Ordering::Equal);
        assert_eq!(tenth.compare_to(decimal(11, 2)), Ordering::Greater);
        assert_eq!(tenth.compare_to(decimal(0, 2)), Ordering::Less);
    }

    #[test]
    fn doubles_are_the_nearest() {
        assert_eq!(to_double(decimal(1001, 2)), 10.01);
        assert_eq!(to_double(decimal(i128::MAX, 38)), 1.701_411_834_604_692_3);
    }

    #[test]
    fn wide_results_give_up_their_fraction() {
        let wide = Digits { precision: 38, scale: 18 };
        assert_eq!(wide.divide(wide).sql_type(), SqlType::Decimal { precision: 76, scale: 38 });
        assert_eq!(
            Digits { precision: 4, scale: 2 }.divide(Digits { precision: 4, scale: 2 }).sql_type(),
            SqlType::Decimal { precision: 11, scale: 7 }
        );
    }
}
