//! `TIMESUB(unit, interval, time)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::datetime::temporal;
use crate::functions::scalar::datetime::units::{add_to_time, durations};

/// Subtracts a duration from a time of day, which starts anew at midnight.
pub(super) fn timesub() -> ScalarFunction {
    temporal("timesub", "Subtracts a duration from a time.")
        .example("TIMESUB(HOURS, 1, PARSE_TIME('00:15', 'HH:mm'))", "23:15")
        .overload("(unit INTERVALUNIT, interval INT, time TIME) TIME", "", |call| {
            let (times, mut durations) = (call.times(2)?, durations(call, -1)?);
            call.map_times(|row| Ok::<_, String>(add_to_time(times.at(row), durations(row)?)))
        })
}
