//! `STDDEV_SAMP(number)`.

use crate::functions::aggregate::AggregateFunction;
use crate::functions::aggregate::deviation::deviation;
use crate::types::SqlType;

/// Returns what ksqlDB returns under this name, the sample variance: its square root is STDDEV_SAMPLE.
pub(super) fn stddev_samp() -> AggregateFunction {
    let function = AggregateFunction::new("STDDEV_SAMP").summary(
        "Returns the variance of the sample, as ksqlDB does; STDDEV_SAMPLE returns the standard deviation.",
    ).example("STDDEV_SAMP(x)", "x INT: (1), (3), (5)", "4.0");
    deviation(function, SqlType::Int, |variance| variance)
}
