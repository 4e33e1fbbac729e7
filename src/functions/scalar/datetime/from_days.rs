//! `FROM_DAYS(days)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::datetime::temporal;

/// Makes a date out of a number.
pub(super) fn from_days() -> ScalarFunction {
    temporal("from_days", "Returns the date so many days after 1970-01-01.")
        .example("FROM_DAYS(19782)", "2024-02-29")
        .overload("(days INT) DATE", "", |call| {
            let days = call.ints(0)?;
            call.map_dates(|row| days.at(row))
        })
}
