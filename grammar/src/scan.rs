//! Cuts any text into pieces, without ever failing: what sees a text before it is known to be well formed
//! (splitting, highlighting, variables) works on these.

use std::ops::Range;

use crate::ast::Position;

/// What a piece of text is, by its first characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PieceKind {
    Space,
    LineComment,
    BlockComment,
    /// `'…'`.
    String,
    /// `"…"` or `` `…` ``.
    QuotedIdent,
    /// `${name}`.
    Variable,
    /// `$${`, which stands for `${` that is no variable.
    EscapedVariable,
    Word,
    Number,
    Semicolon,
    Operator,
}

/// A piece of text.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    pub(crate) kind: PieceKind,
    /// Its bytes.
    pub(crate) range: Range<usize>,
    /// Where it begins.
    pub(crate) position: Position,
    /// Whether its end was found: false for a quote or comment that runs to the end of the text.
    pub(crate) closed: bool,
}

impl Piece {
    /// Tests whether it says nothing: space or a comment.
    pub(crate) fn is_trivia(&self) -> bool {
        matches!(self.kind, PieceKind::Space | PieceKind::LineComment | PieceKind::BlockComment)
    }
}

/// Cuts a text into pieces that follow each other without a gap.
pub(crate) struct Scanner<'a> {
    text: &'a str,
    offset: usize,
    position: Position,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Scanner { text, offset: 0, position: Position { line: 1, column: 1 } }
    }

    fn advance(&mut self, length: usize) {
        let end = self.offset + length;
        for char in self.text[self.offset..end].chars() {
            if char == '\n' {
                self.position = Position { line: self.position.line + 1, column: 1 };
            } else {
                self.position.column += 1;
            }
        }
        self.offset = end;
    }
}

impl Iterator for Scanner<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        let rest = &self.text[self.offset..];
        let first = rest.chars().next()?;
        let (kind, length, closed) = measure(rest, first);
        let (start, position) = (self.offset, self.position);
        self.advance(length);
        Some(Piece { kind, range: start..self.offset, position, closed })
    }
}

/// Says what `rest` begins with, how many bytes it has and whether it is closed.
fn measure(rest: &str, first: char) -> (PieceKind, usize, bool) {
    let open = |kind, length| (kind, length, true);
    match first {
        '\'' => quoted(rest, PieceKind::String, first),
        '"' | '`' => quoted(rest, PieceKind::QuotedIdent, first),
        ';' => open(PieceKind::Semicolon, 1),
        '$' if rest.starts_with("$${") => open(PieceKind::EscapedVariable, 3),
        '$' => match variable_name(rest) {
            Some(name) => open(PieceKind::Variable, name.len() + 3),
            None => open(PieceKind::Operator, 1),
        },
        '-' if rest.starts_with("--") => {
            open(PieceKind::LineComment, rest.find('\n').unwrap_or(rest.len()))
        }
        '/' if rest.starts_with("/*") => match rest[2..].find("*/") {
            Some(end) => open(PieceKind::BlockComment, end + 4),
            None => (PieceKind::BlockComment, rest.len(), false),
        },
        '0'..='9' => open(PieceKind::Number, number_length(rest)),
        _ if first.is_whitespace() => {
            open(PieceKind::Space, take_while(rest, |char| char.is_whitespace()))
        }
        _ if is_word_start(first) => open(PieceKind::Word, take_while(rest, is_word_part)),
        _ => open(PieceKind::Operator, operator_length(rest, first)),
    }
}

/// Measures a quoted piece; a doubled quote does not end it.
fn quoted(rest: &str, kind: PieceKind, quote: char) -> (PieceKind, usize, bool) {
    let mut from = 1;
    while let Some(found) = rest[from..].find(quote) {
        let end = from + found + 1;
        if !rest[end..].starts_with(quote) {
            return (kind, end, true);
        }
        from = end + 1;
    }
    (kind, rest.len(), false)
}

/// Returns the name in the `${name}` that `rest` begins with.
pub(crate) fn variable_name(rest: &str) -> Option<&str> {
    let inner = rest.strip_prefix("${")?;
    let name = &inner[..take_while(inner, is_word_part)];
    (name.starts_with(is_word_start) && inner[name.len()..].starts_with('}')).then_some(name)
}

/// Measures a number; letters that follow it belong to it, wrong as it then is.
fn number_length(rest: &str) -> usize {
    let mut length = take_while(rest, |char| is_word_part(char) || char == '.');
    let exponent = rest[..length].ends_with(['e', 'E']);
    if exponent && rest[length..].starts_with(['+', '-']) {
        let digits = take_while(&rest[length + 1..], |char| char.is_ascii_digit());
        length += if digits == 0 { 0 } else { digits + 1 };
    }
    length
}

fn operator_length(rest: &str, first: char) -> usize {
    const LONG: [&str; 8] = ["->", "=>", ":=", "<>", "!=", "<=", ">=", "||"];
    if LONG.iter().any(|operator| rest.starts_with(operator)) { 2 } else { first.len_utf8() }
}

fn take_while(text: &str, accept: impl Fn(char) -> bool) -> usize {
    text.find(|char| !accept(char)).unwrap_or(text.len())
}

/// Tests whether an identifier without quotes can begin with `char`.
pub(crate) fn is_word_start(char: char) -> bool {
    char.is_alphabetic() || char == '_'
}

/// Tests whether an identifier without quotes can go on with `char`.
pub(crate) fn is_word_part(char: char) -> bool {
    char.is_alphanumeric() || char == '_' || char == '@'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_cover_any_text(text in "[-'\"`/*;$a{}0-9.e\n ü]{0,40}") {
            let mut end = 0;
            for piece in Scanner::new(&text) {
                prop_assert_eq!(piece.range.start, end);
                prop_assert!(piece.range.start < piece.range.end);
                end = piece.range.end;
            }
            prop_assert_eq!(end, text.len());
        }
    }
}
