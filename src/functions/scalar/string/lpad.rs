//! `LPAD(input, length, padding)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::string::padding::{Side, padding};

/// Fills a text, or bytes, at the start up to a length, or cuts what is longer.
pub(super) fn lpad() -> ScalarFunction {
    padding(
        "LPad",
        "Fills a text, or bytes, at the start up to a length, or cuts what is longer.",
        Side::Left,
    )
    .example("LPAD('7', 3, '0')", "007")
}
