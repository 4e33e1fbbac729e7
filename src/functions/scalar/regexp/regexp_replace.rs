//! `REGEXP_REPLACE(text, pattern, replacement)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::regexp::pattern::Pattern;
use crate::functions::scalar::regexp::regular;

/// The text with all matches of a pattern replaced.
pub(super) fn regexp_replace() -> ScalarFunction {
    regular(
        "regexp_replace",
        "Replaces all that a pattern matches; $1 is what its first group matches.",
    )
    .example("REGEXP_REPLACE('high tide', '(\\w+) (\\w+)', '$2 $1')", "tide high")
    .overload("(str VARCHAR, regexp VARCHAR, newStr VARCHAR) VARCHAR", "", |call| {
        let (text, new) = (call.strings(0)?, call.strings(2)?);
        let mut pattern = call.prepare(1, Pattern::compile)?;
        call.map_strings(|row| pattern.at(row)?.replace_all(text.at(row), new.at(row)))
    })
}
