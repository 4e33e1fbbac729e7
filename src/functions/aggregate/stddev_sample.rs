//! `STDDEV_SAMPLE(number)`.

use crate::functions::aggregate::AggregateFunction;
use crate::functions::aggregate::deviation::deviation;
use crate::types::SqlType;

/// Returns the sample standard deviation.
pub(super) fn stddev_sample() -> AggregateFunction {
    let function = AggregateFunction::new("STDDEV_SAMPLE")
        .summary("Returns the standard deviation of the sample; 0.0 below two values.")
        .example("STDDEV_SAMPLE(x)", "x INT: (1), (3), (5)", "2.0");
    deviation(function, SqlType::Bigint, f64::sqrt)
}
