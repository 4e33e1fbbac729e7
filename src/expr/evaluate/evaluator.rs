//! Walks an expression, and keeps account of the rows that fail.
//!
//! A row that fails is NULL up to the next *guard*, whatever stands between: `CASE WHEN 1 / a > 0 THEN 'x' ELSE 'y' END` is
//! neither `x` nor `y` where `a` is zero. Guards are the whole expression, CAST, what is put into an ARRAY, a MAP or a STRUCT, and
//! a call or a field that is the argument of a call.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray};
use datafusion::arrow::compute::nullif;

use crate::expr::cast::{self, arrow_error};
use crate::expr::evaluate::frame::Frame;
use crate::expr::evaluate::{Evaluated, arithmetic, comparison, like};
use crate::expr::{ArithmeticOp, ComparisonOp, Expr};
use crate::functions::{FunctionError, RowFailure};
use crate::types::{SqlType, column_of};

/// A column that was computed before, with what failed.
pub(in crate::expr) struct Shared {
    column: Evaluated,
    /// The first failure of each row, in the order of rows, and whether the row failed for good.
    failures: Vec<(RowFailure, bool)>,
}

/// Evaluates one expression.
pub(super) struct Evaluator<'a> {
    pub(super) now_ms: i64,
    shared: &'a [Shared],
    /// All failures, by the row of the batch.
    failures: Vec<RowFailure>,
    /// The rows of the batch that failed within the innermost guard.
    failed: BTreeSet<usize>,
}

impl<'a> Evaluator<'a> {
    pub(super) fn new(now_ms: i64, shared: &'a [Shared]) -> Self {
        Evaluator { now_ms, shared, failures: Vec::new(), failed: BTreeSet::new() }
    }

    /// Returns the first failure of each row, in the order of rows.
    pub(super) fn into_failures(mut self) -> Vec<RowFailure> {
        self.failures.sort_by_key(|failure| failure.row);
        self.failures.dedup_by_key(|failure| failure.row);
        self.failures
    }

    /// Returns a column for others to use, with what failed.
    pub(super) fn into_shared(self, column: Evaluated) -> Shared {
        let failed = self.failed.clone();
        let with_rows = |failure: RowFailure| {
            let is_failed = failed.contains(&failure.row);
            (failure, is_failed)
        };
        Shared { column, failures: self.into_failures().into_iter().map(with_rows).collect() }
    }

    /// Returns the rows that failed outside of any guard.
    pub(super) fn failed_rows(&self) -> BTreeSet<usize> {
        self.failed.clone()
    }

    /// Records that a row fails.
    pub(super) fn fail(&mut self, frame: &Frame<'_>, row: usize, reason: String) {
        let row = frame.base_row(row);
        self.failed.insert(row);
        self.failures.push(RowFailure { row, reason });
    }

    /// Records that a row fails, or all of them if it is the row of a constant.
    pub(super) fn fail_at(
        &mut self,
        frame: &Frame<'_>,
        is_constant: bool,
        row: usize,
        reason: &str,
    ) {
        if !is_constant {
            return self.fail(frame, row, reason.to_owned());
        }
        (0..frame.row_count()).for_each(|row| self.fail(frame, row, reason.to_owned()));
    }

    /// Records a failure that does not reach beyond where it happened.
    pub(super) fn note(&mut self, frame: &Frame<'_>, row: usize, reason: String) {
        self.failures.push(RowFailure { row: frame.base_row(row), reason });
    }

    /// Evaluates within a guard: a row that fails in it is NULL, and nothing else outside.
    pub(super) fn guarded(
        &mut self,
        frame: &Frame<'_>,
        evaluate: impl FnOnce(&mut Self) -> Result<Evaluated, FunctionError>,
    ) -> Result<Evaluated, FunctionError> {
        let outside = std::mem::take(&mut self.failed);
        let evaluated = evaluate(self);
        let failed = std::mem::replace(&mut self.failed, outside);
        let evaluated = evaluated?;
        if failed.is_empty() {
            return Ok(evaluated);
        }
        let row_count = frame.row_count();
        let array = evaluated.expand(row_count)?;
        let is_failed = |row: usize| Some(failed.contains(&frame.base_row(row)));
        let mask: BooleanArray = (0..row_count).map(is_failed).collect();
        Ok(Evaluated::Column(null_where(&array, &mask)?))
    }

    /// Evaluates an expression.
    pub(super) fn eval(
        &mut self,
        expr: &Expr,
        frame: &Frame<'_>,
    ) -> Result<Evaluated, FunctionError> {
        match expr {
            Expr::Column { index, .. } => self.column(*index, frame),
            Expr::LambdaParam { index, .. } => Ok(Evaluated::Column(frame.param(*index)?)),
            Expr::Literal { value, sql_type } => {
                Ok(Evaluated::Constant(column_of(sql_type, [value])))
            }
            Expr::Cast { operand, sql_type, .. } => {
                self.guarded(frame, |evaluator| evaluator.cast(operand, sql_type, frame))
            }
            Expr::Negate(operand) => map_array(&self.eval(operand, frame)?, arithmetic::negate),
            Expr::Arithmetic { left, op, right, sql_type } => {
                self.arithmetic((left, *op, right), sql_type, frame)
            }
            Expr::Comparison { left, op, right } => self.comparison((left, *op, right), frame),
            Expr::Between { operand, low, high, negated } => {
                self.between(operand, (low, high), *negated, frame)
            }
            Expr::Like { operand, pattern, escape, negated } => {
                let like = like::Like { escape: *escape, negated: *negated };
                self.like(operand, pattern, &like, frame)
            }
            Expr::Not(operand) => self.not(operand, frame),
            Expr::And(operands) => self.chain(operands, true, frame),
            Expr::Or(operands) => self.chain(operands, false, frame),
            Expr::IsNull { operand, negated } => self.is_null(operand, *negated, frame),
            Expr::In { operand, list, negated } => self.membership(operand, list, *negated, frame),
            Expr::Case { branches, default, sql_type } => {
                self.case(branches, default.as_deref(), sql_type, frame)
            }
            Expr::Subscript { base, index, .. } => self.subscript(base, index, frame),
            Expr::Field { base, index, .. } => self.field(base, *index, frame),
            Expr::Array { elements, sql_type } => self.array(elements, sql_type, frame),
            Expr::Map { entries, sql_type } => self.map(entries, sql_type, frame),
            Expr::Struct { fields, sql_type } => self.structure(fields, sql_type, frame),
            Expr::Call { function, args } => self.call(&function.0, args, frame),
            Expr::Lambda { .. } => {
                Err(FunctionError::InvalidArgument("a lambda is no value".to_owned()))
            }
        }
    }

    // Each kind has a function of its own, as a tree may be deep and the stack is not.

    fn arithmetic(
        &mut self,
        (left, op, right): (&Expr, ArithmeticOp, &Expr),
        sql_type: &SqlType,
        frame: &Frame<'_>,
    ) -> Result<Evaluated, FunctionError> {
        let (left, right) = (self.eval(left, frame)?, self.eval(right, frame)?);
        let is_constant = left.is_constant() && right.is_constant();
        arithmetic::compute((&left, op, &right), sql_type, &mut |row, reason| {
            self.fail_at(frame, is_constant, row, &reason);
        })
    }

    fn comparison(
        &mut self,
        (left, op, right): (&Expr, ComparisonOp, &Expr),
        frame: &Frame<'_>,
    ) -> Result<Evaluated, FunctionError> {
        let (left, right) = (self.eval(left, frame)?, self.eval(right, frame)?);
        comparison::compare(&left, op, &right)
    }

    fn between(
        &mut self,
        operand: &Expr,
        (low, high): (&Expr, &Expr),
        negated: bool,
        frame: &Frame<'_>,
    ) -> Result<Evaluated, FunctionError> {
        let operand = self.eval(operand, frame)?;
        let (low, high) = (self.eval(low, frame)?, self.eval(high, frame)?);
        comparison::between(&operand, (&low, &high), negated)
    }

    fn like(
        &mut self,
        operand: &Expr,
        pattern: &Expr,
        like: &like::Like,
        frame: &Frame<'_>,
    ) -> Result<Evaluated, FunctionError> {
        let (operand, pattern) = (self.eval(operand, frame)?, self.eval(pattern, frame)?);
        let is_constant = operand.is_constant() && pattern.is_constant();
        like.compute(&operand, &pattern, &mut |row, reason| {
            self.fail_at(frame, is_constant, row, &reason);
        })
    }

    fn column(&mut self, index: usize, frame: &Frame<'_>) -> Result<Evaluated, FunctionError> {
        let Some(shared) =
            index.checked_sub(frame.column_count()).and_then(|at| self.shared.get(at))
        else {
            return Ok(Evaluated::Column(frame.column(index)?));
        };
        self.fail_again(&shared.failures, frame);
        Ok(match &shared.column {
            Evaluated::Column(array) => Evaluated::Column(frame.take(array)?),
            Evaluated::Constant(array) => Evaluated::Constant(Arc::clone(array)),
        })
    }

    /// Records the failures of a column that was computed before, as if they happened now.
    fn fail_again(&mut self, failures: &[(RowFailure, bool)], frame: &Frame<'_>) {
        if failures.is_empty() {
            return;
        }
        for row in 0..frame.row_count() {
            let base_row = frame.base_row(row);
            let Ok(at) = failures.binary_search_by_key(&base_row, |(failure, _)| failure.row)
            else {
                continue;
            };
            let (failure, is_failed) = &failures[at];
            if *is_failed {
                self.fail(frame, row, failure.reason.clone());
            } else {
                self.note(frame, row, failure.reason.clone());
            }
        }
    }

    fn cast(
        &mut self,
        operand: &Expr,
        sql_type: &SqlType,
        frame: &Frame<'_>,
    ) -> Result<Evaluated, FunctionError> {
        let evaluated = self.eval(operand, frame)?;
        let is_constant = evaluated.is_constant();
        map_array(&evaluated, |array| {
            cast::cast(array, operand.sql_type(), sql_type, &mut |row, reason| {
                self.fail_at(frame, is_constant, row, &reason);
            })
        })
    }
}

/// Applies a kernel of one array to whatever form it has.
pub(super) fn map_array(
    evaluated: &Evaluated,
    kernel: impl FnOnce(&ArrayRef) -> Result<ArrayRef, FunctionError>,
) -> Result<Evaluated, FunctionError> {
    Ok(match evaluated {
        Evaluated::Column(array) => Evaluated::Column(kernel(array)?),
        Evaluated::Constant(array) => Evaluated::Constant(kernel(array)?),
    })
}

/// Sets the marked rows to NULL.
pub(super) fn null_where(array: &ArrayRef, mask: &BooleanArray) -> Result<ArrayRef, FunctionError> {
    if array.len() != mask.len() {
        return Err(FunctionError::InvalidArgument("a mask of another length".to_owned()));
    }
    nullif(array, mask).map_err(arrow_error)
}
