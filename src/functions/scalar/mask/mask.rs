//! `MASK(text[, upper, lower, digit, other])`.

use crate::functions::scalar::mask::masker::mask_all;
use crate::functions::{Category, ScalarFunction};

/// Every character replaced by one that tells its kind only.
pub(super) fn mask() -> ScalarFunction {
    ScalarFunction::new("mask")
        .category(Category::String)
        .summary("Replaces every character by one that tells its kind only.")
        .example("MASK('My Test $123')", "Xx-Xxxx--nnn")
        .overload(
            "(input VARCHAR) VARCHAR",
            "Capitals become X, small letters x, digits n, and all else -.",
            mask_all,
        )
        .overload(
            "(input VARCHAR, upper VARCHAR, lower VARCHAR, digit VARCHAR, other VARCHAR) VARCHAR",
            "With other characters; NULL leaves such a character as it is.",
            mask_all,
        )
        .sees_nulls()
}
