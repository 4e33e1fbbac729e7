//! `MASK_RIGHT(text, count[, upper, lower, digit, other])`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::mask::masker::masking;

/// Masks so many characters at the end.
pub(super) fn mask_right() -> ScalarFunction {
    masking("mask_right", "Masks so many characters at the end.", |length, count| {
        length.saturating_sub(count)..length
    })
    .example("MASK_RIGHT('My Test $123', 4)", "My Test -nnn")
}
