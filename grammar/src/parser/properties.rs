//! `WITH (name = literal, …)`.

use sqlparser::tokenizer::Token;

use crate::ast::{Ident, Literal, Properties};
use crate::convert;
use crate::error::ParseError;
use crate::parser::cursor::Cursor;

/// Takes `WITH (…)`, if it is there.
pub(crate) fn with(cursor: &mut Cursor) -> Result<Option<Properties>, ParseError> {
    if cursor.eat_word("WITH") { list(cursor).map(Some) } else { Ok(None) }
}

/// Takes `(name = literal, …)`.
pub(crate) fn list(cursor: &mut Cursor) -> Result<Properties, ParseError> {
    cursor.expect(&Token::LParen)?;
    let properties = cursor.list(property)?;
    cursor.expect(&Token::RParen)?;
    Ok(Properties(properties))
}

fn property(cursor: &mut Cursor) -> Result<(Ident, Literal), ParseError> {
    let position = cursor.position();
    let name = if matches!(cursor.peek().token, Token::SingleQuotedString(_)) {
        Ident { name: cursor.string()?, quoted: true, position }
    } else {
        cursor.ident("a property name")?
    };
    cursor.expect(&Token::Eq)?;
    Ok((name, literal(cursor)?))
}

/// Takes a literal.
pub(crate) fn literal(cursor: &mut Cursor) -> Result<Literal, ParseError> {
    cursor.note("a literal");
    let position = cursor.position();
    let sign = if cursor.is(&Token::Minus) && matches!(cursor.peek_nth(1), Token::Number(..)) {
        cursor.next();
        "-"
    } else {
        ""
    };
    if let Token::Number(digits, _) = cursor.peek().token.clone() {
        cursor.next();
        return convert::number(&format!("{sign}{digits}"), position);
    }
    for (word, literal) in [
        ("NULL", Literal::Null),
        ("TRUE", Literal::Boolean(true)),
        ("FALSE", Literal::Boolean(false)),
    ] {
        if cursor.is_word(word) {
            cursor.next();
            return Ok(literal);
        }
    }
    if !matches!(cursor.peek().token, Token::SingleQuotedString(_)) {
        return Err(cursor.unexpected());
    }
    cursor.string().map(Literal::String)
}
