//! Choices by NULL.

use crate::functions::ScalarFunction;

mod coalesce;
mod ifnull;
mod nullif;

/// The functions of this package, in SHOW order.
pub(super) const FUNCTIONS: &[fn() -> ScalarFunction] =
    &[coalesce::coalesce, ifnull::ifnull, nullif::nullif];
