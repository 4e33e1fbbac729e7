//! `TRIM(text)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::string::textual;

/// The text without spaces and control characters around it, as Java's `trim` has it.
pub(super) fn trim() -> ScalarFunction {
    textual("trim", "Removes spaces and control characters around a text.")
        .example("TRIM('  tide ')", "tide")
        .overload("(input VARCHAR) VARCHAR", "", |call| {
            let text = call.strings(0)?;
            call.map_strings(|row| text.at(row).trim_matches(|c| c <= ' '))
        })
}
