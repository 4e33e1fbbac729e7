//! `DATESUB(unit, interval, date)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::datetime::temporal;
use crate::functions::scalar::datetime::units::{add_to_date, durations};

/// Subtracts a duration from a date.
pub(super) fn datesub() -> ScalarFunction {
    temporal("datesub", "Subtracts a duration from a date.")
        .example("DATESUB(DAYS, 1, PARSE_DATE('2024-03-01', 'yyyy-MM-dd'))", "2024-02-29")
        .overload("(unit INTERVALUNIT, interval INT, date DATE) DATE", "", |call| {
            let (dates, mut durations) = (call.dates(2)?, durations(call, -1)?);
            call.map_dates(|row| add_to_date(dates.at(row), durations(row)?))
        })
}
