//! `GENERATE_SERIES(start, end[, step])`.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int32Array, Int64Array};

use crate::functions::scalar::collections::on_arrays;
use crate::functions::{Call, FunctionError, ScalarFunction, VALUE_ELEMENTS_MAX};

/// All numbers from one to another.
pub(super) fn generate_series() -> ScalarFunction {
    on_arrays("GENERATE_SERIES", "Returns the numbers from one to another, both included.")
        .example("GENERATE_SERIES(1, 9, 3)", "[1, 4, 7]")
        .overload("(start INT, end INT) ARRAY<INT>", "One by one, up or down.", of_ints)
        .overload("(start INT, end INT, step INT) ARRAY<INT>", "In steps.", of_ints)
        .overload("(start BIGINT, end BIGINT) ARRAY<BIGINT>", "One by one, up or down.", of_bigints)
        .overload("(start BIGINT, end BIGINT, step INT) ARRAY<BIGINT>", "In steps.", of_bigints)
}

fn of_ints(call: &mut Call<'_>) -> Result<ArrayRef, FunctionError> {
    let (start, end, step) = (call.ints(0)?, call.ints(1)?, step(call)?);
    call.map_lists(
        |row, numbers: &mut Vec<i32>| {
            let series = series(start.at(row).into(), end.at(row).into(), step(row))?;
            // All lie between two INTs.
            numbers.extend(series.map(|number| number as i32));
            Ok::<_, String>(())
        },
        |numbers| Ok(Arc::new(Int32Array::from(numbers))),
    )
}

fn of_bigints(call: &mut Call<'_>) -> Result<ArrayRef, FunctionError> {
    let (start, end, step) = (call.bigints(0)?, call.bigints(1)?, step(call)?);
    call.map_lists(
        |row, numbers: &mut Vec<i64>| {
            numbers.extend(series(start.at(row), end.at(row), step(row))?);
            Ok::<_, String>(())
        },
        |numbers| Ok(Arc::new(Int64Array::from(numbers))),
    )
}

fn step<'a>(call: &Call<'a>) -> Result<impl Fn(usize) -> Option<i32> + use<'a>, FunctionError> {
    let step = (2 < call.args.len()).then(|| call.ints(2)).transpose()?;
    Ok(move |row| step.map(|step| step.at(row)))
}

fn series(start: i64, end: i64, step: Option<i32>) -> Result<impl Iterator<Item = i64>, String> {
    let distance = i128::from(end) - i128::from(start);
    let step = step.map_or(if 0 < distance { 1 } else { -1 }, i128::from);
    if step == 0 {
        return Err("GENERATE_SERIES step cannot be zero".to_owned());
    }
    if distance != 0 && (0 < distance) != (0 < step) {
        return Err("GENERATE_SERIES step has wrong sign".to_owned());
    }
    let steps = distance / step;
    if VALUE_ELEMENTS_MAX as i128 <= steps {
        return Err(format!("GENERATE_SERIES has more than {VALUE_ELEMENTS_MAX} elements"));
    }
    // All lie between two BIGINTs.
    Ok((0..=steps).map(move |count| (i128::from(start) + count * step) as i64))
}
