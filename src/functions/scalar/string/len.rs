//! `LEN(text)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::string::textual;
use crate::functions::scalar::utf16;

/// The length of a text in UTF-16 units, or of bytes.
pub(super) fn len() -> ScalarFunction {
    textual("len", "Returns the length of a text, or of bytes.")
        .example("LEN('tide')", "4")
        .overload("(input VARCHAR) INT", "In UTF-16 units.", |call| {
            let text = call.strings(0)?;
            call.map_ints(|row| i32::try_from(utf16::length(text.at(row))).unwrap_or(i32::MAX))
        })
        .overload("(input BYTES) INT", "", |call| {
            let bytes = call.bytes(0)?;
            call.map_ints(|row| i32::try_from(bytes.at(row).len()).unwrap_or(i32::MAX))
        })
}
