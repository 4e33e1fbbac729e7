//! `URL_DECODE_PARAM(text)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::url::on_urls;
use crate::functions::scalar::url::uri::escaped;

/// The text of an encoded parameter.
pub(super) fn url_decode_param() -> ScalarFunction {
    on_urls("url_decode_param", "Decodes a parameter that was encoded for a URL.")
        .example("URL_DECODE_PARAM('url%20encoded')", "url encoded")
        .overload("(input VARCHAR) VARCHAR", "", |call| {
            let text = call.strings(0)?;
            call.map_strings(|row| decode(text.at(row)))
        })
}

fn decode(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let byte = escaped(after)
                    .ok_or_else(|| format!("'{text}' has an escape without two digits"))?;
                bytes.push(byte);
                rest = &after[2..];
            }
            plain => bytes.push(*plain),
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
