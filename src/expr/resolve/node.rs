//! One node after the other.

use std::sync::Arc;

use tidemill_grammar::ast::{self, ArithmeticOp, ExprKind, Ident, Position};

use crate::expr::resolve::coerce::{is_null, typed_null};
use crate::expr::{Expr, ResolveError, ResolveErrorKind, Scope, ScopeColumn, cast, resolve_type};
use crate::functions::Registry;
use crate::types::{SqlType, Value};

/// How deep a tree may be: it is walked by recursion, on the stacks of worker threads.
const DEPTH_MAX: usize = 500;

/// Resolves the nodes of one expression.
pub(super) struct Resolver<'a> {
    pub(super) scope: &'a dyn Scope,
    pub(super) registry: &'a Registry,
    /// The parameters of the lambdas around the node, outermost first.
    pub(super) params: Vec<(Arc<str>, SqlType)>,
    depth: usize,
}

/// Places an error at a node.
pub(super) fn at<T>(
    position: Position,
    result: Result<T, ResolveErrorKind>,
) -> Result<T, ResolveError> {
    result.map_err(|kind| ResolveError::new(kind, position))
}

impl<'a> Resolver<'a> {
    pub(super) fn new(scope: &'a dyn Scope, registry: &'a Registry) -> Self {
        Resolver { scope, registry, params: Vec::new(), depth: 0 }
    }

    /// Resolves a node. NULL comes out as a literal whose type says nothing.
    pub(super) fn node(&mut self, ast: &ast::Expr) -> Result<Expr, ResolveError> {
        if let Some(column) = self.scope.computed(ast) {
            return Ok(reference(column));
        }
        if DEPTH_MAX < self.depth {
            return Err(ResolveError::new(ResolveErrorKind::TooDeep(DEPTH_MAX), ast.position));
        }
        self.depth += 1;
        let resolved = self.kind(ast);
        self.depth -= 1;
        resolved
    }

    pub(super) fn nodes(&mut self, asts: &[ast::Expr]) -> Result<Vec<Expr>, ResolveError> {
        asts.iter().map(|ast| self.node(ast)).collect()
    }

    fn kind(&mut self, ast: &ast::Expr) -> Result<Expr, ResolveError> {
        let position = ast.position;
        match ast.kind.as_ref() {
            ExprKind::Literal(literal) => at(position, super::literal::literal(literal)),
            ExprKind::TypedLiteral { data_type, text } => {
                at(position, super::literal::typed_literal(data_type, text))
            }
            ExprKind::Column { source, name } => self.column(source.as_ref(), name, position),
            ExprKind::Field { base, field } => self.field(base, field),
            ExprKind::Subscript { base, index } => self.subscript(base, index, position),
            ExprKind::Sign { negative, operand } => self.sign(*negative, operand),
            ExprKind::Arithmetic { op: ArithmeticOp::Concat, .. } => self.concat(ast),
            ExprKind::Arithmetic { left, op, right } => {
                let (left, right) = (self.node(left)?, self.node(right)?);
                at(position, super::operator::arithmetic(left, *op, right))
            }
            ExprKind::Comparison { left, op, right } => self.comparison(left, *op, right, position),
            ExprKind::Not(operand) => {
                let operand = self.boolean(operand)?;
                Ok(Expr::Not(Box::new(operand)))
            }
            ExprKind::And(..) => Ok(Expr::And(self.chain(ast, true)?)),
            ExprKind::Or(..) => Ok(Expr::Or(self.chain(ast, false)?)),
            ExprKind::IsNull { operand, negated } => {
                let operand = Box::new(self.node(operand)?);
                Ok(Expr::IsNull { operand, negated: *negated })
            }
            ExprKind::Between { operand, low, high, negated } => {
                let between = self.between(operand, (low, high), position)?;
                Ok(negate_if(*negated, between))
            }
            ExprKind::In { operand, list, negated } => self.membership(operand, list, *negated),
            ExprKind::Like { operand, pattern, escape, negated } => {
                let operand = Box::new(self.text(operand)?);
                let pattern = Box::new(self.text(pattern)?);
                Ok(Expr::Like { operand, pattern, escape: *escape, negated: *negated })
            }
            ExprKind::SearchedCase { branches, default } => {
                self.case(None, branches, default.as_ref(), position)
            }
            ExprKind::SimpleCase { operand, branches, default } => {
                self.case(Some(operand), branches, default.as_ref(), position)
            }
            ExprKind::Cast { operand, data_type } => self.cast(operand, data_type, position),
            ExprKind::Call { name, args } => self.call(name, args, position),
            ExprKind::Array(elements) => self.array(elements, position),
            ExprKind::Map(entries) => self.map(entries, position),
            ExprKind::Struct(fields) => self.structure(fields, position),
            ExprKind::AtTimeZone { operand, zone } => self.at_time_zone(operand, zone, position),
            ExprKind::Star => Err(misplaced("*", position)),
            ExprKind::Lambda { .. } => Err(misplaced("a lambda", position)),
        }
    }

    fn column(
        &self,
        source: Option<&Ident>,
        name: &Ident,
        position: Position,
    ) -> Result<Expr, ResolveError> {
        let is_param = |(param, _): &(Arc<str>, SqlType)| param.as_ref() == name.name;
        if source.is_none()
            && let Some(index) = self.params.iter().rposition(is_param)
        {
            let (name, sql_type) = self.params[index].clone();
            return Ok(Expr::LambdaParam { index, name, sql_type });
        }
        let found = self.scope.column(source.map(|source| source.name.as_str()), &name.name);
        at(position, found.map(reference))
    }

    fn field(&mut self, base: &ast::Expr, field: &Ident) -> Result<Expr, ResolveError> {
        let resolved = self.node(base)?;
        at(field.position, field_of(resolved, &field.name))
    }

    fn subscript(
        &mut self,
        base: &ast::Expr,
        index: &ast::Expr,
        position: Position,
    ) -> Result<Expr, ResolveError> {
        let (base, index) = (self.node(base)?, self.node(index)?);
        at(position, super::operator::subscript(base, index))
    }

    fn sign(&mut self, negative: bool, operand: &ast::Expr) -> Result<Expr, ResolveError> {
        let position = operand.position;
        let operand = self.node(operand)?;
        at(position, super::operator::sign(negative, operand))
    }

    /// Collects the operands of nested ANDs or ORs into one list: a chain may be thousands long.
    fn chain(&mut self, ast: &ast::Expr, is_and: bool) -> Result<Vec<Expr>, ResolveError> {
        let mut waiting = vec![ast];
        let mut operands = Vec::new();
        while let Some(next) = waiting.pop() {
            match next.kind.as_ref() {
                // The whole chain may be computed already, its parts are asked here.
                _ if operands.len() + waiting.len() > 0 && self.scope.computed(next).is_some() => {
                    operands.push(self.boolean(next)?);
                }
                ExprKind::And(left, right) if is_and => waiting.extend([right, left]),
                ExprKind::Or(left, right) if !is_and => waiting.extend([right, left]),
                _ => operands.push(self.boolean(next)?),
            }
        }
        Ok(operands)
    }

    /// Resolves an operand of NOT, AND or OR.
    fn boolean(&mut self, ast: &ast::Expr) -> Result<Expr, ResolveError> {
        self.operand(ast, &SqlType::Boolean)
    }

    /// Resolves an operand of LIKE.
    fn text(&mut self, ast: &ast::Expr) -> Result<Expr, ResolveError> {
        self.operand(ast, &SqlType::Varchar)
    }

    fn operand(&mut self, ast: &ast::Expr, wanted: &SqlType) -> Result<Expr, ResolveError> {
        let expr = self.node(ast)?;
        if is_null(&expr) {
            return Ok(typed_null(wanted));
        }
        if expr.sql_type() == wanted {
            return Ok(expr);
        }
        let reason = format!("{expr} must be a {wanted} but is a {}.", expr.sql_type());
        Err(ResolveError::new(ResolveErrorKind::Mistyped(reason), ast.position))
    }

    fn cast(
        &mut self,
        operand: &ast::Expr,
        data_type: &ast::DataType,
        position: Position,
    ) -> Result<Expr, ResolveError> {
        let operand = self.node(operand)?;
        let sql_type = at(position, resolve_type(data_type, self.scope))?;
        let operand = if is_null(&operand) { typed_null(&sql_type) } else { operand };
        if !cast::is_supported(operand.sql_type(), &sql_type) {
            let reason = format!("Cast of {} to {sql_type} is not supported", operand.sql_type());
            return Err(ResolveError::new(ResolveErrorKind::Unsupported(reason), position));
        }
        Ok(Expr::Cast { operand: Box::new(operand), sql_type, implicit: false })
    }
}

fn reference(column: ScopeColumn) -> Expr {
    Expr::Column { index: column.index, name: column.name, sql_type: column.sql_type }
}

fn misplaced(what: &str, position: Position) -> ResolveError {
    let reason = format!("{what} cannot stand here");
    ResolveError::new(ResolveErrorKind::Mistyped(reason), position)
}

/// Wraps into NOT, or says it in the node itself where it can.
fn negate_if(negated: bool, expr: Expr) -> Expr {
    match expr {
        expr if !negated => expr,
        Expr::Between { operand, low, high, .. } => {
            Expr::Between { operand, low, high, negated: true }
        }
        expr => Expr::Not(Box::new(expr)),
    }
}

/// Makes `base->name`.
pub(super) fn field_of(base: Expr, name: &str) -> Result<Expr, ResolveErrorKind> {
    let SqlType::Struct(fields) = base.sql_type() else {
        let reason = format!("Expected STRUCT type, got: {}", base.sql_type());
        return Err(ResolveErrorKind::Mistyped(reason));
    };
    let Some(index) = fields.iter().position(|field| field.name.as_ref() == name) else {
        let reason = format!("Could not find field '{name}' in '{base}'.");
        return Err(ResolveErrorKind::Mistyped(reason));
    };
    let (name, sql_type) = (Arc::clone(&fields[index].name), fields[index].sql_type.clone());
    Ok(Expr::Field { base: Box::new(base), index, name, sql_type })
}

/// Makes a text literal.
pub(super) fn text_literal(text: &str) -> Expr {
    Expr::Literal { value: Value::from(text), sql_type: SqlType::Varchar }
}
