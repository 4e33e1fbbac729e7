//! Cuts a script into statements, well formed or not.

use std::ops::Range;

use crate::ast::Position;
use crate::scan::{Piece, PieceKind, Scanner};

/// One statement's text in a script.
#[derive(Clone, Debug, PartialEq)]
pub struct StatementText<'a> {
    /// The text from the first word to the last, without the semicolon.
    pub text: &'a str,
    /// Its bytes in the script.
    pub range: Range<usize>,
    /// Where it begins.
    pub position: Position,
    /// Whether a semicolon ends it: false at most for the last one.
    pub terminated: bool,
}

/// A comment that begins with `--@`, which tells the tool that runs the script something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive<'a> {
    /// Where it stands.
    pub position: Position,
    /// Its name, e.g. `test` of `--@test: a name`.
    pub kind: &'a str,
    /// What follows the colon, without the spaces around it.
    pub text: &'a str,
}

/// Returns the statements of a script; what is wrong in one does not hide the next.
pub fn split_statements(text: &str) -> Vec<StatementText<'_>> {
    let mut statements = Vec::new();
    let mut current: Option<StatementText<'_>> = None;
    for piece in Scanner::new(text) {
        if piece.kind == PieceKind::Semicolon {
            statements.extend(current.take().map(|mut statement| {
                statement.terminated = true;
                statement
            }));
        } else if !piece.is_trivia() || !piece.closed {
            current = Some(extend(current, text, &piece));
        }
    }
    statements.extend(current);
    statements
}

fn extend<'a>(
    current: Option<StatementText<'a>>,
    text: &'a str,
    piece: &Piece,
) -> StatementText<'a> {
    let (start, position) = match current {
        Some(statement) => (statement.range.start, statement.position),
        None => (piece.range.start, piece.position),
    };
    let range = start..piece.range.end;
    StatementText { text: &text[range.clone()], range, position, terminated: false }
}

/// Tests whether a text is whole statements: it ends with a semicolon that is not in quotes or a comment.
///
/// Text that says nothing is complete too.
pub fn is_complete(text: &str) -> bool {
    split_statements(text).iter().all(|statement| statement.terminated)
}

/// Returns the `--@kind: text` comments of a script, in order.
pub fn directives(text: &str) -> Vec<Directive<'_>> {
    let comments = Scanner::new(text).filter(|piece| piece.kind == PieceKind::LineComment);
    comments
        .filter_map(|piece| {
            let body = text[piece.range].strip_prefix("--@")?;
            let (kind, text) = body.split_once(':').unwrap_or((body, ""));
            Some(Directive { position: piece.position, kind: kind.trim(), text: text.trim() })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &[&str]) {
        let texts: Vec<_> = split_statements(text).iter().map(|found| found.text).collect();
        assert_eq!(texts, want);
    }

    #[test]
    fn statements_end_at_semicolons_outside_quotes_and_comments() {
        check("A; B ;", &["A", "B"]);
        check("A ';' \";\" `;` -- ;\n B /* ; */ C;", &["A ';' \";\" `;` -- ;\n B /* ; */ C"]);
        check(" ;; -- nothing\n", &[]);
        check("A 'b; C", &["A 'b; C"]);
    }

    #[test]
    fn a_text_is_complete_when_its_last_statement_is() {
        assert!(is_complete("SELECT 1; -- done"));
        assert!(is_complete(""));
        assert!(!is_complete("SELECT 1"));
        assert!(!is_complete("SELECT ';"));
        assert!(!is_complete("SELECT 1; /* open"));
    }

    #[test]
    fn directives_have_a_kind_and_a_text() {
        let found = directives("--@test: joins two\nSELECT 1; -- no\n  --@expected.error: a.B");
        let found: Vec<_> = found.iter().map(|it| (it.position.line, it.kind, it.text)).collect();
        assert_eq!(found, [(1, "test", "joins two"), (3, "expected.error", "a.B")]);
    }
}
