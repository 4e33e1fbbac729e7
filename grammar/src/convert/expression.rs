//! Expressions.
//!
//! The left sides of operators are walked in a loop: a chain is as deep as it is long.

use sqlparser::ast as sql;

use crate::ast::{ArithmeticOp, ComparisonOp, DataType, Expr, ExprKind, Ident, Position};
use crate::convert::chain::{Associative, join_all};
use crate::convert::{ident, literal, types};
use crate::error::ParseError;
use crate::lexer::position;

/// Converts an expression.
pub(crate) fn expression(expr: sql::Expr) -> Result<Expr, ParseError> {
    match expr {
        sql::Expr::BinaryOp { .. } => binary(expr),
        sql::Expr::Nested(inner) => expression(*inner),
        sql::Expr::Prefixed { prefix, value } => {
            let kind = prefixed(*value)?;
            Ok(Expr { kind: Box::new(kind), position: position(prefix.span.start) })
        }
        sql::Expr::CompoundFieldAccess { root, access_chain } => {
            access_chain.into_iter().try_fold(expression(*root)?, subscript)
        }
        sql::Expr::AtTimeZone { timestamp, time_zone } => {
            let operand = expression(*timestamp)?;
            let zone = zone(expression(*time_zone)?)?;
            Ok(after(operand, |operand| ExprKind::AtTimeZone { operand, zone }))
        }
        sql::Expr::IsNull(_)
        | sql::Expr::IsNotNull(_)
        | sql::Expr::IsDistinctFrom(..)
        | sql::Expr::IsNotDistinctFrom(..)
        | sql::Expr::InList { .. }
        | sql::Expr::Between { .. }
        | sql::Expr::Like { .. } => predicate(expr),
        other => leaf(other),
    }
}

/// Converts an expression that knows its own place.
fn leaf(expr: sql::Expr) -> Result<Expr, ParseError> {
    let (position, kind) = match expr {
        sql::Expr::Value(value) => {
            (position(value.span.start), ExprKind::Literal(literal::literal(value)?))
        }
        sql::Expr::Identifier(name) => {
            let name = ident(name);
            (name.position, ExprKind::Column { source: None, name })
        }
        sql::Expr::CompoundIdentifier(parts) => column(parts)?,
        sql::Expr::Function(function) => call(function)?,
        sql::Expr::Lambda(lambda) => self::lambda(lambda)?,
        sql::Expr::TypedString(typed) => typed_literal(typed)?,
        sql::Expr::Case { case_token, operand, conditions, else_result, .. } => {
            let kind = case(operand, conditions, else_result)?;
            (position(case_token.0.span.start), kind)
        }
        sql::Expr::Wildcard(star) => return Err(misplaced_star(position(star.0.span.start))),
        other => return Err(foreign(&other)),
    };
    Ok(Expr { kind: Box::new(kind), position })
}

/// Converts what stands behind a word that carries the place.
fn prefixed(expr: sql::Expr) -> Result<ExprKind, ParseError> {
    Ok(match expr {
        sql::Expr::UnaryOp { op: sql::UnaryOperator::Not, expr } => {
            ExprKind::Not(expression(*expr)?)
        }
        sql::Expr::UnaryOp { op, expr } => {
            let negative = op == sql::UnaryOperator::Minus;
            ExprKind::Sign { negative, operand: expression(*expr)? }
        }
        sql::Expr::Cast { expr, data_type, .. } => {
            let operand = expression(*expr)?;
            ExprKind::Cast { operand, data_type: types::data_type(data_type)? }
        }
        sql::Expr::Array(array) => ExprKind::Array(list(array.elem)?),
        sql::Expr::Map(map) => {
            let entries = map.entries.into_iter();
            let pairs = entries.map(|it| Ok((expression(*it.key)?, expression(*it.value)?)));
            ExprKind::Map(pairs.collect::<Result<_, ParseError>>()?)
        }
        sql::Expr::Dictionary(fields) => {
            let fields = fields.into_iter().map(|it| Ok((ident(it.key), expression(*it.value)?)));
            ExprKind::Struct(fields.collect::<Result<_, ParseError>>()?)
        }
        other => return Err(foreign(&other)),
    })
}

fn list(exprs: Vec<sql::Expr>) -> Result<Vec<Expr>, ParseError> {
    exprs.into_iter().map(expression).collect()
}

/// Makes a node that begins where its first operand does.
fn after(operand: Expr, kind: impl FnOnce(Expr) -> ExprKind) -> Expr {
    let position = operand.position;
    Expr { kind: Box::new(kind(operand)), position }
}

/// Converts a chain of operators, the first one first.
fn binary(expr: sql::Expr) -> Result<Expr, ParseError> {
    let mut links = Vec::new();
    let mut left = expr;
    while let sql::Expr::BinaryOp { left: inner, op, right } = left {
        links.push((op, *right));
        left = *inner;
    }
    let mut tree = expression(left)?;
    let mut links = links.into_iter().rev().peekable();
    while let Some((op, right)) = links.next() {
        let Some(operator) = associative(&op) else {
            tree = link(tree, op, right)?;
            continue;
        };
        let mut operands = vec![tree, expression(right)?];
        while let Some((_, right)) = links.next_if(|(next, _)| *next == op) {
            operands.push(expression(right)?);
        }
        tree = join_all(operator, operands)
            .ok_or_else(|| ParseError::invalid(Position::default(), "empty chain"))?;
    }
    Ok(tree)
}

fn associative(op: &sql::BinaryOperator) -> Option<Associative> {
    match op {
        sql::BinaryOperator::And => Some(Associative::And),
        sql::BinaryOperator::Or => Some(Associative::Or),
        sql::BinaryOperator::StringConcat => Some(Associative::Concat),
        _ => None,
    }
}

/// Joins two sides by an operator that is not associative.
fn link(left: Expr, op: sql::BinaryOperator, right: sql::Expr) -> Result<Expr, ParseError> {
    if op == sql::BinaryOperator::Arrow {
        return match right {
            sql::Expr::Identifier(field) => {
                Ok(after(left, |base| ExprKind::Field { base, field: ident(field) }))
            }
            other => Err(misplaced_star(star_position(&other))),
        };
    }
    let right = expression(right)?;
    if let Some(op) = comparison(&op) {
        return Ok(after(left, |left| ExprKind::Comparison { left, op, right }));
    }
    let Some(op) = arithmetic(&op) else {
        return Err(ParseError::invalid(left.position, format!("operator {op} is not known")));
    };
    Ok(after(left, |left| ExprKind::Arithmetic { left, op, right }))
}

fn comparison(op: &sql::BinaryOperator) -> Option<ComparisonOp> {
    match op {
        sql::BinaryOperator::Eq => Some(ComparisonOp::Equal),
        sql::BinaryOperator::NotEq => Some(ComparisonOp::NotEqual),
        sql::BinaryOperator::Lt => Some(ComparisonOp::LessThan),
        sql::BinaryOperator::LtEq => Some(ComparisonOp::LessThanOrEqual),
        sql::BinaryOperator::Gt => Some(ComparisonOp::GreaterThan),
        sql::BinaryOperator::GtEq => Some(ComparisonOp::GreaterThanOrEqual),
        _ => None,
    }
}

fn arithmetic(op: &sql::BinaryOperator) -> Option<ArithmeticOp> {
    match op {
        sql::BinaryOperator::Plus => Some(ArithmeticOp::Add),
        sql::BinaryOperator::Minus => Some(ArithmeticOp::Subtract),
        sql::BinaryOperator::Multiply => Some(ArithmeticOp::Multiply),
        sql::BinaryOperator::Divide => Some(ArithmeticOp::Divide),
        sql::BinaryOperator::Modulo => Some(ArithmeticOp::Modulus),
        _ => None,
    }
}

fn subscript(base: Expr, access: sql::AccessExpr) -> Result<Expr, ParseError> {
    match access {
        sql::AccessExpr::Subscript(sql::Subscript::Index { index }) => {
            let index = expression(index)?;
            Ok(after(base, |base| ExprKind::Subscript { base, index }))
        }
        _ => Err(ParseError::invalid(base.position, "only one index can stand in brackets")),
    }
}

fn predicate(expr: sql::Expr) -> Result<Expr, ParseError> {
    match expr {
        sql::Expr::IsNull(operand) => {
            let operand = expression(*operand)?;
            Ok(after(operand, |operand| ExprKind::IsNull { operand, negated: false }))
        }
        sql::Expr::IsNotNull(operand) => {
            let operand = expression(*operand)?;
            Ok(after(operand, |operand| ExprKind::IsNull { operand, negated: true }))
        }
        sql::Expr::IsDistinctFrom(left, right) => {
            distinct(*left, ComparisonOp::IsDistinctFrom, *right)
        }
        sql::Expr::IsNotDistinctFrom(left, right) => {
            distinct(*left, ComparisonOp::IsNotDistinctFrom, *right)
        }
        sql::Expr::InList { expr, list, negated } => {
            let list = self::list(list)?;
            Ok(after(expression(*expr)?, |operand| ExprKind::In { operand, list, negated }))
        }
        sql::Expr::Between { expr, negated, low, high } => {
            let (low, high) = (expression(*low)?, expression(*high)?);
            let operand = expression(*expr)?;
            Ok(after(operand, |operand| ExprKind::Between { operand, low, high, negated }))
        }
        sql::Expr::Like { negated, expr, pattern, escape_char, .. } => {
            let (operand, pattern) = (expression(*expr)?, expression(*pattern)?);
            let escape = escape_char.map(escape).transpose()?;
            Ok(after(operand, |operand| ExprKind::Like { operand, pattern, escape, negated }))
        }
        other => Err(foreign(&other)),
    }
}

fn distinct(left: sql::Expr, op: ComparisonOp, right: sql::Expr) -> Result<Expr, ParseError> {
    let right = expression(right)?;
    Ok(after(expression(left)?, |left| ExprKind::Comparison { left, op, right }))
}

fn escape(value: sql::ValueWithSpan) -> Result<char, ParseError> {
    let place = position(value.span.start);
    if let sql::Value::SingleQuotedString(text) = value.value {
        let mut chars = text.chars();
        if let (Some(escape), None) = (chars.next(), chars.next()) {
            return Ok(escape);
        }
    }
    Err(ParseError::invalid(place, "the ESCAPE of LIKE must be one character"))
}

type Placed = (Position, ExprKind);

fn column(parts: Vec<sql::Ident>) -> Result<Placed, ParseError> {
    let mut parts = parts.into_iter().map(ident);
    match (parts.next(), parts.next(), parts.next()) {
        (Some(source), Some(name), None) => {
            Ok((source.position, ExprKind::Column { source: Some(source), name }))
        }
        _ => Err(ParseError::invalid(Position::default(), "a column is written source.column")),
    }
}

fn call(function: sql::Function) -> Result<Placed, ParseError> {
    let arguments = match function.args {
        sql::FunctionArguments::List(list) => list.args,
        _ => Vec::new(),
    };
    let name = types::name_of(function.name).map(ident);
    let name =
        name.ok_or_else(|| ParseError::invalid(Position::default(), "a call needs a name"))?;
    let args = arguments.into_iter().map(|argument| self::argument(argument, name.position));
    let args = args.collect::<Result<_, _>>()?;
    Ok((name.position, ExprKind::Call { name, args }))
}

fn argument(argument: sql::FunctionArg, position: Position) -> Result<Expr, ParseError> {
    match argument {
        sql::FunctionArg::Unnamed(sql::FunctionArgExpr::Expr(expr)) => expression(expr),
        _ => Ok(Expr { kind: Box::new(ExprKind::Star), position }),
    }
}

fn lambda(lambda: sql::LambdaFunction) -> Result<Placed, ParseError> {
    let params: Vec<Ident> = match lambda.params {
        sql::OneOrManyWithParens::One(param) => vec![ident(param.name)],
        sql::OneOrManyWithParens::Many(params) => {
            params.into_iter().map(|param| ident(param.name)).collect()
        }
    };
    let position = params.first().map(|param| param.position).unwrap_or_default();
    Ok((position, ExprKind::Lambda { params, body: expression(*lambda.body)? }))
}

fn typed_literal(typed: sql::TypedString) -> Result<Placed, ParseError> {
    let place = match &typed.data_type {
        sql::DataType::Custom(name, _) => name.0.first().and_then(|part| part.as_ident().cloned()),
        _ => None,
    };
    let place = place.map(|name| position(name.span.start)).unwrap_or_default();
    let data_type = types::data_type(typed.data_type)?;
    match (data_type, typed.value.value) {
        (
            data_type @ (DataType::Date | DataType::Time | DataType::Timestamp),
            sql::Value::SingleQuotedString(text),
        ) => Ok((place, ExprKind::TypedLiteral { data_type, text })),
        _ => Err(ParseError::invalid(place, "only DATE, TIME and TIMESTAMP can precede a string")
            .with_hint("use CAST('…' AS …) for other types")),
    }
}

fn case(
    operand: Option<Box<sql::Expr>>,
    conditions: Vec<sql::CaseWhen>,
    default: Option<Box<sql::Expr>>,
) -> Result<ExprKind, ParseError> {
    let branches = conditions.into_iter();
    let branches = branches.map(|it| Ok((expression(it.condition)?, expression(it.result)?)));
    let branches = branches.collect::<Result<_, ParseError>>()?;
    let default = default.map(|default| expression(*default)).transpose()?;
    Ok(match operand {
        None => ExprKind::SearchedCase { branches, default },
        Some(operand) => ExprKind::SimpleCase { operand: expression(*operand)?, branches, default },
    })
}

fn zone(expr: Expr) -> Result<String, ParseError> {
    match *expr.kind {
        ExprKind::Literal(crate::ast::Literal::String(zone)) => Ok(zone),
        _ => Err(ParseError::invalid(expr.position, "the time zone must be a string")),
    }
}

fn misplaced_star(position: Position) -> ParseError {
    ParseError::invalid(position, "'->*' can only be an item of SELECT")
}

fn star_position(expr: &sql::Expr) -> Position {
    match expr {
        sql::Expr::Wildcard(star) => position(star.0.span.start),
        _ => Position::default(),
    }
}

/// The parser makes only the nodes above; anything else is refused, not a panic.
fn foreign(_: &sql::Expr) -> ParseError {
    ParseError::invalid(Position::default(), "this expression is not one of ksqlDB's")
}
