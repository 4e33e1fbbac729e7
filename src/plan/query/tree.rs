//! Walks over expressions as written.

use tidemill_grammar::ast::{Expr, ExprKind};

/// Returns what an expression is made of, to be changed.
pub(super) fn children_mut(expr: &mut Expr) -> Vec<&mut Expr> {
    match &mut *expr.kind {
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
        ExprKind::Call { args: list, .. } | ExprKind::Array(list) => list.iter_mut().collect(),
        ExprKind::Map(pairs) => pairs.iter_mut().flat_map(|(key, value)| [key, value]).collect(),
        ExprKind::Struct(fields) => fields.iter_mut().map(|(_, value)| value).collect(),
        ExprKind::SearchedCase { branches, default } => {
            branches.iter_mut().flat_map(|(when, then)| [when, then]).chain(default).collect()
        }
        ExprKind::SimpleCase { operand, branches, default } => {
            let branches = branches.iter_mut().flat_map(|(when, then)| [when, then]);
            std::iter::once(operand).chain(branches).chain(default).collect()
        }
    }
}

/// A reference to a column, where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct ColumnRef<'a> {
    /// The source, if one is named.
    pub(super) source: Option<&'a str>,
    /// The column.
    pub(super) name: &'a str,
    /// The whole expression.
    pub(super) expr: &'a Expr,
}

/// Returns an expression as a reference to a column, if it is nothing else.
pub(super) fn as_column(expr: &Expr) -> Option<ColumnRef<'_>> {
    match &*expr.kind {
        ExprKind::Column { source, name } => Some(ColumnRef {
            source: source.as_ref().map(|source| source.name.as_str()),
            name: &name.name,
            expr,
        }),
        ExprKind::Literal(_)
        | ExprKind::Star
        | ExprKind::TypedLiteral { .. }
        | ExprKind::Field { .. }
        | ExprKind::Sign { .. }
        | ExprKind::Not(_)
        | ExprKind::IsNull { .. }
        | ExprKind::Cast { .. }
        | ExprKind::AtTimeZone { .. }
        | ExprKind::Lambda { .. }
        | ExprKind::Subscript { .. }
        | ExprKind::Arithmetic { .. }
        | ExprKind::Comparison { .. }
        | ExprKind::And(..)
        | ExprKind::Or(..)
        | ExprKind::Like { .. }
        | ExprKind::Between { .. }
        | ExprKind::In { .. }
        | ExprKind::Call { .. }
        | ExprKind::Array(_)
        | ExprKind::Map(_)
        | ExprKind::Struct(_)
        | ExprKind::SearchedCase { .. }
        | ExprKind::SimpleCase { .. } => None,
    }
}

/// Calls `visit` for every reference to a column, left to right; arguments of lambdas and units of time are none.
pub(super) fn for_each_column<'a>(expr: &'a Expr, visit: &mut dyn FnMut(ColumnRef<'a>)) {
    walk_columns(expr, &mut Vec::new(), visit);
}

fn walk_columns<'a>(
    expr: &'a Expr,
    bound: &mut Vec<&'a str>,
    visit: &mut dyn FnMut(ColumnRef<'a>),
) {
    if let Some(column) = as_column(expr) {
        if column.source.is_some() || !bound.contains(&column.name) {
            visit(column);
        }
        return;
    }
    if let ExprKind::Lambda { params, body } = &*expr.kind {
        let outer = bound.len();
        bound.extend(params.iter().map(|param| param.name.as_str()));
        walk_columns(body, bound, visit);
        bound.truncate(outer);
        return;
    }
    for (index, child) in expr.children().into_iter().enumerate() {
        if !(index == 0 && is_interval_unit(expr, child)) {
            walk_columns(child, bound, visit);
        }
    }
}

/// Calls `visit` for every expression, parents first, until it says that it does not want the parts of one.
pub(super) fn for_each<'a>(expr: &'a Expr, visit: &mut dyn FnMut(&'a Expr) -> bool) {
    if visit(expr) {
        expr.children().into_iter().for_each(|child| for_each(child, visit));
    }
}

/// Functions whose first argument is a unit of time, which is written like a column.
const TAKE_A_UNIT: &[&str] =
    &["TIMESTAMPADD", "TIMESTAMPSUB", "DATEADD", "DATESUB", "TIMEADD", "TIMESUB"];
const UNITS: &[&str] = &[
    "DAY",
    "DAYS",
    "HOUR",
    "HOURS",
    "MINUTE",
    "MINUTES",
    "SECOND",
    "SECONDS",
    "MILLISECOND",
    "MILLISECONDS",
];

/// Tells whether the first argument of a call is a unit of time.
pub(super) fn is_interval_unit(call: &Expr, first: &Expr) -> bool {
    let ExprKind::Call { name, .. } = &*call.kind else { return false };
    let ExprKind::Column { source: None, name: unit } = &*first.kind else { return false };
    !unit.quoted
        && TAKE_A_UNIT.iter().any(|takes| takes.eq_ignore_ascii_case(&name.name))
        && UNITS.contains(&unit.name.as_str())
}
