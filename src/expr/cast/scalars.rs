//! Conversions between scalar types other than DECIMAL, and everything to text.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use datafusion::arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BinaryBuilder, BooleanArray, PrimitiveArray,
    StringBuilder,
};
use datafusion::arrow::datatypes::{
    Date32Type, Float64Type, Int32Type, Int64Type, Time32MillisecondType, TimestampMillisecondType,
};

use crate::expr::cast::Fail;
use crate::expr::cast::parse::{not_a_number, parse_boolean, parse_double, trim};
use crate::expr::cast::text::write_value;
use crate::functions::FunctionError;
use crate::types::datetime::calendar::DAY_MS;
use crate::types::datetime::{DateTimeError, iso};
use crate::types::{SqlType, value_at};

/// Converts between scalar types.
pub(super) fn cast_scalar(
    array: &ArrayRef,
    (from, to): (&SqlType, &SqlType),
    fail: &mut Fail<'_>,
) -> Result<ArrayRef, FunctionError> {
    use SqlType::{Bigint, Date, Double, Int, Time, Timestamp, Varchar};
    Ok(match (from, to) {
        (_, Varchar) => to_text(array, from),
        (Varchar, _) => return parse_text(array, to, fail),
        (Int, Bigint) => map::<Int32Type, Int64Type>(array, i64::from),
        (Int, Double) => map::<Int32Type, Float64Type>(array, f64::from),
        #[expect(clippy::cast_possible_truncation, reason = "as Java's intValue")]
        (Bigint, Int) => map::<Int64Type, Int32Type>(array, |v| v as i32),
        #[expect(clippy::cast_precision_loss, reason = "as Java's doubleValue")]
        (Bigint, Double) => map::<Int64Type, Float64Type>(array, |v| v as f64),
        #[expect(clippy::cast_possible_truncation, reason = "as Java's intValue: it saturates")]
        (Double, Int) => map::<Float64Type, Int32Type>(array, |v| v as i32),
        #[expect(clippy::cast_possible_truncation, reason = "as Java's longValue: it saturates")]
        (Double, Bigint) => map::<Float64Type, Int64Type>(array, |v| v as i64),
        (Timestamp, Date) => try_map::<TimestampMillisecondType, Date32Type>(array, fail, |v| {
            let days = i32::try_from(v.div_euclid(DAY_MS));
            days.map_err(|_| "the timestamp is beyond the calendar".to_owned())
        }),
        (Timestamp, Time) => map::<TimestampMillisecondType, Time32MillisecondType>(array, |v| {
            i32::try_from(v.rem_euclid(DAY_MS)).unwrap_or_default()
        }),
        (Date, Timestamp) => {
            map::<Date32Type, TimestampMillisecondType>(array, |v| i64::from(v) * DAY_MS)
        }
        _ => {
            return Err(FunctionError::InvalidArgument(format!(
                "Cast of {from} to {to} is not supported"
            )));
        }
    })
}

fn map<I: ArrowPrimitiveType, O: ArrowPrimitiveType>(
    array: &ArrayRef,
    convert: impl Fn(I::Native) -> O::Native,
) -> ArrayRef {
    let converted: PrimitiveArray<O> = array.as_primitive::<I>().unary(convert);
    Arc::new(converted)
}

fn try_map<I: ArrowPrimitiveType, O: ArrowPrimitiveType>(
    array: &ArrayRef,
    fail: &mut Fail<'_>,
    convert: impl Fn(I::Native) -> Result<O::Native, String>,
) -> ArrayRef {
    let values = array.as_primitive::<I>();
    let rows = values.iter().enumerate();
    let converted: PrimitiveArray<O> =
        rows.map(|(row, value)| attempt(row, value?, &convert, fail)).collect();
    Arc::new(converted)
}

/// Converts one value, or records why not.
fn attempt<I, O>(
    row: usize,
    value: I,
    convert: impl Fn(I) -> Result<O, String>,
    fail: &mut Fail<'_>,
) -> Option<O> {
    convert(value).map_err(|reason| fail(row, reason)).ok()
}

/// Writes every value as text.
pub(super) fn to_text(array: &ArrayRef, from: &SqlType) -> ArrayRef {
    let mut builder = StringBuilder::with_capacity(array.len(), array.len() * 8);
    let mut text = String::new();
    for row in 0..array.len() {
        if array.is_null(row) {
            builder.append_null();
            continue;
        }
        text.clear();
        write_value(&value_at(array, row), from, &mut text);
        builder.append_value(&text);
    }
    Arc::new(builder.finish())
}

/// Reads every text as a value.
fn parse_text(
    array: &ArrayRef,
    to: &SqlType,
    fail: &mut Fail<'_>,
) -> Result<ArrayRef, FunctionError> {
    Ok(match to {
        SqlType::Boolean => {
            let texts = array.as_string::<i32>().iter();
            let read: BooleanArray = texts.map(|text| Some(parse_boolean(trim(text?)))).collect();
            Arc::new(read)
        }
        SqlType::Int => {
            parse_all::<Int32Type>(array, fail, |t| t.parse().map_err(|_| not_a_number(t)))
        }
        SqlType::Bigint => {
            parse_all::<Int64Type>(array, fail, |t| t.parse().map_err(|_| not_a_number(t)))
        }
        SqlType::Double => parse_all::<Float64Type>(array, fail, parse_double),
        SqlType::Date => {
            parse_all::<Date32Type>(array, fail, |t| iso::parse_date(t).map_err(in_words))
        }
        SqlType::Time => parse_all::<Time32MillisecondType>(array, fail, |t| {
            iso::parse_time(t).map_err(in_words)
        }),
        SqlType::Timestamp => parse_all::<TimestampMillisecondType>(array, fail, |t| {
            iso::parse_timestamp(t).map_err(in_words)
        }),
        SqlType::Bytes => parse_bytes(array, fail),
        SqlType::Decimal { .. }
        | SqlType::Varchar
        | SqlType::Array(_)
        | SqlType::Map(..)
        | SqlType::Struct(_) => {
            return Err(FunctionError::InvalidArgument(format!(
                "Cast of STRING to {to} is not supported"
            )));
        }
    })
}

fn in_words(error: DateTimeError) -> String {
    error.to_string()
}

fn parse_all<O: ArrowPrimitiveType>(
    array: &ArrayRef,
    fail: &mut Fail<'_>,
    parse: impl Fn(&str) -> Result<O::Native, String>,
) -> ArrayRef {
    let rows = array.as_string::<i32>().iter().enumerate();
    let parsed: PrimitiveArray<O> =
        rows.map(|(row, text)| attempt(row, trim(text?), &parse, fail)).collect();
    Arc::new(parsed)
}

fn parse_bytes(array: &ArrayRef, fail: &mut Fail<'_>) -> ArrayRef {
    let mut builder = BinaryBuilder::new();
    for (row, text) in array.as_string::<i32>().iter().enumerate() {
        let decode = |text: &str| STANDARD.decode(text).map_err(|error| error.to_string());
        builder.append_option(text.and_then(|text| attempt(row, trim(text), decode, fail)));
    }
    Arc::new(builder.finish())
}
