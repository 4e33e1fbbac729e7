//! `${name}` in a statement's text, replaced before the text is parsed.
//!
//! A value never brings more than one token into the text, so that it cannot become another statement.

use crate::ast::Position;
use crate::error::ParseError;
use crate::scan::{Piece, PieceKind, Scanner, is_word_part, is_word_start, variable_name};

/// Replaces each `${name}` of `text` by what `value` returns for the name; `$${` stands for a plain `${`.
///
/// - In `'…'` a value's quotes are doubled, and an undefined variable stays as it is.
/// - Elsewhere a value must be one identifier, in quotes or not, one number, TRUE, FALSE or one string in quotes;
///   and an undefined variable is an error.
/// - Comments are left alone.
pub fn substitute_variables(
    text: &str,
    value: &dyn Fn(&str) -> Option<String>,
) -> Result<String, ParseError> {
    let mut output = String::with_capacity(text.len());
    let mut after_variable = false;
    for piece in Scanner::new(text) {
        let source = &text[piece.range.clone()];
        let token = match piece.kind {
            PieceKind::Variable => bare_value(source, &piece, value)?,
            PieceKind::String => in_quotes(source, '\'', value),
            PieceKind::QuotedIdent if source.starts_with('"') => in_quotes(source, '"', value),
            PieceKind::QuotedIdent => in_quotes(source, '`', value),
            PieceKind::EscapedVariable => "${".to_owned(),
            PieceKind::Space
            | PieceKind::LineComment
            | PieceKind::BlockComment
            | PieceKind::Word
            | PieceKind::Number
            | PieceKind::Semicolon
            | PieceKind::Operator => source.to_owned(),
        };
        let is_variable = piece.kind == PieceKind::Variable;
        if (is_variable || after_variable) && grow_together(&output, &token) {
            output.push(' ');
        }
        output.push_str(&token);
        after_variable = is_variable;
    }
    Ok(output)
}

/// Tests whether two neighbours would be read as one token or as a comment: `-` and `-1`, `'a'` and `'b'`.
fn grow_together(before: &str, after: &str) -> bool {
    let joins = |char| is_word_part(char) || matches!(char, '\'' | '"' | '`' | '-' | '$');
    before.ends_with(joins) && after.starts_with(joins)
}

/// Returns what stands for a variable outside quotes.
fn bare_value(
    source: &str,
    piece: &Piece,
    value: &dyn Fn(&str) -> Option<String>,
) -> Result<String, ParseError> {
    let name = variable_name(source).unwrap_or_default();
    let Some(value) = value(name) else {
        return Err(undefined(piece.position, name));
    };
    as_token(&value).ok_or_else(|| {
        let text = format!("Illegal argument for variable '{name}'. Got: '{value}'");
        ParseError::invalid(piece.position, text)
            .with_hint("a value is one identifier, number, TRUE, FALSE or string in quotes")
    })
}

/// The error for a variable that nothing defines.
pub(crate) fn undefined(position: Position, name: &str) -> ParseError {
    ParseError::invalid(position, format!("variable '{name}' is not defined"))
        .with_hint(format!("define it first: DEFINE {name} = '…';"))
}

/// Returns `value` as the one token it is, or nothing if it is not one.
fn as_token(value: &str) -> Option<String> {
    let trimmed = value.trim();
    if let Some(inner) = unquote(trimmed, '\'') {
        return Some(format!("'{}'", inner.replace('\'', "''")));
    }
    let name = unquote(trimmed, '"').or_else(|| unquote(trimmed, '`')).unwrap_or(trimmed);
    (is_name(name) || is_number(trimmed)).then(|| trimmed.to_owned())
}

fn unquote(value: &str, quote: char) -> Option<&str> {
    value.strip_prefix(quote)?.strip_suffix(quote)
}

fn is_name(value: &str) -> bool {
    value.starts_with(is_word_start) && value.chars().all(is_word_part)
}

fn is_number(value: &str) -> bool {
    let digits = value.strip_prefix('-').unwrap_or(value);
    digits.starts_with(|char: char| char.is_ascii_digit()) && digits.parse::<f64>().is_ok()
}

/// Replaces the variables in a quoted piece; each value's own quotes are doubled.
fn in_quotes(source: &str, quote: char, value: &dyn Fn(&str) -> Option<String>) -> String {
    let mut output = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(dollar) = rest.find('$') {
        output.push_str(&rest[..dollar]);
        rest = &rest[dollar..];
        let (text, length) = if rest.starts_with("$${") {
            ("${".to_owned(), 3)
        } else {
            match variable_name(rest) {
                Some(name) => (quoted_value(name, quote, value), name.len() + 3),
                None => ("$".to_owned(), 1),
            }
        };
        output.push_str(&text);
        rest = &rest[length..];
    }
    output + rest
}

fn quoted_value(name: &str, quote: char, value: &dyn Fn(&str) -> Option<String>) -> String {
    match value(name) {
        Some(value) => value.replace(quote, &format!("{quote}{quote}")),
        None => format!("${{{name}}}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &str) {
        let value = |name: &str| {
            let value = match name.to_ascii_uppercase().as_str() {
                "N" => "-3",
                "S" => "orders",
                "Q" => "'it's'",
                "B" => "`b`",
                "EVIL" => "x; DROP STREAM s",
                "APOS" => "x' OR 'y",
                _ => return None,
            };
            Some(value.to_owned())
        };
        let got = substitute_variables(text, &value).unwrap_or_else(|error| error.to_string());
        assert_eq!(got, want);
    }

    #[test]
    fn values_replace_names() {
        check("SELECT * FROM ${s} LIMIT ${N}", "SELECT * FROM orders LIMIT -3");
        check("SELECT ${Q}, ${b} -- ${s}", "SELECT 'it''s', `b` -- ${s}");
        check("topic = '${s}-${none}'", "topic = 'orders-${none}'");
        check("'$${s}' $${s}", "'${s}' ${s}");
    }

    #[test]
    fn values_stay_one_token() {
        check("1 -${N}", "1 - -3");
        check("a${S}b", "a orders b");
        check("'${apos}'", "'x'' OR ''y'");
        check("'a'${Q}'b'", "'a' 'it''s' 'b'");
        check(
            "FROM ${evil}",
            "line 1:6: Illegal argument for variable 'evil'. Got: 'x; DROP STREAM s'; \
             a value is one identifier, number, TRUE, FALSE or string in quotes",
        );
    }

    #[test]
    fn an_undefined_variable_is_an_error_outside_quotes() {
        check(
            "FROM ${t}",
            "line 1:6: variable 't' is not defined; define it first: DEFINE t = '…';",
        );
    }
}
