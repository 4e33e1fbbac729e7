//! `PI()`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::math::numeric;

/// The ratio of a circle's circumference to its diameter.
pub(super) fn pi() -> ScalarFunction {
    numeric("pi", "Returns the number pi.").example("PI()", "3.141592653589793").overload(
        "() DOUBLE",
        "",
        |call| call.map_doubles(|_| std::f64::consts::PI),
    )
}
