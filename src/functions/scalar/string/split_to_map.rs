//! `SPLIT_TO_MAP(input, entryDelimiter, kvDelimiter)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::string::textual;

/// The keys and values of a text such as `a=1,b=2`.
pub(super) fn split_to_map() -> ScalarFunction {
    textual(
        "split_to_map",
        "Splits a text into entries, and those into keys and values; of equal keys the last one counts.",
    )
    .example("SPLIT_TO_MAP('a=1', ',', '=')", "{a=1}")
    .overload(
        "(input VARCHAR, entryDelimiter VARCHAR, kvDelimiter VARCHAR) MAP<VARCHAR, VARCHAR>",
        "NULL if a delimiter is empty or both are the same; entries without a key and a value are left out.",
        |call| {
            let (text, outer, inner) = (call.strings(0)?, call.strings(1)?, call.strings(2)?);
            call.map_string_maps(|row, entries| {
                let (outer, inner) = (outer.at(row), inner.at(row));
                if outer.is_empty() || inner.is_empty() || outer == inner {
                    return None;
                }
                split(text.at(row), outer, inner, entries);
                Some(())
            })
        },
    )
}

type Entries<'a> = Vec<(&'a str, Option<&'a str>)>;

fn split<'a>(text: &'a str, outer: &str, inner: &str, entries: &mut Entries<'a>) {
    let begin = entries.len();
    let mut places = std::collections::HashMap::new();
    for entry in text.split(outer) {
        let mut parts = entry.split(inner);
        let (Some(key), Some(value)) = (parts.next(), parts.next()) else { continue };
        let place = *places.entry(key).or_insert(entries.len() - begin);
        if place + begin < entries.len() {
            entries[begin + place].1 = Some(value);
        } else {
            entries.push((key, Some(value)));
        }
    }
}
