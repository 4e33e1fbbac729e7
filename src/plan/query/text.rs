//! Expressions as error messages and EXPLAIN write them: fully bracketed, as ksqlDB does.

use std::fmt::Write;

use tidemill_grammar::ast::{ArithmeticOp, ComparisonOp, DataType, Expr, ExprKind, Ident, Literal};

/// How columns are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    /// With their source: `L.ID`.
    Qualified,
    /// As the plan's nodes name them: `ID`, and `L_ID` in a join.
    Flat {
        /// Whether sources are joined.
        is_join: bool,
    },
}

/// Writes an expression.
pub(crate) fn text(expr: &Expr, names: Names) -> String {
    let mut out = String::new();
    // Writing to a String does not fail.
    let _ = write_expr(&mut out, expr, names);
    out
}

/// Returns the name that a column has in the plan's nodes.
pub(crate) fn flat_name(source: Option<&str>, name: &str, is_join: bool) -> String {
    match source {
        Some(source) if is_join => format!("{source}_{name}"),
        Some(_) | None => name.to_owned(),
    }
}

fn write_expr(out: &mut String, expr: &Expr, names: Names) -> std::fmt::Result {
    let sub = |expr: &Expr| text(expr, names);
    match &*expr.kind {
        ExprKind::Literal(literal) => out.write_str(&literal_text(literal)),
        ExprKind::Column { source, name } => out.write_str(&column(source.as_ref(), name, names)),
        ExprKind::Field { base, field } => write!(out, "{}->{}", sub(base), ident(&field.name)),
        ExprKind::Subscript { base, index } => write!(out, "{}[{}]", sub(base), sub(index)),
        ExprKind::Sign { negative, operand } => {
            write!(out, "{}{}", if *negative { "-" } else { "+" }, sub(operand))
        }
        ExprKind::Not(operand) => write!(out, "(NOT {})", sub(operand)),
        ExprKind::Arithmetic { left, op, right } => {
            write!(out, "({} {} {})", sub(left), arithmetic(*op), sub(right))
        }
        ExprKind::Comparison { left, op, right } => {
            write!(out, "({} {} {})", sub(left), comparison(*op), sub(right))
        }
        ExprKind::And(left, right) => write!(out, "({} AND {})", sub(left), sub(right)),
        ExprKind::Or(left, right) => write!(out, "({} OR {})", sub(left), sub(right)),
        ExprKind::IsNull { operand, negated } => {
            write!(out, "({} IS{} NULL)", sub(operand), if *negated { " NOT" } else { "" })
        }
        ExprKind::Between { operand, low, high, negated } => {
            let (operand, low, high) = (sub(operand), sub(low), sub(high));
            write!(out, "({operand}{} BETWEEN {low} AND {high})", not(*negated))
        }
        ExprKind::In { operand, list, negated } => {
            write!(out, "({}{} IN ({}))", sub(operand), not(*negated), list_text(list, names))
        }
        ExprKind::Like { operand, pattern, escape, negated } => {
            write!(out, "({}{} LIKE {}", sub(operand), not(*negated), sub(pattern))?;
            escape.map_or(Ok(()), |escape| write!(out, " ESCAPE '{escape}'"))?;
            out.write_str(")")
        }
        ExprKind::Cast { operand, data_type } => {
            write!(out, "CAST({} AS {})", sub(operand), data_type_text(data_type))
        }
        ExprKind::Call { name, args } => {
            write!(out, "{}({})", name.name.to_uppercase(), list_text(args, names))
        }
        ExprKind::Star => out.write_str("*"),
        ExprKind::AtTimeZone { operand, zone } => {
            write!(out, "{} AT TIME ZONE {}", sub(operand), quoted(zone))
        }
        ExprKind::TypedLiteral { data_type, text } => {
            write!(out, "{} {}", data_type_text(data_type), quoted(text))
        }
        ExprKind::Array(elements) => write!(out, "ARRAY[{}]", list_text(elements, names)),
        ExprKind::SearchedCase { .. }
        | ExprKind::SimpleCase { .. }
        | ExprKind::Lambda { .. }
        | ExprKind::Map(_)
        | ExprKind::Struct(_) => write_pairs(out, expr, names),
    }
}

/// Writes what is made of pairs.
fn write_pairs(out: &mut String, expr: &Expr, names: Names) -> std::fmt::Result {
    let sub = |expr: &Expr| text(expr, names);
    let case = |operand: Option<&Expr>, branches: &[(Expr, Expr)], default: &Option<Expr>| {
        let operand = operand.map(|operand| format!(" {}", sub(operand))).unwrap_or_default();
        let branches: Vec<String> =
            branches.iter().map(|(w, t)| format!(" WHEN {} THEN {}", sub(w), sub(t))).collect();
        let default = default.as_ref().map(|d| format!(" ELSE {}", sub(d))).unwrap_or_default();
        format!("(CASE{operand}{}{default} END)", branches.concat())
    };
    match &*expr.kind {
        ExprKind::SearchedCase { branches, default } => {
            out.write_str(&case(None, branches, default))
        }
        ExprKind::SimpleCase { operand, branches, default } => {
            out.write_str(&case(Some(operand), branches, default))
        }
        ExprKind::Lambda { params, body } => {
            let params: Vec<&str> = params.iter().map(|param| param.name.as_str()).collect();
            match params.as_slice() {
                [param] => write!(out, "{param} => {}", sub(body)),
                params => write!(out, "({}) => {}", params.join(", "), sub(body)),
            }
        }
        ExprKind::Map(entries) => {
            let entries =
                entries.iter().map(|(key, value)| format!("{}:={}", sub(key), sub(value)));
            write!(out, "MAP({})", entries.collect::<Vec<_>>().join(", "))
        }
        ExprKind::Struct(fields) => {
            let field =
                |(name, value): &(Ident, Expr)| format!("{}:={}", ident(&name.name), sub(value));
            write!(out, "STRUCT({})", fields.iter().map(field).collect::<Vec<_>>().join(", "))
        }
        ExprKind::Literal(_)
        | ExprKind::Column { .. }
        | ExprKind::Field { .. }
        | ExprKind::Subscript { .. }
        | ExprKind::Sign { .. }
        | ExprKind::Not(_)
        | ExprKind::Arithmetic { .. }
        | ExprKind::Comparison { .. }
        | ExprKind::And(..)
        | ExprKind::Or(..)
        | ExprKind::IsNull { .. }
        | ExprKind::Between { .. }
        | ExprKind::In { .. }
        | ExprKind::Like { .. }
        | ExprKind::Cast { .. }
        | ExprKind::Call { .. }
        | ExprKind::Star
        | ExprKind::AtTimeZone { .. }
        | ExprKind::TypedLiteral { .. }
        | ExprKind::Array(_) => Ok(()),
    }
}

fn list_text(exprs: &[Expr], names: Names) -> String {
    exprs.iter().map(|expr| text(expr, names)).collect::<Vec<_>>().join(", ")
}

fn not(negated: bool) -> &'static str {
    if negated { " NOT" } else { "" }
}

fn column(source: Option<&Ident>, name: &Ident, names: Names) -> String {
    match (source, names) {
        (Some(source), Names::Qualified) => {
            format!("{}.{}", ident(&source.name), ident(&name.name))
        }
        (source, Names::Flat { is_join }) => {
            ident(&flat_name(source.map(|source| source.name.as_str()), &name.name, is_join))
        }
        (None, Names::Qualified) => ident(&name.name),
    }
}

/// Writes a name, in back quotes if it would not be read as it is.
pub(crate) fn ident(name: &str) -> String {
    let mut chars = name.chars();
    let begins = chars.next().is_some_and(|c| c.is_ascii_uppercase() || c == '_');
    let is_plain =
        begins && chars.all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    if is_plain && !tidemill_grammar::is_reserved(name) {
        name.to_owned()
    } else {
        format!("`{}`", name.replace('`', "``"))
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn literal_text(literal: &Literal) -> String {
    match literal {
        Literal::Null => "null".into(),
        Literal::Boolean(value) => value.to_string(),
        Literal::Int(value) => value.to_string(),
        Literal::Bigint(value) => value.to_string(),
        Literal::Decimal(digits) => digits.clone(),
        Literal::Double(value) => format!("{value:E}"),
        Literal::String(text) => quoted(text),
    }
}

fn arithmetic(op: ArithmeticOp) -> &'static str {
    match op {
        ArithmeticOp::Add => "+",
        ArithmeticOp::Subtract => "-",
        ArithmeticOp::Multiply => "*",
        ArithmeticOp::Divide => "/",
        ArithmeticOp::Modulus => "%",
        ArithmeticOp::Concat => "||",
    }
}

fn comparison(op: ComparisonOp) -> &'static str {
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

/// Writes a type as written.
pub(crate) fn data_type_text(data_type: &DataType) -> String {
    match data_type {
        DataType::Boolean => "BOOLEAN".into(),
        DataType::Int => "INTEGER".into(),
        DataType::Bigint => "BIGINT".into(),
        DataType::Double => "DOUBLE".into(),
        DataType::Decimal { precision, scale } => format!("DECIMAL({precision}, {scale})"),
        DataType::Varchar => "STRING".into(),
        DataType::Bytes => "BYTES".into(),
        DataType::Date => "DATE".into(),
        DataType::Time => "TIME".into(),
        DataType::Timestamp => "TIMESTAMP".into(),
        DataType::Array(element) => format!("ARRAY<{}>", data_type_text(element)),
        DataType::Map(key, value) => {
            format!("MAP<{}, {}>", data_type_text(key), data_type_text(value))
        }
        DataType::Struct(fields) => {
            let field = |(name, field): &(Ident, DataType)| {
                format!("{} {}", ident(&name.name), data_type_text(field))
            };
            format!("STRUCT<{}>", fields.iter().map(field).collect::<Vec<_>>().join(", "))
        }
        DataType::Custom(name) => ident(&name.name),
    }
}
