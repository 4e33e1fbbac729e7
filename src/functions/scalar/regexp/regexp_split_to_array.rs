//! `REGEXP_SPLIT_TO_ARRAY(text, pattern)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::regexp::pattern::{Pattern, next_character, span};
use crate::functions::scalar::regexp::regular;

/// The parts between the matches of a pattern.
pub(super) fn regexp_split_to_array() -> ScalarFunction {
    regular(
        "regexp_split_to_array",
        "Splits a text at all that a pattern matches; an empty pattern splits it into characters.",
    )
    .example("REGEXP_SPLIT_TO_ARRAY('ebb, flow', ',\\s*')", "[ebb, flow]")
    .overload("(string VARCHAR, regexp VARCHAR) ARRAY<VARCHAR>", "", |call| {
        let text = call.strings(0)?;
        let mut pattern = call.prepare(1, Pattern::compile)?;
        call.map_string_arrays(|row, parts| {
            let pattern = pattern.at(row)?;
            if pattern.find("")?.is_some() {
                split_at_nothing(pattern, text.at(row), parts)
            } else {
                split(pattern, text.at(row), parts)
            }
        })
    })
}

/// Splits as Java's `Pattern.split` does: nothing is split off before the first character, and no empty part ends the list.
fn split_at_nothing<'a>(
    pattern: &Pattern,
    text: &'a str,
    parts: &mut Vec<Option<&'a str>>,
) -> Result<(), String> {
    let begin = parts.len();
    let mut rest = 0;
    pattern.find_all(text, |captures| {
        let (start, end) = span(captures);
        if 0 < end {
            parts.push(Some(&text[rest..start]));
            rest = end;
        }
        Ok(())
    })?;
    if rest == 0 {
        parts.truncate(begin);
        parts.push(Some(text));
        return Ok(());
    }
    parts.push(Some(&text[rest..]));
    while begin < parts.len() && parts.last() == Some(&Some("")) {
        parts.pop();
    }
    Ok(())
}

/// Splits as Guava's `Splitter` does: empty parts stay.
fn split<'a>(
    pattern: &Pattern,
    text: &'a str,
    parts: &mut Vec<Option<&'a str>>,
) -> Result<(), String> {
    let (mut rest, mut from) = (0, 0);
    while from <= text.len() {
        let Some((start, end)) = pattern.find_from(text, from)? else { break };
        // An empty match, as look-around can have, splits nothing off where a part begins.
        if end == rest {
            from = next_character(text, end);
            continue;
        }
        parts.push(Some(&text[rest..start]));
        (rest, from) = (end, end);
    }
    parts.push(Some(&text[rest..]));
    Ok(())
}
