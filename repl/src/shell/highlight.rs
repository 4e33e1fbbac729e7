//! Colours for what is being typed.

use anstyle::Style;
use tidemill_grammar::{TokenKind, tokens};

use crate::shell::names::Names;
use crate::style::{FAINT, FUNCTION, KEYWORD, NAME, NUMBER, STRING, paint};

/// The first words of the shell's own commands.
const COMMAND_WORDS: [&str; 11] = [
    "clear", "cli", "exit", "help", "history", "output", "quit", "script", "server", "spool",
    "version",
];
/// The types that are not words of the grammar.
const TYPE_WORDS: [&str; 8] =
    ["BIGINT", "BOOLEAN", "BYTES", "DOUBLE", "INT", "INTEGER", "VARCHAR", "STRING"];

/// Paints words of the language, texts, numbers, comments, and names that something has.
pub(super) fn highlight(text: &str, names: &Names) -> String {
    let mut painted = String::with_capacity(text.len() * 2);
    let mut end = 0;
    let parts = tokens(text);
    for (index, (kind, range)) in parts.iter().enumerate() {
        painted.push_str(&text[end..range.start]);
        let word = &text[range.clone()];
        let is_called = parts.get(index + 1).is_some_and(|(_, next)| text[next.clone()] == *"(");
        let style = match kind {
            TokenKind::Keyword if is_called && names.is_function(word) => Some(FUNCTION),
            TokenKind::Keyword => Some(KEYWORD),
            TokenKind::Identifier if index == 0 && is_command(word) => Some(KEYWORD),
            TokenKind::Identifier => identifier_style(word, is_called, names),
            TokenKind::String => Some(STRING),
            TokenKind::Number => Some(NUMBER),
            TokenKind::Comment => Some(FAINT),
            TokenKind::Variable => Some(NUMBER),
            TokenKind::Operator => None,
        };
        match style {
            Some(style) => paint_lines(&mut painted, style, word),
            None => painted.push_str(word),
        }
        end = range.end;
    }
    painted + &text[end..]
}

fn identifier_style(word: &str, is_called: bool, names: &Names) -> Option<Style> {
    if is_called && names.is_function(word) || TYPE_WORDS.contains(&word.to_uppercase().as_str()) {
        return Some(FUNCTION);
    }
    names.is_known(word).then_some(NAME)
}

fn is_command(word: &str) -> bool {
    COMMAND_WORDS.contains(&word.to_lowercase().as_str())
}

/// Paints each line by itself, so that the second prompt does not take the colour of a long text.
fn paint_lines(painted: &mut String, style: Style, word: &str) {
    for (index, line) in word.split('\n').enumerate() {
        if index > 0 {
            painted.push('\n');
        }
        painted.push_str(&paint(style, line, true));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::names::sample;

    /// Shows the colours as letters around the words.
    fn painted(text: &str) -> String {
        let mut shown = highlight(text, &sample());
        let letters = [
            (KEYWORD, "k"),
            (STRING, "s"),
            (NUMBER, "n"),
            (FAINT, "c"),
            (FUNCTION, "f"),
            (NAME, "i"),
        ];
        for (style, letter) in letters {
            shown = shown.replace(&style.to_string(), &format!("{letter}["));
        }
        shown.replace("\u{1b}[0m", "]")
    }

    #[test]
    fn every_kind_of_word_has_its_colour() {
        assert_eq!(
            painted("SELECT sum(price), 'it''s', 1.5, x FROM `BIDS` -- all"),
            "k[SELECT] f[sum](i[price]), s['it''s'], n[1.5], x k[FROM] i[`BIDS`] c[-- all]"
        );
        assert_eq!(painted("help me"), "k[help] me");
        assert_eq!(painted("SELECT 'a\nb'"), "k[SELECT] s['a]\ns[b']");
    }

    #[test]
    fn the_text_stays_the_same() {
        for text in ["SELECT 'open", "/* open", "`", "ü ${x} ;;", ""] {
            let plain = anstream::adapter::strip_str(&highlight(text, &sample())).to_string();
            assert_eq!(plain, text);
        }
    }
}
