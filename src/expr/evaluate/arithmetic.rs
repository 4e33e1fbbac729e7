//! `+ - * / %` and the sign, as Java computes them: integers wrap around, a double divided by zero is infinite.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, Datum, PrimitiveArray, Scalar, StringBuilder,
};
use datafusion::arrow::compute::kernels::numeric::{
    add_wrapping, div, mul_wrapping, neg_wrapping, rem, sub_wrapping,
};
use datafusion::arrow::datatypes::{ArrowNativeTypeOp, Int32Type, Int64Type};

use crate::expr::ArithmeticOp;
use crate::expr::cast::{Fail, arrow_error};
use crate::expr::evaluate::{Evaluated, decimal};
use crate::functions::FunctionError;
use crate::types::SqlType;

/// Computes `left op right`, whose operands have the result's type or, for a DECIMAL, are DECIMALs.
pub(super) fn compute(
    (left, op, right): (&Evaluated, ArithmeticOp, &Evaluated),
    sql_type: &SqlType,
    fail: &mut Fail<'_>,
) -> Result<Evaluated, FunctionError> {
    let is_division = matches!(op, ArithmeticOp::Divide | ArithmeticOp::Modulus);
    let array = match sql_type {
        SqlType::Decimal { .. } => decimal::compute((left, op, right), sql_type, fail)?,
        SqlType::Varchar => concat(left, right)?,
        SqlType::Int if is_division => divide::<Int32Type>(left, op, right, fail),
        SqlType::Bigint if is_division => divide::<Int64Type>(left, op, right, fail),
        _ => native(left, op, right)?,
    };
    Ok(form(left, right, array))
}

/// A result of two constants is a constant.
pub(super) fn form(left: &Evaluated, right: &Evaluated, array: ArrayRef) -> Evaluated {
    if left.is_constant() && right.is_constant() {
        Evaluated::Constant(array)
    } else {
        Evaluated::Column(array)
    }
}

/// Returns how many rows the result of two operands has.
pub(super) fn row_count(left: &Evaluated, right: &Evaluated) -> usize {
    match (left, right) {
        (Evaluated::Column(array), _) | (_, Evaluated::Column(array)) => array.len(),
        (Evaluated::Constant(_), Evaluated::Constant(_)) => 1,
    }
}

/// Passes operands to an Arrow kernel: a constant beside a column as a scalar.
pub(super) fn with_datums<T>(
    left: &Evaluated,
    right: &Evaluated,
    kernel: impl FnOnce(&dyn Datum, &dyn Datum) -> T,
) -> T {
    match (left, right) {
        (Evaluated::Constant(l), Evaluated::Column(r)) => kernel(&Scalar::new(Arc::clone(l)), r),
        (Evaluated::Column(l), Evaluated::Constant(r)) => kernel(l, &Scalar::new(Arc::clone(r))),
        (Evaluated::Column(l), Evaluated::Column(r))
        | (Evaluated::Constant(l), Evaluated::Constant(r)) => kernel(l, r),
    }
}

fn native(
    left: &Evaluated,
    op: ArithmeticOp,
    right: &Evaluated,
) -> Result<ArrayRef, FunctionError> {
    let kernel = match op {
        ArithmeticOp::Add => add_wrapping,
        ArithmeticOp::Subtract => sub_wrapping,
        ArithmeticOp::Multiply => mul_wrapping,
        ArithmeticOp::Divide => div,
        ArithmeticOp::Modulus => rem,
        ArithmeticOp::Concat => {
            return Err(FunctionError::InvalidArgument("|| is a call of CONCAT".to_owned()));
        }
    };
    with_datums(left, right, |left, right| kernel(left, right)).map_err(arrow_error)
}

/// Divides integers; a row whose divisor is zero fails.
fn divide<T: ArrowPrimitiveType>(
    left: &Evaluated,
    op: ArithmeticOp,
    right: &Evaluated,
    fail: &mut Fail<'_>,
) -> ArrayRef {
    let (of_left, of_right) = (left.array().as_primitive::<T>(), right.array().as_primitive::<T>());
    let operate = |dividend: T::Native, divisor: T::Native| match op {
        ArithmeticOp::Modulus => dividend.mod_wrapping(divisor),
        _ => dividend.div_wrapping(divisor),
    };
    if let (Evaluated::Column(_), Evaluated::Constant(_)) = (left, right)
        && of_right.is_valid(0)
        && !of_right.value(0).is_zero()
    {
        // No row can fail.
        let divisor = of_right.value(0);
        return Arc::new(of_left.unary::<_, T>(|dividend| operate(dividend, divisor)));
    }
    let mut compute = |row: usize| {
        let (l, r) = (left.row(row), right.row(row));
        if of_left.is_null(l) || of_right.is_null(r) {
            return None;
        }
        let (dividend, divisor) = (of_left.value(l), of_right.value(r));
        if divisor.is_zero() {
            fail(row, "/ by zero".to_owned());
            return None;
        }
        Some(operate(dividend, divisor))
    };
    let quotients: PrimitiveArray<T> = (0..row_count(left, right)).map(&mut compute).collect();
    Arc::new(quotients)
}

/// Joins texts; NULL if either is.
fn concat(left: &Evaluated, right: &Evaluated) -> Result<ArrayRef, FunctionError> {
    let (of_left, of_right) = (left.array().as_string::<i32>(), right.array().as_string::<i32>());
    let rows = row_count(left, right);
    let length = |row: usize| {
        let (l, r) = (of_left.value_length(left.row(row)), of_right.value_length(right.row(row)));
        u64::from(l.unsigned_abs()) + u64::from(r.unsigned_abs())
    };
    // The offsets of a column of texts have 31 bits.
    if u64::from(i32::MAX.unsigned_abs()) < (0..rows).map(length).sum() {
        return Err(FunctionError::InvalidArgument("the texts are too long".to_owned()));
    }
    let mut builder = StringBuilder::new();
    for row in 0..rows {
        let (l, r) = (left.row(row), right.row(row));
        if of_left.is_null(l) || of_right.is_null(r) {
            builder.append_null();
        } else {
            builder.append_value(format!("{}{}", of_left.value(l), of_right.value(r)));
        }
    }
    Ok(Arc::new(builder.finish()))
}

/// Changes the sign.
pub(super) fn negate(array: &ArrayRef) -> Result<ArrayRef, FunctionError> {
    neg_wrapping(array).map_err(arrow_error)
}
