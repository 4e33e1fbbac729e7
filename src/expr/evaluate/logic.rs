//! AND, OR, NOT, IS NULL and CASE. What a row does not reach is not computed for it.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, BooleanBuilder, new_null_array,
};
use datafusion::arrow::compute::{and_kleene, interleave, is_not_null, is_null, not, or_kleene};

use crate::expr::cast::{self, arrow_error};
use crate::expr::evaluate::Evaluated;
use crate::expr::evaluate::comparison::null_to_false;
use crate::expr::evaluate::evaluator::{Evaluator, map_array};
use crate::expr::evaluate::frame::Frame;
use crate::expr::{ArithmeticOp, Expr};
use crate::functions::FunctionError;
use crate::types::SqlType;

impl Evaluator<'_> {
    /// Evaluates NOT.
    pub(super) fn not(
        &mut self,
        operand: &Expr,
        frame: &Frame<'_>,
    ) -> Result<Evaluated, FunctionError> {
        let operand = self.eval(operand, frame)?;
        map_array(&operand, |array| Ok(Arc::new(not(boolean(array)?).map_err(arrow_error)?)))
    }

    /// Evaluates IS NULL.
    pub(super) fn is_null(
        &mut self,
        operand: &Expr,
        negated: bool,
        frame: &Frame<'_>,
    ) -> Result<Evaluated, FunctionError> {
        let operand = self.eval(operand, frame)?;
        let kernel = if negated { is_not_null } else { is_null };
        map_array(&operand, |array| Ok(Arc::new(kernel(array).map_err(arrow_error)?)))
    }

    /// Evaluates AND or OR by three-valued logic, operand by operand, each for the rows that are not decided yet.
    pub(super) fn chain(
        &mut self,
        operands: &[Expr],
        is_and: bool,
        frame: &Frame<'_>,
    ) -> Result<Evaluated, FunctionError> {
        let kleene = if is_and { and_kleene } else { or_kleene };
        let mut result = BooleanArray::from(vec![is_and; frame.row_count()]);
        for operand in operands {
            let open = open_rows(&result, is_and);
            let open_count = open.true_count();
            if open_count == 0 {
                break;
            }
            if open_count == frame.row_count() || !can_fail(operand) {
                let evaluated = self.eval(operand, frame)?.expand(frame.row_count())?;
                result = kleene(&result, boolean(&evaluated)?).map_err(arrow_error)?;
                continue;
            }
            let narrow = frame.narrow(&open)?;
            let evaluated = self.eval(operand, &narrow)?.expand(open_count)?;
            let scattered = scatter(boolean(&evaluated)?, &open, is_and);
            result = kleene(&result, &scattered).map_err(arrow_error)?;
        }
        Ok(Evaluated::Column(Arc::new(result)))
    }

    /// Evaluates CASE: each row takes the result of the first condition that holds for it.
    pub(super) fn case(
        &mut self,
        branches: &[(Expr, Expr)],
        default: Option<&Expr>,
        sql_type: &SqlType,
        frame: &Frame<'_>,
    ) -> Result<Evaluated, FunctionError> {
        let mut pieces = Pieces::new(frame.row_count());
        for (when, then) in branches {
            if pieces.open_count() == 0 {
                break;
            }
            let open = frame.narrow(&pieces.open)?;
            let holds = self.eval(when, &open)?.expand(open.row_count())?;
            let holds = null_to_false(boolean(&holds)?);
            if 0 < holds.true_count() {
                let matched = open.narrow(&holds)?;
                let result = self.eval(then, &matched)?;
                pieces.add(&holds, result);
            }
        }
        if 0 < pieces.open_count() {
            let result = match default {
                Some(default) => {
                    let open = frame.narrow(&pieces.open)?;
                    self.eval(default, &open)?
                }
                None => Evaluated::Constant(new_null_array(&sql_type.arrow(), 1)),
            };
            let all = BooleanArray::from(vec![true; pieces.open_count()]);
            pieces.add(&all, result);
        }
        pieces.into_column(sql_type)
    }
}

fn boolean(array: &ArrayRef) -> Result<&BooleanArray, FunctionError> {
    array.as_boolean_opt().ok_or_else(|| {
        FunctionError::InvalidArgument(format!("{} is not a BOOLEAN", array.data_type()))
    })
}

/// Marks the rows that the next operand can still change: all but FALSE for AND, all but TRUE for OR.
fn open_rows(result: &BooleanArray, is_and: bool) -> BooleanArray {
    let is_open = |value: Option<bool>| Some(value != Some(!is_and));
    if result.null_count() == 0 {
        let values = if is_and { result.values().clone() } else { !result.values() };
        return BooleanArray::new(values, None);
    }
    result.iter().map(is_open).collect()
}

/// Puts values at the rows that are marked, and at all others the one that changes nothing.
fn scatter(values: &BooleanArray, marked: &BooleanArray, neutral: bool) -> BooleanArray {
    let mut builder = BooleanBuilder::with_capacity(marked.len());
    let mut next = values.iter();
    for is_marked in marked.values() {
        if is_marked {
            builder.append_option(next.next().flatten());
        } else {
            builder.append_value(neutral);
        }
    }
    builder.finish()
}

/// Tells whether an expression may fail for a row, so that it matters which rows reach it.
fn can_fail(expr: &Expr) -> bool {
    let fails_itself = match expr {
        Expr::Cast { operand, sql_type, .. } => cast::can_fail(operand.sql_type(), sql_type),
        Expr::Arithmetic { op, sql_type, .. } => match (op, sql_type) {
            (ArithmeticOp::Divide | ArithmeticOp::Modulus, SqlType::Int | SqlType::Bigint)
            | (_, SqlType::Decimal { .. }) => true,
            (_, _) => false,
        },
        Expr::Like { pattern, escape, .. } => {
            escape.is_some() || !matches!(pattern.as_ref(), Expr::Literal { .. })
        }
        // Whatever takes time is not computed in vain either.
        Expr::Call { .. } | Expr::Map { .. } | Expr::Lambda { .. } => true,
        Expr::Column { .. }
        | Expr::Literal { .. }
        | Expr::LambdaParam { .. }
        | Expr::Negate(_)
        | Expr::Comparison { .. }
        | Expr::Not(_)
        | Expr::And(_)
        | Expr::Or(_)
        | Expr::IsNull { .. }
        | Expr::Between { .. }
        | Expr::In { .. }
        | Expr::Case { .. }
        | Expr::Subscript { .. }
        | Expr::Field { .. }
        | Expr::Array { .. }
        | Expr::Struct { .. } => false,
    };
    fails_itself || expr.children().into_iter().any(can_fail)
}

/// The results of CASE as they come together.
struct Pieces {
    /// The rows that have none yet.
    open: BooleanArray,
    arrays: Vec<Evaluated>,
    /// For each row, in which array its result is, and at which row of it.
    places: Vec<(usize, usize)>,
}

impl Pieces {
    fn new(row_count: usize) -> Self {
        let open = BooleanArray::from(vec![true; row_count]);
        Pieces { open, arrays: Vec::new(), places: vec![(0, 0); row_count] }
    }

    fn open_count(&self) -> usize {
        self.open.true_count()
    }

    /// Adds the results of those of the open rows that are marked.
    fn add(&mut self, marked: &BooleanArray, result: Evaluated) {
        let mut still_open = BooleanBuilder::with_capacity(self.places.len());
        let mut marks = marked.values().iter();
        let mut taken = 0;
        for (row, is_open) in self.open.values().iter().enumerate() {
            let is_taken = is_open && marks.next().unwrap_or(false);
            if is_taken {
                self.places[row] = (self.arrays.len(), result.row(taken));
                taken += 1;
            }
            still_open.append_value(is_open && !is_taken);
        }
        self.open = still_open.finish();
        self.arrays.push(result);
    }

    fn into_column(mut self, sql_type: &SqlType) -> Result<Evaluated, FunctionError> {
        // One branch for all rows: its result is the result.
        if self.arrays.len() == 1 {
            return Ok(self.arrays.remove(0));
        }
        if self.arrays.is_empty() {
            return Ok(Evaluated::Column(new_null_array(&sql_type.arrow(), 0)));
        }
        let arrays: Vec<&dyn Array> = self.arrays.iter().map(|e| e.array().as_ref()).collect();
        let column = interleave(&arrays, &self.places).map_err(arrow_error)?;
        Ok(Evaluated::Column(column))
    }
}
