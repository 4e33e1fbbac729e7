//! `REGEXP_EXTRACT(pattern, text[, group])`.

use datafusion::arrow::array::ArrayRef;

use crate::functions::scalar::regexp::pattern::Pattern;
use crate::functions::scalar::regexp::regular;
use crate::functions::{Call, FunctionError, ScalarFunction};

/// The first match of a pattern.
pub(super) fn regexp_extract() -> ScalarFunction {
    regular("regexp_extract", "Returns what a pattern matches first in a text; NULL if nothing.")
        .example("REGEXP_EXTRACT('(.*) (.*)', 'hello there', 2)", "there")
        .overload("(pattern VARCHAR, input VARCHAR) VARCHAR", "", extract)
        .overload(
            "(pattern VARCHAR, input VARCHAR, group INT) VARCHAR",
            "What a group of it matches.",
            extract,
        )
}

fn extract(call: &mut Call<'_>) -> Result<ArrayRef, FunctionError> {
    let (mut pattern, text) = (call.prepare(0, Pattern::compile)?, call.strings(1)?);
    let group = (2 < call.args.len()).then(|| call.ints(2)).transpose()?;
    call.map_strings(|row| {
        let pattern = pattern.at(row)?;
        let group = group.map_or(0, |group| group.at(row));
        let index = group_index(group)?;
        let captures = pattern.find(text.at(row))?;
        Ok::<_, String>(captures.and_then(|found| found.get(index).map(|found| found.as_str())))
    })
}

/// Checks the number of a group; one that the pattern does not have matches nothing.
pub(super) fn group_index(group: i32) -> Result<usize, String> {
    usize::try_from(group).map_err(|_| format!("No group {group}"))
}
