//! Arithmetic, signs and subscripts.

use crate::expr::decimal::Digits;
use crate::expr::display::arithmetic_symbol;
use crate::expr::resolve::coerce::{coercible, convert, is_null, typed_null};
use crate::expr::{ArithmeticOp, Expr, ResolveErrorKind};
use crate::types::{SqlType, Value};

/// Returns a type's name without its parameters, as errors of ksqlDB name it.
pub(super) fn base_name(sql_type: &SqlType) -> String {
    match sql_type {
        SqlType::Decimal { .. } => "DECIMAL".to_owned(),
        SqlType::Array(_) => "ARRAY".to_owned(),
        SqlType::Map(..) => "MAP".to_owned(),
        SqlType::Struct(_) => "STRUCT".to_owned(),
        scalar => scalar.to_string(),
    }
}

/// Makes `left op right`.
pub(super) fn arithmetic(
    left: Expr,
    op: ArithmeticOp,
    right: Expr,
) -> Result<Expr, ResolveErrorKind> {
    let is_typed = !is_null(&left) && !is_null(&right);
    let result = result_type(op, left.sql_type(), right.sql_type()).filter(|_| is_typed);
    let Some(sql_type) = result else {
        let name = |e: &Expr| if is_null(e) { "NULL".to_owned() } else { base_name(e.sql_type()) };
        return Err(ResolveErrorKind::Mistyped(format!(
            "Error processing expression: ({left} {} {right}). Unsupported arithmetic types. {} {}",
            arithmetic_symbol(op),
            name(&left),
            name(&right)
        )));
    };
    let operand = |operand: Expr| {
        let wanted = match &sql_type {
            SqlType::Decimal { .. } => Digits::of(operand.sql_type()).map(Digits::sql_type),
            other => Some(other.clone()),
        };
        Box::new(implicit_cast(operand, &wanted.unwrap_or_else(|| sql_type.clone())))
    };
    let (left, right) = (operand(left), operand(right));
    Ok(Expr::Arithmetic { left, op, right, sql_type })
}

/// Returns the type of `left op right`; none if there is no such operation.
fn result_type(op: ArithmeticOp, left: &SqlType, right: &SqlType) -> Option<SqlType> {
    if op == ArithmeticOp::Add && (left, right) == (&SqlType::Varchar, &SqlType::Varchar) {
        return Some(SqlType::Varchar);
    }
    let either = |sql_type: SqlType| *left == sql_type || *right == sql_type;
    let is_decimal = |sql_type: &SqlType| matches!(sql_type, SqlType::Decimal { .. });
    if !left.is_numeric() || !right.is_numeric() {
        return None;
    }
    if either(SqlType::Double) {
        return Some(SqlType::Double);
    }
    if !is_decimal(left) && !is_decimal(right) {
        return Some(if either(SqlType::Bigint) { SqlType::Bigint } else { SqlType::Int });
    }
    let (left, right) = (Digits::of(left)?, Digits::of(right)?);
    let digits = match op {
        ArithmeticOp::Add | ArithmeticOp::Subtract => left.add(right),
        ArithmeticOp::Multiply => left.multiply(right),
        ArithmeticOp::Divide => left.divide(right),
        ArithmeticOp::Modulus => left.modulus(right),
        ArithmeticOp::Concat => return None,
    };
    Some(digits.sql_type())
}

/// Converts to a type without a word in the text.
pub(super) fn implicit_cast(operand: Expr, sql_type: &SqlType) -> Expr {
    if operand.sql_type() == sql_type {
        return operand;
    }
    Expr::Cast { operand: Box::new(operand), sql_type: sql_type.clone(), implicit: true }
}

/// Makes `- operand` or `+ operand`; a literal takes the sign in.
pub(super) fn sign(negative: bool, operand: Expr) -> Result<Expr, ResolveErrorKind> {
    if is_null(&operand) || !operand.sql_type().is_numeric() {
        let sign = if negative { '-' } else { '+' };
        return Err(ResolveErrorKind::Mistyped(format!(
            "Error processing expression: {sign}{operand}. Unsupported arithmetic type. {}",
            base_name(operand.sql_type())
        )));
    }
    if !negative {
        return Ok(operand);
    }
    Ok(match operand {
        Expr::Literal { value: Value::Int(v), sql_type } => {
            Expr::Literal { value: Value::Int(v.wrapping_neg()), sql_type }
        }
        // 2147483648 is a BIGINT, but -2147483648 is an INT.
        Expr::Literal { value: Value::Bigint(v), .. } if v == -i64::from(i32::MIN) => {
            Expr::Literal { value: Value::Int(i32::MIN), sql_type: SqlType::Int }
        }
        Expr::Literal { value: Value::Bigint(v), sql_type } => {
            Expr::Literal { value: Value::Bigint(v.wrapping_neg()), sql_type }
        }
        Expr::Literal { value: Value::Double(v), sql_type } => {
            Expr::Literal { value: Value::Double(-v), sql_type }
        }
        Expr::Literal { value: Value::Decimal(mut v), sql_type } => {
            v.unscaled = v.unscaled.wrapping_neg();
            Expr::Literal { value: Value::Decimal(v), sql_type }
        }
        operand => Expr::Negate(Box::new(operand)),
    })
}

/// Makes `base[index]`.
pub(super) fn subscript(base: Expr, index: Expr) -> Result<Expr, ResolveErrorKind> {
    let (key, sql_type) = match base.sql_type() {
        SqlType::Array(element) => (SqlType::Int, element.as_ref().clone()),
        SqlType::Map(key, value) => (key.as_ref().clone(), value.as_ref().clone()),
        other => {
            let hint = match other {
                SqlType::Struct(_) => {
                    format!(" Use the dereference operator for STRUCTS: {base}->{index}")
                }
                _ => String::new(),
            };
            return Err(ResolveErrorKind::Mistyped(format!(
                "Subscript expression ({base}[{index}]) do not apply to {other}.{hint}"
            )));
        }
    };
    let is_whole = matches!(index.sql_type(), SqlType::Int | SqlType::Bigint);
    let index = if is_null(&index) {
        typed_null(&key)
    } else if *index.sql_type() == key || key == SqlType::Int && is_whole {
        implicit_cast(index, &key)
    } else if coercible(&index, &key) {
        convert(index, &key)?
    } else {
        return Err(ResolveErrorKind::Mistyped(format!(
            "Subscript expression ({base}[{index}]): the index must be a {key} but is a {}.",
            index.sql_type()
        )));
    };
    Ok(Expr::Subscript { base: Box::new(base), index: Box::new(index), sql_type })
}
