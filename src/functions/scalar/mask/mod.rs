//! Texts made unreadable.

use crate::functions::ScalarFunction;

#[expect(clippy::module_inception, reason = "a file is named as its function")]
mod mask;
mod mask_keep_left;
mod mask_keep_right;
mod mask_left;
mod mask_right;
mod masker;

/// The functions of this package, in SHOW order.
pub(super) const FUNCTIONS: &[fn() -> ScalarFunction] = &[
    mask::mask,
    mask_keep_left::mask_keep_left,
    mask_keep_right::mask_keep_right,
    mask_left::mask_left,
    mask_right::mask_right,
];
