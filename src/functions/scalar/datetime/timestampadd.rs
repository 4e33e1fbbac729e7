//! `TIMESTAMPADD(unit, interval, timestamp)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::datetime::temporal;
use crate::functions::scalar::datetime::units::{add_to_timestamp, durations};

/// Adds a duration to a timestamp.
pub(super) fn timestampadd() -> ScalarFunction {
    temporal("timestampadd", "Adds a duration to a timestamp.")
        .example("TIMESTAMPADD(HOURS, 1, FROM_UNIXTIME(0))", "1970-01-01T01:00:00.000")
        .overload("(unit INTERVALUNIT, interval INT, timestamp TIMESTAMP) TIMESTAMP", "", |call| {
            let (timestamps, mut durations) = (call.timestamps(2)?, durations(call, 1)?);
            call.map_timestamps(|row| add_to_timestamp(timestamps.at(row), durations(row)?))
        })
}
