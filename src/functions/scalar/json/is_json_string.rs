//! `IS_JSON_STRING(text)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::json::document::Json;
use crate::functions::scalar::json::on_json;

/// Whether a text holds JSON.
pub(super) fn is_json_string() -> ScalarFunction {
    on_json("IS_JSON_STRING", "Tests whether a text holds JSON; NULL does not.")
        .example("IS_JSON_STRING('[1, 2]')", "true")
        .overload("(input VARCHAR) BOOLEAN", "", |call| {
            let text = call.strings(0)?;
            call.map_booleans(|row| {
                text.get(row).is_some_and(|text| matches!(Json::parse(text), Ok(Some(_))))
            })
        })
        .sees_nulls()
}
