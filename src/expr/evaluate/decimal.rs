//! Arithmetic of DECIMALs.

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{DataType, Decimal128Type, Decimal256Type, i256};

use crate::expr::ArithmeticOp;
use crate::expr::cast::Fail;
use crate::expr::decimal::{divide_half_up, fits, overflow, plain_text, power_of_ten, rescale};
use crate::expr::evaluate::Evaluated;
use crate::expr::evaluate::arithmetic::row_count;
use crate::functions::FunctionError;
use crate::types::{ColumnBuilder, Decimal, SqlType};

/// The rows of a DECIMAL column.
pub(super) struct Decimals<'a> {
    evaluated: &'a Evaluated,
    scale: u8,
}

impl<'a> Decimals<'a> {
    /// Reads a column; none if it is not a DECIMAL.
    pub(super) fn try_new(evaluated: &'a Evaluated) -> Option<Self> {
        match evaluated.array().data_type() {
            DataType::Decimal128(_, scale) | DataType::Decimal256(_, scale) => {
                Some(Decimals { evaluated, scale: scale.unsigned_abs() })
            }
            _ => None,
        }
    }

    /// Returns the value at a row, none if it is NULL.
    pub(super) fn get(&self, row: usize) -> Option<Decimal> {
        let (array, row) = (self.evaluated.array(), self.evaluated.row(row));
        if array.is_null(row) {
            return None;
        }
        let unscaled = match array.as_primitive_opt::<Decimal128Type>() {
            Some(narrow) => i256::from_i128(narrow.value(row)),
            None => array.as_primitive_opt::<Decimal256Type>()?.value(row),
        };
        Some(Decimal { unscaled, scale: self.scale })
    }
}

/// Computes `left op right` of DECIMALs. A row whose result does not fit its type, or whose divisor is zero, fails.
pub(super) fn compute(
    (left, op, right): (&Evaluated, ArithmeticOp, &Evaluated),
    sql_type: &SqlType,
    fail: &mut Fail<'_>,
) -> Result<ArrayRef, FunctionError> {
    let (Some(of_left), Some(of_right)) = (Decimals::try_new(left), Decimals::try_new(right))
    else {
        return Err(FunctionError::InvalidArgument("an operand is not a DECIMAL".to_owned()));
    };
    let mut builder = ColumnBuilder::new(sql_type);
    if let ColumnBuilder::Decimal(values) = &mut builder {
        let (precision, scale) = (values.precision, values.scale);
        for row in 0..row_count(left, right) {
            let computed = of_left.get(row).zip(of_right.get(row)).map(|(left, right)| {
                let unscaled = operate(left, op, right, scale)?;
                if fits(unscaled, precision) {
                    return Ok(Decimal { unscaled, scale });
                }
                Err(overflow(precision, scale, &plain_text(Decimal { unscaled, scale })))
            });
            values.push(match computed {
                None => None,
                Some(Ok(value)) => Some(value),
                Some(Err(reason)) => {
                    fail(row, reason);
                    None
                }
            });
        }
    }
    Ok(builder.finish())
}

/// Computes one result at a scale, rounded half away from zero.
fn operate(left: Decimal, op: ArithmeticOp, right: Decimal, scale: u8) -> Result<i256, String> {
    let is_division = matches!(op, ArithmeticOp::Divide | ArithmeticOp::Modulus);
    if is_division && right.unscaled == i256::ZERO {
        return Err("Division by zero".to_owned());
    }
    // What lies between may be too wide only because of zeros at the end.
    let result = exact(left, op, right, u32::from(scale))
        .or_else(|| exact(without_zeros(left), op, without_zeros(right), u32::from(scale)));
    result.ok_or_else(|| {
        let (left, right) = (plain_text(left), plain_text(right));
        format!("Numeric field overflow: {left} and {right} have too many digits")
    })
}

/// Computes one result at a scale; none if something does not fit 256 bits.
fn exact(left: Decimal, op: ArithmeticOp, right: Decimal, to: u32) -> Option<i256> {
    let (of_left, of_right) = (u32::from(left.scale), u32::from(right.scale));
    let common = of_left.max(of_right);
    let left_up = || rescale(left.unscaled, of_left, common);
    let right_up = || rescale(right.unscaled, of_right, common);
    match op {
        ArithmeticOp::Add => rescale(left_up()?.checked_add(right_up()?)?, common, to),
        ArithmeticOp::Subtract => rescale(left_up()?.checked_sub(right_up()?)?, common, to),
        ArithmeticOp::Modulus => rescale(left_up()?.checked_rem(right_up()?)?, common, to),
        ArithmeticOp::Multiply => {
            rescale(left.unscaled.checked_mul(right.unscaled)?, of_left + of_right, to)
        }
        ArithmeticOp::Divide => divide(left, right, to),
        ArithmeticOp::Concat => None,
    }
}

/// Returns the same number without zeros at the end of its fraction.
fn without_zeros(mut value: Decimal) -> Decimal {
    let ten = i256::from_i128(10);
    while 0 < value.scale && value.unscaled.checked_rem(ten) == Some(i256::ZERO) {
        value.unscaled = value.unscaled.wrapping_div(ten);
        value.scale -= 1;
    }
    value
}

/// Divides: `l/10^a / (r/10^b)` at scale `to` is `l * 10^(to + b - a) / r`.
fn divide(left: Decimal, right: Decimal, to: u32) -> Option<i256> {
    let up = to + u32::from(right.scale);
    let down = u32::from(left.scale);
    if down <= up {
        return divide_half_up(
            left.unscaled.checked_mul(power_of_ten(up - down)?)?,
            right.unscaled,
        );
    }
    divide_half_up(left.unscaled, right.unscaled.checked_mul(power_of_ten(down - up)?)?)
}
