//! `SUBSTRING(text, position[, length])`.

use std::ops::Range;

use datafusion::arrow::array::ArrayRef;

use crate::functions::scalar::string::textual;
use crate::functions::scalar::utf16;
use crate::functions::{Call, FunctionError, Ints, ScalarFunction};

/// A part of a text, or of bytes.
pub(super) fn substring() -> ScalarFunction {
    textual("substring", "Returns a part of a text, or of bytes; the first position is 1.")
        .example("SUBSTRING('stream', 1, 4)", "stre")
        .example("SUBSTRING('stream', -3)", "eam")
        .overload("(str VARCHAR, pos INT) VARCHAR", "From a position to the end.", of_text)
        .overload("(str VARCHAR, pos INT, length INT) VARCHAR", "", of_text)
        .overload("(bytes BYTES, pos INT) BYTES", "From a position to the end.", of_bytes)
        .overload("(bytes BYTES, pos INT, length INT) BYTES", "", of_bytes)
}

fn of_text(call: &mut Call<'_>) -> Result<ArrayRef, FunctionError> {
    let (text, part) = (call.strings(0)?, Part::of(call)?);
    call.map_strings(|row| {
        let text = text.at(row);
        utf16::slice(text, part.range(row, utf16::length(text)))
    })
}

fn of_bytes(call: &mut Call<'_>) -> Result<ArrayRef, FunctionError> {
    let (bytes, part) = (call.bytes(0)?, Part::of(call)?);
    call.map_bytes(|row| {
        let bytes = bytes.at(row);
        &bytes[part.range(row, bytes.len())]
    })
}

/// Which part is asked for.
struct Part<'a> {
    position: Ints<'a>,
    length: Option<Ints<'a>>,
}

impl<'a> Part<'a> {
    fn of(call: &Call<'a>) -> Result<Self, FunctionError> {
        let length = (2 < call.args.len()).then(|| call.ints(2)).transpose()?;
        Ok(Part { position: call.ints(1)?, length })
    }

    /// Positions count from 1, and from the end if negative; 0 is taken for 1.
    fn range(&self, row: usize, size: usize) -> Range<usize> {
        let position = self.position.at(row);
        let distance = position.unsigned_abs() as usize;
        let start = if position < 0 {
            size.saturating_sub(distance)
        } else {
            distance.saturating_sub(1).min(size)
        };
        let length =
            self.length.map_or(size, |length| length.at(row).max(0).unsigned_abs() as usize);
        start..start.saturating_add(length).min(size)
    }
}
