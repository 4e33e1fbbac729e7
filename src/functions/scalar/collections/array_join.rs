//! `ARRAY_JOIN(array[, delimiter])`.

use datafusion::arrow::array::ArrayRef;

use crate::functions::elements::write_element;
use crate::functions::scalar::collections::on_arrays;
use crate::functions::{Call, FunctionError, ScalarFunction, VALUE_BYTES_MAX};

/// The elements as one text.
pub(super) fn array_join() -> ScalarFunction {
    on_arrays(
        "ARRAY_JOIN",
        "Writes the elements of an array, of primitive types, one after the other.",
    )
    .example("ARRAY_JOIN(ARRAY[1, 2, 3], '-')", "1-2-3")
    .overload("(array ARRAY<T>) VARCHAR", "With commas between them.", join)
    .sees_nulls()
    .overload("(array ARRAY<T>, delimiter VARCHAR) VARCHAR", "", join)
    .sees_nulls()
}

fn join(call: &mut Call<'_>) -> Result<ArrayRef, FunctionError> {
    let list = call.lists(0)?;
    let delimiter = (1 < call.args.len()).then(|| call.strings(1)).transpose()?;
    call.write_strings(|row, out| {
        let Some(range) = list.get(row) else { return Ok(None) };
        let delimiter = delimiter.map_or(",", |texts| texts.get(row).unwrap_or(""));
        for index in range.clone() {
            if range.start < index {
                out.push_str(delimiter);
            }
            if !write_element((list.elements(), index), out) {
                let element_type = list.elements().data_type();
                return Err(format!("elements of {element_type} can't be joined"));
            }
            if VALUE_BYTES_MAX < out.len() {
                return Err(format!("the result is longer than {VALUE_BYTES_MAX} bytes"));
            }
        }
        Ok(Some(()))
    })
}
