//! What GREATEST and LEAST share.

use std::cmp::Ordering;

use datafusion::arrow::array::{Array, ArrayRef};

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
        ($values:ident, $map:ident) => {
            move |call: &mut Call<'_>| {
                let args = all(call, |call, index| call.$values(index))?;
                call.$map(|row| best(args.iter().filter_map(|arg| arg.get(row)), wanted, Ord::cmp))
            }
        };
    }
    numeric(name, summary)
        .overload("(val INT, vals INT...) INT", "", of_numbers!(ints, map_ints))
        .sees_nulls()
        .overload("(val BIGINT, vals BIGINT...) BIGINT", "", of_numbers!(bigints, map_bigints))
        .sees_nulls()
        .overload("(val DOUBLE, vals DOUBLE...) DOUBLE", "", move |call| {
            let args = all(call, |call, index| call.doubles(index))?;
            call.map_doubles(|row| {
                best(args.iter().filter_map(|arg| arg.get(row)), wanted, compare_doubles)
            })
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
        .overload("(val DATE, vals DATE...) DATE", "", of_numbers!(dates, map_dates))
        .sees_nulls()
        .overload("(val TIME, vals TIME...) TIME", "", of_numbers!(times, map_times))
        .sees_nulls()
        .overload(
            "(val TIMESTAMP, vals TIMESTAMP...) TIMESTAMP",
            "",
            of_numbers!(timestamps, map_timestamps),
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

/// Reads all arguments of a call.
fn all<'a, T>(
    call: &Call<'a>,
    read: impl Fn(&Call<'a>, usize) -> Result<T, FunctionError>,
) -> Result<Vec<T>, FunctionError> {
    (0..call.args.len()).map(|index| read(call, index)).collect()
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
