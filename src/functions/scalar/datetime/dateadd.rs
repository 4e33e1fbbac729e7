//! `DATEADD(unit, interval, date)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::datetime::temporal;
use crate::functions::scalar::datetime::units::{add_to_date, durations};

/// Adds a duration to a date.
pub(super) fn dateadd() -> ScalarFunction {
    temporal("dateadd", "Adds a duration to a date.")
        .example("DATEADD(DAYS, 9, PARSE_DATE('2024-02-20', 'yyyy-MM-dd'))", "2024-02-29")
        .overload("(unit INTERVALUNIT, interval INT, date DATE) DATE", "", |call| {
            let (dates, mut durations) = (call.dates(2)?, durations(call, 1)?);
            call.map_dates(|row| add_to_date(dates.at(row), durations(row)?))
        })
}
