//! `TIMEADD(unit, interval, time)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::datetime::temporal;
use crate::functions::scalar::datetime::units::{add_to_time, durations};

/// Adds a duration to a time of day, which starts anew at midnight.
pub(super) fn timeadd() -> ScalarFunction {
    temporal("timeadd", "Adds a duration to a time.")
        .example("TIMEADD(MINUTES, 30, PARSE_TIME('23:45', 'HH:mm'))", "00:15")
        .overload("(unit INTERVALUNIT, interval INT, time TIME) TIME", "", |call| {
            let (times, mut durations) = (call.times(2)?, durations(call, 1)?);
            call.map_times(|row| Ok::<_, String>(add_to_time(times.at(row), durations(row)?)))
        })
}
