//! `UCASE(text)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::string::textual;

/// Makes all letters capitals.
pub(super) fn ucase() -> ScalarFunction {
    textual("UCASE", "Makes all letters capitals.").example("UCASE('Tide')", "TIDE").overload(
        "(input VARCHAR) VARCHAR",
        "",
        |call| {
            let text = call.strings(0)?;
            call.map_strings(|row| text.at(row).to_uppercase())
        },
    )
}
