//! `PARSE_TIME(text, pattern)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::datetime::patterns::read_texts;
use crate::functions::scalar::datetime::temporal;
use crate::types::datetime::DateTimePattern;

/// Reads a time of day by a pattern, which must have no date.
pub(super) fn parse_time() -> ScalarFunction {
    temporal("parse_time", "Reads a time by a pattern.")
        .example("PARSE_TIME('6:05 PM', 'h:mm a')", "18:05")
        .overload("(formattedTime VARCHAR, formatPattern VARCHAR) TIME", "", |call| {
            let read = read_texts(call, "time", DateTimePattern::parse_time)?;
            call.map_times(read)
        })
}
