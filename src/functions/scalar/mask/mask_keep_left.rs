//! `MASK_KEEP_LEFT(text, count[, upper, lower, digit, other])`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::mask::masker::masking;

/// Masks all but so many characters at the start.
pub(super) fn mask_keep_left() -> ScalarFunction {
    masking("mask_keep_left", "Masks all but so many characters at the start.", |length, count| {
        count.min(length)..length
    })
    .example("MASK_KEEP_LEFT('My Test $123', 4)", "My Txxx--nnn")
}
