//! Calls of functions, and their lambdas.

use sqlparser::ast as sql;
use sqlparser::tokenizer::{Token, Word};

use crate::error::ParseError;
use crate::keywords::is_unit;
use crate::lexer::position;
use crate::parser::cursor::{Cursor, is_ident};
use crate::parser::prefix::{any, at};

/// Takes the arguments of a call of `name`.
pub(crate) fn call(cursor: &mut Cursor, name: sql::Ident) -> Result<sql::Expr, ParseError> {
    cursor.expect(&Token::LParen)?;
    let args = if cursor.is(&Token::Mul) && *cursor.peek_nth(1) == Token::RParen {
        cursor.next();
        cursor.next();
        vec![sql::FunctionArg::Unnamed(sql::FunctionArgExpr::Wildcard)]
    } else {
        let mut has_value = false;
        cursor.list_until(&Token::RParen, |cursor| argument(cursor, &mut has_value))?
    };
    Ok(function(name, args))
}

/// Takes `MAP(key := value, …)`, or a call of a function of that name.
pub(crate) fn map(cursor: &mut Cursor) -> Result<sql::Expr, ParseError> {
    let name = cursor.sql_ident("MAP")?;
    cursor.expect(&Token::LParen)?;
    let mut entries = Vec::new();
    if !cursor.eat(&Token::RParen) {
        entries = cursor.list(|cursor| {
            let key = Box::new(any(cursor)?);
            cursor.expect(&Token::Assignment)?;
            Ok(sql::MapEntry { key, value: Box::new(any(cursor)?) })
        })?;
        cursor.expect(&Token::RParen)?;
    }
    Ok(at(name.span, "MAP", sql::Expr::Map(sql::Map { entries })))
}

fn function(name: sql::Ident, args: Vec<sql::FunctionArg>) -> sql::Expr {
    let list = sql::FunctionArgumentList { duplicate_treatment: None, args, clauses: Vec::new() };
    sql::Expr::Function(sql::Function {
        name: sql::ObjectName::from(vec![name]),
        uses_odbc_syntax: false,
        parameters: sql::FunctionArguments::None,
        args: sql::FunctionArguments::List(list),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

fn argument(cursor: &mut Cursor, has_value: &mut bool) -> Result<sql::FunctionArg, ParseError> {
    let expr = if is_lambda(cursor) {
        if !*has_value {
            let text = "a lambda cannot be the first argument";
            return Err(ParseError::invalid(cursor.position(), text)
                .with_hint("put the array or map it works on before it"));
        }
        lambda(cursor)?
    } else if is_lone_unit(cursor) {
        unit(cursor)
    } else {
        any(cursor)?
    };
    *has_value = true;
    Ok(sql::FunctionArg::Unnamed(sql::FunctionArgExpr::Expr(expr)))
}

/// Tests for a unit of time that is an argument of its own, as in `TIMESTAMPADD(DAYS, 1, t)`.
fn is_lone_unit(cursor: &Cursor) -> bool {
    let is_unit = match &cursor.peek().token {
        Token::Word(Word { value, quote_style: None, .. }) => is_unit(value),
        _ => false,
    };
    is_unit && matches!(cursor.peek_nth(1), Token::Comma | Token::RParen)
}

fn unit(cursor: &mut Cursor) -> sql::Expr {
    let token = cursor.next();
    sql::Expr::Identifier(sql::Ident::with_span(token.span, token.to_string().to_uppercase()))
}

/// The most arguments a lambda can have: looking ahead for its arrow must not take long.
const LAMBDA_PARAMS_MAX: usize = 16;

/// Tests for `x =>` and `(x, y) =>`.
fn is_lambda(cursor: &Cursor) -> bool {
    if !cursor.is(&Token::LParen) {
        return is_param(cursor.peek_nth(0)) && *cursor.peek_nth(1) == Token::RArrow;
    }
    let mut next = 1;
    while next < 2 * LAMBDA_PARAMS_MAX
        && is_param(cursor.peek_nth(next))
        && *cursor.peek_nth(next + 1) == Token::Comma
    {
        next += 2;
    }
    is_param(cursor.peek_nth(next))
        && *cursor.peek_nth(next + 1) == Token::RParen
        && *cursor.peek_nth(next + 2) == Token::RArrow
}

fn is_param(token: &Token) -> bool {
    matches!(token, Token::Word(word @ Word { .. }) if is_ident(word))
}

fn lambda(cursor: &mut Cursor) -> Result<sql::Expr, ParseError> {
    let start = cursor.position();
    let params = if cursor.eat(&Token::LParen) {
        let params = cursor.list(param)?;
        cursor.expect(&Token::RParen)?;
        params
    } else {
        vec![param(cursor)?]
    };
    refuse_twins(&params)?;
    cursor.expect(&Token::RArrow)?;
    if is_lambda(cursor) {
        let text = "a lambda cannot be the result of a lambda";
        return Err(ParseError::invalid(start, text));
    }
    let body = Box::new(any(cursor)?);
    let params = sql::OneOrManyWithParens::Many(params);
    Ok(sql::Expr::Lambda(sql::LambdaFunction { params, body, syntax: sql::LambdaSyntax::Arrow }))
}

fn param(cursor: &mut Cursor) -> Result<sql::LambdaFunctionParameter, ParseError> {
    let name = cursor.sql_ident("the name of a lambda's argument")?;
    Ok(sql::LambdaFunctionParameter { name, data_type: None })
}

/// Two arguments of one name: no one could tell which is meant.
fn refuse_twins(params: &[sql::LambdaFunctionParameter]) -> Result<(), ParseError> {
    for (index, param) in params.iter().enumerate() {
        if params[..index].iter().any(|other| other.name.value == param.name.value) {
            let text = format!("lambda argument '{}' is declared twice", param.name.value);
            return Err(ParseError::invalid(position(param.name.span.start), text));
        }
    }
    Ok(())
}
