//! Functions of no other package.

use crate::functions::ScalarFunction;

mod as_value;
mod geo_distance;

/// The functions of this package, in SHOW order.
pub(super) const FUNCTIONS: &[fn() -> ScalarFunction] =
    &[as_value::as_value, geo_distance::geo_distance];
