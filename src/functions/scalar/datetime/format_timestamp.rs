//! `FORMAT_TIMESTAMP(timestamp, pattern)`, `FORMAT_TIMESTAMP(timestamp, pattern, zone)`.

use datafusion::arrow::array::ArrayRef;

use crate::functions::scalar::datetime::patterns::write_timestamps;
use crate::functions::scalar::datetime::temporal;
use crate::functions::{Call, FunctionError, ScalarFunction};

/// Writes a timestamp by a pattern, as it is in a zone.
pub(super) fn format_timestamp() -> ScalarFunction {
    temporal("format_timestamp", "Writes a timestamp by a pattern.")
        .example("FORMAT_TIMESTAMP(FROM_UNIXTIME(0), 'yyyy-MM-dd HH:mm')", "1970-01-01 00:00")
        .overload("(timestamp TIMESTAMP, formatPattern VARCHAR) VARCHAR", "In UTC.", write)
        .overload(
            "(timestamp TIMESTAMP, formatPattern VARCHAR, timeZone VARCHAR) VARCHAR",
            "In a time zone.",
            write,
        )
}

fn write(call: &mut Call<'_>) -> Result<ArrayRef, FunctionError> {
    let timestamps = call.timestamps(0)?;
    let write = write_timestamps(call, move |row| timestamps.at(row))?;
    call.write_strings(write)
}
