//! `JSON_ITEMS(json)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::json::document::Json;
use crate::functions::scalar::json::number::NumberStyle;
use crate::functions::scalar::json::on_json;

/// The objects of a JSON array.
pub(super) fn json_items() -> ScalarFunction {
    on_json("JSON_ITEMS", "Returns the objects of a JSON array, each as a text.")
        .example("JSON_ITEMS('[{\"a\": 1}]')", "[{\"a\":1}]")
        .overload(
            "(jsonItems VARCHAR) ARRAY<VARCHAR>",
            "NULL if an element is no object.",
            |call| {
                let json = call.strings(0)?;
                call.map_string_arrays(|row, items| {
                    let Some(Json::Array(values)) = Json::parse(json.at(row))? else {
                        return Err(format!("Invalid JSON format:{}", json.at(row)));
                    };
                    if !values.iter().all(|value| matches!(value, Json::Object(_))) {
                        return Ok(None);
                    }
                    items.extend(values.iter().map(|value| Some(value.to_json(NumberStyle::Java))));
                    Ok(Some(()))
                })
            },
        )
}
