//! `LCASE(text)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::string::case::change_case;
use crate::functions::scalar::string::textual;

/// Makes all letters small.
pub(super) fn lcase() -> ScalarFunction {
    textual("LCASE", "Makes all letters small.").example("LCASE('Tide')", "tide").overload(
        "(input VARCHAR) VARCHAR",
        "",
        |call| change_case(call, <[u8]>::make_ascii_lowercase, str::to_lowercase),
    )
}
