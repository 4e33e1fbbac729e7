//! The common type of expressions that stand in one list, such as the elements of an ARRAY or what IN looks through.
//!
//! A literal gives way more than other expressions do: `'10'` in a list of numbers is a number, `10` in a list of texts a text.

use std::sync::Arc;

use datafusion::arrow::array::Array;

use crate::expr::cast::{self, parse_exact_boolean, trim};
use crate::expr::decimal::{Digits, Written};
use crate::expr::resolve::operator::{base_name, implicit_cast};
use crate::expr::{Expr, ResolveErrorKind};
use crate::types::{SqlType, StructField, Value, column_of, value_at};

/// Why expressions have no common type.
#[derive(Debug, thiserror::Error)]
pub(super) enum CoerceError {
    /// A text literal is not of the type that the others have.
    #[error("invalid input syntax for type {0}: \"{1}\".")]
    Syntax(String, String),
    /// The types do not go together.
    #[error(
        "operator does not exist: {target} = {source_type} ({expr})\nHint: You might need to add explicit type casts."
    )]
    Types { target: SqlType, source_type: SqlType, expr: String },
}

impl From<CoerceError> for ResolveErrorKind {
    fn from(error: CoerceError) -> Self {
        ResolveErrorKind::Mistyped(error.to_string())
    }
}

/// Tells whether it is a bare NULL, whose type says nothing. CAST(NULL AS …) is not, and NULL is bare only before folding.
pub(super) fn is_null(expr: &Expr) -> bool {
    matches!(expr, Expr::Literal { value: Value::Null, .. })
}

/// Makes a NULL of a type.
pub(super) fn typed_null(sql_type: &SqlType) -> Expr {
    Expr::Literal { value: Value::Null, sql_type: sql_type.clone() }
}

fn literal(expr: &Expr) -> Option<&Value> {
    match expr {
        Expr::Literal { value, .. } => Some(value),
        _ => None,
    }
}

/// Finds the common type of expressions, none if all are NULL, and converts each to it.
pub(super) fn coerce_list(exprs: Vec<Expr>) -> Result<(Option<SqlType>, Vec<Expr>), CoerceError> {
    let common = exprs.iter().try_fold(None, widen)?;
    let Some(common) = common else { return Ok((None, exprs)) };
    let converted: Result<Vec<Expr>, CoerceError> =
        exprs.into_iter().map(|expr| convert(expr, &common)).collect();
    Ok((Some(common), converted?))
}

/// Widens a common type so that it holds one more expression.
fn widen(common: Option<SqlType>, expr: &Expr) -> Result<Option<SqlType>, CoerceError> {
    if is_null(expr) {
        return Ok(common);
    }
    let Some(common) = common else { return Ok(Some(expr.sql_type().clone())) };
    let refuse = || CoerceError::Types {
        target: common.clone(),
        source_type: expr.sql_type().clone(),
        expr: expr.to_string(),
    };
    let widened = match (expr, &common) {
        (Expr::Array { elements, .. }, SqlType::Array(target)) => {
            widen_all(target, elements.iter()).map(|element| element.map(SqlType::array))
        }
        (Expr::Map { entries, .. }, SqlType::Map(key, value)) => widen_entries(key, value, entries),
        (Expr::Struct { fields, sql_type }, SqlType::Struct(target)) => {
            widen_struct(target, sql_type, fields)
        }
        (Expr::Array { .. } | Expr::Map { .. } | Expr::Struct { .. }, _) => return Err(refuse()),
        (Expr::Literal { value: Value::Varchar(text), .. }, target) if target.is_numeric() => {
            return widen_by_text(target, text).map(Some);
        }
        (Expr::Literal { value: Value::Varchar(text), .. }, SqlType::Boolean) => {
            let is_boolean = parse_exact_boolean(trim(text)).is_some();
            return if is_boolean {
                Ok(Some(common))
            } else {
                Err(syntax(&SqlType::Boolean, text))
            };
        }
        (expr, target) => {
            let is_lax = literal(expr).is_some();
            let found = coerced(expr.sql_type(), target, is_lax)
                .or_else(|| coerced(target, expr.sql_type(), is_lax));
            return found.map(Some).ok_or_else(refuse);
        }
    };
    // A constructor is named as a whole, with what is in it.
    widened.map_err(|error| match error {
        CoerceError::Types { .. } => refuse(),
        syntax @ CoerceError::Syntax(..) => syntax,
    })
}

fn widen_all<'a>(
    target: &SqlType,
    mut exprs: impl Iterator<Item = &'a Expr>,
) -> Result<Option<SqlType>, CoerceError> {
    exprs.try_fold(Some(target.clone()), widen)
}

fn widen_entries(
    key: &SqlType,
    value: &SqlType,
    entries: &[(Expr, Expr)],
) -> Result<Option<SqlType>, CoerceError> {
    let key = widen_all(key, entries.iter().map(|(key, _)| key))?;
    let value = widen_all(value, entries.iter().map(|(_, value)| value))?;
    Ok(key.zip(value).map(|(key, value)| SqlType::map(key, value)))
}

/// The fields of the constructor come first, then those that only the other type has.
fn widen_struct(
    target: &[StructField],
    source: &SqlType,
    values: &[Expr],
) -> Result<Option<SqlType>, CoerceError> {
    let SqlType::Struct(source) = source else { return Ok(None) };
    let mut fields = Vec::with_capacity(source.len());
    for (field, value) in source.iter().zip(values) {
        let sql_type = match target.iter().find(|other| other.name == field.name) {
            Some(other) => widen(Some(other.sql_type.clone()), value)?,
            None => None,
        };
        let sql_type = sql_type.unwrap_or_else(|| field.sql_type.clone());
        fields.push((Arc::clone(&field.name), sql_type));
    }
    let is_new = |field: &&StructField| source.iter().all(|other| other.name != field.name);
    let rest = target.iter().filter(is_new);
    fields.extend(rest.map(|field| (Arc::clone(&field.name), field.sql_type.clone())));
    Ok(Some(SqlType::structure(fields)))
}

/// Widens a numeric type so that it holds the number that a text says.
fn widen_by_text(target: &SqlType, text: &str) -> Result<SqlType, CoerceError> {
    let written = Written::parse(trim(text)).ok_or_else(|| syntax(target, text))?;
    let whole: Option<i64> = trim(text).trim_start_matches('+').parse().ok();
    let source = match whole {
        Some(whole) if i32::try_from(whole).is_ok() => SqlType::Int,
        Some(_) => SqlType::Bigint,
        None => written.literal_digits().sql_type(),
    };
    coerced(&source, target, false)
        .or_else(|| coerced(target, &source, false))
        .ok_or_else(|| syntax(target, text))
}

fn syntax(sql_type: &SqlType, text: &str) -> CoerceError {
    CoerceError::Syntax(base_name(sql_type), text.to_owned())
}

/// Returns the type that holds values of both, if the first can be taken for the second.
fn coerced(from: &SqlType, to: &SqlType, is_lax: bool) -> Option<SqlType> {
    use SqlType::{Array, Boolean, Bytes, Date, Decimal, Map, Struct, Time, Timestamp, Varchar};
    match (from, to) {
        (from, to) if from == to => Some(to.clone()),
        (from, to) if from.is_numeric() && to.is_numeric() => {
            (width(from) <= width(to)).then(|| match to {
                Decimal { .. } => {
                    Digits::of(from).zip(Digits::of(to)).map(|(a, b)| a.widen(b).sql_type())
                }
                to => Some(to.clone()),
            })?
        }
        (Varchar, Date | Time | Timestamp | Bytes) => Some(to.clone()),
        (Boolean | Date | Time | Timestamp, Varchar) => is_lax.then_some(Varchar),
        (from, Varchar) if from.is_numeric() => is_lax.then_some(Varchar),
        (Array(from), Array(to)) => coerced(from, to, is_lax).map(SqlType::array),
        (Map(from_key, from_value), Map(to_key, to_value)) => {
            let key = coerced(from_key, to_key, is_lax)?;
            Some(SqlType::map(key, coerced(from_value, to_value, is_lax)?))
        }
        (Struct(from), Struct(to)) => coerced_struct(from, to, is_lax),
        _ => None,
    }
}

fn coerced_struct(from: &[StructField], to: &[StructField], is_lax: bool) -> Option<SqlType> {
    let mut fields = Vec::with_capacity(from.len());
    for field in from {
        let sql_type = match to.iter().find(|other| other.name == field.name) {
            Some(other) => coerced(&field.sql_type, &other.sql_type, is_lax)?,
            None => field.sql_type.clone(),
        };
        fields.push((Arc::clone(&field.name), sql_type));
    }
    let is_new = |field: &&StructField| from.iter().all(|other| other.name != field.name);
    fields.extend(to.iter().filter(is_new).map(|f| (Arc::clone(&f.name), f.sql_type.clone())));
    Some(SqlType::structure(fields))
}

/// Orders the numeric types by what they hold.
fn width(sql_type: &SqlType) -> u8 {
    match sql_type {
        SqlType::Int => 0,
        SqlType::Bigint => 1,
        SqlType::Decimal { .. } => 2,
        _ => 3,
    }
}

/// Returns the type that holds values of both types.
pub(super) fn common_type(left: &SqlType, right: &SqlType) -> Option<SqlType> {
    coerced(left, right, false).or_else(|| coerced(right, left, false))
}

/// Returns the wider of two numeric types; none if one is a DECIMAL.
pub(super) fn wider_integer_or_double(left: &SqlType, right: &SqlType) -> Option<SqlType> {
    let wider = if width(left) < width(right) { right } else { left };
    let is_decimal = |sql_type: &SqlType| matches!(sql_type, SqlType::Decimal { .. });
    (!is_decimal(left) && !is_decimal(right)).then(|| wider.clone())
}

/// Tells whether an expression can stand where a type is wanted.
pub(super) fn coercible(expr: &Expr, wanted: &SqlType) -> bool {
    let is_lax = literal(expr).is_some();
    coerced(expr.sql_type(), wanted, is_lax).is_some_and(|common| common == *wanted)
}

/// Converts an expression to the common type; a literal at once.
pub(super) fn convert(expr: Expr, common: &SqlType) -> Result<Expr, CoerceError> {
    match &expr {
        Expr::Literal { value: Value::Null, .. } => Ok(typed_null(common)),
        Expr::Literal { value, sql_type } if sql_type != common => {
            let converted = convert_value(value, sql_type, common);
            let value = converted.ok_or_else(|| syntax(common, &literal_text(value, &expr)))?;
            Ok(Expr::Literal { value, sql_type: common.clone() })
        }
        _ => Ok(implicit_cast(expr, common)),
    }
}

fn literal_text(value: &Value, expr: &Expr) -> String {
    match value {
        Value::Varchar(text) => text.to_string(),
        _ => expr.to_string(),
    }
}

fn convert_value(value: &Value, from: &SqlType, to: &SqlType) -> Option<Value> {
    let mut failed = false;
    let array = column_of(from, [value]);
    let converted = cast::cast(&array, from, to, &mut |_, _| failed = true).ok()?;
    (!failed && !converted.is_null(0)).then(|| value_at(&converted, 0))
}

/// Converts an expression for a column that it is stored in: a number may be widened, a text may be a time.
pub(super) fn to_stored(expr: Expr, wanted: &SqlType) -> Result<Expr, ResolveErrorKind> {
    if is_null(&expr) {
        return Ok(typed_null(wanted));
    }
    let from = expr.sql_type();
    let is_widened = match (from, wanted) {
        (from, SqlType::Decimal { .. }) => from.is_numeric() && *from != SqlType::Double,
        (from, wanted) => coerced(from, wanted, false).is_some_and(|common| common == *wanted),
    };
    let refuse = || {
        let reason = format!("Expected type {wanted} but got {}({expr})", expr.sql_type());
        ResolveErrorKind::Mistyped(reason)
    };
    if !is_widened || !cast::is_supported(from, wanted) {
        return Err(refuse());
    }
    if let Expr::Literal { value, sql_type } = &expr {
        let value = convert_value(value, sql_type, wanted).ok_or_else(refuse)?;
        return Ok(Expr::Literal { value, sql_type: wanted.clone() });
    }
    Ok(implicit_cast(expr, wanted))
}
