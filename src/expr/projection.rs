//! Expressions that are evaluated together.

use std::collections::BTreeMap;

use datafusion::arrow::array::ArrayRef;

use crate::expr::evaluate::Shared;
use crate::expr::{Expr, Rows};
use crate::functions::{FunctionError, RowFailures};

/// Expressions that are evaluated together; what several of them have in common is computed once.
#[derive(Clone, Debug, PartialEq)]
pub struct Projection {
    exprs: Vec<Expr>,
    /// What is computed first, once. In it and in `rest`, a column beyond those of the input means what was computed first.
    shared: Vec<Expr>,
    rest: Vec<Expr>,
    /// How many columns of the input the expressions reach.
    column_count: usize,
}

impl Projection {
    /// Makes a projection.
    pub fn new(exprs: Vec<Expr>) -> Self {
        let last = exprs.iter().filter_map(|expr| expr.columns().last().copied()).max();
        let column_count = last.map_or(0, |last| last + 1);
        let mut rest = exprs.clone();
        let mut shared = Vec::new();
        while let Some(repeated) = smallest_repeated(&rest) {
            let slot = column_count + shared.len();
            let name = format!("shared {}", shared.len()).into();
            let sql_type = repeated.sql_type().clone();
            let reference = Expr::Column { index: slot, name, sql_type };
            rest.iter_mut().for_each(|expr| replace(expr, &repeated, &reference));
            shared.push(repeated);
        }
        Projection { exprs, shared, rest, column_count }
    }

    /// Returns its expressions.
    pub fn exprs(&self) -> &[Expr] {
        &self.exprs
    }

    /// Computes each of them for every row.
    pub fn evaluate(
        &self,
        rows: &Rows<'_>,
        failures: &mut RowFailures,
    ) -> Result<Vec<ArrayRef>, FunctionError> {
        let columns = rows.columns.get(..self.column_count).ok_or_else(|| {
            FunctionError::InvalidArgument(format!("there are no {} columns", self.column_count))
        })?;
        let rows = Rows { columns, ..*rows };
        let mut shared: Vec<Shared> = Vec::with_capacity(self.shared.len());
        for expr in &self.shared {
            shared.push(expr.evaluate_shared(&rows, &shared)?);
        }
        let evaluate =
            |expr: &Expr| expr.evaluate_with(&rows, &shared, failures)?.expand(rows.row_count);
        self.rest.iter().map(evaluate).collect()
    }
}

/// Finds the smallest part that stands more than once, and at least once where every row reaches it. What is in it stands more
/// than once too, so the smallest come first and the larger ones are made of them.
fn smallest_repeated(exprs: &[Expr]) -> Option<Expr> {
    let mut found: BTreeMap<u64, Vec<Found<'_>>> = BTreeMap::new();
    for expr in exprs {
        count(expr, true, &mut found);
    }
    let repeated = found.into_values().flatten().filter(|part| 1 < part.count && part.is_reached);
    repeated.min_by_key(|part| part.size).map(|part| part.expr.clone())
}

/// A part and how often it stands.
struct Found<'a> {
    expr: &'a Expr,
    count: usize,
    size: usize,
    is_reached: bool,
}

/// Counts the parts of an expression and returns its size; none if it cannot be shared.
fn count<'a>(
    expr: &'a Expr,
    is_reached: bool,
    found: &mut BTreeMap<u64, Vec<Found<'a>>>,
) -> Option<usize> {
    let mut size = Some(1);
    for (at, child) in expr.children().into_iter().enumerate() {
        let child_is_reached = is_reached && is_always_reached(expr, at);
        let child_size = count(child, child_is_reached, found);
        size = size.zip(child_size).map(|(all, one)| all + one);
    }
    let size = match expr {
        Expr::Column { .. } | Expr::Literal { .. } => return size,
        // What uses a parameter means something else elsewhere; a lambda is no value.
        Expr::LambdaParam { .. } | Expr::Lambda { .. } => return None,
        Expr::Call { function, .. } if function.0.is_volatile => return None,
        _ => size?,
    };
    let alike = found.entry(expr.fingerprint()).or_default();
    match alike.iter_mut().find(|part| part.expr == expr) {
        Some(part) => {
            part.count += 1;
            part.is_reached |= is_reached;
        }
        None => alike.push(Found { expr, count: 1, size, is_reached }),
    }
    Some(size)
}

/// Tells whether every row that reaches an expression also reaches its part.
fn is_always_reached(expr: &Expr, part: usize) -> bool {
    match expr {
        Expr::And(_) | Expr::Or(_) | Expr::Case { .. } => part == 0,
        Expr::Lambda { .. } => false,
        _ => true,
    }
}

fn replace(expr: &mut Expr, wanted: &Expr, by: &Expr) {
    if expr == wanted {
        *expr = by.clone();
        return;
    }
    expr.children_mut().into_iter().for_each(|child| replace(child, wanted, by));
}
