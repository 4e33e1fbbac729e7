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
                call.map_strings(|row| {
                    let units = |text: &str| text.encode_utf16().collect::<Vec<u16>>();
                    let padded =
                        pad(&units(text.at(row)), length.at(row), &units(padding.at(row)), side)?;
                    Ok::<_, String>(padded.map(|units| utf16::to_text(&units)))
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

/// Pads or cuts to a length.
fn pad<T: Copy>(
    input: &[T],
    length: i32,
    padding: &[T],
    side: Side,
) -> Result<Option<Vec<T>>, String> {
    let Ok(length) = usize::try_from(length) else { return Ok(None) };
    if padding.is_empty() {
        return Ok(None);
    }
    if VALUE_BYTES_MAX < length {
        return Err(format!("the result is longer than {VALUE_BYTES_MAX} bytes"));
    }
    let input = &input[..length.min(input.len())];
    let fill = padding.iter().copied().cycle().take(length - input.len());
    Ok(Some(match side {
        Side::Left => fill.chain(input.iter().copied()).collect(),
        Side::Right => input.iter().copied().chain(fill).collect(),
    }))
}
