//! `FROM_UNIXTIME(millis)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::datetime::temporal;

/// Makes a timestamp out of a number.
pub(super) fn from_unixtime() -> ScalarFunction {
    temporal(
        "from_unixtime",
        "Returns the timestamp so many milliseconds after 1970-01-01 00:00 UTC.",
    )
    .example("FROM_UNIXTIME(1709211845000)", "2024-02-29T13:04:05.000")
    .overload("(milliseconds BIGINT) TIMESTAMP", "", |call| {
        let millis = call.bigints(0)?;
        call.map_timestamps(|row| millis.at(row))
    })
}
