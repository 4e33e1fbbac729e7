//! `URL_ENCODE_PARAM(text)`.

use std::fmt::Write;

use crate::functions::ScalarFunction;
use crate::functions::scalar::url::on_urls;

/// The text as a form encodes it: a space becomes a plus.
pub(super) fn url_encode_param() -> ScalarFunction {
    on_urls("url_encode_param", "Encodes a text so that it can be a parameter of a URL.")
        .example("URL_ENCODE_PARAM('a b&c')", "a+b%26c")
        .overload("(input VARCHAR) VARCHAR", "", |call| {
            let text = call.strings(0)?;
            call.write_strings(|row, out| {
                for byte in text.at(row).bytes() {
                    write_encoded(byte, out);
                }
            })
        })
}

fn write_encoded(byte: u8, out: &mut String) {
    match byte {
        b' ' => out.push('+'),
        b'-' | b'_' | b'.' | b'*' => out.push(char::from(byte)),
        byte if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
        byte => write!(out, "%{byte:02X}").expect("a string takes all that is written"),
    }
}
