//! `CONVERT_TZ(timestamp, from, to)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::datetime::patterns::zones;
use crate::functions::scalar::datetime::temporal;
use crate::functions::scalar::datetime::units::add_to_timestamp;

/// Moves a timestamp by the difference between the offsets that two zones have at that moment.
pub(super) fn convert_tz() -> ScalarFunction {
    temporal("convert_tz", "Converts a timestamp from one time zone to another.")
        .example(
            "CONVERT_TZ(FROM_UNIXTIME(0), 'UTC', 'America/Los_Angeles')",
            "1969-12-31T16:00:00.000",
        )
        .overload(
            "(timestamp TIMESTAMP, fromTimeZone VARCHAR, toTimeZone VARCHAR) TIMESTAMP",
            "",
            |call| {
                let timestamps = call.timestamps(0)?;
                let (mut from, mut to) = (zones(call, 1)?, zones(call, 2)?);
                call.map_timestamps(|row| {
                    let ms = timestamps.at(row);
                    let invalid = |reason: String| format!("Invalid time zone: {reason}");
                    let from = from.at(row).map_err(invalid)?.offset_ms(ms);
                    let to = to.at(row).map_err(invalid)?.offset_ms(ms);
                    add_to_timestamp(ms, to - from)
                })
            },
        )
}
