//! `DATETOSTRING(days, pattern)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::datetime::patterns::write_texts;
use crate::functions::scalar::datetime::temporal;
use crate::types::datetime::DateTimePattern;

/// Writes a date that is given as a number.
pub(super) fn datetostring() -> ScalarFunction {
    temporal("datetostring", "Writes a date, given in days since 1970-01-01, by a pattern.")
        .example("DATETOSTRING(0, 'yyyy-MM-dd')", "1970-01-01")
        .overload("(epochDays INT, formatPattern VARCHAR) VARCHAR", "", |call| {
            let days = call.ints(0)?;
            let write =
                write_texts(call, "date", move |row| days.at(row), DateTimePattern::write_date)?;
            call.write_strings(write)
        })
}
