//! What GREATEST and LEAST share.

use std::cmp::Ordering;

use datafusion::arrow::array::{Array, ArrayRef};

use crate::functions::elements::compare_elements;
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
    let mut function = numeric(name, summary);
    for sql_type in ["INT", "BIGINT", "DOUBLE", "VARCHAR", "BYTES", "DATE", "TIME", "TIMESTAMP"] {
        let signature = format!("(val {sql_type}, vals {sql_type}...) {sql_type}");
        function = function.overload(&signature, "", move |call| pick(call, wanted)).sees_nulls();
    }
    function
        .overload("(val DECIMAL, vals DECIMAL...) DECIMAL", "", move |call| {
            pick_decimal(call, wanted)
        })
        .returns(|types| {
            let widened = types.iter().cloned().reduce(|a, b| widen(&a, &b));
            widened.ok_or_else(|| FunctionError::InvalidArgument("there is no argument".into()))
        })
        .sees_nulls()
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
