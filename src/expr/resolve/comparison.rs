//! Comparisons, BETWEEN and IN.

use tidemill_grammar::ast::{self, ExprKind, Position};

use crate::expr::display::comparison_symbol;
use crate::expr::resolve::coerce::{
    coerce_list, common_type, is_null, typed_null, wider_integer_or_double,
};
use crate::expr::resolve::node::{Resolver, at};
use crate::expr::resolve::operator::{base_name, implicit_cast};
use crate::expr::{ComparisonOp, Expr, ResolveError, ResolveErrorKind};
use crate::types::datetime::iso::parse_timestamp;
use crate::types::{SqlType, Value};

/// Columns of milliseconds that can be compared with a text that is a timestamp.
const TIMES_IN_MS: [&str; 3] = ["ROWTIME", "WINDOWSTART", "WINDOWEND"];

impl Resolver<'_> {
    /// Resolves `left op right`.
    pub(super) fn comparison(
        &mut self,
        left: &ast::Expr,
        op: ComparisonOp,
        right: &ast::Expr,
        position: Position,
    ) -> Result<Expr, ResolveError> {
        let (mut of_left, mut of_right) = (self.node(left)?, self.node(right)?);
        if is_time_in_ms(left, &of_left) {
            of_right = at(right.position, timestamp_in_ms(of_right))?;
        } else if is_time_in_ms(right, &of_right) {
            of_left = at(left.position, timestamp_in_ms(of_left))?;
        }
        at(position, compare(of_left, op, of_right))
    }

    /// Resolves `operand BETWEEN low AND high`: two comparisons, if both bounds do not convert the operand alike.
    pub(super) fn between(
        &mut self,
        operand: &ast::Expr,
        (low, high): (&ast::Expr, &ast::Expr),
        position: Position,
    ) -> Result<Expr, ResolveError> {
        let of_operand = self.node(operand)?;
        let (mut of_low, mut of_high) = (self.node(low)?, self.node(high)?);
        if is_time_in_ms(operand, &of_operand) {
            of_low = at(low.position, timestamp_in_ms(of_low))?;
            of_high = at(high.position, timestamp_in_ms(of_high))?;
        }
        let above = compare(of_operand.clone(), ComparisonOp::GreaterThanOrEqual, of_low);
        let below = compare(of_operand, ComparisonOp::LessThanOrEqual, of_high);
        Ok(match (at(position, above)?, at(position, below)?) {
            (
                Expr::Comparison { left: operand, right: low, .. },
                Expr::Comparison { left: other, right: high, .. },
            ) if operand == other => Expr::Between { operand, low, high, negated: false },
            (above, below) => Expr::And(vec![above, below]),
        })
    }

    /// Resolves `operand IN (list)`: all are converted to one type; NULLs in the list match nothing.
    pub(super) fn membership(
        &mut self,
        operand: &ast::Expr,
        list: &[ast::Expr],
        negated: bool,
    ) -> Result<Expr, ResolveError> {
        let position = operand.position;
        let mut all = vec![self.node(operand)?];
        all.extend(self.nodes(list)?.into_iter().filter(|expr| !is_null(expr)));
        // What is wrong here shows in ksqlDB when code is made, not when types are computed.
        let coerced =
            coerce_list(all).map_err(|error| ResolveErrorKind::Unsupported(error.to_string()));
        let (common, exprs) = at(position, coerced)?;
        let common = common.unwrap_or(SqlType::Varchar);
        let mut exprs = exprs.into_iter();
        let operand = exprs.next().unwrap_or_else(|| typed_null(&common));
        Ok(Expr::In { operand: Box::new(operand), list: exprs.collect(), negated })
    }
}

fn is_time_in_ms(ast: &ast::Expr, resolved: &Expr) -> bool {
    let ExprKind::Column { name, .. } = ast.kind.as_ref() else { return false };
    TIMES_IN_MS.contains(&name.name.as_str()) && *resolved.sql_type() == SqlType::Bigint
}

/// Reads a text literal as a timestamp in milliseconds.
fn timestamp_in_ms(expr: Expr) -> Result<Expr, ResolveErrorKind> {
    let Expr::Literal { value: Value::Varchar(text), .. } = &expr else { return Ok(expr) };
    let ms =
        parse_timestamp(text).map_err(|error| ResolveErrorKind::Mistyped(error.to_string()))?;
    Ok(Expr::Literal { value: Value::Bigint(ms), sql_type: SqlType::Bigint })
}

/// Makes `left op right`.
pub(super) fn compare(left: Expr, op: ComparisonOp, right: Expr) -> Result<Expr, ResolveErrorKind> {
    if is_null(&left) || is_null(&right) {
        let name = |e: &Expr| if is_null(e) { "NULL".to_owned() } else { base_name(e.sql_type()) };
        return Err(ResolveErrorKind::Mistyped(format!(
            "Comparison with NULL not supported: {} {} {}\nUse 'IS NULL' or 'IS NOT NULL' instead.",
            name(&left),
            comparison_symbol(op),
            name(&right)
        )));
    }
    if !is_comparable(left.sql_type(), op, right.sql_type()) {
        return Err(ResolveErrorKind::Mistyped(format!(
            "Cannot compare {left} ({}) to {right} ({}) with {}.",
            left.sql_type(),
            right.sql_type(),
            word(op)
        )));
    }
    let (left, right) = alike(left, right);
    Ok(Expr::Comparison { left: Box::new(left), op, right: Box::new(right) })
}

fn is_comparable(left: &SqlType, op: ComparisonOp, right: &SqlType) -> bool {
    use SqlType::{Array, Boolean, Bytes, Date, Map, Struct, Time, Timestamp, Varchar};
    match (left, right) {
        (left, right) if left.is_numeric() => right.is_numeric(),
        (Varchar, Varchar | Date | Time | Timestamp) | (Date | Time | Timestamp, Varchar) => true,
        (Date | Timestamp, Date | Timestamp) | (Time, Time) | (Bytes, Bytes) => true,
        (Boolean, Boolean) | (Array(_), Array(_)) | (Map(..), Map(..)) | (Struct(_), Struct(_)) => {
            is_equality(op)
        }
        _ => false,
    }
}

fn is_equality(op: ComparisonOp) -> bool {
    match op {
        ComparisonOp::Equal
        | ComparisonOp::NotEqual
        | ComparisonOp::IsDistinctFrom
        | ComparisonOp::IsNotDistinctFrom => true,
        ComparisonOp::LessThan
        | ComparisonOp::LessThanOrEqual
        | ComparisonOp::GreaterThan
        | ComparisonOp::GreaterThanOrEqual => false,
    }
}

/// Converts two operands so that they can be compared. A DECIMAL stays as it is: it is compared with any number exactly.
fn alike(left: Expr, right: Expr) -> (Expr, Expr) {
    use SqlType::{Array, Date, Map, Struct, Time, Timestamp, Varchar};
    let wanted = match (left.sql_type(), right.sql_type()) {
        (left, right) if left == right => None,
        (left, right) if left.is_numeric() => wider_integer_or_double(left, right),
        (Varchar, time @ (Date | Time | Timestamp))
        | (time @ (Date | Time | Timestamp), Varchar) => Some(time.clone()),
        (Date, Timestamp) | (Timestamp, Date) => Some(Timestamp),
        (left @ (Array(_) | Map(..) | Struct(_)), right) => common_type(left, right),
        _ => None,
    };
    match wanted {
        Some(wanted) => (implicit_cast(left, &wanted), implicit_cast(right, &wanted)),
        None => (left, right),
    }
}

/// Returns an operator's name as errors of ksqlDB name it.
fn word(op: ComparisonOp) -> &'static str {
    match op {
        ComparisonOp::Equal => "EQUAL",
        ComparisonOp::NotEqual => "NOT_EQUAL",
        ComparisonOp::LessThan => "LESS_THAN",
        ComparisonOp::LessThanOrEqual => "LESS_THAN_OR_EQUAL",
        ComparisonOp::GreaterThan => "GREATER_THAN",
        ComparisonOp::GreaterThanOrEqual => "GREATER_THAN_OR_EQUAL",
        ComparisonOp::IsDistinctFrom => "IS_DISTINCT_FROM",
        ComparisonOp::IsNotDistinctFrom => "IS_NOT_DISTINCT_FROM",
    }
}
