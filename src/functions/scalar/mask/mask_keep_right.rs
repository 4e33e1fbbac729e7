//! `MASK_KEEP_RIGHT(text, count[, upper, lower, digit, other])`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::mask::masker::masking;

/// Masks all but so many characters at the end.
pub(super) fn mask_keep_right() -> ScalarFunction {
    masking("mask_keep_right", "Masks all but so many characters at the end.", |length, count| {
        0..length.saturating_sub(count)
    })
    .example("MASK_KEEP_RIGHT('My Test $123', 4)", "Xx-Xxxx-$123")
}
