//! `EXTRACTJSONFIELD(json, path)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::json::document::Json;
use crate::functions::scalar::json::on_json;
use crate::functions::scalar::json::path::tokens;

/// The value at a path, as text.
pub(super) fn extractjsonfield() -> ScalarFunction {
    on_json(
        "extractjsonfield",
        "Returns the value at a path of a JSON text; NULL if there is none.",
    )
    .example("EXTRACTJSONFIELD('{\"log\": {\"cloud\": \"gcp\"}}', '$.log.cloud')", "gcp")
    .overload("(input VARCHAR, path VARCHAR) VARCHAR", "", |call| {
        let (json, mut path) = (call.strings(0)?, call.prepare(1, tokens)?);
        call.map_strings(|row| {
            let path = path.at(row)?;
            let document = Json::parse(json.at(row))?;
            let found = document.as_ref().and_then(|document| find(document, path));
            Ok::<_, String>(found.map(Json::to_text))
        })
    })
}

fn find<'d, 'a>(document: &'d Json<'a>, path: &[String]) -> Option<&'d Json<'a>> {
    path.iter().try_fold(document, |value, token| match value {
        Json::Array(values) => values.get(token.parse::<usize>().ok()?),
        other => other.get(token),
    })
}
