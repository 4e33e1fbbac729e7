//! What each part of a text is, for colouring it while it is typed.

use std::ops::Range;

use crate::keywords::is_keyword;
use crate::scan::{PieceKind, Scanner};

/// What a part of a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// A word of the language.
    Keyword,
    /// A name, in quotes or not.
    Identifier,
    /// `'…'`, closed or not.
    String,
    /// Digits.
    Number,
    /// `-- …` or `/* … */`, closed or not.
    Comment,
    /// Anything else: operators, brackets, commas, semicolons.
    Operator,
    /// `${name}`.
    Variable,
}

/// Returns the parts of any text in order, with their bytes; space is left out.
pub fn tokens(text: &str) -> Vec<(TokenKind, Range<usize>)> {
    Scanner::new(text)
        .filter_map(|piece| {
            let kind = match piece.kind {
                PieceKind::Space => return None,
                PieceKind::LineComment | PieceKind::BlockComment => TokenKind::Comment,
                PieceKind::String => TokenKind::String,
                PieceKind::QuotedIdent => TokenKind::Identifier,
                PieceKind::Variable => TokenKind::Variable,
                PieceKind::Number => TokenKind::Number,
                PieceKind::Word if is_keyword(&text[piece.range.clone()]) => TokenKind::Keyword,
                PieceKind::Word => TokenKind::Identifier,
                PieceKind::EscapedVariable | PieceKind::Semicolon | PieceKind::Operator => {
                    TokenKind::Operator
                }
            };
            Some((kind, piece.range))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_has_a_kind() {
        let text = "SELECT x->`y`, 1.5e-3 -- c\nFROM ${s} WHERE a='it''s' || 'op";
        let parts: Vec<_> =
            tokens(text).into_iter().map(|(kind, range)| (kind, &text[range])).collect();
        use TokenKind::*;
        let want = [
            (Keyword, "SELECT"),
            (Identifier, "x"),
            (Operator, "->"),
            (Identifier, "`y`"),
            (Operator, ","),
            (Number, "1.5e-3"),
            (Comment, "-- c"),
            (Keyword, "FROM"),
            (Variable, "${s}"),
            (Keyword, "WHERE"),
            (Identifier, "a"),
            (Operator, "="),
            (String, "'it''s'"),
            (Operator, "||"),
            (String, "'op"),
        ];
        assert_eq!(parts, want);
    }
}
