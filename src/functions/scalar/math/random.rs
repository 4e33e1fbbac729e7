//! `RANDOM()`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::math::numeric;

/// A random number for each row.
pub(super) fn random() -> ScalarFunction {
    numeric("RANDOM", "Returns a random number from 0 up to, but not including, 1.")
        .volatile()
        .overload("() DOUBLE", "", |call| call.map_doubles(|_| fastrand::f64()))
}
