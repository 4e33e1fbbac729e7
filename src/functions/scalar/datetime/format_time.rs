//! `FORMAT_TIME(time, pattern)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::datetime::patterns::write_texts;
use crate::functions::scalar::datetime::temporal;
use crate::types::datetime::DateTimePattern;

/// Writes a time of day by a pattern.
pub(super) fn format_time() -> ScalarFunction {
    temporal("format_time", "Writes a time by a pattern.")
        .example("FORMAT_TIME(PARSE_TIME('18:05', 'HH:mm'), 'h:mm a')", "6:05 PM")
        .overload("(time TIME, formatPattern VARCHAR) VARCHAR", "", |call| {
            let times = call.times(0)?;
            let write =
                write_texts(call, "time", move |row| times.at(row), DateTimePattern::write_time)?;
            call.write_strings(write)
        })
}
