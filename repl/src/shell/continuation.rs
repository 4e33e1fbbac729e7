//! The second and later lines of a statement.
//!
//! The line editor knows one prompt. A line break that Enter makes is therefore followed by as many blanks as the prompt
//! is wide, which are shown as a second prompt and taken out of what is run. So the whole statement stays editable.

use tidemill_grammar::tokens;

/// What stands before the first line.
pub(super) const PROMPT: &str = "tidemill> ";
/// What is shown before the others; as wide as the first.
pub(super) const CONTINUATION: &str = "     ...> ";
/// What is in the text instead.
const INDENT: &str = "          ";

/// Returns what Enter adds to a statement that is not whole yet.
pub(super) fn line_break(before: &str) -> String {
    if is_in_quotes(before) { "\n".to_owned() } else { format!("\n{INDENT}") }
}

/// Takes the blanks out that stand for the second prompt.
pub(super) fn strip(text: &str) -> String {
    let mut stripped = String::with_capacity(text.len());
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            stripped.push('\n');
        }
        let is_own = index > 0 && !is_in_quotes(&stripped);
        stripped.push_str(if is_own { line.strip_prefix(INDENT).unwrap_or(line) } else { line });
    }
    stripped
}

/// Puts the blanks in that stand for the second prompt.
pub(super) fn indent(text: &str) -> String {
    let mut indented = String::with_capacity(text.len());
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            let line_break = line_break(&indented);
            indented.push_str(&line_break);
        }
        indented.push_str(line);
    }
    indented
}

/// Shows the blanks at the beginning of lines as the second prompt.
pub(super) fn show(painted: &str, prompt: &str) -> String {
    painted.replace(&format!("\n{INDENT}"), &format!("\n{prompt}"))
}

/// Tells whether the text ends in a quote or comment that is still open: blanks there would mean something.
fn is_in_quotes(text: &str) -> bool {
    // What follows an open quote or comment becomes part of it.
    let probe = format!("{text}\nx");
    tokens(&probe).last().is_some_and(|(_, range)| range.start + 1 < probe.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_are_equally_wide() {
        assert_eq!((PROMPT.len(), CONTINUATION.len()), (INDENT.len(), INDENT.len()));
    }

    #[test]
    fn the_blanks_are_not_part_of_the_statement() {
        let text = format!("SELECT a{}FROM b;", line_break("SELECT a"));
        assert_eq!(strip(&text), "SELECT a\nFROM b;");
        assert_eq!(indent("SELECT a\nFROM b;"), text);
        assert_eq!(show(&text, CONTINUATION), "SELECT a\n     ...> FROM b;");
    }

    #[test]
    fn quotes_are_left_alone() {
        assert_eq!(line_break("SELECT 'a"), "\n");
        assert_eq!(line_break("SELECT `a"), "\n");
        assert_eq!(line_break("SELECT /* a"), "\n");
        assert_eq!(line_break("SELECT -- a"), format!("\n{INDENT}"));
        let text = format!("SELECT 'a\n{INDENT}b'\n{INDENT}FROM c;");
        assert_eq!(strip(&text), format!("SELECT 'a\n{INDENT}b'\nFROM c;"));
    }
}
