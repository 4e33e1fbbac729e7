//! `INITCAP(text)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::string::textual;

/// Each word with a capital first letter, the rest in lower case.
pub(super) fn initcap() -> ScalarFunction {
    textual("initcap", "Makes the first letter of each word a capital and all others small.")
        .example("INITCAP('ebb AND flow')", "Ebb And Flow")
        .overload("(str VARCHAR) VARCHAR", "", |call| {
            let text = call.strings(0)?;
            call.write_strings(|row, out| write_capitalized(text.at(row), out))
        })
}

/// White space before the first word is lost, as in ksqlDB.
fn write_capitalized(text: &str, out: &mut String) {
    let lower = text.to_lowercase();
    let mut is_word_start = true;
    for c in lower.trim_start_matches(is_space).chars() {
        if is_word_start && !is_space(c) {
            out.extend(c.to_uppercase());
        } else {
            out.push(c);
        }
        is_word_start = is_space(c);
    }
}

/// Tells whether Java's `\s` matches a character.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\x0B' | '\x0C' | '\r')
}
