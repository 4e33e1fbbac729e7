//! `UNIX_TIMESTAMP()`, `UNIX_TIMESTAMP(timestamp)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::datetime::temporal;

/// Makes a number out of a timestamp, or out of now.
pub(super) fn unix_timestamp() -> ScalarFunction {
    temporal(
        "unix_timestamp",
        "Returns the milliseconds from 1970-01-01 00:00 UTC to a timestamp, or to now.",
    )
    .example("UNIX_TIMESTAMP(FROM_UNIXTIME(1709211845000))", "1709211845000")
    .overload("() BIGINT", "To now.", |call| {
        let now_ms = call.now_ms;
        call.map_bigints(|_| now_ms)
    })
    .overload("(timestamp TIMESTAMP) BIGINT", "To a timestamp.", |call| {
        let timestamps = call.timestamps(0)?;
        call.map_bigints(|row| timestamps.at(row))
    })
    .volatile()
}
