//! Literals: what type digits have.

use sqlparser::ast as sql;

use crate::ast::{Literal, Position};
use crate::error::ParseError;
use crate::lexer::position;

/// Converts a literal.
pub(super) fn literal(value: sql::ValueWithSpan) -> Result<Literal, ParseError> {
    let place = position(value.span.start);
    match value.value {
        sql::Value::Null => Ok(Literal::Null),
        sql::Value::Boolean(value) => Ok(Literal::Boolean(value)),
        sql::Value::SingleQuotedString(text) => Ok(Literal::String(text)),
        sql::Value::Number(digits, _) => number(&digits, place),
        other => Err(ParseError::invalid(place, format!("{other} is not a literal"))),
    }
}

/// Reads a number: an exponent makes it a DOUBLE, a point a DECIMAL, and its size an INT or a BIGINT.
pub(crate) fn number(digits: &str, place: Position) -> Result<Literal, ParseError> {
    if digits.contains(['e', 'E']) {
        return match digits.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Literal::Double(value)),
            _ => {
                let text = format!("Number overflows DOUBLE: {digits}");
                Err(ParseError::invalid(place, text))
            }
        };
    }
    if digits.contains('.') {
        return Ok(Literal::Decimal(with_whole_part(digits)));
    }
    if let Ok(value) = digits.parse() {
        return Ok(Literal::Int(value));
    }
    digits.parse().map(Literal::Bigint).map_err(|_| {
        ParseError::invalid(place, format!("Invalid numeric literal: {digits}"))
            .with_hint("it does not fit BIGINT; as a DECIMAL it is written with a point")
    })
}

/// `.5` is `0.5`.
fn with_whole_part(digits: &str) -> String {
    match digits.split_once('.') {
        Some((sign @ ("" | "-"), fraction)) => format!("{sign}0.{fraction}"),
        _ => digits.to_owned(),
    }
}
