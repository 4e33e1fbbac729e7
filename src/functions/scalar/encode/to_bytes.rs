//! `TO_BYTES(text, encoding)`.

use crate::functions::scalar::encode::encoding::Encoding;
use crate::functions::{Category, ScalarFunction};

/// A text of an encoding as bytes.
pub(super) fn to_bytes() -> ScalarFunction {
    ScalarFunction::new("to_bytes")
        .category(Category::String)
        .summary("Reads a text in hex, utf8, ascii or base64 as bytes.")
        .example("FROM_BYTES(TO_BYTES('dGlkZQ==', 'base64'), 'utf8')", "tide")
        .overload("(value VARCHAR, encoding VARCHAR) BYTES", "", |call| {
            let (text, mut encoding) = (call.strings(0)?, call.prepare(1, Encoding::named)?);
            call.map_bytes(|row| encoding.at(row)?.to_bytes(text.at(row)))
        })
}
