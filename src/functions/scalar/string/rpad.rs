//! `RPAD(input, length, padding)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::string::padding::{Side, padding};

/// Fills a text, or bytes, at the end up to a length, or cuts what is longer.
pub(super) fn rpad() -> ScalarFunction {
    padding(
        "RPad",
        "Fills a text, or bytes, at the end up to a length, or cuts what is longer.",
        Side::Right,
    )
    .example("RPAD('Foo', 7, 'Bar')", "FooBarB")
}
