//! `JSON_CONCAT(json, …)`.

use std::borrow::Cow;

use crate::functions::ScalarFunction;
use crate::functions::scalar::json::document::Json;
use crate::functions::scalar::json::number::NumberStyle;
use crate::functions::scalar::json::on_json;

/// Objects joined into one, or all else into one array.
pub(super) fn json_concat() -> ScalarFunction {
    on_json(
        "JSON_CONCAT",
        "Joins JSON objects into one, or else values and the elements of arrays into one array.",
    )
    .example("JSON_CONCAT('[1, 2]', '3')", "[1,2,3]")
    .overload("(jsonStrings VARCHAR...) VARCHAR", "NULL if a text is NULL or empty.", |call| {
        let texts = call.strings_from(0)?;
        call.map_strings(|row| {
            let mut documents = Vec::with_capacity(texts.len());
            for text in &texts {
                match Json::parse(text.at(row))? {
                    Some(document) => documents.push(document),
                    None => return Ok(None),
                }
            }
            Ok::<_, String>(concat(documents).map(|json| json.to_json(NumberStyle::Plain)))
        })
    })
}

fn concat(mut documents: Vec<Json<'_>>) -> Option<Json<'_>> {
    if documents.len() < 2 {
        return documents.pop();
    }
    if documents.iter().all(|document| matches!(document, Json::Object(_))) {
        return Some(union(documents));
    }
    let elements = documents.into_iter().flat_map(|document| match document {
        Json::Array(values) => values,
        other => vec![other],
    });
    Some(Json::Array(elements.collect()))
}

/// The last of equal keys counts, at the place of the first.
fn union(documents: Vec<Json<'_>>) -> Json<'_> {
    let mut entries: Vec<(Cow<'_, str>, Json<'_>)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for document in documents {
        let Json::Object(more) = document else { continue };
        for (key, value) in more {
            let place = *places.entry(key.clone()).or_insert(entries.len());
            if place < entries.len() {
                entries[place].1 = value;
            } else {
                entries.push((key, value));
            }
        }
    }
    Json::Object(entries)
}
