//! `BIGINT_FROM_BYTES(bytes[, order])`.

use datafusion::arrow::array::ArrayRef;

use crate::functions::scalar::encode::numbers::{big_endian, from_bytes};
use crate::functions::{Call, FunctionError, ScalarFunction};

/// The BIGINT of 8 bytes.
pub(super) fn bigint_from_bytes() -> ScalarFunction {
    from_bytes("bigint_from_bytes", "Makes a BIGINT of 8 bytes.")
        .example("BIGINT_FROM_BYTES(TO_BYTES('0000000000000100', 'hex'))", "256")
        .overload("(value BYTES) BIGINT", "The most significant byte is the first.", read)
        .overload(
            "(value BYTES, byteOrder VARCHAR) BIGINT",
            "The byte order is BIG_ENDIAN or LITTLE_ENDIAN.",
            read,
        )
}

fn read(call: &mut Call<'_>) -> Result<ArrayRef, FunctionError> {
    let bytes = big_endian(call)?;
    call.map_bigints(|row| bytes(row).map(i64::from_be_bytes))
}
