//! `ATAN2(y, x)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::math::numeric;

/// The angle of a point in the plane.
pub(super) fn atan2() -> ScalarFunction {
    numeric("atan2", "Returns the angle, in radians, between the x axis and the point (x, y).")
        .example("ATAN2(1, 0)", "1.5707963267948966")
        .overload("(y DOUBLE, x DOUBLE) DOUBLE", "", |call| {
            let (y, x) = (call.doubles(0)?, call.doubles(1)?);
            call.map_doubles(|row| y.at(row).atan2(x.at(row)))
        })
}
