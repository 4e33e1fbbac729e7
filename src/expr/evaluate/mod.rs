//! Computes an expression for all rows of a batch.

mod access;
mod arithmetic;
mod call;
mod comparison;
mod construct;
mod decimal;
mod equality;
mod evaluator;
mod frame;
mod like;
mod logic;
mod membership;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, UInt32Array, new_null_array,
};
use datafusion::arrow::compute::take;

use crate::expr::Expr;
use crate::expr::cast::arrow_error;
use crate::functions::{FunctionError, RowFailures};

use evaluator::Evaluator;
pub(super) use evaluator::Shared;
use frame::Frame;

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
    /// Returns one value for each of so many rows, as many as it was evaluated for.
    pub fn into_array(self, row_count: usize) -> ArrayRef {
        let data_type = self.array().data_type().clone();
        // What was evaluated for so many rows has been found to fit them.
        self.expand(row_count).unwrap_or_else(|_| new_null_array(&data_type, row_count))
    }

    /// Returns one value for each of so many rows; fails if they are too large for one column.
    pub(super) fn expand(self, row_count: usize) -> Result<ArrayRef, FunctionError> {
        match self {
            Evaluated::Column(array) => Ok(array),
            Evaluated::Constant(array) if row_count == 1 => Ok(array),
            Evaluated::Constant(array) => {
                let rows = UInt32Array::from(vec![0; row_count]);
                take(&array, &rows, None).map_err(arrow_error)
            }
        }
    }

    /// Tells whether so many rows of it surely fit one column.
    fn surely_fits(&self, row_count: usize) -> bool {
        let size = self.array().get_buffer_memory_size().saturating_mul(row_count);
        !self.is_constant() || i32::try_from(size).is_ok()
    }

    /// Returns its array, one row or many.
    pub(super) fn array(&self) -> &ArrayRef {
        match self {
            Evaluated::Column(array) | Evaluated::Constant(array) => array,
        }
    }

    /// Tells whether one row stands for all.
    pub(super) fn is_constant(&self) -> bool {
        matches!(self, Evaluated::Constant(_))
    }

    /// Returns which row of its array is that of the batch.
    pub(super) fn row(&self, row: usize) -> usize {
        if self.is_constant() { 0 } else { row }
    }
}

impl Expr {
    /// Computes it for every row. A row that cannot be computed is NULL and recorded in `failures`, once.
    pub fn evaluate(
        &self,
        rows: &Rows<'_>,
        failures: &mut RowFailures,
    ) -> Result<Evaluated, FunctionError> {
        self.evaluate_with(rows, &[], failures)
    }

    /// Tells for every row whether it holds: a row for which it is NULL or fails is not kept.
    pub fn evaluate_filter(
        &self,
        rows: &Rows<'_>,
        failures: &mut RowFailures,
    ) -> Result<BooleanArray, FunctionError> {
        let kept = self.evaluate(rows, failures)?.expand(rows.row_count)?;
        let kept = kept
            .as_boolean_opt()
            .ok_or_else(|| FunctionError::InvalidArgument(format!("{self} is not a BOOLEAN")))?;
        Ok(comparison::null_to_false(kept))
    }

    /// Computes it for other expressions to use; columns from `rows.columns.len()` on are those computed before.
    pub(super) fn evaluate_shared(
        &self,
        rows: &Rows<'_>,
        shared: &[Shared],
    ) -> Result<Shared, FunctionError> {
        let mut evaluator = Evaluator::new(rows.now_ms, shared);
        let column = evaluator.eval(self, &Frame::new(rows.columns, &[], rows.row_count))?;
        Ok(evaluator.into_shared(column))
    }

    /// Computes it where columns from `rows.columns.len()` on are those computed before.
    pub(super) fn evaluate_with(
        &self,
        rows: &Rows<'_>,
        shared: &[Shared],
        failures: &mut RowFailures,
    ) -> Result<Evaluated, FunctionError> {
        let mut evaluator = Evaluator::new(rows.now_ms, shared);
        let frame = Frame::new(rows.columns, &[], rows.row_count);
        let evaluated = evaluator.guarded(&frame, |evaluator| evaluator.eval(self, &frame))?;
        failures.0.extend(evaluator.into_failures());
        if evaluated.surely_fits(rows.row_count) {
            return Ok(evaluated);
        }
        Ok(Evaluated::Column(evaluated.expand(rows.row_count)?))
    }
}
