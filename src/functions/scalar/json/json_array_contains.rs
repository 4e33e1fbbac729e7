//! `JSON_ARRAY_CONTAINS(json, value)`.

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{DataType, Float64Type, Int32Type, Int64Type};

use crate::functions::ScalarFunction;
use crate::functions::scalar::json::document::{Json, Reader};
use crate::functions::scalar::json::on_json;

/// Whether a JSON array has a value.
pub(super) fn json_array_contains() -> ScalarFunction {
    on_json(
        "JSON_ARRAY_CONTAINS",
        "Tests whether a JSON array has a value; false if the text is no array.",
    )
    .example("JSON_ARRAY_CONTAINS('[1, 2, 3]', 3)", "true")
    .overload("(jsonArray VARCHAR, val T) BOOLEAN", "", |call| {
        let (json, (value, is_constant)) = (call.strings(0)?, call.array(1)?);
        call.map_booleans(|row| {
            let row_of_value = if is_constant { 0 } else { row };
            json.get(row).map(|json| contains(json, value, row_of_value))
        })
    })
    .sees_nulls()
}

/// Reads no further than to the value, so that what follows it need not be JSON.
fn contains(json: &str, value: &ArrayRef, row: usize) -> bool {
    let mut reader = Reader::new(json);
    let mut is_first = true;
    if !reader.accept(b'[') {
        return false;
    }
    while !reader.accept(b']') {
        if !is_first && !reader.accept(b',') {
            return false;
        }
        is_first = false;
        match reader.value(1) {
            Ok(element) if equals(&element, value, row) => return true,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
    false
}

/// Whole numbers equal whole numbers only, and those with a point only such.
fn equals(element: &Json<'_>, value: &ArrayRef, row: usize) -> bool {
    if value.is_null(row) {
        return *element == Json::Null;
    }
    let is_whole = |digits: &str| !digits.contains(['.', 'e', 'E']);
    match (element, value.data_type()) {
        (Json::Boolean(element), DataType::Boolean) => *element == value.as_boolean().value(row),
        (Json::Number(digits), DataType::Int32) => {
            digits.parse() == Ok(value.as_primitive::<Int32Type>().value(row))
        }
        (Json::Number(digits), DataType::Int64) => {
            digits.parse() == Ok(value.as_primitive::<Int64Type>().value(row))
        }
        (Json::Number(digits), DataType::Float64) => {
            !is_whole(digits)
                && digits.parse() == Ok(value.as_primitive::<Float64Type>().value(row))
        }
        (Json::String(element), DataType::Utf8) => element == value.as_string::<i32>().value(row),
        _ => false,
    }
}
