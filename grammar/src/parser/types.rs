//! Types as they are written in columns, CAST and CREATE TYPE.

use sqlparser::ast as sql;
use sqlparser::tokenizer::Token;

use crate::ast::DataType;
use crate::convert;
use crate::error::ParseError;
use crate::parser::cursor::Cursor;

/// Takes a type.
pub(crate) fn data_type(cursor: &mut Cursor) -> Result<DataType, ParseError> {
    convert::data_type(sql_type(cursor)?)
}

/// Takes a type as sqlparser's trees hold it.
pub(crate) fn sql_type(cursor: &mut Cursor) -> Result<sql::DataType, ParseError> {
    cursor.nested(|cursor| {
        let mut data_type = prefix_type(cursor)?;
        // `INT ARRAY` is an array too.
        while cursor.is_word("ARRAY") && *cursor.peek_nth(1) != Token::Lt {
            cursor.nested(|cursor| {
                cursor.next();
                Ok(())
            })?;
            data_type = array_of(data_type);
        }
        Ok(data_type)
    })
}

fn prefix_type(cursor: &mut Cursor) -> Result<sql::DataType, ParseError> {
    cursor.note("a type");
    let opens = matches!(cursor.peek_nth(1), Token::Lt | Token::Neq);
    match () {
        () if opens && cursor.eat_word("ARRAY") => {
            cursor.expect(&Token::Lt)?;
            let element = sql_type(cursor)?;
            cursor.expect(&Token::Gt)?;
            Ok(array_of(element))
        }
        () if opens && cursor.eat_word("MAP") => {
            cursor.expect(&Token::Lt)?;
            let key = sql_type(cursor)?;
            cursor.expect(&Token::Comma)?;
            let value = sql_type(cursor)?;
            cursor.expect(&Token::Gt)?;
            Ok(sql::DataType::Map(Box::new(key), Box::new(value)))
        }
        () if opens && cursor.eat_word("STRUCT") => structure(cursor),
        () if cursor.is_word("DECIMAL") => decimal(cursor),
        () => named(cursor),
    }
}

fn array_of(element: sql::DataType) -> sql::DataType {
    sql::DataType::Array(sql::ArrayElemTypeDef::AngleBracket(Box::new(element)))
}

fn structure(cursor: &mut Cursor) -> Result<sql::DataType, ParseError> {
    let brackets = sql::StructBracketKind::AngleBrackets;
    // The tokenizer reads the brackets of `STRUCT<>` as one operator.
    if cursor.is(&Token::Neq) {
        cursor.next();
        return Ok(sql::DataType::Struct(Vec::new(), brackets));
    }
    cursor.expect(&Token::Lt)?;
    let fields = cursor.list_until(&Token::Gt, |cursor| {
        let field_name = Some(cursor.sql_ident("a field name")?);
        let field_type = sql_type(cursor)?;
        Ok(sql::StructField { field_name, field_type, options: None })
    })?;
    Ok(sql::DataType::Struct(fields, brackets))
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
