//! `JSON_RECORDS(json)`.

use std::borrow::Cow;

use crate::functions::ScalarFunction;
use crate::functions::scalar::json::document::Json;
use crate::functions::scalar::json::on_json;

/// The keys and values of a JSON object.
pub(super) fn json_records() -> ScalarFunction {
    on_json(
        "JSON_RECORDS",
        "Returns the keys and values of a JSON object; NULL if the text is none.",
    )
    .example("JSON_RECORDS('{\"a\": [1, 2]}')", "{a=[1,2]}")
    .overload("(jsonObj VARCHAR) MAP<VARCHAR, VARCHAR>", "", |call| {
        let json = call.strings(0)?;
        call.map_string_maps(|row, records| {
            let Some(Json::Object(entries)) = Json::parse(json.at(row))? else {
                return Ok(None);
            };
            let record = |(key, value): (_, Json<'_>)| (key, Some(Cow::Owned(value.to_text())));
            records.extend(entries.into_iter().map(record));
            Ok::<_, String>(Some(()))
        })
    })
}
