//! Shows the place of an error: the line of the source, and a caret under the word.

use tidemill_grammar::tokens;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::style::{ERROR, FAINT, paint};

/// How many characters of a long line are shown on each side of the place.
const CONTEXT_CHARS: usize = 60;

/// A line of a source and a place in it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Excerpt {
    /// The file; none if it is what the user has just typed.
    source_name: Option<String>,
    line: u32,
    column: u32,
    /// The line, or the part of it around the place.
    text: String,
    /// How many characters of `text` stand before the place.
    before_count: usize,
    /// How many characters the word at the place has.
    word_chars: usize,
}

impl Excerpt {
    /// Finds a place (line and column from 1, in characters) in a source.
    pub(crate) fn new(source_name: Option<&str>, text: &str, place: (u32, u32)) -> Option<Self> {
        let (line, column) = place;
        let line_text = text.split('\n').nth(line.checked_sub(1)? as usize)?;
        let line_text = line_text.strip_suffix('\r').unwrap_or(line_text);
        let chars: Vec<char> = line_text.chars().collect();
        let at = (column.saturating_sub(1) as usize).min(chars.len());
        let start = at.saturating_sub(CONTEXT_CHARS);
        let word_chars = word_length(&chars[at..]);
        let end = (at + word_chars + CONTEXT_CHARS).min(chars.len());
        let cut = |is_cut: bool| if is_cut { "…" } else { "" };
        let shown: String = chars[start..end].iter().collect();
        Some(Excerpt {
            source_name: source_name.map(str::to_owned),
            line,
            column,
            text: format!("{}{shown}{}", cut(start > 0), cut(end < chars.len())),
            before_count: at - start + usize::from(start > 0),
            word_chars,
        })
    }

    /// Says that the source itself begins so many lines below the beginning of its file.
    pub(crate) fn below(mut self, lines: u32) -> Self {
        self.line += lines;
        self
    }

    /// Draws it.
    pub(crate) fn render(&self, colours: bool) -> String {
        let number = self.line.to_string();
        let margin = " ".repeat(number.len());
        let faint = |text: &str| paint(FAINT, text, colours);
        let mut drawn = String::new();
        if let Some(name) = &self.source_name {
            let place = format!("{margin} --> {name}:{}:{}", self.line, self.column);
            drawn.push_str(&format!("{}\n", faint(&place)));
        }
        let carets = paint(ERROR, &"^".repeat(self.caret_width()), colours);
        let (bar, shift) = (faint("|"), self.shift());
        drawn.push_str(&format!("{} {bar} {}\n", faint(&number), self.text));
        drawn.push_str(&format!("{margin} {bar} {shift}{carets}\n"));
        drawn
    }

    /// Returns the blanks under what stands before the place; a tab stays a tab, so that it is as wide.
    fn shift(&self) -> String {
        let blank = |char: char| match char {
            '\t' => "\t".to_owned(),
            _ => " ".repeat(char.width().unwrap_or(0)),
        };
        self.text.chars().take(self.before_count).map(blank).collect()
    }

    fn caret_width(&self) -> usize {
        let word: String =
            self.text.chars().skip(self.before_count).take(self.word_chars).collect();
        word.width().max(1)
    }
}

/// Returns how many characters the word has that the line goes on with.
fn word_length(rest: &[char]) -> usize {
    let rest: String = rest.iter().collect();
    match tokens(&rest).first() {
        Some((_, range)) if range.start == 0 => rest[range.clone()].chars().count(),
        _ => 1.min(rest.len()),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check(text: &str, place: (u32, u32), want: Expect) {
        let drawn = Excerpt::new(None, text, place).map(|excerpt| excerpt.render(false));
        want.assert_eq(&drawn.unwrap_or_else(|| "none".to_owned()));
    }

    #[test]
    fn the_caret_stands_under_the_word() {
        check(
            "SELECT price FROM bids",
            (1, 8),
            expect![[r"
                1 | SELECT price FROM bids
                  |        ^^^^^
            "]],
        );
    }

    #[test]
    fn wide_characters_take_two_columns() {
        check(
            "SELECT '料理', `料` FROM bids",
            (1, 14),
            expect![[r"
                1 | SELECT '料理', `料` FROM bids
                  |                ^^^^
            "]],
        );
    }

    #[test]
    fn the_end_of_a_line_has_one_caret() {
        check(
            "SELECT\r\n",
            (1, 7),
            expect![[r"
                1 | SELECT
                  |       ^
            "]],
        );
        check("SELECT", (3, 1), expect!["none"]);
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let text = format!("{} prize {}", "a, ".repeat(50), ", b".repeat(50));
        check(
            &text,
            (1, 152),
            expect![[r#"
                1 | …, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a, a,  prize , b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, …
                  |                                                              ^^^^^
            "#]],
        );
    }
}
