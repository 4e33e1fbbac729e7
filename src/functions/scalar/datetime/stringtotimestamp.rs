//! `STRINGTOTIMESTAMP(text, pattern)`, `STRINGTOTIMESTAMP(text, pattern, zone)`.

use datafusion::arrow::array::ArrayRef;

use crate::functions::scalar::datetime::patterns::read_timestamps;
use crate::functions::scalar::datetime::temporal;
use crate::functions::{Call, FunctionError, ScalarFunction};

/// Reads a timestamp by a pattern as a number; the zone is that of texts that name none.
pub(super) fn stringtotimestamp() -> ScalarFunction {
    temporal("stringtotimestamp", "Reads a timestamp, in milliseconds since 1970, by a pattern.")
        .example("STRINGTOTIMESTAMP('1970-01-01', 'yyyy-MM-dd')", "0")
        .overload("(formattedTimestamp VARCHAR, formatPattern VARCHAR) BIGINT", "In UTC.", read)
        .overload(
            "(formattedTimestamp VARCHAR, formatPattern VARCHAR, timeZone VARCHAR) BIGINT",
            "In a time zone.",
            read,
        )
}

fn read(call: &mut Call<'_>) -> Result<ArrayRef, FunctionError> {
    let read = read_timestamps(call)?;
    call.map_bigints(read)
}
