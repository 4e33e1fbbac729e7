//! From text to trees.

mod assert;
mod call;
mod create;
mod cursor;
mod diagnose;
mod dialect;
mod infix;
mod prefix;
mod properties;
mod query;
mod show;
mod source;
mod statement;
mod types;
mod window;

use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

use crate::ast::{DataType, Expr, ParsedStatement, Position, TableElement};
use crate::error::ParseError;
use crate::lexer::lex;
use crate::limits::{DEPTH_MAX, RECURSION_MAX, with_stack};
use crate::script::{StatementText, split_statements};
use cursor::Cursor;
use dialect::KsqlDialect;

/// Parses all statements of a script; the semicolon after the last one may be missing.
pub fn parse_script(text: &str) -> Result<Vec<ParsedStatement>, ParseError> {
    split_statements(text).iter().map(parse_text).collect()
}

/// Parses a text of one statement.
pub fn parse_statement(text: &str) -> Result<ParsedStatement, ParseError> {
    let statements = split_statements(text);
    match statements.as_slice() {
        [one] => parse_text(one),
        [] => Err(ParseError::invalid(Position { line: 1, column: 1 }, "there is no statement")),
        [_, second, ..] => {
            Err(ParseError::invalid(second.position, "only one statement can be given here"))
        }
    }
}

/// Parses an expression.
pub fn parse_expression(text: &str) -> Result<Expr, ParseError> {
    parse_all(text, START, any)
}

/// Parses a type.
pub fn parse_data_type(text: &str) -> Result<DataType, ParseError> {
    parse_all(text, START, types::data_type)
}

/// Parses a list of columns without parentheses, such as `ID BIGINT KEY, COUNTS MAP<VARCHAR, BIGINT>`.
pub fn parse_schema(text: &str) -> Result<Vec<TableElement>, ParseError> {
    parse_all(text, START, |cursor| cursor.list(source::element))
}

const START: Position = Position { line: 1, column: 1 };

fn parse_text(text: &StatementText<'_>) -> Result<ParsedStatement, ParseError> {
    let statement = parse_all(text.text, text.position, statement::statement)?;
    Ok(ParsedStatement { statement, text: text.text.to_owned(), position: text.position })
}

/// Runs `parse` over all of `text`, on a stack that is large enough for it.
fn parse_all<T: Send>(
    text: &str,
    base: Position,
    parse: impl FnOnce(&mut Cursor) -> Result<T, ParseError> + Send,
) -> Result<T, ParseError> {
    let lexed = lex(text, base, &KsqlDialect::default())?;
    let run = move || {
        let dialect = KsqlDialect::default();
        let mut parser = Parser::new(&dialect)
            .with_recursion_limit(RECURSION_MAX)
            .with_tokens_with_locations(lexed.tokens);
        let mut cursor = Cursor::new(&mut parser, &dialect.notes);
        let parsed = parse(&mut cursor)?;
        cursor.expect(&Token::EOF)?;
        Ok(parsed)
    };
    with_stack(lexed.demand, run).unwrap_or_else(|| {
        Err(ParseError::too_large(base, "no memory is left for a statement of this size"))
    })
}

/// Takes any expression.
fn any(cursor: &mut Cursor) -> Result<Expr, ParseError> {
    expression(cursor, prefix::any)
}

/// Takes an expression that is a value: no AND, OR, NOT or comparison outside parentheses.
fn value(cursor: &mut Cursor) -> Result<Expr, ParseError> {
    expression(cursor, prefix::value)
}

fn expression(
    cursor: &mut Cursor,
    take: fn(&mut Cursor) -> Result<sqlparser::ast::Expr, ParseError>,
) -> Result<Expr, ParseError> {
    let expr = cursor.whole(take)?;
    checked(crate::convert::expression(expr)?)
}

/// Refuses a tree deeper than those who walk it can go.
fn checked(expr: Expr) -> Result<Expr, ParseError> {
    if expr.depth() <= DEPTH_MAX {
        return Ok(expr);
    }
    let text = format!("expression is more than {DEPTH_MAX} operators deep");
    Err(ParseError::too_large(expr.position, text)
        .with_hint("compute a part of it in a stream of its own"))
}
