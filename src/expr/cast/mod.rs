//! CAST: which type can be converted to which, and the conversion of columns.

mod decimals;
mod nested;
mod parse;
mod scalars;
mod text;

pub(super) use nested::{Elements, elements_of, map_of, struct_of};
pub(super) use parse::{parse_exact_boolean, trim};

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::error::ArrowError;

use crate::functions::FunctionError;
use crate::types::SqlType;

/// Where a conversion records the rows of its input that fail.
pub(super) type Fail<'a> = dyn FnMut(usize, String) + 'a;

/// Tells whether CAST converts a type to another.
pub(super) fn is_supported(from: &SqlType, to: &SqlType) -> bool {
    use SqlType::{
        Array, Bigint, Date, Decimal, Double, Int, Map, Struct, Time, Timestamp, Varchar,
    };
    if from == to {
        return true;
    }
    match (from, to) {
        (
            Int | Bigint | Double | Decimal { .. },
            Int | Bigint | Double | Decimal { .. } | Varchar,
        )
        | (SqlType::Boolean | Array(_) | Map(..) | Struct(_), Varchar)
        | (Timestamp, Varchar | Time | Date)
        | (Date, Varchar | Timestamp)
        | (Time, Varchar) => true,
        (Varchar, to) => !matches!(to, Array(_) | Map(..) | Struct(_)),
        (Array(from), Array(to)) => is_supported(from, to),
        (Map(from_key, from_value), Map(to_key, to_value)) => {
            is_supported(from_key, to_key) && is_supported(from_value, to_value)
        }
        (Struct(from), Struct(to)) => from.iter().all(|field| {
            let same = to.iter().find(|other| other.name == field.name);
            same.is_none_or(|other| is_supported(&field.sql_type, &other.sql_type))
        }),
        _ => false,
    }
}

/// Tells whether a conversion can fail for a row.
pub(super) fn can_fail(from: &SqlType, to: &SqlType) -> bool {
    use SqlType::{Bigint, Boolean, Date, Decimal, Double, Int, Time, Timestamp, Varchar};
    if from == to {
        return false;
    }
    !matches!(
        (from, to),
        (Int | Bigint | Double | Decimal { .. }, Int | Bigint | Double)
            | (_, Varchar)
            | (Varchar, Boolean)
            | (Timestamp, Time)
            | (Date, Timestamp)
    )
}

/// Converts a column. Rows that fail are NULL.
pub(super) fn cast(
    array: &ArrayRef,
    from: &SqlType,
    to: &SqlType,
    fail: &mut Fail<'_>,
) -> Result<ArrayRef, FunctionError> {
    use SqlType::{Array, Map, Struct, Varchar};
    if from == to {
        return Ok(ArrayRef::clone(array));
    }
    match (from, to) {
        (Array(from), Array(to)) => nested::cast_array(array, from, to, fail),
        (Map(..), Map(..)) => nested::cast_map(array, (from, to), fail),
        (Struct(from), Struct(to)) => nested::cast_struct(array, from, to, fail),
        (Array(_) | Map(..) | Struct(_), Varchar) => Ok(scalars::to_text(array, from)),
        (_, SqlType::Decimal { .. }) => decimals::to_decimal(array, to, fail),
        (SqlType::Decimal { .. }, _) => decimals::from_decimal(array, to),
        (_, _) => scalars::cast_scalar(array, (from, to), fail),
    }
}

/// Turns Arrow's refusal into ours.
pub(super) fn arrow_error(error: ArrowError) -> FunctionError {
    FunctionError::InvalidArgument(error.to_string())
}
