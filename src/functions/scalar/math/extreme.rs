//! What GREATEST and LEAST share.

use std::cmp::Ordering;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::datatypes::{
    Date32Type, Float64Type, Int32Type, Int64Type, Time32MillisecondType, TimestampMillisecondType,
};

use crate::functions::elements::{compare_doubles, compare_elements, compare_texts};
use crate::functions::scalar::math::decimals::{rescale, widen};
use crate::functions::scalar::math::numeric;
use crate::functions::{Call, FunctionError, ScalarFunction};
use crate::types::SqlType;

/// Makes the function that returns the argument which compares as `wanted` with all others.
pub(super) fn extreme(
    name: &'static str,
    summary: &'static str,
    wanted: Ordering,
) -> ScalarFunction {
    macro_rules! of_numbers {
        ($values:ident) => {
            move |call: &mut Call<'_>| by_column::<$values>(call, move |a, b| a.cmp(&b) == wanted)
        };
    }
    numeric(name, summary)
        .overload("(val INT, vals INT...) INT", "", of_numbers!(Int32Type))
        .sees_nulls()
        .overload("(val BIGINT, vals BIGINT...) BIGINT", "", of_numbers!(Int64Type))
        .sees_nulls()
        .overload("(val DOUBLE, vals DOUBLE...) DOUBLE", "", move |call| {
            by_column::<Float64Type>(call, move |a, b| compare_doubles(&a, &b) == wanted)
        })
        .sees_nulls()
        .overload("(val VARCHAR, vals VARCHAR...) VARCHAR", "", move |call| {
            let args = call.strings_from(0)?;
            call.map_strings(|row| {
                let texts = args.iter().filter_map(|arg| arg.get(row));
                best(texts, wanted, |a, b| compare_texts(a, b))
            })
        })
        .sees_nulls()
        .overload("(val BYTES, vals BYTES...) BYTES", "", move |call| pick(call, wanted))
        .sees_nulls()
        .overload("(val DATE, vals DATE...) DATE", "", of_numbers!(Date32Type))
        .sees_nulls()
        .overload("(val TIME, vals TIME...) TIME", "", of_numbers!(Time32MillisecondType))
        .sees_nulls()
        .overload(
            "(val TIMESTAMP, vals TIMESTAMP...) TIMESTAMP",
            "",
            of_numbers!(TimestampMillisecondType),
        )
        .sees_nulls()
        .overload("(val DECIMAL, vals DECIMAL...) DECIMAL", "", move |call| {
            pick_decimal(call, wanted)
        })
        .returns(|types| {
            let widened = types.iter().cloned().reduce(|a, b| widen(&a, &b));
            widened.ok_or_else(|| FunctionError::InvalidArgument("there is no argument".into()))
        })
        .sees_nulls()
}

/// Takes the best of numbers column by column.
fn by_column<T: ArrowPrimitiveType>(
    call: &Call<'_>,
    is_better: impl Fn(T::Native, T::Native) -> bool + Copy,
) -> Result<ArrayRef, FunctionError> {
    let mut best = call.column(0)?.as_primitive::<T>().clone();
    for index in 1..call.args.len() {
        best = better(&best, call.column(index)?.as_primitive::<T>(), is_better);
    }
    Ok(Arc::new(best))
}

/// Takes the better one of each row; where one is NULL, the other.
fn better<T: ArrowPrimitiveType>(
    best: &PrimitiveArray<T>,
    next: &PrimitiveArray<T>,
    is_better: impl Fn(T::Native, T::Native) -> bool,
) -> PrimitiveArray<T> {
    let pairs = best.values().iter().zip(next.values()).map(|(best, next)| (*best, *next));
    if best.null_count() == 0 && next.null_count() == 0 {
        let values = pairs.map(|(a, b)| if is_better(b, a) { b } else { a });
        return PrimitiveArray::new(values.collect(), None);
    }
    let values = pairs.enumerate().map(|(row, (a, b))| {
        let is_next = next.is_valid(row) && (best.is_null(row) || is_better(b, a));
        if is_next { b } else { a }
    });
    let nulls = match (best.nulls(), next.nulls()) {
        (Some(best), Some(next)) => Some(NullBuffer::new(best.inner() | next.inner())),
        _ => None,
    };
    PrimitiveArray::new(values.collect(), nulls)
}

/// Returns the first of the values that no other is better than.
fn best<T>(
    values: impl Iterator<Item = T>,
    wanted: Ordering,
    compare: impl Fn(&T, &T) -> Ordering,
) -> Option<T> {
    values.reduce(|best, next| if compare(&next, &best) == wanted { next } else { best })
}

fn pick(call: &mut Call<'_>, wanted: Ordering) -> Result<ArrayRef, FunctionError> {
    let arrays = (0..call.args.len()).map(|i| call.array(i)).collect::<Result<Vec<_>, _>>()?;
    let sources: Vec<&ArrayRef> = arrays.iter().map(|(array, _)| *array).collect();
    call.pick(&sources, |row| {
        let rows = arrays.iter().map(|(_, is_constant)| if *is_constant { 0 } else { row });
        let candidates = rows.enumerate().filter(|&(i, row)| sources[i].is_valid(row));
        candidates.reduce(|best, next| {
            let order = compare_elements((sources[next.0], next.1), (sources[best.0], best.1));
            if order == Some(wanted) { next } else { best }
        })
    })
}

fn pick_decimal(call: &mut Call<'_>, wanted: Ordering) -> Result<ArrayRef, FunctionError> {
    let SqlType::Decimal { scale, .. } = *call.return_type else {
        return Err(FunctionError::InvalidArgument("the result is not a DECIMAL".into()));
    };
    let args = (0..call.args.len()).map(|i| call.decimals(i)).collect::<Result<Vec<_>, _>>()?;
    call.map_decimals(|row| {
        let values = args.iter().filter_map(|arg| arg.get(row)).map(|value| rescale(value, scale));
        let values = values.collect::<Result<Vec<_>, _>>()?;
        let best = values.into_iter().reduce(|best, next| {
            if next.unscaled.cmp(&best.unscaled) == wanted { next } else { best }
        });
        Ok::<_, String>(best)
    })
}
