//! Conversions to and from DECIMAL.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, Int32Array, Int64Array, StringBuilder,
};
use datafusion::arrow::datatypes::{DataType, Float64Type, Int32Type, Int64Type, i256};

use crate::expr::cast::Fail;
use crate::expr::cast::parse::{not_a_number, trim};
use crate::expr::decimal::{Written, plain_text, power_of_ten, to_double, to_type};
use crate::functions::FunctionError;
use crate::types::{ColumnBuilder, Decimal, SqlType, Value, value_at};

/// Converts a column to a DECIMAL type, rounding half away from zero. Rows whose number does not fit fail.
pub(super) fn to_decimal(
    array: &ArrayRef,
    to: &SqlType,
    fail: &mut Fail<'_>,
) -> Result<ArrayRef, FunctionError> {
    let SqlType::Decimal { precision, scale } = *to else { return Err(unsupported(to)) };
    let convert: &dyn Fn(usize) -> Result<i256, String> = match array.data_type() {
        DataType::Int32 => &|row| {
            let unscaled = i256::from(array.as_primitive::<Int32Type>().value(row));
            to_type(Decimal { unscaled, scale: 0 }, precision, scale)
        },
        DataType::Int64 => &|row| {
            let unscaled = i256::from(array.as_primitive::<Int64Type>().value(row));
            to_type(Decimal { unscaled, scale: 0 }, precision, scale)
        },
        DataType::Float64 => &|row| {
            double_to_decimal(array.as_primitive::<Float64Type>().value(row), precision, scale)
        },
        DataType::Utf8 => {
            &|row| text_to_decimal(array.as_string::<i32>().value(row), precision, scale)
        }
        _ => &|row| match value_at(array, row) {
            Value::Decimal(value) => to_type(value, precision, scale),
            _ => Err(unsupported(to).to_string()),
        },
    };
    Ok(build(to, array, convert, fail))
}

fn build(
    to: &SqlType,
    array: &ArrayRef,
    convert: &dyn Fn(usize) -> Result<i256, String>,
    fail: &mut Fail<'_>,
) -> ArrayRef {
    let mut builder = ColumnBuilder::new(to);
    if let ColumnBuilder::Decimal(values) = &mut builder {
        let scale = values.scale;
        for row in 0..array.len() {
            let converted = if array.is_valid(row) { Some(convert(row)) } else { None };
            let unscaled = converted.and_then(|r| r.map_err(|reason| fail(row, reason)).ok());
            values.push(unscaled.map(|unscaled| Decimal { unscaled, scale }));
        }
    }
    builder.finish()
}

fn double_to_decimal(value: f64, precision: u8, scale: u8) -> Result<i256, String> {
    let written = Written::of_double(value).ok_or("Infinite or NaN")?;
    written.round_to(precision).to_type(precision, scale, &value.to_string())
}

fn text_to_decimal(text: &str, precision: u8, scale: u8) -> Result<i256, String> {
    let text = trim(text);
    let written = Written::parse(text).ok_or_else(|| not_a_number(text))?;
    written.to_type(precision, scale, text)
}

/// Converts a DECIMAL column to another type.
pub(super) fn from_decimal(array: &ArrayRef, to: &SqlType) -> Result<ArrayRef, FunctionError> {
    let value = |row: usize| match value_at(array, row) {
        Value::Decimal(value) => Some(value),
        _ => None,
    };
    let rows = 0..array.len();
    Ok(match to {
        #[expect(clippy::cast_possible_truncation, reason = "as Java's intValue: the low bits")]
        SqlType::Int => {
            let low = |value: Decimal| low_bits(value) as i32;
            Arc::new(rows.map(|row| value(row).map(low)).collect::<Int32Array>())
        }
        SqlType::Bigint => {
            Arc::new(rows.map(|row| value(row).map(low_bits)).collect::<Int64Array>())
        }
        SqlType::Double => {
            Arc::new(rows.map(|row| value(row).map(to_double)).collect::<Float64Array>())
        }
        SqlType::Varchar => {
            let mut builder = StringBuilder::new();
            rows.for_each(|row| builder.append_option(value(row).map(plain_text)));
            Arc::new(builder.finish())
        }
        SqlType::Boolean
        | SqlType::Decimal { .. }
        | SqlType::Bytes
        | SqlType::Date
        | SqlType::Time
        | SqlType::Timestamp
        | SqlType::Array(_)
        | SqlType::Map(..)
        | SqlType::Struct(_) => return Err(unsupported(to)),
    })
}

/// Returns the low 64 bits of the whole part.
fn low_bits(value: Decimal) -> i64 {
    let power = power_of_ten(u32::from(value.scale));
    let whole = power.and_then(|power| value.unscaled.checked_div(power)).unwrap_or(i256::ZERO);
    let [a, b, c, d, e, f, g, h, ..] = whole.to_le_bytes();
    i64::from_le_bytes([a, b, c, d, e, f, g, h])
}

fn unsupported(to: &SqlType) -> FunctionError {
    FunctionError::InvalidArgument(format!("Cast to {to} is not supported"))
}
