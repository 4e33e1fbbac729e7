//! Comparisons, as ksqlDB makes them: false where an operand is NULL.

use std::cmp::Ordering;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, StringArray};
use datafusion::arrow::buffer::{BooleanBuffer, NullBuffer};
use datafusion::arrow::compute::kernels::cmp;
use datafusion::arrow::compute::{and, not};
use datafusion::arrow::datatypes::{DataType, Float64Type, Int32Type, Int64Type, i256};

use crate::expr::ComparisonOp;
use crate::expr::cast::arrow_error;
use crate::expr::decimal::{Written, compare as compare_decimals};
use crate::expr::evaluate::Evaluated;
use crate::expr::evaluate::arithmetic::{form, row_count, with_datums};
use crate::expr::evaluate::decimal::Decimals;
use crate::expr::evaluate::equality::values_equal;
use crate::functions::FunctionError;
use crate::types::{Decimal, value_at};

/// Computes `left op right`.
pub(super) fn compare(
    left: &Evaluated,
    op: ComparisonOp,
    right: &Evaluated,
) -> Result<Evaluated, FunctionError> {
    let compared = match op {
        ComparisonOp::IsDistinctFrom => not_distinct(left, right, true)?,
        ComparisonOp::IsNotDistinctFrom => not_distinct(left, right, false)?,
        ComparisonOp::Equal
        | ComparisonOp::NotEqual
        | ComparisonOp::LessThan
        | ComparisonOp::LessThanOrEqual
        | ComparisonOp::GreaterThan
        | ComparisonOp::GreaterThanOrEqual => null_to_false(&values(left, op, right)?),
    };
    Ok(form(left, right, Arc::new(compared)))
}

/// Computes `operand [NOT] BETWEEN low AND high`.
pub(super) fn between(
    operand: &Evaluated,
    (low, high): (&Evaluated, &Evaluated),
    negated: bool,
) -> Result<Evaluated, FunctionError> {
    let above = compare(operand, ComparisonOp::GreaterThanOrEqual, low)?;
    let below = compare(operand, ComparisonOp::LessThanOrEqual, high)?;
    let rows = row_count(&above, &below);
    let is_constant = above.is_constant() && below.is_constant();
    let (above, below) = (above.expand(rows)?, below.expand(rows)?);
    let within = and(above.as_boolean(), below.as_boolean()).map_err(arrow_error)?;
    let result: ArrayRef =
        Arc::new(if negated { not(&within).map_err(arrow_error)? } else { within });
    Ok(if is_constant { Evaluated::Constant(result) } else { Evaluated::Column(result) })
}

/// Takes NULL for false.
pub(super) fn null_to_false(array: &BooleanArray) -> BooleanArray {
    match array.nulls() {
        None => array.clone(),
        Some(nulls) => BooleanArray::new(array.values() & nulls.inner(), None),
    }
}

/// Tells which rows are alike or, negated, not alike; two NULLs are.
fn not_distinct(
    left: &Evaluated,
    right: &Evaluated,
    negated: bool,
) -> Result<BooleanArray, FunctionError> {
    let equal = null_to_false(&values(left, ComparisonOp::Equal, right)?);
    let alike = |row: usize| {
        let is_null = |side: &Evaluated| side.array().is_null(side.row(row));
        match (is_null(left), is_null(right)) {
            (false, false) => equal.value(row),
            (left, right) => left && right,
        }
    };
    let alike = BooleanBuffer::collect_bool(equal.len(), |row| alike(row) != negated);
    Ok(BooleanArray::new(alike, None))
}

/// Compares values; what comes out for a NULL says nothing.
pub(super) fn values(
    left: &Evaluated,
    op: ComparisonOp,
    right: &Evaluated,
) -> Result<BooleanArray, FunctionError> {
    let is_equality = matches!(op, ComparisonOp::Equal | ComparisonOp::NotEqual);
    match (left.array().data_type(), right.array().data_type()) {
        (DataType::Float64, DataType::Float64) => Ok(doubles(left, op, right)),
        // Java orders texts by UTF-16, which for equality is the same as by bytes.
        (DataType::Utf8, DataType::Utf8) if !is_equality => Ok(texts(left, op, right)),
        (left_type, right_type) if left_type == right_type && !left_type.is_nested() => {
            with_datums(left, right, |left, right| kernel(op)(left, right)).map_err(arrow_error)
        }
        (left_type, right_type) if left_type.is_numeric() && right_type.is_numeric() => {
            Ok(numbers(left, op, right))
        }
        (left_type, right_type)
            if is_equality && left_type.is_nested() && right_type.is_nested() =>
        {
            Ok(composites(left, op, right))
        }
        (left_type, right_type) => Err(FunctionError::InvalidArgument(format!(
            "Cannot compare {left_type} to {right_type}"
        ))),
    }
}

type Kernel = fn(
    &dyn datafusion::arrow::array::Datum,
    &dyn datafusion::arrow::array::Datum,
) -> Result<BooleanArray, datafusion::arrow::error::ArrowError>;

fn kernel(op: ComparisonOp) -> Kernel {
    match op {
        ComparisonOp::Equal | ComparisonOp::IsNotDistinctFrom => cmp::eq,
        ComparisonOp::NotEqual | ComparisonOp::IsDistinctFrom => cmp::neq,
        ComparisonOp::LessThan => cmp::lt,
        ComparisonOp::LessThanOrEqual => cmp::lt_eq,
        ComparisonOp::GreaterThan => cmp::gt,
        ComparisonOp::GreaterThanOrEqual => cmp::gt_eq,
    }
}

/// Tells whether an operator holds for two values in that order.
fn holds(op: ComparisonOp, order: Ordering) -> bool {
    match op {
        ComparisonOp::Equal | ComparisonOp::IsNotDistinctFrom => order == Ordering::Equal,
        ComparisonOp::NotEqual | ComparisonOp::IsDistinctFrom => order != Ordering::Equal,
        ComparisonOp::LessThan => order == Ordering::Less,
        ComparisonOp::LessThanOrEqual => order != Ordering::Greater,
        ComparisonOp::GreaterThan => order == Ordering::Greater,
        ComparisonOp::GreaterThanOrEqual => order != Ordering::Less,
    }
}

/// Makes a result row by row; a row without an order is false, one with a NULL is NULL.
fn by_row(
    left: &Evaluated,
    right: &Evaluated,
    compare: impl Fn(usize, usize) -> bool,
) -> BooleanArray {
    let rows = row_count(left, right);
    let (of_left, of_right) = (left.array(), right.array());
    let one = |row: usize| {
        let (l, r) = (left.row(row), right.row(row));
        of_left.is_valid(l) && of_right.is_valid(r) && compare(l, r)
    };
    BooleanArray::new(BooleanBuffer::collect_bool(rows, one), None)
}

/// Compares doubles as Java does: nothing is true of NaN, and the two zeros are equal.
fn doubles(left: &Evaluated, op: ComparisonOp, right: &Evaluated) -> BooleanArray {
    match op {
        ComparisonOp::Equal | ComparisonOp::IsNotDistinctFrom => {
            doubles_by(left, right, |l, r| l == r)
        }
        // Not `!=`, which is true of NaN.
        ComparisonOp::NotEqual | ComparisonOp::IsDistinctFrom => {
            doubles_by(left, right, |l, r| l < r || r < l)
        }
        ComparisonOp::LessThan => doubles_by(left, right, |l, r| l < r),
        ComparisonOp::LessThanOrEqual => doubles_by(left, right, |l, r| l <= r),
        ComparisonOp::GreaterThan => doubles_by(left, right, |l, r| r < l),
        ComparisonOp::GreaterThanOrEqual => doubles_by(left, right, |l, r| r <= l),
    }
}

/// Compares doubles in a loop without branches.
fn doubles_by(
    left: &Evaluated,
    right: &Evaluated,
    holds: impl Fn(f64, f64) -> bool,
) -> BooleanArray {
    let of_left = left.array().as_primitive::<Float64Type>();
    let of_right = right.array().as_primitive::<Float64Type>();
    let (l, r): (&[f64], &[f64]) = (of_left.values(), of_right.values());
    let values = match (left, right) {
        (Evaluated::Column(_), Evaluated::Constant(_)) => {
            let r = r[0];
            BooleanBuffer::collect_bool(l.len(), |row| holds(l[row], r))
        }
        (Evaluated::Constant(_), Evaluated::Column(_)) => {
            let l = l[0];
            BooleanBuffer::collect_bool(r.len(), |row| holds(l, r[row]))
        }
        (Evaluated::Column(_), Evaluated::Column(_))
        | (Evaluated::Constant(_), Evaluated::Constant(_)) => {
            BooleanBuffer::collect_bool(l.len().min(r.len()), |row| holds(l[row], r[row]))
        }
    };
    BooleanArray::new(values, joint_nulls(left, right))
}

/// Returns which rows of either operand are NULL.
fn joint_nulls(left: &Evaluated, right: &Evaluated) -> Option<NullBuffer> {
    let rows = row_count(left, right);
    let nulls = |side: &Evaluated| match side {
        Evaluated::Column(array) => array.nulls().cloned(),
        Evaluated::Constant(array) => array.is_null(0).then(|| NullBuffer::new_null(rows)),
    };
    NullBuffer::union(nulls(left).as_ref(), nulls(right).as_ref())
}

fn texts(left: &Evaluated, op: ComparisonOp, right: &Evaluated) -> BooleanArray {
    let of = |side: &Evaluated| -> StringArray { side.array().as_string::<i32>().clone() };
    let (of_left, of_right) = (of(left), of(right));
    by_row(left, right, |l, r| {
        holds(op, compare_utf16(of_left.value(l).as_bytes(), of_right.value(r).as_bytes()))
    })
}

/// Orders UTF-8 texts as their UTF-16 forms are ordered.
///
/// The two orders differ where a character beyond U+FFFF, which UTF-16 writes from 0xD800, meets one from U+E000 to U+FFFF.
fn compare_utf16(left: &[u8], right: &[u8]) -> Ordering {
    let rank = |byte: u8| {
        if byte == 0xEE || byte == 0xEF { u16::from(byte) + 0x100 } else { u16::from(byte) }
    };
    match left.iter().zip(right).find(|(l, r)| l != r) {
        Some((l, r)) => rank(*l).cmp(&rank(*r)),
        None => left.len().cmp(&right.len()),
    }
}

/// Compares numbers of which one is a DECIMAL, exactly.
fn numbers(left: &Evaluated, op: ComparisonOp, right: &Evaluated) -> BooleanArray {
    let (of_left, of_right) = (Numbers::new(left), Numbers::new(right));
    let rows = row_count(left, right);
    let one = |row: usize| {
        let order = match (of_left.get(row), of_right.get(row)) {
            (Some(Number::Exact(l)), Some(Number::Exact(r))) => Some(compare_decimals(l, r)),
            (Some(Number::Exact(l)), Some(Number::Double(r))) => compare_to_double(l, r),
            (Some(Number::Double(l)), Some(Number::Exact(r))) => {
                compare_to_double(r, l).map(Ordering::reverse)
            }
            (Some(Number::Double(l)), Some(Number::Double(r))) => l.partial_cmp(&r),
            (None, _) | (_, None) => None,
        };
        order.is_some_and(|order| holds(op, order))
    };
    BooleanArray::new(BooleanBuffer::collect_bool(rows, one), None)
}

enum Number {
    Exact(Decimal),
    Double(f64),
}

/// The rows of a column of any numeric type.
struct Numbers<'a> {
    evaluated: &'a Evaluated,
    decimals: Option<Decimals<'a>>,
}

impl<'a> Numbers<'a> {
    fn new(evaluated: &'a Evaluated) -> Self {
        Numbers { evaluated, decimals: Decimals::try_new(evaluated) }
    }

    fn get(&self, row: usize) -> Option<Number> {
        if let Some(decimals) = &self.decimals {
            return decimals.get(row).map(Number::Exact);
        }
        let (array, row) = (self.evaluated.array(), self.evaluated.row(row));
        if array.is_null(row) {
            return None;
        }
        let whole = |unscaled: i256| Some(Number::Exact(Decimal { unscaled, scale: 0 }));
        if let Some(ints) = array.as_primitive_opt::<Int32Type>() {
            return whole(i256::from(ints.value(row)));
        }
        if let Some(bigints) = array.as_primitive_opt::<Int64Type>() {
            return whole(i256::from(bigints.value(row)));
        }
        Some(Number::Double(array.as_primitive_opt::<Float64Type>()?.value(row)))
    }
}

/// Compares a decimal with the shortest digits that mean a double.
fn compare_to_double(left: Decimal, right: f64) -> Option<Ordering> {
    if right.is_infinite() {
        return Some(if right < 0.0 { Ordering::Greater } else { Ordering::Less });
    }
    Some(Written::of_double_shortest(right)?.compare_to(left))
}

fn composites(left: &Evaluated, op: ComparisonOp, right: &Evaluated) -> BooleanArray {
    let (of_left, of_right) = (Arc::clone(left.array()), Arc::clone(right.array()));
    let wanted = op == ComparisonOp::Equal;
    by_row(left, right, |l, r| {
        values_equal(&value_at(&of_left, l), &value_at(&of_right, r)) == wanted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_ordered_as_java_orders_them() {
        let texts =
            ["", "a", "ab", "b", "z", "é", "中", "\u{1F600}", "\u{10FFFF}", "\u{E000}", "\u{FFFD}"];
        for left in texts {
            for right in texts {
                let utf16 = |text: &str| text.encode_utf16().collect::<Vec<u16>>();
                let want = utf16(left).cmp(&utf16(right));
                assert_eq!(
                    compare_utf16(left.as_bytes(), right.as_bytes()),
                    want,
                    "{left} {right}"
                );
            }
        }
    }
}
