//! `PARSE_TIMESTAMP(text, pattern)`, `PARSE_TIMESTAMP(text, pattern, zone)`.

use datafusion::arrow::array::ArrayRef;

use crate::functions::scalar::datetime::patterns::read_timestamps;
use crate::functions::scalar::datetime::temporal;
use crate::functions::{Call, FunctionError, ScalarFunction};

/// Reads a timestamp by a pattern; the zone is that of texts that name none.
pub(super) fn parse_timestamp() -> ScalarFunction {
    temporal("parse_timestamp", "Reads a timestamp by a pattern.")
        .example(
            "PARSE_TIMESTAMP('2024-02-29 13:04:05', 'yyyy-MM-dd HH:mm:ss', 'Europe/Berlin')",
            "2024-02-29T12:04:05.000",
        )
        .overload("(formattedTimestamp VARCHAR, formatPattern VARCHAR) TIMESTAMP", "In UTC.", read)
        .overload(
            "(formattedTimestamp VARCHAR, formatPattern VARCHAR, timeZone VARCHAR) TIMESTAMP",
            "In a time zone.",
            read,
        )
}

fn read(call: &mut Call<'_>) -> Result<ArrayRef, FunctionError> {
    let read = read_timestamps(call)?;
    call.map_timestamps(read)
}
