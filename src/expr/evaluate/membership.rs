//! IN.

use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, BooleanArray};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::compute::{not, or};
use datafusion::arrow::datatypes::{DataType, Int32Type, Int64Type};
use hashbrown::HashSet;

use crate::expr::cast::arrow_error;
use crate::expr::evaluate::Evaluated;
use crate::expr::evaluate::comparison::compare;
use crate::expr::evaluate::evaluator::Evaluator;
use crate::expr::evaluate::frame::Frame;
use crate::expr::{ComparisonOp, Expr};
use crate::functions::FunctionError;

/// From how many constants on a set is made of them.
const SET_COUNT_MIN: usize = 8;

impl Evaluator<'_> {
    /// Evaluates IN: false, or NOT IN true, where the operand is NULL.
    pub(super) fn membership(
        &mut self,
        operand: &Expr,
        list: &[Expr],
        negated: bool,
        frame: &Frame<'_>,
    ) -> Result<Evaluated, FunctionError> {
        let operand = self.eval(operand, frame)?;
        let list: Vec<Evaluated> =
            list.iter().map(|expr| self.eval(expr, frame)).collect::<Result<_, _>>()?;
        let found = match in_set(&operand, &list) {
            Some(found) => found,
            None => in_list(&operand, &list, frame.row_count())?,
        };
        let result = if negated { not(&found).map_err(arrow_error)? } else { found };
        Ok(Evaluated::Column(Arc::new(result)))
    }
}

/// Compares with each of them in turn.
fn in_list(
    operand: &Evaluated,
    list: &[Evaluated],
    row_count: usize,
) -> Result<BooleanArray, FunctionError> {
    let mut found = BooleanArray::from(vec![false; row_count]);
    for candidate in list {
        let equal = compare(operand, ComparisonOp::Equal, candidate)?.expand(row_count)?;
        found = or(&found, equal.as_boolean()).map_err(arrow_error)?;
    }
    Ok(found)
}

/// Looks the operand up in a set of constants; none if it is not worth a set.
fn in_set(operand: &Evaluated, list: &[Evaluated]) -> Option<BooleanArray> {
    let Evaluated::Column(operand) = operand else { return None };
    if list.len() < SET_COUNT_MIN || !list.iter().all(Evaluated::is_constant) {
        return None;
    }
    let constants = || list.iter().map(Evaluated::array).filter(|array| array.is_valid(0));
    let contains: &dyn Fn(usize) -> bool = match operand.data_type() {
        DataType::Int32 => {
            let set: HashSet<i32> =
                constants().map(|array| array.as_primitive::<Int32Type>().value(0)).collect();
            &move |row| set.contains(&operand.as_primitive::<Int32Type>().value(row))
        }
        DataType::Int64 => {
            let set: HashSet<i64> =
                constants().map(|array| array.as_primitive::<Int64Type>().value(0)).collect();
            &move |row| set.contains(&operand.as_primitive::<Int64Type>().value(row))
        }
        DataType::Utf8 => {
            let set: HashSet<&str> =
                constants().map(|array| array.as_string::<i32>().value(0)).collect();
            &move |row| set.contains(operand.as_string::<i32>().value(row))
        }
        _ => return None,
    };
    let is_member = |row: usize| operand.is_valid(row) && contains(row);
    Some(BooleanArray::new(BooleanBuffer::collect_bool(operand.len(), is_member), None))
}
