//! Computes an expression for all rows of a batch.

use datafusion::arrow::array::{ArrayRef, BooleanArray};

use crate::expr::Expr;
use crate::functions::{FunctionError, RowFailures};

/// The rows that an expression is evaluated on.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    /// The columns that the expression's indexes mean.
    pub columns: &'a [ArrayRef],
    /// How many rows each of them has.
    pub row_count: usize,
    /// The wall clock in milliseconds as the runtime read it for this batch.
    pub now_ms: i64,
}

/// What an expression comes to.
#[derive(Clone, Debug)]
pub enum Evaluated {
    /// One value for each row.
    Column(ArrayRef),
    /// The same value for all rows: an array of one row.
    Constant(ArrayRef),
}

impl Evaluated {
    /// Returns one value for each of so many rows.
    pub fn into_array(self, _row_count: usize) -> ArrayRef {
        match self {
            Evaluated::Column(array) | Evaluated::Constant(array) => array,
        }
    }
}

impl Expr {
    /// Computes it for every row. A row that cannot be computed is NULL and recorded in `failures`, once.
    pub fn evaluate(
        &self,
        _rows: &Rows<'_>,
        _failures: &mut RowFailures,
    ) -> Result<Evaluated, FunctionError> {
        Err(FunctionError::InvalidArgument("not yet".to_owned()))
    }

    /// Tells for every row whether it holds: a row for which it is NULL or fails is not kept.
    pub fn evaluate_filter(
        &self,
        _rows: &Rows<'_>,
        _failures: &mut RowFailures,
    ) -> Result<BooleanArray, FunctionError> {
        Err(FunctionError::InvalidArgument("not yet".to_owned()))
    }
}

/// Expressions that are evaluated together; what several of them have in common is computed once.
#[derive(Clone, Debug, PartialEq)]
pub struct Projection {
    exprs: Vec<Expr>,
}

impl Projection {
    /// Makes a projection.
    pub fn new(exprs: Vec<Expr>) -> Self {
        Projection { exprs }
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
        let array = |expr: &Expr| Ok(expr.evaluate(rows, failures)?.into_array(rows.row_count));
        self.exprs.iter().map(array).collect()
    }
}
