//! `REGEXP_EXTRACT_ALL(pattern, text[, group])`.

use datafusion::arrow::array::ArrayRef;

use crate::functions::scalar::regexp::pattern::Pattern;
use crate::functions::scalar::regexp::regexp_extract::group_index;
use crate::functions::scalar::regexp::regular;
use crate::functions::{Call, FunctionError, ScalarFunction};

/// All matches of a pattern.
pub(super) fn regexp_extract_all() -> ScalarFunction {
    regular("regexp_extract_all", "Returns all that a pattern matches in a text.")
        .example("REGEXP_EXTRACT_ALL('t.', 'tide table')", "[ti, ta]")
        .overload("(pattern VARCHAR, input VARCHAR) ARRAY<VARCHAR>", "", extract_all)
        .overload(
            "(pattern VARCHAR, input VARCHAR, group INT) ARRAY<VARCHAR>",
            "What a group of it matches; NULL if there is no such group.",
            extract_all,
        )
}

fn extract_all(call: &mut Call<'_>) -> Result<ArrayRef, FunctionError> {
    let (mut pattern, text) = (call.prepare(0, Pattern::compile)?, call.strings(1)?);
    let group = (2 < call.args.len()).then(|| call.ints(2)).transpose()?;
    call.map_string_arrays(|row, matches| {
        let pattern = pattern.at(row)?;
        let index = group_index(group.map_or(0, |group| group.at(row)))?;
        if pattern.group_count() < index {
            return Ok(None);
        }
        pattern.find_all(text.at(row), |captures| {
            matches.push(captures.get(index).map(|found| found.as_str()));
            Ok(())
        })?;
        Ok::<_, String>(Some(()))
    })
}
