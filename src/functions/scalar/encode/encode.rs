//! `ENCODE(text, input_encoding, output_encoding)`.

use std::borrow::Cow;

use crate::functions::scalar::encode::encoding::{Encoding, from_any_base64};
use crate::functions::{Category, ScalarFunction};

/// A text in another encoding.
pub(super) fn encode() -> ScalarFunction {
    ScalarFunction::new("encode")
        .category(Category::String)
        .summary("Writes a text of one encoding in another: hex, utf8, ascii or base64.")
        .example("ENCODE('74696465', 'hex', 'utf8')", "tide")
        .overload(
            "(str VARCHAR, inputEncoding VARCHAR, outputEncoding VARCHAR) VARCHAR",
            "",
            |call| {
                let (text, from, to) = (call.strings(0)?, call.strings(1)?, call.strings(2)?);
                call.map_strings(|row| {
                    let (from, to) = (Encoding::find(from.at(row)), Encoding::find(to.at(row)));
                    match (from, to) {
                        (Some(from), Some(to)) if from != to => {
                            decode(text.at(row), from).map(|bytes| to.to_text(&bytes))
                        }
                        _ => Err("Supported input and output encodings are: \
                                  hex, utf8, ascii and base64"
                            .to_owned()),
                    }
                })
            },
        )
}

fn decode(text: &str, encoding: Encoding) -> Result<Vec<u8>, String> {
    match encoding {
        Encoding::Hex => encoding.to_bytes(&bare_hex(text)),
        Encoding::Base64 => from_any_base64(text),
        Encoding::Utf8 | Encoding::Ascii => encoding.to_bytes(text),
    }
}

/// Takes `0x` before, or `X'` and `'` around, hexadecimal digits away.
fn bare_hex(text: &str) -> Cow<'_, str> {
    if let Some(digits) = text.strip_prefix("0x") {
        return if digits.len() % 2 == 0 { digits.into() } else { format!("0{digits}").into() };
    }
    let quoted = text.strip_prefix("x'").or_else(|| text.strip_prefix("X'"));
    quoted.and_then(|rest| rest.strip_suffix('\'')).unwrap_or(text).into()
}
