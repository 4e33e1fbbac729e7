//! Expressions as SQL, as ksqlDB writes them in its errors: every operator in parentheses, coercions left out.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::expr::decimal::plain_text;
use crate::expr::{ArithmeticOp, ComparisonOp, Expr};
use crate::types::datetime::iso::{write_date, write_time, write_timestamp};
use crate::types::{SqlType, StructField, Value};

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expr::Column { name, .. } | Expr::LambdaParam { name, .. } => write_name(name, f),
            Expr::Literal { value, sql_type } => write_value(value, sql_type, f),
            Expr::Cast { operand, implicit: true, .. } => write!(f, "{operand}"),
            Expr::Cast { operand, sql_type, .. } => write!(f, "CAST({operand} AS {sql_type})"),
            Expr::Negate(operand) => {
                let text = operand.to_string();
                let gap = if text.starts_with('-') { " " } else { "" };
                write!(f, "-{gap}{text}")
            }
            Expr::Arithmetic { left, op, right, .. } => {
                write!(f, "({left} {} {right})", arithmetic_symbol(*op))
            }
            Expr::Comparison { left, op, right } => {
                write!(f, "({left} {} {right})", comparison_symbol(*op))
            }
            Expr::Not(operand) => write!(f, "(NOT {operand})"),
            Expr::And(operands) => write_chain(operands, "AND", f),
            Expr::Or(operands) => write_chain(operands, "OR", f),
            Expr::IsNull { operand, negated } => {
                write!(f, "({operand} IS {}NULL)", not(*negated))
            }
            Expr::Between { operand, low, high, negated } => {
                let (open, close) = negation(*negated);
                write!(f, "{open}({operand} BETWEEN {low} AND {high}){close}")
            }
            Expr::In { operand, list, negated } => {
                let (open, close) = negation(*negated);
                write!(f, "{open}({operand} IN (")?;
                write_list(list, f)?;
                write!(f, ")){close}")
            }
            Expr::Like { operand, pattern, escape, negated } => {
                let (open, close) = negation(*negated);
                write!(f, "{open}({operand} LIKE {pattern}")?;
                if let Some(escape) = escape {
                    write!(f, " ESCAPE '{escape}'")?;
                }
                write!(f, "){close}")
            }
            Expr::Case { branches, default, .. } => write_case(branches, default.as_deref(), f),
            Expr::Subscript { base, index, .. } => write!(f, "{base}[{index}]"),
            Expr::Field { base, name, .. } => {
                write!(f, "{base}->")?;
                write_name(name, f)
            }
            Expr::Array { elements, .. } => {
                f.write_str("ARRAY[")?;
                write_list(elements, f)?;
                f.write_str("]")
            }
            Expr::Map { entries, .. } => write_map(entries, f),
            Expr::Struct { fields, sql_type } => write_struct(fields, sql_type, f),
            Expr::Call { function, args } => {
                write!(f, "{}(", function.0.name.to_uppercase())?;
                write_list(args, f)?;
                f.write_str(")")
            }
            Expr::Lambda { params, body } => {
                let names: Vec<&str> = params.iter().map(|(name, _)| name.as_ref()).collect();
                write!(f, "({}) => {body}", names.join(", "))
            }
        }
    }
}

fn not(negated: bool) -> &'static str {
    if negated { "NOT " } else { "" }
}

fn negation(negated: bool) -> (&'static str, &'static str) {
    if negated { ("(NOT ", ")") } else { ("", "") }
}

/// Returns the symbol of an arithmetic operator.
pub(super) fn arithmetic_symbol(op: ArithmeticOp) -> &'static str {
    match op {
        ArithmeticOp::Add => "+",
        ArithmeticOp::Subtract => "-",
        ArithmeticOp::Multiply => "*",
        ArithmeticOp::Divide => "/",
        ArithmeticOp::Modulus => "%",
        ArithmeticOp::Concat => "||",
    }
}

/// Returns the symbol of a comparison operator.
pub(super) fn comparison_symbol(op: ComparisonOp) -> &'static str {
    match op {
        ComparisonOp::Equal => "=",
        ComparisonOp::NotEqual => "<>",
        ComparisonOp::LessThan => "<",
        ComparisonOp::LessThanOrEqual => "<=",
        ComparisonOp::GreaterThan => ">",
        ComparisonOp::GreaterThanOrEqual => ">=",
        ComparisonOp::IsDistinctFrom => "IS DISTINCT FROM",
        ComparisonOp::IsNotDistinctFrom => "IS NOT DISTINCT FROM",
    }
}

fn write_name(name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let is_plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    // A name such as `SUM(VALUE)` is what a column holds, not what it is called.
    if name.chars().all(is_plain) || name.ends_with(')') {
        return f.write_str(name);
    }
    write!(f, "`{name}`")
}

/// Writes a chain as it is read: the first two, then each with all before it.
fn write_chain(operands: &[Expr], word: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(&"(".repeat(operands.len().saturating_sub(1)))?;
    for (i, operand) in operands.iter().enumerate() {
        match i {
            0 => write!(f, "{operand}")?,
            _ => write!(f, " {word} {operand})")?,
        }
    }
    Ok(())
}

fn write_list(exprs: &[Expr], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (i, expr) in exprs.iter().enumerate() {
        let comma = if i == 0 { "" } else { ", " };
        write!(f, "{comma}{expr}")?;
    }
    Ok(())
}

fn write_case(
    branches: &[(Expr, Expr)],
    default: Option<&Expr>,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    f.write_str("(CASE")?;
    for (when, then) in branches {
        write!(f, " WHEN {when} THEN {then}")?;
    }
    if let Some(default) = default {
        write!(f, " ELSE {default}")?;
    }
    f.write_str(" END)")
}

fn write_map(entries: &[(Expr, Expr)], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("MAP(")?;
    for (i, (key, value)) in entries.iter().enumerate() {
        let comma = if i == 0 { "" } else { ", " };
        write!(f, "{comma}{key}:={value}")?;
    }
    f.write_str(")")
}

fn write_struct(values: &[Expr], sql_type: &SqlType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("STRUCT(")?;
    for (i, (field, value)) in fields_of(sql_type).iter().zip(values).enumerate() {
        f.write_str(if i == 0 { "" } else { ", " })?;
        write_name(&field.name, f)?;
        write!(f, ":={value}")?;
    }
    f.write_str(")")
}

fn fields_of(sql_type: &SqlType) -> &[StructField] {
    match sql_type {
        SqlType::Struct(fields) => fields,
        _ => &[],
    }
}

/// Writes a constant as one would write it.
fn write_value(value: &Value, sql_type: &SqlType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match value {
        Value::Null => f.write_str("null"),
        Value::Boolean(v) => write!(f, "{v}"),
        Value::Int(v) => write!(f, "{v}"),
        Value::Bigint(v) => write!(f, "{v}"),
        Value::Double(v) => write!(f, "{v:E}"),
        Value::Decimal(v) => f.write_str(&plain_text(*v)),
        Value::Varchar(v) => write!(f, "'{}'", v.replace('\'', "''")),
        Value::Bytes(v) => write!(f, "'{}'", STANDARD.encode(v)),
        Value::Date(v) => f.write_str(&written(|out| write_date(*v, out))),
        Value::Time(v) => f.write_str(&written(|out| write_time(*v, out))),
        Value::Timestamp(v) => f.write_str(&written(|out| write_timestamp(*v, out))),
        Value::Array(values) => {
            let SqlType::Array(element) = sql_type else { return Ok(()) };
            f.write_str("ARRAY[")?;
            for (i, value) in values.iter().enumerate() {
                f.write_str(if i == 0 { "" } else { ", " })?;
                write_value(value, element, f)?;
            }
            f.write_str("]")
        }
        Value::Map(entries) => {
            let SqlType::Map(key_type, value_type) = sql_type else { return Ok(()) };
            f.write_str("MAP(")?;
            for (i, (key, value)) in entries.iter().enumerate() {
                f.write_str(if i == 0 { "" } else { ", " })?;
                write_value(key, key_type, f)?;
                f.write_str(":=")?;
                write_value(value, value_type, f)?;
            }
            f.write_str(")")
        }
        Value::Struct(values) => {
            f.write_str("STRUCT(")?;
            for (i, (field, value)) in fields_of(sql_type).iter().zip(values).enumerate() {
                f.write_str(if i == 0 { "" } else { ", " })?;
                write_name(&field.name, f)?;
                f.write_str(":=")?;
                write_value(value, &field.sql_type, f)?;
            }
            f.write_str(")")
        }
    }
}

fn written(write: impl FnOnce(&mut String)) -> String {
    let mut text = String::new();
    write(&mut text);
    text
}
