//! SELECT.

use sqlparser::ast as sql;
use sqlparser::tokenizer::Token;

use crate::ast::{Emit, Expr, Ident, Join, JoinKind, Query, Relation, SelectItem};
use crate::convert;
use crate::error::ParseError;
use crate::parser::cursor::{Cursor, is_ident};
use crate::parser::{any, checked, diagnose, prefix, value, window};

/// Takes a query, its clauses in their order.
pub(crate) fn query(cursor: &mut Cursor) -> Result<Query, ParseError> {
    let position = cursor.position();
    cursor.expect_word("SELECT")?;
    let projection = cursor.list(item)?;
    cursor.expect_word("FROM")?;
    let from = relation(cursor)?;
    let mut joins = Vec::new();
    while let Some(join) = join(cursor, joins.last().map_or(&from, |join: &Join| &join.right))? {
        joins.push(join);
    }
    let window = if cursor.eat_word("WINDOW") { Some(window::window(cursor)?) } else { None };
    let filter = if cursor.eat_word("WHERE") { Some(any(cursor)?) } else { None };
    let group_by = grouping(cursor, "GROUP BY")?;
    let partition_by = grouping(cursor, "PARTITION BY")?;
    let having = if cursor.eat_word("HAVING") { Some(any(cursor)?) } else { None };
    let emit = emit(cursor)?;
    let limit = limit(cursor)?;
    Ok(Query {
        projection,
        from,
        joins,
        window,
        filter,
        group_by,
        partition_by,
        having,
        emit,
        limit,
        position,
    })
}

/// Takes one item of the projection.
fn item(cursor: &mut Cursor) -> Result<SelectItem, ParseError> {
    let position = cursor.position();
    if cursor.eat(&Token::Mul) {
        return Ok(SelectItem::All(position));
    }
    if *cursor.peek_nth(1) == Token::Period && *cursor.peek_nth(2) == Token::Mul {
        let source = cursor.ident("the name of a source")?;
        cursor.next();
        cursor.next();
        return Ok(SelectItem::AllOf(source));
    }
    match cursor.whole(prefix::any)? {
        sql::Expr::BinaryOp { left, op: sql::BinaryOperator::Arrow, right }
            if matches!(*right, sql::Expr::Wildcard(_)) =>
        {
            Ok(SelectItem::StructAll(checked(convert::expression(*left)?)?))
        }
        expr => {
            let expr = checked(convert::expression(expr)?)?;
            Ok(SelectItem::Expr { expr, alias: alias(cursor)? })
        }
    }
}

/// Takes `[AS] name`, if it is there.
fn alias(cursor: &mut Cursor) -> Result<Option<Ident>, ParseError> {
    if cursor.eat_word("AS") {
        return cursor.ident("an alias").map(Some);
    }
    let begins_clause = (cursor.is_word("EMIT")
        && (cursor.is_nth_word(1, "CHANGES") || cursor.is_nth_word(1, "FINAL")))
        || (cursor.is_word("PARTITION") && cursor.is_nth_word(1, "BY"));
    match &cursor.peek().token {
        Token::Word(word) if is_ident(word) && !begins_clause => cursor.ident("an alias").map(Some),
        _ => Ok(None),
    }
}

fn relation(cursor: &mut Cursor) -> Result<Relation, ParseError> {
    let name = cursor.ident("the name of a stream or table")?;
    if cursor.is(&Token::LParen) {
        return Err(cursor.unexpected().with_hint("a table function belongs into SELECT"));
    }
    Ok(Relation { name, alias: alias(cursor)? })
}

/// Takes a JOIN to `left`, if one is next.
fn join(cursor: &mut Cursor, left: &Relation) -> Result<Option<Join>, ParseError> {
    let position = cursor.position();
    let Some(kind) = join_kind(cursor)? else { return Ok(None) };
    let right = relation(cursor)?;
    let within = if cursor.eat_word("WITHIN") { Some(window::within(cursor)?) } else { None };
    if !cursor.eat_word("ON") {
        return Err(diagnose::join_without_on(cursor, left));
    }
    Ok(Some(Join { kind, right, within, on: any(cursor)?, position }))
}

fn join_kind(cursor: &mut Cursor) -> Result<Option<JoinKind>, ParseError> {
    let kind = match () {
        () if cursor.eat_word("JOIN") => return Ok(Some(JoinKind::Inner)),
        () if cursor.eat_word("INNER") => JoinKind::Inner,
        () if cursor.eat_word("LEFT") => JoinKind::Left,
        () if cursor.eat_word("RIGHT") => JoinKind::Right,
        () if cursor.eat_word("FULL") => JoinKind::Full,
        () => return Ok(None),
    };
    if kind != JoinKind::Inner {
        cursor.eat_word("OUTER");
    }
    cursor.expect_word("JOIN")?;
    Ok(Some(kind))
}

/// Takes `GROUP BY …` or `PARTITION BY …`, if it is there.
///
/// Parentheses around the whole list are dropped; those around a part of it belong to an expression.
fn grouping(cursor: &mut Cursor, words: &'static str) -> Result<Vec<Expr>, ParseError> {
    if !cursor.eat_words(words) {
        return Ok(Vec::new());
    }
    if cursor.is(&Token::LParen) && *cursor.peek_nth(1) == Token::RParen {
        let text = format!("{words} requires at least one expression");
        return Err(ParseError::invalid(cursor.position(), text));
    }
    if !cursor.is_wrapped_list(&["PARTITION", "HAVING", "EMIT", "LIMIT"]) {
        return cursor.list(value);
    }
    cursor.expect(&Token::LParen)?;
    let items = cursor.list(value)?;
    cursor.expect(&Token::RParen)?;
    Ok(items)
}

fn emit(cursor: &mut Cursor) -> Result<Option<Emit>, ParseError> {
    if !cursor.eat_word("EMIT") {
        return Ok(None);
    }
    if cursor.eat_word("FINAL") {
        return Ok(Some(Emit::Final));
    }
    cursor.expect_word("CHANGES")?;
    Ok(Some(Emit::Changes))
}

/// Takes `LIMIT n`, if it is there.
pub(crate) fn limit(cursor: &mut Cursor) -> Result<Option<u64>, ParseError> {
    if !cursor.eat_word("LIMIT") {
        return Ok(None);
    }
    match (&cursor.peek().token, cursor.peek_nth(1)) {
        (Token::Minus, Token::Number(..)) => {
            let text = "negative integers in the LIMIT clause are not supported";
            Err(ParseError::invalid(cursor.position(), text))
        }
        (Token::Number(digits, _), _) if digits.parse::<u64>().is_err() => {
            let text = "Value must be integer for command: LIMIT";
            Err(ParseError::invalid(cursor.position(), text))
        }
        _ => cursor.count().map(Some),
    }
}
