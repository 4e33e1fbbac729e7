//! `AS_VALUE(column)`.

use crate::functions::ScalarFunction;

/// The same value: it makes a column of the key one of the value.
pub(super) fn as_value() -> ScalarFunction {
    ScalarFunction::new("AS_VALUE")
        .summary("Copies a column of the key into the value.")
        .example("AS_VALUE('tide')", "tide")
        .overload("(keyColumn T) T", "", |call| call.column(0))
        .sees_nulls()
}
