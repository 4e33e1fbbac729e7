//! What LPAD and RPAD share.

use crate::functions::scalar::string::textual;
use crate::functions::scalar::utf16;
use crate::functions::{ScalarFunction, VALUE_BYTES_MAX};

/// Where the padding goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Before the text.
    Left,
    /// After the text.
    Right,
}

/// Makes the function that pads on one side.
pub(super) fn padding(name: &'static str, summary: &'static str, side: Side) -> ScalarFunction {
    textual(name, summary)
        .overload(
            "(input VARCHAR, length INT, padding VARCHAR) VARCHAR",
            "NULL if the padding is empty or the length negative.",
            move |call| {
                let (text, length, padding) = (call.strings(0)?, call.ints(1)?, call.strings(2)?);
                call.write_strings(|row, out| {
                    let (text, length, padding) = (text.at(row), length.at(row), padding.at(row));
                    if text.is_ascii() && padding.is_ascii() {
                        return pad_ascii(text, length, padding, side, out);
                    }
                    let units = |text: &str| text.encode_utf16().collect::<Vec<u16>>();
                    let padded = pad(&units(text), length, &units(padding), side)?;
                    Ok(padded.map(|units| out.push_str(&utf16::to_text(&units))))
                })
            },
        )
        .overload(
            "(input BYTES, length INT, padding BYTES) BYTES",
            "NULL if the padding is empty or the length negative.",
            move |call| {
                let (bytes, length, padding) = (call.bytes(0)?, call.ints(1)?, call.bytes(2)?);
                call.map_bytes(|row| pad(bytes.at(row), length.at(row), padding.at(row), side))
            },
        )
}

/// Pads or cuts a text of which every byte is a unit.
fn pad_ascii(
    text: &str,
    length: i32,
    padding: &str,
    side: Side,
    out: &mut String,
) -> Result<Option<()>, String> {
    let Some(length) = checked_length(length, padding.is_empty())? else { return Ok(None) };
    let text = &text[..length.min(text.len())];
    if side == Side::Right {
        out.push_str(text);
    }
    let mut missing = length - text.len();
    while 0 < missing {
        let part = &padding[..missing.min(padding.len())];
        out.push_str(part);
        missing -= part.len();
    }
    if side == Side::Left {
        out.push_str(text);
    }
    Ok(Some(()))
}

/// Returns the length to pad to; none where the result is NULL.
fn checked_length(length: i32, has_no_padding: bool) -> Result<Option<usize>, String> {
    match usize::try_from(length) {
        Ok(length) if VALUE_BYTES_MAX < length && !has_no_padding => {
            Err(format!("the result is longer than {VALUE_BYTES_MAX} bytes"))
        }
        Ok(length) => Ok(Some(length).filter(|_| !has_no_padding)),
        Err(_) => Ok(None),
    }
}

/// Pads or cuts to a length.
fn pad<T: Copy>(
    input: &[T],
    length: i32,
    padding: &[T],
    side: Side,
) -> Result<Option<Vec<T>>, String> {
    let Some(length) = checked_length(length, padding.is_empty())? else { return Ok(None) };
    let input = &input[..length.min(input.len())];
    let fill = padding.iter().copied().cycle().take(length - input.len());
    Ok(Some(match side {
        Side::Left => fill.chain(input.iter().copied()).collect(),
        Side::Right => input.iter().copied().chain(fill).collect(),
    }))
}
