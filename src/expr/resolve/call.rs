//! Calls of functions, and lambdas in them.

use std::collections::BTreeMap;
use std::sync::Arc;

use tidemill_grammar::ast::{self, ArithmeticOp, ExprKind, Ident, Position};

use crate::expr::resolve::coerce::{is_null, typed_null};
use crate::expr::resolve::node::{Resolver, at, text_literal};
use crate::expr::resolve::operator::implicit_cast;
use crate::expr::tree::Function;
use crate::expr::{Expr, ResolveError, ResolveErrorKind, cast};
use crate::functions::{ArgumentType, FunctionError, ResolvedParam, ResolvedScalar};
use crate::types::{SqlType, Value};

/// Words that are units of time where a function asks for one.
const UNITS: [&str; 10] = [
    "MILLISECOND",
    "MILLISECONDS",
    "SECOND",
    "SECONDS",
    "MINUTE",
    "MINUTES",
    "HOUR",
    "HOURS",
    "DAY",
    "DAYS",
];

/// An argument before the overload is known.
enum Given<'a> {
    Value(Expr),
    Unit(String),
    Lambda(&'a [Ident], &'a ast::Expr),
}

impl Given<'_> {
    fn argument_type(&self) -> ArgumentType {
        match self {
            Given::Value(expr) if is_null(expr) => ArgumentType::Literal(None, Value::Null),
            Given::Value(Expr::Literal { value, sql_type }) => {
                ArgumentType::Literal(Some(sql_type.clone()), value.clone())
            }
            Given::Value(expr) => ArgumentType::Typed(expr.sql_type().clone()),
            Given::Unit(_) => ArgumentType::IntervalUnit,
            Given::Lambda(params, _) => ArgumentType::Lambda(params.len()),
        }
    }
}

impl Resolver<'_> {
    /// Resolves a call.
    pub(super) fn call(
        &mut self,
        name: &Ident,
        args: &[ast::Expr],
        position: Position,
    ) -> Result<Expr, ResolveError> {
        // As in COUNT(*), a star alone is no argument.
        let args = args.iter().filter(|arg| !matches!(*arg.kind, ExprKind::Star));
        let given: Vec<Given<'_>> = args.map(|arg| self.given(arg)).collect::<Result<_, _>>()?;
        self.resolve_call(&name.name, given, position)
    }

    fn given<'e>(&mut self, arg: &'e ast::Expr) -> Result<Given<'e>, ResolveError> {
        match arg.kind.as_ref() {
            ExprKind::Lambda { params, body } => Ok(Given::Lambda(params, body)),
            ExprKind::Column { source: None, name } if UNITS.contains(&name.name.as_str()) => {
                Ok(match self.node(arg) {
                    Ok(column) => Given::Value(column),
                    Err(_) => Given::Unit(name.name.clone()),
                })
            }
            _ => Ok(Given::Value(self.node(arg)?)),
        }
    }

    fn resolve_call(
        &mut self,
        name: &str,
        given: Vec<Given<'_>>,
        position: Position,
    ) -> Result<Expr, ResolveError> {
        let types: Vec<ArgumentType> = given.iter().map(Given::argument_type).collect();
        let registry = self.registry;
        let mut bodies = BTreeMap::new();
        let mut failed = None;
        let mut typer = |index: usize, params: &[SqlType]| {
            let Given::Lambda(names, body) = &given[index] else {
                return Err(FunctionError::InvalidArgument("not a lambda".to_owned()));
            };
            match self.lambda(names, params, body) {
                Ok(lambda) => {
                    let sql_type = lambda.sql_type().clone();
                    bodies.insert(index, lambda);
                    Ok(sql_type)
                }
                Err(error) => {
                    let reason = error.to_string();
                    failed = Some(error);
                    Err(FunctionError::InvalidArgument(reason))
                }
            }
        };
        let resolved = registry.resolve_scalar(name, &types, &mut typer);
        let function = match (failed, resolved) {
            (Some(error), Err(_)) => return Err(error),
            (_, resolved) => at(position, resolved.map_err(ResolveErrorKind::from))?,
        };
        let mut args = Vec::with_capacity(given.len());
        for (index, given) in given.into_iter().enumerate() {
            let arg = argument(given, function.params.get(index), bodies.remove(&index));
            args.push(at(position, arg)?);
        }
        Ok(make_call(function, args))
    }

    /// Resolves a lambda whose parameters have these types.
    fn lambda(
        &mut self,
        names: &[Ident],
        types: &[SqlType],
        body: &ast::Expr,
    ) -> Result<Expr, ResolveError> {
        let outer = self.params.len();
        let params: Vec<(Arc<str>, SqlType)> = names
            .iter()
            .zip(types)
            .map(|(name, sql_type)| (Arc::from(name.name.as_str()), sql_type.clone()))
            .collect();
        self.params.extend(params.iter().cloned());
        let resolved = self.node(body);
        self.params.truncate(outer);
        let body = resolved?;
        if is_null(&body) {
            return Err(ResolveError::new(ResolveErrorKind::UntypedNull, Position::default()));
        }
        Ok(Expr::Lambda { params, body: Box::new(body) })
    }

    /// Resolves a chain of `||` as one call of CONCAT.
    pub(super) fn concat(&mut self, ast: &ast::Expr) -> Result<Expr, ResolveError> {
        let mut waiting = vec![ast];
        let mut given = Vec::new();
        while let Some(next) = waiting.pop() {
            match next.kind.as_ref() {
                ExprKind::Arithmetic { left, op: ArithmeticOp::Concat, right } => {
                    waiting.extend([right, left]);
                }
                _ => given.push(Given::Value(self.node(next)?)),
            }
        }
        self.resolve_call("CONCAT", given, ast.position)
    }

    /// Resolves `x AT TIME ZONE 'zone'`.
    pub(super) fn at_time_zone(
        &mut self,
        operand: &ast::Expr,
        zone: &str,
        position: Position,
    ) -> Result<Expr, ResolveError> {
        let operand = self.node(operand)?;
        let given = [operand, text_literal("UTC"), text_literal(zone)].map(Given::Value);
        self.resolve_call("CONVERT_TZ", given.into(), position)
    }
}

fn make_call(function: ResolvedScalar, args: Vec<Expr>) -> Expr {
    Expr::Call { function: Function(Arc::new(function)), args }
}

/// Makes an argument what the overload asks for.
fn argument(
    given: Given<'_>,
    param: Option<&ResolvedParam>,
    lambda: Option<Expr>,
) -> Result<Expr, ResolveErrorKind> {
    let unresolved = || ResolveErrorKind::Mistyped("the lambda has no type".to_owned());
    let expr = match given {
        Given::Lambda(..) => return lambda.ok_or_else(unresolved),
        Given::Unit(word) => return Ok(text_literal(&word)),
        Given::Value(expr) => expr,
    };
    let Some(ResolvedParam::Value(wanted)) = param else { return Ok(expr) };
    if is_null(&expr) {
        return Ok(typed_null(wanted));
    }
    if cast::is_supported(expr.sql_type(), wanted) {
        return Ok(implicit_cast(expr, wanted));
    }
    let reason = format!("Cast of {} to {wanted} is not supported", expr.sql_type());
    Err(ResolveErrorKind::Unsupported(reason))
}
