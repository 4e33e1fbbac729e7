//! Computes at once what is the same for every row.

use datafusion::arrow::array::Array;

use crate::expr::{Expr, Rows};
use crate::functions::RowFailures;
use crate::types::value_at;

/// Replaces every part that is constant by its value; what fails is left to fail for each row.
pub(super) fn fold(mut expr: Expr) -> Expr {
    fold_parts(&mut expr);
    expr
}

/// Tells whether it is constant.
fn fold_parts(expr: &mut Expr) -> bool {
    // Every child is folded, also those after one that is not constant.
    let are_constant =
        expr.children_mut().into_iter().map(fold_parts).fold(true, |all, one| all & one);
    let is_constant = match expr {
        Expr::Literal { .. } => return true,
        Expr::Column { .. } | Expr::LambdaParam { .. } | Expr::Lambda { .. } => false,
        // A call without arguments may ask for the time.
        Expr::Call { function, args } => {
            are_constant && !args.is_empty() && !function.0.is_volatile
        }
        _ => are_constant,
    };
    if is_constant && let Some(literal) = evaluate(expr) {
        *expr = literal;
        return true;
    }
    false
}

fn evaluate(expr: &Expr) -> Option<Expr> {
    let rows = Rows { columns: &[], row_count: 1, now_ms: 0 };
    let mut failures = RowFailures::default();
    let array = expr.evaluate(&rows, &mut failures).ok()?.expand(1).ok()?;
    if !failures.0.is_empty() || array.len() != 1 {
        return None;
    }
    Some(Expr::Literal { value: value_at(&array, 0), sql_type: expr.sql_type().clone() })
}
