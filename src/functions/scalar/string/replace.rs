//! `REPLACE(text, old, new)`.

use crate::functions::scalar::string::textual;
use crate::functions::{ScalarFunction, VALUE_BYTES_MAX};

/// The text with every occurrence of another replaced.
pub(super) fn replace() -> ScalarFunction {
    textual("replace", "Replaces every occurrence of a text in another.")
        .example("REPLACE('low tide', 'low', 'high')", "high tide")
        .overload("(str VARCHAR, oldstr VARCHAR, newstr VARCHAR) VARCHAR", "", |call| {
            let (text, old, new) = (call.strings(0)?, call.strings(1)?, call.strings(2)?);
            call.map_strings(|row| replaced(text.at(row), old.at(row), new.at(row)))
        })
}

fn replaced(text: &str, old: &str, new: &str) -> Result<String, String> {
    let added = new.len().saturating_sub(old.len());
    // A short text can grow without bound.
    if added != 0 && VALUE_BYTES_MAX / added < text.matches(old).count() {
        return Err(format!("the result is longer than {VALUE_BYTES_MAX} bytes"));
    }
    Ok(text.replace(old, new))
}
