//! The operators that stand between or after expressions, and how tightly they bind.

use sqlparser::ast as sql;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

use crate::error::ParseError;
use crate::lexer::is_word;
use crate::parser::cursor::Cursor;
use crate::parser::prefix;

/// How tightly operators bind, from the loosest to the tightest.
pub(crate) mod precedence {
    pub(crate) const LOWEST: u8 = 0;
    pub(crate) const OR: u8 = 5;
    pub(crate) const AND: u8 = 10;
    pub(crate) const NOT: u8 = 15;
    /// Comparisons and the like: one of them, never a chain. What binds tighter is a value.
    pub(crate) const PREDICATE: u8 = 20;
    pub(crate) const CONCAT: u8 = 25;
    pub(crate) const SUM: u8 = 30;
    pub(crate) const PRODUCT: u8 = 40;
    pub(crate) const TIME_ZONE: u8 = 50;
}

/// Returns how tightly the next token binds as an operator, `LOWEST` if it is none.
pub(crate) fn next_precedence(parser: &Parser) -> u8 {
    use precedence::*;
    let next = |count| &parser.peek_nth_token_ref(count).token;
    match next(0) {
        Token::Eq | Token::Neq | Token::Lt | Token::LtEq | Token::Gt | Token::GtEq => PREDICATE,
        Token::StringConcat => CONCAT,
        Token::Plus | Token::Minus => SUM,
        Token::Mul | Token::Div | Token::Mod => PRODUCT,
        word @ Token::Word(_) => match () {
            () if is_word(word, "AND") => AND,
            () if is_word(word, "OR") => OR,
            () if is_word(word, "AT") => TIME_ZONE,
            () if is_predicate_word(word) => PREDICATE,
            () if is_word(word, "NOT") && is_predicate_word(next(1)) => PREDICATE,
            () => LOWEST,
        },
        _ => LOWEST,
    }
}

fn is_predicate_word(token: &Token) -> bool {
    ["IS", "IN", "LIKE", "BETWEEN"].iter().any(|word| is_word(token, word))
}

/// Takes the operator that is next and what follows it, or nothing if sqlparser is to do so.
///
/// sqlparser lends us `left` and keeps it for itself: it builds the chains of AND, OR, arithmetic and time zones without a copy,
/// while a predicate, of which there is no chain, may copy its left side.
pub(crate) fn expression(
    cursor: &mut Cursor,
    left: &sql::Expr,
) -> Result<Option<sql::Expr>, ParseError> {
    cursor.count_operator()?;
    let operator = cursor.peek().token.clone();
    let is_comparison = matches!(
        operator,
        Token::Eq | Token::Neq | Token::Lt | Token::LtEq | Token::Gt | Token::GtEq
    );
    let negated = is_word(&operator, "NOT");
    let is_word_predicate = negated || is_predicate_word(&operator);
    if (is_comparison || is_word_predicate) && is_predicate(left) {
        cursor.note("AND");
        cursor.note("OR");
        return Err(cursor.unexpected().with_hint("put the first comparison in parentheses"));
    }
    if is_word_predicate {
        return word_predicate(cursor, left.clone(), negated).map(Some);
    }
    let is_logic = is_word(&operator, "AND") || is_word(&operator, "OR");
    if !is_logic && is_word(cursor.peek_nth(1), "NOT") {
        cursor.next();
        return Err(prefix::not_a_value(cursor));
    }
    Ok(None)
}

/// Tests for an expression that is no value unless it is in parentheses.
fn is_predicate(expr: &sql::Expr) -> bool {
    use sql::BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    match expr {
        sql::Expr::BinaryOp { op, .. } => matches!(op, Eq | NotEq | Lt | LtEq | Gt | GtEq),
        sql::Expr::IsNull(_)
        | sql::Expr::IsNotNull(_)
        | sql::Expr::IsDistinctFrom(..)
        | sql::Expr::IsNotDistinctFrom(..)
        | sql::Expr::InList { .. }
        | sql::Expr::Between { .. }
        | sql::Expr::Like { .. } => true,
        _ => false,
    }
}

fn word_predicate(
    cursor: &mut Cursor,
    left: sql::Expr,
    negated: bool,
) -> Result<sql::Expr, ParseError> {
    let left = Box::new(left);
    if negated {
        cursor.next();
    }
    if cursor.eat_word("IN") {
        in_list(cursor, left, negated)
    } else if cursor.eat_word("LIKE") {
        like(cursor, left, negated)
    } else if cursor.eat_word("BETWEEN") {
        let low = Box::new(prefix::value(cursor)?);
        cursor.expect_word("AND")?;
        let high = Box::new(prefix::value(cursor)?);
        Ok(sql::Expr::Between { expr: left, negated, low, high })
    } else {
        cursor.expect_word("IS")?;
        is(cursor, left)
    }
}

fn in_list(
    cursor: &mut Cursor,
    expr: Box<sql::Expr>,
    negated: bool,
) -> Result<sql::Expr, ParseError> {
    cursor.expect(&Token::LParen)?;
    let list = cursor.list(prefix::any)?;
    cursor.expect(&Token::RParen)?;
    Ok(sql::Expr::InList { expr, list, negated })
}

fn like(cursor: &mut Cursor, expr: Box<sql::Expr>, negated: bool) -> Result<sql::Expr, ParseError> {
    let pattern = Box::new(prefix::value(cursor)?);
    let escape_char = if cursor.eat_word("ESCAPE") {
        let span = cursor.peek().span;
        Some(sql::Value::SingleQuotedString(cursor.string()?).with_span(span))
    } else {
        None
    };
    Ok(sql::Expr::Like { negated, any: false, expr, pattern, escape_char })
}

fn is(cursor: &mut Cursor, left: Box<sql::Expr>) -> Result<sql::Expr, ParseError> {
    let negated = cursor.eat_word("NOT");
    if cursor.eat_word("NULL") {
        return Ok(if negated { sql::Expr::IsNotNull(left) } else { sql::Expr::IsNull(left) });
    }
    cursor.expect_words("DISTINCT FROM")?;
    let right = Box::new(prefix::value(cursor)?);
    Ok(if negated {
        sql::Expr::IsNotDistinctFrom(left, right)
    } else {
        sql::Expr::IsDistinctFrom(left, right)
    })
}
