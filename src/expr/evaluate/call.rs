//! Calls of functions, and the lambdas given to them.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, NullArray, UInt32Array};
use datafusion::arrow::compute::take;
use parking_lot::Mutex;

use crate::expr::Expr;
use crate::expr::cast::arrow_error;
use crate::expr::evaluate::Evaluated;
use crate::expr::evaluate::evaluator::Evaluator;
use crate::expr::evaluate::frame::Frame;
use crate::functions::{
    Argument, FunctionError, LambdaBody, ResolvedScalar, RowFailure, RowFailures,
};

impl Evaluator<'_> {
    /// Evaluates a call. A row for which the function fails, fails.
    pub(super) fn call(
        &mut self,
        function: &ResolvedScalar,
        args: &[Expr],
        frame: &Frame<'_>,
    ) -> Result<Evaluated, FunctionError> {
        let mut arguments = Vec::with_capacity(args.len());
        let mut lambdas = Vec::new();
        for arg in args {
            arguments.push(match arg {
                Expr::Lambda { body, .. } => {
                    let lambda = Arc::new(self.capture(body, frame)?);
                    lambdas.push(Arc::clone(&lambda));
                    Argument::Lambda(lambda)
                }
                arg => match self.argument(arg, frame)? {
                    Evaluated::Column(array) => Argument::Column(array),
                    Evaluated::Constant(array) => Argument::Constant(array),
                },
            });
        }
        let is_constant = |arg: &Argument| matches!(arg, Argument::Constant(_));
        let is_constant = !function.is_volatile && arguments.iter().all(is_constant);
        let row_count = if is_constant { 1 } else { frame.row_count() };
        let mut failures = RowFailures::default();
        let array = function.evaluate(&arguments, row_count, self.now_ms, &mut failures)?;
        for failure in failures.0 {
            self.fail_at(frame, is_constant, failure.row, &failure.reason);
        }
        for lambda in lambdas {
            for failure in std::mem::take(&mut *lambda.notes.lock()) {
                self.note(frame, failure.row, failure.reason);
            }
        }
        Ok(if is_constant { Evaluated::Constant(array) } else { Evaluated::Column(array) })
    }

    /// What fails within a call or a field that is an argument is NULL to the function.
    fn argument(&mut self, arg: &Expr, frame: &Frame<'_>) -> Result<Evaluated, FunctionError> {
        match arg {
            Expr::Call { .. } | Expr::Field { .. } => {
                self.guarded(frame, |evaluator| evaluator.eval(arg, frame))
            }
            arg => self.eval(arg, frame),
        }
    }

    /// Takes along what the body of a lambda needs of the rows that the call stands in.
    fn capture(&mut self, body: &Expr, frame: &Frame<'_>) -> Result<Lambda, FunctionError> {
        let columns = body.columns().into_iter().map(|index| {
            let column = self.eval(&placeholder(body, index), frame)?;
            Ok((index, column.expand(frame.row_count())?))
        });
        let columns = columns.collect::<Result<Vec<_>, FunctionError>>()?;
        let params = (0..frame.param_count()).map(|index| frame.param(index));
        Ok(Lambda {
            body: body.clone(),
            columns,
            params: params.collect::<Result<_, _>>()?,
            now_ms: self.now_ms,
            notes: Mutex::default(),
        })
    }
}

/// Returns the reference to a column as it stands in an expression.
fn placeholder(body: &Expr, wanted: usize) -> Expr {
    let mut found = None;
    body.visit(&mut |expr| {
        if matches!(expr, Expr::Column { index, .. } if *index == wanted) {
            found.get_or_insert(expr);
        }
    });
    found.unwrap_or(body).clone()
}

/// The body of a lambda with what it needs.
struct Lambda {
    body: Expr,
    /// The columns it uses, by their index.
    columns: Vec<(usize, ArrayRef)>,
    /// The parameters of the lambdas around it.
    params: Vec<ArrayRef>,
    now_ms: i64,
    /// Failures that do not make the call fail, by the row that the call stands in.
    notes: Mutex<Vec<RowFailure>>,
}

impl LambdaBody for Lambda {
    fn evaluate(
        &self,
        params: &[ArrayRef],
        parents: &UInt32Array,
        failures: &mut RowFailures,
    ) -> Result<ArrayRef, FunctionError> {
        let row_count = parents.len();
        let of_parents = |array: &ArrayRef| take(array, parents, None).map_err(arrow_error);
        let column_count = self.columns.last().map_or(0, |(index, _)| index + 1);
        let unused: ArrayRef = Arc::new(NullArray::new(row_count));
        let mut columns = vec![unused; column_count];
        for (index, column) in &self.columns {
            columns[*index] = of_parents(column)?;
        }
        let outer = self.params.iter().map(of_parents);
        let mut all_params = outer.collect::<Result<Vec<_>, _>>()?;
        all_params.extend(params.iter().cloned());
        let frame = Frame::new(&columns, &all_params, row_count);
        let mut evaluator = Evaluator::new(self.now_ms, &[]);
        let result = evaluator.eval(&self.body, &frame)?.expand(row_count)?;
        let failed: BTreeSet<usize> = evaluator.failed_rows();
        let mut notes = self.notes.lock();
        for failure in evaluator.into_failures() {
            let parent = parents.value(failure.row) as usize;
            if failed.contains(&failure.row) {
                failures.push(parent, failure.reason);
            } else {
                notes.push(RowFailure { row: parent, reason: failure.reason });
            }
        }
        Ok(result)
    }
}
