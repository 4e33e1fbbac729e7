//! DOUBLEs as Java writes them: `1.0`, `1.0E10`, `1.0E-5`, `NaN`.

use std::fmt::Write;

/// Appends a number as Java's `Double.toString` writes it, with the shortest digits that read back as the same number.
///
/// From 10^-3 up to 10^7 it is written plainly, with at least one digit after the point, otherwise as digits and exponent.
pub fn write_double(value: f64, out: &mut String) {
    if value.is_nan() {
        return out.push_str("NaN");
    }
    if value.is_sign_negative() {
        out.push('-');
    }
    let magnitude = value.abs();
    if magnitude.is_infinite() {
        return out.push_str("Infinity");
    }
    let is_plain = magnitude == 0.0 || (1e-3..1e7).contains(&magnitude);
    // Rust's shortest digits are Java's; only the form differs.
    let written = if is_plain {
        write!(out, "{magnitude:?}")
    } else {
        return write_scientific(magnitude, out);
    };
    written.expect("a string takes all that is written");
}

fn write_scientific(magnitude: f64, out: &mut String) {
    const TAKEN: &str = "a string takes all that is written";
    let start = out.len();
    write!(out, "{magnitude:E}").expect(TAKEN);
    if !out[start..].contains('.') {
        // Java writes two digits at least, and of those the nearest: 4.9E-324, not 5.0E-324.
        out.truncate(start);
        write!(out, "{magnitude:.1E}").expect(TAKEN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: f64, want: &str) {
        let mut text = String::new();
        write_double(value, &mut text);
        assert_eq!(text, want);
    }

    #[test]
    fn small_and_large_numbers_have_an_exponent() {
        check(0.0, "0.0");
        check(-0.0, "-0.0");
        check(1.0, "1.0");
        check(-12.5, "-12.5");
        check(0.001, "0.001");
        check(0.000_999, "9.99E-4");
        check(9_999_999.0, "9999999.0");
        check(1e7, "1.0E7");
        check(123_456_789.25, "1.2345678925E8");
        check(1e-5, "1.0E-5");
        check(f64::MAX, "1.7976931348623157E308");
        check(f64::MIN_POSITIVE, "2.2250738585072014E-308");
        check(5e-324, "4.9E-324");
        check(2e-323, "2.0E-323");
    }

    #[test]
    fn what_is_no_number_has_a_name() {
        check(f64::NAN, "NaN");
        check(f64::INFINITY, "Infinity");
        check(f64::NEG_INFINITY, "-Infinity");
    }
}
