//! Literals and their types.

use tidemill_grammar::ast::{DataType, Literal};

use crate::expr::decimal::Written;
use crate::expr::{Expr, ResolveErrorKind};
use crate::types::datetime::iso::{parse_date, parse_time, parse_timestamp};
use crate::types::{DECIMAL_PRECISION_MAX, Decimal, SqlType, Value};

/// Resolves a literal. NULL has no type of its own: VARCHAR stands for it.
pub(super) fn literal(literal: &Literal) -> Result<Expr, ResolveErrorKind> {
    let (value, sql_type) = match literal {
        Literal::Null => (Value::Null, SqlType::Varchar),
        Literal::Boolean(v) => (Value::Boolean(*v), SqlType::Boolean),
        Literal::Int(v) => (Value::Int(*v), SqlType::Int),
        Literal::Bigint(v) => (Value::Bigint(*v), SqlType::Bigint),
        Literal::Decimal(text) => decimal(text)?,
        Literal::Double(v) if v.is_infinite() => {
            return Err(ResolveErrorKind::Mistyped(format!("Number overflows DOUBLE: {v}")));
        }
        Literal::Double(v) => (Value::Double(*v), SqlType::Double),
        Literal::String(text) => (Value::from(text.as_str()), SqlType::Varchar),
    };
    Ok(Expr::Literal { value, sql_type })
}

/// A number with a point has the digits that were written; a whole number has fitted no integer type.
fn decimal(text: &str) -> Result<(Value, SqlType), ResolveErrorKind> {
    let invalid = || ResolveErrorKind::Mistyped(format!("Invalid numeric literal: {text}"));
    let written = Written::parse(text).ok_or_else(invalid)?;
    let digits = written.literal_digits();
    if written.is_written_whole() || u32::from(DECIMAL_PRECISION_MAX) < digits.precision {
        return Err(invalid());
    }
    let sql_type = digits.sql_type();
    let SqlType::Decimal { scale, .. } = sql_type else { return Err(invalid()) };
    let unscaled = written.at_scale(scale).ok_or_else(invalid)?;
    Ok((Value::Decimal(Decimal { unscaled, scale }), sql_type))
}

/// Resolves `DATE '…'`, `TIME '…'` and `TIMESTAMP '…'`.
pub(super) fn typed_literal(data_type: &DataType, text: &str) -> Result<Expr, ResolveErrorKind> {
    let (value, sql_type) = match data_type {
        DataType::Date => (parse_date(text).map(Value::Date), SqlType::Date),
        DataType::Time => (parse_time(text).map(Value::Time), SqlType::Time),
        DataType::Timestamp => (parse_timestamp(text).map(Value::Timestamp), SqlType::Timestamp),
        other => {
            let reason = format!("{other:?} literals are not supported");
            return Err(ResolveErrorKind::Mistyped(reason));
        }
    };
    let value = value.map_err(|error| ResolveErrorKind::Mistyped(error.to_string()))?;
    Ok(Expr::Literal { value, sql_type })
}
