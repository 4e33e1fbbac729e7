//! One JSON value as a value of a scalar type, by ksqlDB's rules of what stands for what.
//!
//! | SQL | from |
//! |---|---|
//! | BOOLEAN | `true`, `false` |
//! | INT, BIGINT | numbers, without what follows the point; text of digits |
//! | DOUBLE | numbers; text of a number, `NaN`, `Infinity` |
//! | DECIMAL | numbers and text of numbers that fit without rounding |
//! | VARCHAR | anything, as text |
//! | BYTES | text in base64 |
//! | DATE, TIME, TIMESTAMP | numbers and text of digits: days since 1970, milliseconds of the day, milliseconds since 1970 |

use super::fault::Fault;
use super::number::short_double;
use super::reader::{Reader, Token};
use super::text::push_as_text;
use crate::formats::draft::{Digits, Draft, DraftCells};
use crate::formats::numbers::{Written, parse_double, parse_long};
use crate::formats::{numbers, texts};

/// Makes the fault of a value that stands for none of a type.
#[cold]
pub(super) fn not_of_type(token: Token<'_>, required: &str) -> Fault {
    let source = match token {
        Token::Null => "NullNode",
        Token::Boolean(_) => "BooleanNode",
        Token::Number(text) => number_node(text),
        Token::Text(_) => "TextNode",
        Token::Array => "ArrayNode",
        Token::Object => "ObjectNode",
    };
    Fault::of_value(format!("Can't convert type. sourceType: {source}, requiredType: {required}"))
}

/// Names a number as Jackson does.
fn number_node(text: &[u8]) -> &'static str {
    if text.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E')) {
        return "DecimalNode";
    }
    match parse_long(text) {
        Some(value) if i32::try_from(value).is_ok() => "IntNode",
        Some(_) => "LongNode",
        None => "BigIntegerNode",
    }
}

/// Pushes a value that is not null to a column of a scalar type.
pub(super) fn push_scalar(
    token: Token<'_>,
    reader: &mut Reader<'_>,
    column: &mut Draft,
    scratch: &mut Vec<u8>,
) -> Result<(), Fault> {
    match &mut column.cells {
        DraftCells::Boolean(cells) => match token {
            Token::Boolean(value) => cells.push(value),
            other => return Err(not_of_type(other, "BOOLEAN")),
        },
        DraftCells::Int(cells) => cells.push(int(token, "INTEGER", scratch)?),
        DraftCells::Date(cells) => cells.push(int(token, "DATE", scratch)?),
        DraftCells::Bigint(cells) => cells.push(long(token, "BIGINT", scratch)?),
        DraftCells::Timestamp(cells) => cells.push(long(token, "TIMESTAMP", scratch)?),
        DraftCells::Time(cells) => cells.push(time(long(token, "TIME", scratch)?)?),
        DraftCells::Double(cells) => cells.push(double(token, scratch)?),
        DraftCells::Decimal(cells, digits) => {
            let text = decimal_text(token, *digits, scratch)?;
            cells.push(decimal(text, *digits, |written| written.at_scale(*digits))?);
        }
        DraftCells::WideDecimal(cells, digits) => {
            let text = decimal_text(token, *digits, scratch)?;
            cells.push(decimal(text, *digits, |written| written.at_wide_scale(*digits))?);
        }
        DraftCells::Varchar(cells) => {
            push_as_text(token, reader, &mut cells.bytes)?;
            cells.finish_row();
        }
        DraftCells::Bytes(cells) => {
            let Token::Text(_) = token else { return Err(not_of_type(token, "BYTES")) };
            if !texts::decode_base64(plain(token, "BYTES", scratch)?, &mut cells.bytes) {
                return Err(Fault::of_value(
                    "Value is not a valid Base64 encoded string".to_owned(),
                ));
            }
            cells.finish_row();
        }
        DraftCells::Array(_) | DraftCells::Map(_) | DraftCells::Struct(_) => {
            unreachable!("a nested type is read as such")
        }
    }
    Ok(())
}

/// Returns a number as it is written, or the text that stands for one.
fn plain<'a>(
    token: Token<'a>,
    required: &str,
    scratch: &'a mut Vec<u8>,
) -> Result<&'a [u8], Fault> {
    match token {
        Token::Number(text) => Ok(text),
        Token::Text(text) => {
            scratch.clear();
            text.push_to(scratch)?;
            Ok(scratch)
        }
        other => Err(not_of_type(other, required)),
    }
}

fn not_a_number(required: &str) -> Fault {
    Fault::of_value(format!("Can't coerce string to type. targetType: {required}"))
}

fn out_of_range(required: &str) -> Fault {
    Fault::of_value(format!("Numeric value out of range. targetType: {required}"))
}

fn long(token: Token<'_>, required: &str, scratch: &mut Vec<u8>) -> Result<i64, Fault> {
    let text = plain(token, required, scratch)?;
    if let Token::Number(_) = token {
        return Written::parse(text)
            .and_then(|written| written.truncated_long())
            .ok_or_else(|| out_of_range(required));
    }
    parse_long(text).ok_or_else(|| not_a_number(required))
}

fn int(token: Token<'_>, required: &str, scratch: &mut Vec<u8>) -> Result<i32, Fault> {
    let value = long(token, required, scratch)?;
    i32::try_from(value).map_err(|_| match token {
        Token::Text(_) => not_a_number(required),
        _number => out_of_range(required),
    })
}

fn time(value: i64) -> Result<i32, Fault> {
    numbers::time_of_day(value).map_err(Fault::of_value)
}

fn double(token: Token<'_>, scratch: &mut Vec<u8>) -> Result<f64, Fault> {
    let text = plain(token, "DOUBLE", scratch)?;
    if let Token::Number(_) = token
        && let Some(value) = short_double(text)
    {
        return Ok(value);
    }
    parse_double(text).ok_or_else(|| not_a_number("DOUBLE"))
}

fn decimal_text<'a>(
    token: Token<'a>,
    Digits { precision, scale }: Digits,
    scratch: &'a mut Vec<u8>,
) -> Result<&'a [u8], Fault> {
    if let Token::Number(_) | Token::Text(_) = token {
        return plain(token, "DECIMAL", scratch);
    }
    Err(not_of_type(token, &format!("DECIMAL({precision}, {scale})")))
}

fn decimal<T>(
    text: &[u8],
    digits: Digits,
    convert: impl FnOnce(Written<'_>) -> Result<T, numbers::DecimalFault>,
) -> Result<T, Fault> {
    let written = Written::parse(text).ok_or_else(|| not_a_number("DECIMAL"))?;
    convert(written).map_err(|fault| Fault::of_value(fault.reason(text, digits)))
}
