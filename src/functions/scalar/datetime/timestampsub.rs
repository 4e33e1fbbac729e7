//! `TIMESTAMPSUB(unit, interval, timestamp)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::datetime::temporal;
use crate::functions::scalar::datetime::units::{add_to_timestamp, durations};

/// Subtracts a duration from a timestamp.
pub(super) fn timestampsub() -> ScalarFunction {
    temporal("timestampsub", "Subtracts a duration from a timestamp.")
        .example("TIMESTAMPSUB(SECONDS, 1, FROM_UNIXTIME(0))", "1969-12-31T23:59:59.000")
        .overload("(unit INTERVALUNIT, interval INT, timestamp TIMESTAMP) TIMESTAMP", "", |call| {
            let (timestamps, mut durations) = (call.timestamps(2)?, durations(call, -1)?);
            call.map_timestamps(|row| add_to_timestamp(timestamps.at(row), durations(row)?))
        })
}
