//! What an expression begins with: literals, names, calls, constructors, signs and parentheses.
//!
//! The trees are sqlparser's. Where it keeps no place for a word (`CAST`, `ARRAY`, `-`), the word stands before the node as its
//! `Prefixed`, and carries the place.

use sqlparser::ast as sql;
use sqlparser::tokenizer::{Span, Token};

use crate::error::ParseError;
use crate::parser::cursor::{Cursor, is_ident};
use crate::parser::infix::precedence;
use crate::parser::{call, types};

/// Takes any expression.
pub(crate) fn any(cursor: &mut Cursor) -> Result<sql::Expr, ParseError> {
    cursor.subexpr(precedence::LOWEST)
}

/// Takes an expression that is a value: no AND, OR, NOT or comparison outside parentheses.
pub(crate) fn value(cursor: &mut Cursor) -> Result<sql::Expr, ParseError> {
    operand(cursor, precedence::PREDICATE)
}

/// Takes a value whose operators bind tighter than `precedence`.
fn operand(cursor: &mut Cursor, precedence: u8) -> Result<sql::Expr, ParseError> {
    if cursor.is_word("NOT") {
        return Err(not_a_value(cursor));
    }
    cursor.subexpr(precedence)
}

/// The error for a NOT where a value has to stand.
pub(crate) fn not_a_value(cursor: &Cursor) -> ParseError {
    cursor.note("a value");
    cursor.unexpected().with_hint("put NOT … in parentheses")
}

/// Takes an expression up to its first operator.
pub(crate) fn expression(cursor: &mut Cursor) -> Result<sql::Expr, ParseError> {
    let span = cursor.peek().span;
    let expr = match cursor.peek().token {
        Token::Minus if matches!(cursor.peek_nth(1), Token::Number(..)) => {
            cursor.next();
            number(cursor, "-", span)?
        }
        Token::Minus => return sign(cursor, sql::UnaryOperator::Minus),
        Token::Plus => return sign(cursor, sql::UnaryOperator::Plus),
        Token::Word(_) if cursor.is_word("NOT") => {
            cursor.next();
            let expr = Box::new(cursor.subexpr(precedence::NOT)?);
            return Ok(at(span, "NOT", sql::Expr::UnaryOp { op: sql::UnaryOperator::Not, expr }));
        }
        _ => primary(cursor)?,
    };
    suffixes(cursor, expr)
}

/// Puts the word `word` at `span` before `expr`, so that its place is not lost.
pub(crate) fn at(span: Span, word: &str, expr: sql::Expr) -> sql::Expr {
    let prefix = sql::Ident::with_span(span, word);
    sql::Expr::Prefixed { prefix, value: Box::new(expr) }
}

fn sign(cursor: &mut Cursor, op: sql::UnaryOperator) -> Result<sql::Expr, ParseError> {
    let span = cursor.next().span;
    let expr = Box::new(operand(cursor, precedence::PRODUCT)?);
    Ok(at(span, "-", sql::Expr::UnaryOp { op, expr }))
}

fn primary(cursor: &mut Cursor) -> Result<sql::Expr, ParseError> {
    cursor.note("an expression");
    let span = cursor.peek().span;
    match &cursor.peek().token {
        Token::Number(..) => number(cursor, "", span),
        Token::SingleQuotedString(_) => string(cursor),
        Token::LParen => parentheses(cursor),
        Token::Word(word) if word.quote_style.is_some() => name(cursor),
        Token::Word(_) => word(cursor),
        _ => Err(cursor.unexpected()),
    }
}

fn number(cursor: &mut Cursor, sign: &str, span: Span) -> Result<sql::Expr, ParseError> {
    let token = cursor.next();
    match token.token {
        Token::Number(digits, _) => {
            let value = sql::Value::Number(format!("{sign}{digits}"), false);
            Ok(sql::Expr::Value(value.with_span(span)))
        }
        _ => Err(cursor.unexpected()),
    }
}

fn string(cursor: &mut Cursor) -> Result<sql::Expr, ParseError> {
    let span = cursor.peek().span;
    let text = cursor.string()?;
    Ok(sql::Expr::Value(sql::Value::SingleQuotedString(text).with_span(span)))
}

fn parentheses(cursor: &mut Cursor) -> Result<sql::Expr, ParseError> {
    cursor.expect(&Token::LParen)?;
    let expr = any(cursor)?;
    cursor.expect(&Token::RParen)?;
    Ok(sql::Expr::Nested(Box::new(expr)))
}

/// Takes what begins with a word without quotes.
fn word(cursor: &mut Cursor) -> Result<sql::Expr, ParseError> {
    let opens = cursor.peek_nth(1).clone();
    match () {
        () if cursor.is_word("NULL") => Ok(constant(cursor, sql::Value::Null)),
        () if cursor.is_word("TRUE") => Ok(constant(cursor, sql::Value::Boolean(true))),
        () if cursor.is_word("FALSE") => Ok(constant(cursor, sql::Value::Boolean(false))),
        () if cursor.is_word("CASE") => case(cursor),
        () if cursor.is_word("CAST") => cast(cursor),
        () if cursor.is_word("ARRAY") && opens == Token::LBracket => array(cursor),
        () if cursor.is_word("STRUCT") && opens == Token::LParen => structure(cursor),
        () if cursor.is_word("MAP") && opens == Token::LParen => call::map(cursor),
        () => name(cursor),
    }
}

fn constant(cursor: &mut Cursor, value: sql::Value) -> sql::Expr {
    let span = cursor.next().span;
    sql::Expr::Value(value.with_span(span))
}

/// Takes a column, a call or a typed literal: what begins with a name.
fn name(cursor: &mut Cursor) -> Result<sql::Expr, ParseError> {
    let is_call = *cursor.peek_nth(1) == Token::LParen;
    if !is_call && matches!(&cursor.peek().token, Token::Word(word) if !is_ident(word)) {
        return Err(not_a_name(cursor));
    }
    let name = cursor.sql_ident(if is_call { "a function name" } else { "an expression" })?;
    match cursor.peek().token {
        Token::LParen => call::call(cursor, name),
        Token::SingleQuotedString(_) => typed_literal(cursor, name),
        Token::Period => {
            cursor.next();
            let column = cursor.sql_ident("a column name")?;
            Ok(sql::Expr::CompoundIdentifier(vec![name, column]))
        }
        _ => Ok(sql::Expr::Identifier(name)),
    }
}

/// The error for a reserved word in an expression.
fn not_a_name(cursor: &mut Cursor) -> ParseError {
    match cursor.sql_ident("an expression") {
        Err(error) => error,
        Ok(_) => cursor.unexpected(),
    }
}

fn typed_literal(cursor: &mut Cursor, name: sql::Ident) -> Result<sql::Expr, ParseError> {
    let span = cursor.peek().span;
    let value = sql::Value::SingleQuotedString(cursor.string()?).with_span(span);
    let data_type = sql::DataType::Custom(sql::ObjectName::from(vec![name]), Vec::new());
    let literal = sql::TypedString { data_type, value, uses_odbc_syntax: false };
    Ok(sql::Expr::TypedString(literal))
}

fn case(cursor: &mut Cursor) -> Result<sql::Expr, ParseError> {
    let case_token = sql::helpers::attached_token::AttachedToken(cursor.next());
    let operand = if cursor.is_word("WHEN") { None } else { Some(Box::new(value(cursor)?)) };
    let mut conditions = Vec::new();
    while cursor.eat_word("WHEN") {
        let condition = any(cursor)?;
        cursor.expect_word("THEN")?;
        conditions.push(sql::CaseWhen { condition, result: any(cursor)? });
    }
    if conditions.is_empty() {
        return Err(cursor.unexpected());
    }
    let else_result = if cursor.eat_word("ELSE") { Some(Box::new(any(cursor)?)) } else { None };
    let end_token = sql::helpers::attached_token::AttachedToken(cursor.peek().clone());
    cursor.expect_word("END")?;
    Ok(sql::Expr::Case { case_token, end_token, operand, conditions, else_result })
}

fn cast(cursor: &mut Cursor) -> Result<sql::Expr, ParseError> {
    let span = cursor.next().span;
    cursor.expect(&Token::LParen)?;
    let expr = Box::new(any(cursor)?);
    cursor.expect_word("AS")?;
    let data_type = types::sql_type(cursor)?;
    cursor.expect(&Token::RParen)?;
    let kind = sql::CastKind::Cast;
    Ok(at(span, "CAST", sql::Expr::Cast { kind, expr, data_type, array: false, format: None }))
}

fn array(cursor: &mut Cursor) -> Result<sql::Expr, ParseError> {
    let span = cursor.next().span;
    cursor.expect(&Token::LBracket)?;
    let elem = cursor.list_until(&Token::RBracket, any)?;
    Ok(at(span, "ARRAY", sql::Expr::Array(sql::Array { elem, named: true })))
}

fn structure(cursor: &mut Cursor) -> Result<sql::Expr, ParseError> {
    let span = cursor.next().span;
    cursor.expect(&Token::LParen)?;
    let fields = cursor.list_until(&Token::RParen, |cursor| {
        let key = cursor.sql_ident("a field name")?;
        cursor.expect(&Token::Assignment)?;
        Ok(sql::DictionaryField { key, value: Box::new(any(cursor)?) })
    })?;
    Ok(at(span, "STRUCT", sql::Expr::Dictionary(fields)))
}

/// Takes the `->field`s and `[index]`es that follow an expression.
fn suffixes(cursor: &mut Cursor, mut expr: sql::Expr) -> Result<sql::Expr, ParseError> {
    loop {
        if cursor.is(&Token::Arrow) {
            cursor.count_operator()?;
            cursor.next();
            let right = Box::new(field(cursor)?);
            let is_all = matches!(*right, sql::Expr::Wildcard(_));
            expr =
                sql::Expr::BinaryOp { left: Box::new(expr), op: sql::BinaryOperator::Arrow, right };
            if is_all {
                return Ok(expr);
            }
        } else if cursor.is(&Token::LBracket) {
            cursor.count_operator()?;
            cursor.next();
            let index = sql::Subscript::Index { index: value(cursor)? };
            cursor.expect(&Token::RBracket)?;
            expr = subscript(expr, sql::AccessExpr::Subscript(index));
        } else if cursor.is(&Token::Period) {
            cursor.note("'->'");
            return Err(cursor.unexpected().with_hint("a field of a struct is written s->field"));
        } else {
            return Ok(expr);
        }
    }
}

/// Takes a field's name, or `*` for all of them.
fn field(cursor: &mut Cursor) -> Result<sql::Expr, ParseError> {
    if cursor.is(&Token::Mul) {
        let star = sql::helpers::attached_token::AttachedToken(cursor.next());
        return Ok(sql::Expr::Wildcard(star));
    }
    Ok(sql::Expr::Identifier(cursor.sql_ident("a field name")?))
}

fn subscript(expr: sql::Expr, access: sql::AccessExpr) -> sql::Expr {
    match expr {
        sql::Expr::CompoundFieldAccess { root, mut access_chain } => {
            access_chain.push(access);
            sql::Expr::CompoundFieldAccess { root, access_chain }
        }
        root => {
            let access_chain = vec![access];
            sql::Expr::CompoundFieldAccess { root: Box::new(root), access_chain }
        }
    }
}
