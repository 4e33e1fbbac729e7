//! `MASK_LEFT(text, count[, upper, lower, digit, other])`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::mask::masker::masking;

/// Masks so many characters at the start.
pub(super) fn mask_left() -> ScalarFunction {
    masking("mask_left", "Masks so many characters at the start.", |length, count| {
        0..count.min(length)
    })
    .example("MASK_LEFT('My Test $123', 4)", "Xx-Xest $123")
}
