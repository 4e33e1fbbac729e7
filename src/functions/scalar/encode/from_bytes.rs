//! `FROM_BYTES(bytes, encoding)`.

use crate::functions::scalar::encode::encoding::Encoding;
use crate::functions::{Category, ScalarFunction};

/// Bytes as a text of an encoding. Hexadecimal digits are capitals here, though ENCODE writes small ones.
pub(super) fn from_bytes() -> ScalarFunction {
    ScalarFunction::new("from_bytes")
        .category(Category::String)
        .summary("Writes bytes as a text in hex, utf8, ascii or base64.")
        .example("FROM_BYTES(TO_BYTES('tide', 'utf8'), 'hex')", "74696465")
        .overload("(value BYTES, encoding VARCHAR) VARCHAR", "", |call| {
            let (bytes, mut encoding) = (call.bytes(0)?, call.prepare(1, Encoding::named)?);
            call.map_strings(|row| {
                let encoding = *encoding.at(row)?;
                let text = encoding.to_text(bytes.at(row));
                Ok::<_, String>(match encoding {
                    Encoding::Hex => text.to_ascii_uppercase(),
                    Encoding::Utf8 | Encoding::Ascii | Encoding::Base64 => text,
                })
            })
        })
}
