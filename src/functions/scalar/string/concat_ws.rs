//! `CONCAT_WS(separator, input, …)`.

use crate::functions::scalar::string::textual;
use crate::functions::{Call, FunctionError, ScalarFunction};

/// Texts, or bytes, with a separator between each; NULL is skipped.
pub(super) fn concat_ws() -> ScalarFunction {
    textual(
        "concat_ws",
        "Joins texts, or bytes, with the first argument between each; NULL is skipped.",
    )
    .example("CONCAT_WS(', ', 'ebb', 'flow')", "ebb, flow")
    .overload("(inputs VARCHAR...) VARCHAR", "", |call| {
        check_count(call)?;
        let (separator, inputs) = (call.strings(0)?, call.strings_from(1)?);
        call.map_strings(|row| {
            let texts = inputs.iter().filter_map(|input| input.get(row));
            separator.get(row).map(|separator| texts.collect::<Vec<_>>().join(separator))
        })
    })
    .sees_nulls()
    .overload("(inputs BYTES...) BYTES", "", |call| {
        check_count(call)?;
        let (separator, inputs) = (call.bytes(0)?, call.bytes_from(1)?);
        call.map_bytes(|row| {
            let parts = inputs.iter().filter_map(|input| input.get(row));
            separator.get(row).map(|separator| parts.collect::<Vec<_>>().join(separator))
        })
    })
    .sees_nulls()
}

fn check_count(call: &Call<'_>) -> Result<(), FunctionError> {
    if 2 <= call.args.len() {
        return Ok(());
    }
    let text = "Function Concat_WS expects at least two input arguments.";
    Err(FunctionError::InvalidArgument(text.to_owned()))
}
