//! `JSON_ARRAY_LENGTH(json)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::json::document::Json;
use crate::functions::scalar::json::on_json;

/// The number of elements of a JSON array.
pub(super) fn json_array_length() -> ScalarFunction {
    on_json(
        "JSON_ARRAY_LENGTH",
        "Returns the number of elements of a JSON array; NULL if the text is none.",
    )
    .example("JSON_ARRAY_LENGTH('[1, [1, [2]], 3]')", "3")
    .overload("(jsonArray VARCHAR) INT", "", |call| {
        let json = call.strings(0)?;
        call.map_ints(|row| {
            Json::parse(json.at(row)).map(|document| match document? {
                Json::Array(values) => i32::try_from(values.len()).ok(),
                _ => None,
            })
        })
    })
}
