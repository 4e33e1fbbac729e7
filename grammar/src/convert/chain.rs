//! Chains of one associative operator: AND, OR and `||`.
//!
//! Written `a OR b OR c …`, a chain would be a tree as deep as it is long. Beyond `BALANCED_FROM` operands it is built
//! balanced: the operands, their order and what they compute stay the same.

use crate::ast::{ArithmeticOp, Expr, ExprKind};
use crate::limits::BALANCED_FROM;

/// An operator whose operands may be grouped in any way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Associative {
    And,
    Or,
    Concat,
}

impl Associative {
    /// Returns the operator of `expr` and its two sides, if it is an associative one.
    pub(crate) fn of(expr: &Expr) -> Option<(Self, &Expr, &Expr)> {
        match &*expr.kind {
            ExprKind::And(left, right) => Some((Associative::And, left, right)),
            ExprKind::Or(left, right) => Some((Associative::Or, left, right)),
            ExprKind::Arithmetic { left, op: ArithmeticOp::Concat, right } => {
                Some((Associative::Concat, left, right))
            }
            _ => None,
        }
    }

    fn join(self, left: Expr, right: Expr) -> Expr {
        let position = left.position;
        let kind = match self {
            Associative::And => ExprKind::And(left, right),
            Associative::Or => ExprKind::Or(left, right),
            Associative::Concat => ExprKind::Arithmetic { left, op: ArithmeticOp::Concat, right },
        };
        Expr { kind: Box::new(kind), position }
    }

    /// Takes `expr` apart if it is this operator.
    fn split(self, expr: Expr) -> Result<(Expr, Expr), Expr> {
        let position = expr.position;
        match (*expr.kind, self) {
            (ExprKind::And(left, right), Associative::And)
            | (ExprKind::Or(left, right), Associative::Or)
            | (
                ExprKind::Arithmetic { left, op: ArithmeticOp::Concat, right },
                Associative::Concat,
            ) => Ok((left, right)),
            (kind, _) => Err(Expr { kind: Box::new(kind), position }),
        }
    }
}

/// Returns the operands of the chain that `expr` is, in order; one that is no chain is its own operand.
pub(crate) fn operands(expr: &Expr, operator: Associative) -> Vec<&Expr> {
    let (mut found, mut open) = (Vec::new(), vec![expr]);
    while let Some(expr) = open.pop() {
        match Associative::of(expr) {
            Some((inner, left, right)) if inner == operator => open.extend([right, left]),
            _ => found.push(expr),
        }
    }
    found
}

/// Tests whether `expr` is a chain so long that it is built balanced.
pub(crate) fn is_long(expr: &Expr, operator: Associative) -> bool {
    BALANCED_FROM < operands(expr, operator).len()
}

/// Makes one expression of the operands of a chain.
pub(crate) fn join_all(operator: Associative, operands: Vec<Expr>) -> Option<Expr> {
    let count: usize = operands.iter().map(|expr| self::operands(expr, operator).len()).sum();
    if count <= BALANCED_FROM {
        return operands.into_iter().reduce(|left, right| operator.join(left, right));
    }
    let mut flat = Vec::with_capacity(count);
    operands.into_iter().for_each(|expr| flatten(expr, operator, &mut flat));
    balanced(operator, flat)
}

fn flatten(expr: Expr, operator: Associative, flat: &mut Vec<Expr>) {
    let mut open = vec![expr];
    while let Some(expr) = open.pop() {
        match operator.split(expr) {
            Ok((left, right)) => open.extend([right, left]),
            Err(operand) => flat.push(operand),
        }
    }
}

/// Joins neighbours, then neighbours of what that makes, until one is left.
fn balanced(operator: Associative, mut row: Vec<Expr>) -> Option<Expr> {
    while 1 < row.len() {
        let mut next = Vec::with_capacity(row.len().div_ceil(2));
        let mut rest = row.into_iter();
        while let Some(left) = rest.next() {
            next.push(match rest.next() {
                Some(right) => operator.join(left, right),
                None => left,
            });
        }
        row = next;
    }
    row.pop()
}
