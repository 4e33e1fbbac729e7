//! `LCASE(text)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::string::textual;

/// Makes all letters small.
pub(super) fn lcase() -> ScalarFunction {
    textual("LCASE", "Makes all letters small.").example("LCASE('Tide')", "tide").overload(
        "(input VARCHAR) VARCHAR",
        "",
        |call| {
            let text = call.strings(0)?;
            call.map_strings(|row| text.at(row).to_lowercase())
        },
    )
}
