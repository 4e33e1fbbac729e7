//! Numbers.

use crate::functions::ScalarFunction;

mod sqrt;

/// The functions of this package, in SHOW order.
pub(super) const FUNCTIONS: &[fn() -> ScalarFunction] = &[sqrt::sqrt];
