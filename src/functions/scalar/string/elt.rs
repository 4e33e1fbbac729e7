//! `ELT(n, text, …)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::string::textual;

/// The argument of a number, the opposite of FIELD.
pub(super) fn elt() -> ScalarFunction {
    textual("elt", "Returns the text of a number, counted from 1; NULL if there is none.")
        .example("ELT(2, 'ebb', 'flow')", "flow")
        .overload("(n INT, args VARCHAR...) VARCHAR", "", |call| {
            let (n, args) = (call.ints(0)?, call.strings_from(1)?);
            call.map_strings(|row| {
                let index = usize::try_from(n.get(row)?).ok()?.checked_sub(1)?;
                args.get(index)?.get(row)
            })
        })
        .sees_nulls()
}
