//! `FORMAT_DATE(date, pattern)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::datetime::patterns::write_texts;
use crate::functions::scalar::datetime::temporal;
use crate::types::datetime::DateTimePattern;

/// Writes a date by a pattern.
pub(super) fn format_date() -> ScalarFunction {
    temporal("format_date", "Writes a date by a pattern.")
        .example("FORMAT_DATE(FROM_DAYS(0), 'dd MMM yyyy')", "01 Jan 1970")
        .overload("(date DATE, formatPattern VARCHAR) VARCHAR", "", |call| {
            let dates = call.dates(0)?;
            let write =
                write_texts(call, "date", move |row| dates.at(row), DateTimePattern::write_date)?;
            call.write_strings(write)
        })
}
