//! `STRINGTODATE(text, pattern)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::datetime::patterns::read_texts;
use crate::functions::scalar::datetime::temporal;
use crate::types::datetime::DateTimePattern;

/// Reads a date by a pattern as a number; a time in it is left out.
pub(super) fn stringtodate() -> ScalarFunction {
    temporal("stringtodate", "Reads a date, in days since 1970-01-01, by a pattern.")
        .example("STRINGTODATE('01/02/1970', 'dd/MM/yyyy')", "31")
        .overload("(formattedDate VARCHAR, formatPattern VARCHAR) INT", "", |call| {
            let read = read_texts(call, "date", DateTimePattern::parse_date_of_timestamp)?;
            call.map_ints(read)
        })
}
