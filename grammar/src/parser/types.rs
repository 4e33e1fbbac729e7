//! Types as they are written in columns, CAST and CREATE TYPE.

use sqlparser::ast as sql;
use sqlparser::tokenizer::Token;

use crate::ast::DataType;
use crate::convert;
use crate::error::ParseError;
use crate::lexer::too_deep;
use crate::limits::NESTING_MAX;
use crate::parser::cursor::Cursor;

/// Takes a type.
pub(crate) fn data_type(cursor: &mut Cursor) -> Result<DataType, ParseError> {
    convert::data_type(sql_type(cursor)?)
}

/// Takes a type as sqlparser's trees hold it.
pub(crate) fn sql_type(cursor: &mut Cursor) -> Result<sql::DataType, ParseError> {
    measured(cursor).map(|(data_type, _)| data_type)
}

/// A type and how deep it nests.
type Measured = (sql::DataType, usize);

fn measured(cursor: &mut Cursor) -> Result<Measured, ParseError> {
    let mut found = cursor.nested(prefix_type)?;
    // `INT ARRAY` is an array too.
    while cursor.is_word("ARRAY") && *cursor.peek_nth(1) != Token::Lt {
        if NESTING_MAX <= found.1 {
            return Err(too_deep(cursor.position()));
        }
        cursor.next();
        found = array_of(found);
    }
    Ok(found)
}

fn prefix_type(cursor: &mut Cursor) -> Result<Measured, ParseError> {
    cursor.note("a type");
    let opens = matches!(cursor.peek_nth(1), Token::Lt | Token::Neq);
    match () {
        () if opens && cursor.eat_word("ARRAY") => {
            cursor.expect(&Token::Lt)?;
            let element = measured(cursor)?;
            cursor.expect(&Token::Gt)?;
            Ok(array_of(element))
        }
        () if opens && cursor.eat_word("MAP") => {
            cursor.expect(&Token::Lt)?;
            let (key, key_depth) = measured(cursor)?;
            cursor.expect(&Token::Comma)?;
            let (value, value_depth) = measured(cursor)?;
            cursor.expect(&Token::Gt)?;
            let map = sql::DataType::Map(Box::new(key), Box::new(value));
            Ok((map, key_depth.max(value_depth) + 1))
        }
        () if opens && cursor.eat_word("STRUCT") => structure(cursor),
        () if cursor.is_word("DECIMAL") => decimal(cursor).map(|found| (found, 1)),
        () => named(cursor).map(|found| (found, 1)),
    }
}

fn array_of((element, depth): Measured) -> Measured {
    let element = sql::ArrayElemTypeDef::AngleBracket(Box::new(element));
    (sql::DataType::Array(element), depth + 1)
}

fn structure(cursor: &mut Cursor) -> Result<Measured, ParseError> {
    let brackets = sql::StructBracketKind::AngleBrackets;
    // The tokenizer reads the brackets of `STRUCT<>` as one operator.
    if cursor.is(&Token::Neq) {
        cursor.next();
        return Ok((sql::DataType::Struct(Vec::new(), brackets), 1));
    }
    cursor.expect(&Token::Lt)?;
    let mut deepest = 0;
    let fields = cursor.list_until(&Token::Gt, |cursor| {
        let field_name = Some(cursor.sql_ident("a field name")?);
        let (field_type, depth) = measured(cursor)?;
        deepest = deepest.max(depth);
        Ok(sql::StructField { field_name, field_type, options: None })
    })?;
    Ok((sql::DataType::Struct(fields, brackets), deepest + 1))
}

fn decimal(cursor: &mut Cursor) -> Result<sql::DataType, ParseError> {
    cursor.next();
    cursor.expect(&Token::LParen)?;
    let precision = small(cursor)?;
    cursor.expect(&Token::Comma)?;
    let scale = small(cursor)?;
    cursor.expect(&Token::RParen)?;
    let info = sql::ExactNumberInfo::PrecisionAndScale(precision.into(), scale.into());
    Ok(sql::DataType::Decimal(info))
}

fn small(cursor: &mut Cursor) -> Result<u32, ParseError> {
    let position = cursor.position();
    let number = cursor.count()?;
    u32::try_from(number)
        .map_err(|_| ParseError::invalid(position, format!("{number} is too large here")))
}

/// Takes a type by its name; the parameters of names such as `VARCHAR(255)` mean nothing.
fn named(cursor: &mut Cursor) -> Result<sql::DataType, ParseError> {
    let name = cursor.sql_ident("a type")?;
    if cursor.is(&Token::LParen) && !is_constraint(cursor) {
        cursor.next();
        cursor.list(|cursor| {
            if cursor.eat_word("STRING") {
                return Ok(());
            }
            cursor.count().map(drop)
        })?;
        cursor.expect(&Token::RParen)?;
    }
    Ok(sql::DataType::Custom(sql::ObjectName::from(vec![name]), Vec::new()))
}

/// `HEADER ('name')` after a type left out: the error should speak of the type.
fn is_constraint(cursor: &Cursor) -> bool {
    matches!(cursor.peek_nth(1), Token::SingleQuotedString(_))
}
