//! Tells whether what came out is what was expected: numbers by their digits, objects by their fields in any order.

use crate::json::Json;

/// How numbers with a point are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fractions {
    /// Digit by digit, the number of digits too.
    Exact,
    /// To a millionth.
    Near,
}

/// Tells whether an actual value matches an expected one.
pub(crate) fn matches(expected: &Json, actual: &Json, fractions: Fractions) -> bool {
    match (expected, actual) {
        (Json::Null, Json::Null) => true,
        (Json::Bool(expected), Json::Bool(actual)) => expected == actual,
        (Json::Text(expected), Json::Text(actual)) => expected == actual,
        (Json::Text(expected), Json::Number(digits)) => {
            is_fraction(digits) && Digits::parse(expected).is_some_and(|e| e.is_same(digits))
        }
        (Json::Number(expected), Json::Number(actual)) => {
            numbers_match(expected, actual, fractions)
        }
        (Json::Number(expected), Json::Double(actual)) => {
            expected.parse::<f64>().is_ok_and(|expected| (expected - actual).abs() < 1e-6)
        }
        (Json::List(expected), Json::List(actual)) => {
            expected.len() == actual.len()
                && expected.iter().zip(actual).all(|(e, a)| matches(e, a, fractions))
        }
        (Json::Object(expected), Json::Object(fields)) => {
            let field =
                |name: &str| actual.find(name).or_else(|| actual.find(&name.to_uppercase()));
            expected.len() == fields.len()
                && expected.iter().all(|(name, value)| {
                    matches(value, field(name).unwrap_or(&Json::Null), fractions)
                })
        }
        _ => false,
    }
}

fn is_fraction(digits: &str) -> bool {
    digits.contains(['.', 'e', 'E'])
}

fn numbers_match(expected: &str, actual: &str, fractions: Fractions) -> bool {
    if !is_fraction(actual) {
        // What is expected is cut to the width of what came, as Java's intValue and longValue cut.
        let Some(wide) = integer_value(expected) else { return false };
        return match (actual.parse::<i32>(), actual.parse::<i64>()) {
            (Ok(actual), _) => wide as i32 == actual,
            (_, Ok(actual)) => wide as i64 == actual,
            _ => false,
        };
    }
    if fractions == Fractions::Near {
        let (Ok(expected), Ok(actual)) = (expected.parse::<f64>(), actual.parse::<f64>()) else {
            return false;
        };
        return (expected - actual).abs() < 1e-6;
    }
    let (Some(expected_digits), Some(actual_digits)) =
        (Digits::parse(expected), Digits::parse(actual))
    else {
        return false;
    };
    if is_fraction(expected) {
        return expected_digits == actual_digits;
    }
    actual_digits.scale <= 0 && expected_digits.stripped() == actual_digits.stripped()
}

fn integer_value(text: &str) -> Option<i128> {
    if is_fraction(text) {
        let value: f64 = text.parse().ok()?;
        return Some(value as i128);
    }
    text.parse().ok()
}

/// A number as Java's BigDecimal holds it: all its digits, and how many of them stand after the point.
#[derive(Debug, PartialEq, Eq)]
struct Digits {
    is_negative: bool,
    unscaled: String,
    scale: i64,
}

impl Digits {
    fn parse(text: &str) -> Option<Digits> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
            None => (text, 0),
        };
        let (is_negative, mantissa) = match mantissa.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let unscaled = digits.trim_start_matches('0').to_owned();
        let scale = fraction.len() as i64 - exponent;
        Some(Digits { is_negative: is_negative && !unscaled.is_empty(), unscaled, scale })
    }

    fn is_same(&self, text: &str) -> bool {
        Digits::parse(text).is_some_and(|other| *self == other)
    }

    /// Returns the same number without zeros at its end.
    fn stripped(&self) -> (bool, &str, i64) {
        let stripped = self.unscaled.trim_end_matches('0');
        let zeros = (self.unscaled.len() - stripped.len()) as i64;
        let scale = if stripped.is_empty() { 0 } else { self.scale - zeros };
        (self.is_negative, stripped, scale)
    }
}

/// Checks the comparison itself, so that a harness that lets everything pass is noticed.
pub(crate) fn check_itself() {
    let is = |expected: &str, actual: &str| {
        let parse = |text| Json::parse(text).expect("it is JSON");
        matches(&parse(expected), &parse(actual), Fractions::Exact)
    };
    assert!(is("1.0", "1.0") && !is("1.0", "1.00") && !is("1", "1.0") && is("1.0", "1"));
    assert!(is("1.0E10", "10E9") && !is("1.0E10", "10000000000.0") && is("10", "1E+1"));
    assert!(is("4294967297", "1") && !is("4294967298", "1") && !is("1", "\"1\""));
    assert!(is("\"1.5\"", "1.5") && !is("\"1.50\"", "1.5") && !is("\"1\"", "1"));
    assert!(is(r#"{"a": 1, "B": null}"#, r#"{"A": 1, "C": null}"#));
    assert!(!is(r#"{"A": 1}"#, r#"{"A": 1, "B": 2}"#) && !is("[1, 2]", "[2, 1]"));
}
