//! `CHR(code)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::string::textual;
use crate::functions::scalar::utf16;

/// The character of a code point.
pub(super) fn chr() -> ScalarFunction {
    textual("Chr", "Returns the character of a code point.")
        .example("CHR(75)", "K")
        .example(r"CHR('\u597d')", "好")
        .overload("(code INT) VARCHAR", "The code point; NULL if there is none.", |call| {
            let code = call.ints(0)?;
            call.map_strings(|row| from_code_point(code.at(row)))
        })
        .overload(
            r"(code VARCHAR) VARCHAR",
            r"The code point as `\u004b`; NULL if it is not.",
            |call| {
                let code = call.strings(0)?;
                call.map_strings(|row| from_escapes(code.at(row)))
            },
        )
}

fn from_code_point(code: i32) -> Option<String> {
    match u32::try_from(code).ok()? {
        // Half a character, which Java writes as a question mark.
        0xD800..=0xDFFF => Some("?".to_owned()),
        code => char::from_u32(code).map(String::from),
    }
}

/// Replaces `\uXXXX` and Java's other escapes.
fn from_escapes(text: &str) -> Result<Option<String>, String> {
    if utf16::length(text) < 6 || !text.starts_with("\\u") {
        return Ok(None);
    }
    let mut units: Vec<u16> = Vec::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            units.extend(c.encode_utf16(&mut [0; 2]).iter());
            continue;
        }
        match rest.next() {
            Some('u') => {
                let digits = rest.as_str().trim_start_matches('u').trim_start_matches('+');
                let code = digits.get(..4).and_then(|hex| u16::from_str_radix(hex, 16).ok());
                units.push(code.ok_or_else(|| format!("invalid Unicode escape in '{text}'"))?);
                rest = digits[4..].chars();
            }
            Some(escaped) => units.push(simple_escape(escaped)),
            None => units.push(u16::from(b'\\')),
        }
    }
    Ok(Some(utf16::to_text(&units)))
}

fn simple_escape(escaped: char) -> u16 {
    let byte = match escaped {
        'b' => 8,
        't' => 9,
        'n' => 10,
        'f' => 12,
        'r' => 13,
        other => return other.encode_utf16(&mut [0; 2])[0],
    };
    u16::from(byte as u8)
}
