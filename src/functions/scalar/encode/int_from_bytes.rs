//! `INT_FROM_BYTES(bytes[, order])`.

use datafusion::arrow::array::ArrayRef;

use crate::functions::scalar::encode::numbers::{big_endian, from_bytes};
use crate::functions::{Call, FunctionError, ScalarFunction};

/// The INT of 4 bytes.
pub(super) fn int_from_bytes() -> ScalarFunction {
    from_bytes("int_from_bytes", "Makes a INT of 4 bytes.")
        .example("INT_FROM_BYTES(TO_BYTES('00010000', 'hex'), 'LITTLE_ENDIAN')", "256")
        .overload("(value BYTES) INT", "The most significant byte is the first.", read)
        .overload(
            "(value BYTES, byteOrder VARCHAR) INT",
            "The byte order is BIG_ENDIAN or LITTLE_ENDIAN.",
            read,
        )
}

fn read(call: &mut Call<'_>) -> Result<ArrayRef, FunctionError> {
    let bytes = big_endian(call)?;
    call.map_ints(|row| bytes(row).map(i32::from_be_bytes))
}
