//! `TIMESTAMPTOSTRING(millis, pattern)`, `TIMESTAMPTOSTRING(millis, pattern, zone)`.

use datafusion::arrow::array::ArrayRef;

use crate::functions::scalar::datetime::patterns::write_timestamps;
use crate::functions::scalar::datetime::temporal;
use crate::functions::{Call, FunctionError, ScalarFunction};

/// Writes a timestamp that is given as a number.
pub(super) fn timestamptostring() -> ScalarFunction {
    temporal(
        "timestamptostring",
        "Writes a timestamp, given in milliseconds since 1970, by a pattern.",
    )
    .example("TIMESTAMPTOSTRING(0, 'yyyy-MM-dd HH:mm', '+01:00')", "1970-01-01 01:00")
    .overload("(epochMilli BIGINT, formatPattern VARCHAR) VARCHAR", "In UTC.", write)
    .overload(
        "(epochMilli BIGINT, formatPattern VARCHAR, timeZone VARCHAR) VARCHAR",
        "In a time zone.",
        write,
    )
}

fn write(call: &mut Call<'_>) -> Result<ArrayRef, FunctionError> {
    let millis = call.bigints(0)?;
    let write = write_timestamps(call, move |row| millis.at(row))?;
    call.write_strings(write)
}
