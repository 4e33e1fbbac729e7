//! `CONCAT(input, …)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::string::textual;

/// One text, or bytes, after the other; NULL adds nothing.
pub(super) fn concat() -> ScalarFunction {
    textual("concat", "Joins texts, or bytes; NULL adds nothing.")
        .example("CONCAT('ti', 'de')", "tide")
        .overload("(inputs VARCHAR...) VARCHAR", "", |call| {
            let inputs = call.strings_from(0)?;
            call.write_strings(|row, out| {
                inputs
                    .iter()
                    .filter_map(|input| input.get(row))
                    .for_each(|text| out.push_str(text));
            })
        })
        .sees_nulls()
        .overload("(inputs BYTES...) BYTES", "", |call| {
            let inputs = call.bytes_from(0)?;
            call.map_bytes(|row| {
                inputs.iter().filter_map(|input| input.get(row)).collect::<Vec<_>>().concat()
            })
        })
        .sees_nulls()
}
