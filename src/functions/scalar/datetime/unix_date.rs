//! `UNIX_DATE()`, `UNIX_DATE(date)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::datetime::temporal;
use crate::types::datetime::calendar::DAY_MS;

/// Makes a number out of a date, or out of today.
pub(super) fn unix_date() -> ScalarFunction {
    temporal("unix_date", "Returns the days from 1970-01-01 to a date, or to today.")
        .example("UNIX_DATE(PARSE_DATE('2024-02-29', 'yyyy-MM-dd'))", "19782")
        .overload("() INT", "To today, in UTC.", |call| {
            let today = i32::try_from(call.now_ms.div_euclid(DAY_MS));
            call.map_ints(|_| today.map_err(|_| "the clock is out of range"))
        })
        .overload("(date DATE) INT", "To a date.", |call| {
            let dates = call.dates(0)?;
            call.map_ints(|row| dates.at(row))
        })
        .volatile()
}
