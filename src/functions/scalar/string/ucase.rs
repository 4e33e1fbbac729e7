//! `UCASE(text)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::string::case::change_case;
use crate::functions::scalar::string::textual;

/// Makes all letters capitals.
pub(super) fn ucase() -> ScalarFunction {
    textual("UCASE", "Makes all letters capitals.").example("UCASE('Tide')", "TIDE").overload(
        "(input VARCHAR) VARCHAR",
        "",
        |call| change_case(call, <[u8]>::make_ascii_uppercase, str::to_uppercase),
    )
}
