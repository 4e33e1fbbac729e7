//! Expressions, with parentheses where they are needed and nowhere else.

use std::fmt;

use crate::ast::{ArithmeticOp, ComparisonOp, Expr, ExprKind, Ident};
use crate::convert::chain::{Associative, is_long, operands};
use crate::format::{Quoted, list};
use crate::keywords::is_unit;

/// How tightly an expression holds together, from the loosest to the tightest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Or,
    And,
    Not,
    Predicate,
    Concat,
    Sum,
    Product,
    Sign,
    TimeZone,
    Primary,
}

impl Level {
    /// What stands in places that take no comparison.
    const VALUE: Level = Level::Concat;

    fn of(expr: &Expr) -> Level {
        match &*expr.kind {
            ExprKind::Or(..) => Level::Or,
            ExprKind::And(..) => Level::And,
            ExprKind::Not(_) => Level::Not,
            ExprKind::Comparison { .. }
            | ExprKind::IsNull { .. }
            | ExprKind::Between { .. }
            | ExprKind::In { .. }
            | ExprKind::Like { .. } => Level::Predicate,
            ExprKind::Arithmetic { op, .. } => Level::of_operator(*op),
            ExprKind::Sign { .. } => Level::Sign,
            ExprKind::AtTimeZone { .. } => Level::TimeZone,
            ExprKind::Literal(_)
            | ExprKind::Column { .. }
            | ExprKind::Field { .. }
            | ExprKind::Subscript { .. }
            | ExprKind::SearchedCase { .. }
            | ExprKind::SimpleCase { .. }
            | ExprKind::Cast { .. }
            | ExprKind::Call { .. }
            | ExprKind::Star
            | ExprKind::Lambda { .. }
            | ExprKind::Array(_)
            | ExprKind::Map(_)
            | ExprKind::Struct(_)
            | ExprKind::TypedLiteral { .. } => Level::Primary,
        }
    }

    fn of_operator(op: ArithmeticOp) -> Level {
        match op {
            ArithmeticOp::Concat => Level::Concat,
            ArithmeticOp::Add | ArithmeticOp::Subtract => Level::Sum,
            ArithmeticOp::Multiply | ArithmeticOp::Divide | ArithmeticOp::Modulus => Level::Product,
        }
    }

    /// Returns the level that the right side of an operator of this level needs.
    fn above(self) -> Level {
        match self {
            Level::Or => Level::And,
            Level::And => Level::Not,
            Level::Not => Level::Predicate,
            Level::Predicate => Level::Concat,
            Level::Concat => Level::Sum,
            Level::Sum => Level::Product,
            Level::Product => Level::Sign,
            Level::Sign => Level::TimeZone,
            Level::TimeZone | Level::Primary => Level::Primary,
        }
    }
}

/// An expression where something of at least a level has to stand.
struct At<'a>(&'a Expr, Level);

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let At(expr, level) = *self;
        if Level::of(expr) < level { write!(f, "({expr})") } else { write!(f, "{expr}") }
    }
}

/// An expression as GROUP BY, PARTITION BY and VALUES take it.
pub(super) fn value(expr: &Expr) -> impl fmt::Display {
    At(expr, Level::VALUE)
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((operator, left, right)) = Associative::of(self) {
            return chain(f, self, operator, (left, right));
        }
        match &*self.kind {
            ExprKind::Literal(literal) => write!(f, "{literal}"),
            ExprKind::Column { source: Some(source), name } => write!(f, "{source}.{name}"),
            ExprKind::Column { source: None, name } => write!(f, "{name}"),
            ExprKind::Field { base, field } => write!(f, "{}->{field}", primary(base)),
            ExprKind::Subscript { base, index } => {
                write!(f, "{}[{}]", primary(base), value(index))
            }
            ExprKind::Sign { negative, operand } => sign(f, *negative, operand),
            ExprKind::Not(operand) => write!(f, "NOT {}", At(operand, Level::Not)),
            ExprKind::Arithmetic { left, op, right } => {
                let level = Level::of_operator(*op);
                write!(f, "{} {op} {}", At(left, level), At(right, level.above()))
            }
            ExprKind::Comparison { left, op, right } => {
                write!(f, "{} {op} {}", value(left), value(right))
            }
            ExprKind::And(..) | ExprKind::Or(..) => Ok(()),
            ExprKind::AtTimeZone { operand, zone } => {
                write!(f, "{} AT TIME ZONE {}", At(operand, Level::TimeZone), Quoted(zone))
            }
            ExprKind::Cast { operand, data_type } => write!(f, "CAST({operand} AS {data_type})"),
            ExprKind::TypedLiteral { data_type, text } => write!(f, "{data_type} {}", Quoted(text)),
            ExprKind::SearchedCase { branches, default } => case(f, None, branches, default),
            ExprKind::SimpleCase { operand, branches, default } => {
                case(f, Some(operand), branches, default)
            }
            ExprKind::Star => f.write_str("*"),
            ExprKind::Call { name, args } => {
                bracketed(f, &format!("{name}("), args.iter().map(Argument), ")")
            }
            ExprKind::Lambda { params, body } => bracketed(f, "(", params, &format!(") => {body}")),
            ExprKind::Array(items) => bracketed(f, "ARRAY[", items, "]"),
            ExprKind::Map(pairs) => {
                bracketed(f, "MAP(", pairs.iter().map(|(k, v)| format!("{k} := {v}")), ")")
            }
            ExprKind::Struct(fields) => {
                bracketed(f, "STRUCT(", fields.iter().map(|(k, v)| format!("{k} := {v}")), ")")
            }
            ExprKind::IsNull { operand, negated } => {
                write!(f, "{} IS{} NULL", value(operand), not(*negated))
            }
            ExprKind::Between { operand, low, high, negated } => {
                write!(f, "{}{} BETWEEN ", value(operand), not(*negated))?;
                write!(f, "{} AND {}", value(low), value(high))
            }
            ExprKind::In { operand, list, negated } => {
                let head = format!("{}{} IN (", value(operand), not(*negated));
                bracketed(f, &head, list, ")")
            }
            ExprKind::Like { operand, pattern, escape, negated } => {
                write!(f, "{}{} LIKE {}", value(operand), not(*negated), value(pattern))?;
                escape.map_or(Ok(()), |char| write!(f, " ESCAPE {}", Quoted(&char.to_string())))
            }
        }
    }
}

/// Writes items with commas between them and brackets around them.
fn bracketed<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    open: &str,
    items: impl IntoIterator<Item = T>,
    close: &str,
) -> fmt::Result {
    f.write_str(open)?;
    list(f, items)?;
    f.write_str(close)
}

fn not(negated: bool) -> &'static str {
    if negated { " NOT" } else { "" }
}

/// Writes a chain of AND, OR or `||`; a long one is a balanced tree, and is written without the parentheses of that.
fn chain(
    f: &mut fmt::Formatter<'_>,
    expr: &Expr,
    operator: Associative,
    (left, right): (&Expr, &Expr),
) -> fmt::Result {
    let (symbol, level) = match operator {
        Associative::And => ("AND", Level::And),
        Associative::Or => ("OR", Level::Or),
        Associative::Concat => ("||", Level::Concat),
    };
    if !is_long(expr, operator) {
        return write!(f, "{} {symbol} {}", At(left, level), At(right, level.above()));
    }
    for (index, operand) in operands(expr, operator).into_iter().enumerate() {
        if 0 < index {
            write!(f, " {symbol} ")?;
        }
        write!(f, "{}", At(operand, level.above()))?;
    }
    Ok(())
}

/// An expression as `->` and `[]` take it.
pub(super) fn primary(expr: &Expr) -> impl fmt::Display {
    At(expr, Level::Primary)
}

/// Writes a sign; before digits it would become part of the number, and `--` begins a comment.
fn sign(f: &mut fmt::Formatter<'_>, negative: bool, operand: &Expr) -> fmt::Result {
    let text = At(operand, Level::Sign).to_string();
    let merges = |char: char| char == '-' || char.is_ascii_digit();
    match (negative, text.starts_with(merges)) {
        (true, true) => write!(f, "-({text})"),
        (true, false) => write!(f, "-{text}"),
        (false, _) => write!(f, "+{text}"),
    }
}

/// An argument of a call, where a unit of time needs no quotes although it is reserved.
struct Argument<'a>(&'a Expr);

impl fmt::Display for Argument<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0.kind {
            ExprKind::Column { source: None, name: Ident { name, quoted: false, .. } }
                if is_unit(name) =>
            {
                f.write_str(name)
            }
            _ => write!(f, "{}", self.0),
        }
    }
}

fn case(
    f: &mut fmt::Formatter<'_>,
    operand: Option<&Expr>,
    branches: &[(Expr, Expr)],
    default: &Option<Expr>,
) -> fmt::Result {
    f.write_str("CASE")?;
    if let Some(operand) = operand {
        write!(f, " {}", value(operand))?;
    }
    for (when, then) in branches {
        write!(f, " WHEN {when} THEN {then}")?;
    }
    if let Some(default) = default {
        write!(f, " ELSE {default}")?;
    }
    f.write_str(" END")
}

impl fmt::Display for ArithmeticOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ArithmeticOp::Add => "+",
            ArithmeticOp::Subtract => "-",
            ArithmeticOp::Multiply => "*",
            ArithmeticOp::Divide => "/",
            ArithmeticOp::Modulus => "%",
            ArithmeticOp::Concat => "||",
        })
    }
}

impl fmt::Display for ComparisonOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ComparisonOp::Equal => "=",
            ComparisonOp::NotEqual => "<>",
            ComparisonOp::LessThan => "<",
            ComparisonOp::LessThanOrEqual => "<=",
            ComparisonOp::GreaterThan => ">",
            ComparisonOp::GreaterThanOrEqual => ">=",
            ComparisonOp::IsDistinctFrom => "IS DISTINCT FROM",
            ComparisonOp::IsNotDistinctFrom => "IS NOT DISTINCT FROM",
        })
    }
}
