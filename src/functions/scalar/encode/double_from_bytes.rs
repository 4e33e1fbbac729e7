//! `DOUBLE_FROM_BYTES(bytes[, order])`.

use datafusion::arrow::array::ArrayRef;

use crate::functions::scalar::encode::numbers::{big_endian, from_bytes};
use crate::functions::{Call, FunctionError, ScalarFunction};

/// The DOUBLE of 8 bytes.
pub(super) fn double_from_bytes() -> ScalarFunction {
    from_bytes("double_from_bytes", "Makes a DOUBLE of 8 bytes.")
        .example("DOUBLE_FROM_BYTES(TO_BYTES('3ff8000000000000', 'hex'))", "1.5")
        .overload("(value BYTES) DOUBLE", "The most significant byte is the first.", read)
        .overload(
            "(value BYTES, byteOrder VARCHAR) DOUBLE",
            "The byte order is BIG_ENDIAN or LITTLE_ENDIAN.",
            read,
        )
}

fn read(call: &mut Call<'_>) -> Result<ArrayRef, FunctionError> {
    let bytes = big_endian(call)?;
    call.map_doubles(|row| bytes(row).map(f64::from_be_bytes))
}
