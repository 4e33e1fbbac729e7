//! `PARSE_DATE(text, pattern)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::datetime::patterns::read_texts;
use crate::functions::scalar::datetime::temporal;
use crate::types::datetime::DateTimePattern;

/// Reads a date by a pattern, which must have no time.
pub(super) fn parse_date() -> ScalarFunction {
    temporal("parse_date", "Reads a date by a pattern.")
        .example("PARSE_DATE('29.2.2024', 'd.M.yyyy')", "2024-02-29")
        .overload("(formattedDate VARCHAR, formatPattern VARCHAR) DATE", "", |call| {
            let read = read_texts(call, "date", DateTimePattern::parse_date)?;
            call.map_dates(read)
        })
}
