//! `JSON_KEYS(json)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::json::document::Json;
use crate::functions::scalar::json::on_json;

/// The keys of a JSON object.
pub(super) fn json_keys() -> ScalarFunction {
    on_json("JSON_KEYS", "Returns the keys of a JSON object; NULL if the text is none.")
        .example("JSON_KEYS('{\"a\": 1, \"b\": 2}')", "[a, b]")
        .overload("(jsonObj VARCHAR) ARRAY<VARCHAR>", "", |call| {
            let json = call.strings(0)?;
            call.map_string_arrays(|row, keys| {
                let Some(Json::Object(entries)) = Json::parse(json.at(row))? else {
                    return Ok(None);
                };
                keys.extend(entries.into_iter().map(|(key, _)| Some(key)));
                Ok::<_, String>(Some(()))
            })
        })
}
