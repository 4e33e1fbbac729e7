//! Walks over the trees of expressions.

use crate::ast::{Expr, ExprKind};

impl Expr {
    /// Returns the expressions it is made of, in the order they were written.
    pub fn children(&self) -> Vec<&Expr> {
        match &*self.kind {
            ExprKind::Literal(_)
            | ExprKind::Column { .. }
            | ExprKind::Star
            | ExprKind::TypedLiteral { .. } => Vec::new(),
            ExprKind::Field { base: only, .. }
            | ExprKind::Sign { operand: only, .. }
            | ExprKind::Not(only)
            | ExprKind::IsNull { operand: only, .. }
            | ExprKind::Cast { operand: only, .. }
            | ExprKind::AtTimeZone { operand: only, .. }
            | ExprKind::Lambda { body: only, .. } => vec![only],
            ExprKind::Subscript { base: first, index: second }
            | ExprKind::Arithmetic { left: first, right: second, .. }
            | ExprKind::Comparison { left: first, right: second, .. }
            | ExprKind::And(first, second)
            | ExprKind::Or(first, second)
            | ExprKind::Like { operand: first, pattern: second, .. } => vec![first, second],
            ExprKind::Between { operand, low, high, .. } => vec![operand, low, high],
            ExprKind::In { operand, list, .. } => std::iter::once(operand).chain(list).collect(),
            ExprKind::Call { args: list, .. } | ExprKind::Array(list) => list.iter().collect(),
            ExprKind::Map(pairs) => pairs.iter().flat_map(|(key, value)| [key, value]).collect(),
            ExprKind::Struct(fields) => fields.iter().map(|(_, value)| value).collect(),
            ExprKind::SearchedCase { branches, default } => {
                branches.iter().flat_map(|(when, then)| [when, then]).chain(default).collect()
            }
            ExprKind::SimpleCase { operand, branches, default } => {
                let branches = branches.iter().flat_map(|(when, then)| [when, then]);
                std::iter::once(operand).chain(branches).chain(default).collect()
            }
        }
    }

    /// Returns how many expressions stand one inside the other, itself included.
    pub fn depth(&self) -> usize {
        let (mut deepest, mut open) = (0, vec![(self, 1)]);
        while let Some((expr, depth)) = open.pop() {
            deepest = deepest.max(depth);
            open.extend(expr.children().into_iter().map(|child| (child, depth + 1)));
        }
        deepest
    }
}
