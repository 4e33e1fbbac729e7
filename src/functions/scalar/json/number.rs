//! Numbers of JSON as Java's `BigInteger` and `BigDecimal` write them.

use std::fmt::Write;

/// How numbers with a point or an exponent are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberStyle {
    /// As `BigDecimal.toString` does: with an exponent where there was one, or that is very small.
    Java,
    /// With all digits.
    Plain,
}

/// The longest run of zeros that a number is written out with.
const ZEROS_MAX: i64 = 10_000;

/// Appends a number.
pub(super) fn write_number(number: &str, style: NumberStyle, out: &mut String) {
    if !number.contains(['.', 'e', 'E']) {
        return out.push_str(if number == "-0" { "0" } else { number });
    }
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let digits = match all.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    let Ok(exponent) = exponent.parse::<i32>() else { return out.push_str(number) };
    let scale = fraction.len() as i64 - i64::from(exponent);
    out.push_str(if digits == "0" { "" } else { sign });
    let is_plain = match style {
        NumberStyle::Plain => scale.abs() <= ZEROS_MAX,
        NumberStyle::Java => 0 <= scale && -6 <= digits.len() as i64 - 1 - scale,
    };
    if is_plain { write_plain(digits, scale, out) } else { write_scientific(digits, scale, out) }
}

fn write_plain(digits: &str, scale: i64, out: &mut String) {
    let count = scale.unsigned_abs() as usize;
    if scale <= 0 {
        out.push_str(digits);
        if digits != "0" {
            out.extend(std::iter::repeat_n('0', count));
        }
        return;
    }
    let padded = format!("{digits:0>width$}", width = count + 1);
    let (whole, fraction) = padded.split_at(padded.len() - count);
    out.push_str(whole);
    out.push('.');
    out.push_str(fraction);
}

fn write_scientific(digits: &str, scale: i64, out: &mut String) {
    let exponent = digits.len() as i64 - 1 - scale;
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    write!(out, "{first}{point}{rest}").expect("a string takes all that is written");
    if exponent != 0 {
        write!(out, "E{exponent:+}").expect("a string takes all that is written");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(number: &str, java: &str, plain: &str) {
        let write = |style| {
            let mut out = String::new();
            write_number(number, style, &mut out);
            out
        };
        assert_eq!(
            (write(NumberStyle::Java).as_str(), write(NumberStyle::Plain).as_str()),
            (java, plain)
        );
    }

    #[test]
    fn writes_as_java_does() {
        check("12345678901234567890", "12345678901234567890", "12345678901234567890");
        check("-0", "0", "0");
        check("1.50", "1.50", "1.50");
        check("-1.5e3", "-1.5E+3", "-1500");
        check("1e5", "1E+5", "100000");
        check("1e-3", "0.001", "0.001");
        check("12e-9", "1.2E-8", "0.000000012");
        check("0.0", "0.0", "0.0");
        check("1e999999", "1E+999999", "1E+999999");
        check("1e99999999999", "1e99999999999", "1e99999999999");
    }
}
