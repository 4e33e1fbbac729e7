//! What the functions that add and subtract durations share.

use crate::functions::{Call, FunctionError};

const DAY_MS: i64 = 86_400_000;

/// Returns the milliseconds of a duration from the arguments `(unit, count, …)`, times `sign`.
pub(super) fn durations<'a>(
    call: &Call<'a>,
    sign: i64,
) -> Result<impl FnMut(usize) -> Result<i64, String> + use<'a>, FunctionError> {
    let counts = call.ints(1)?;
    let mut units = call.prepare(0, unit_nanos)?;
    Ok(move |row| {
        let nanos = i128::from(*units.at(row)?) * i128::from(counts.at(row)) * i128::from(sign);
        // Units below a millisecond are cut off, as Java converts units.
        i64::try_from(nanos / 1_000_000).map_err(|_| "the duration is too long".to_owned())
    })
}

/// Returns the nanoseconds of a unit of time, such as `DAYS`.
fn unit_nanos(unit: &str) -> Result<i64, String> {
    let upper = unit.to_ascii_uppercase();
    Ok(match upper.strip_suffix('S').unwrap_or(&upper) {
        "DAY" => DAY_MS * 1_000_000,
        "HOUR" => 3_600_000_000_000,
        "MINUTE" => 60_000_000_000,
        "SECOND" => 1_000_000_000,
        "MILLISECOND" => 1_000_000,
        "MICROSECOND" => 1000,
        "NANOSECOND" => 1,
        _ => return Err(format!("'{unit}' is not a unit of time")),
    })
}

/// Adds milliseconds to a date in days. Parts of a day are cut off towards 1970-01-01, as in ksqlDB.
pub(super) fn add_to_date(days: i32, duration_ms: i64) -> Result<i32, String> {
    let ms = (i64::from(days) * DAY_MS).checked_add(duration_ms);
    let days = ms.and_then(|ms| i32::try_from(ms / DAY_MS).ok());
    days.ok_or_else(|| "the date is out of range".to_owned())
}

/// Adds milliseconds to a time of day; it starts anew at midnight.
pub(super) fn add_to_time(time_ms: i32, duration_ms: i64) -> i32 {
    let ms = (i64::from(time_ms) + duration_ms % DAY_MS).rem_euclid(DAY_MS);
    i32::try_from(ms).expect("a day has less than 2^31 milliseconds")
}

/// Adds milliseconds to a timestamp.
pub(super) fn add_to_timestamp(timestamp_ms: i64, duration_ms: i64) -> Result<i64, String> {
    let sum = timestamp_ms.checked_add(duration_ms);
    sum.ok_or_else(|| "the timestamp is out of range".to_owned())
}
