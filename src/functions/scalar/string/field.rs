//! `FIELD(text, text, …)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::string::textual;

/// The number of the argument that equals the first, the opposite of ELT.
pub(super) fn field() -> ScalarFunction {
    textual(
        "field",
        "Returns the number, counted from 1, of the text that equals the first one; 0 if there is none.",
    )
    .example("FIELD('flow', 'ebb', 'flow')", "2")
    .overload("(str VARCHAR, args VARCHAR...) INT", "", |call| {
        let (text, args) = (call.strings(0)?, call.strings_from(1)?);
        call.map_ints(|row| {
            let wanted = text.get(row);
            let is_wanted = |arg: &crate::functions::Strings<'_>| arg.get(row) == wanted;
            let found = wanted.and_then(|_| args.iter().position(is_wanted));
            found.map_or(0, |index| i32::try_from(index + 1).unwrap_or(i32::MAX))
        })
    })
    .sees_nulls()
}
