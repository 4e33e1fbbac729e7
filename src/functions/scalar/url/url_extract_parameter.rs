//! `URL_EXTRACT_PARAMETER(url, name)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::url::on_urls;
use crate::functions::scalar::url::uri::{Uri, decode};

/// The value of a parameter in the query.
pub(super) fn url_extract_parameter() -> ScalarFunction {
    on_urls(
        "url_extract_parameter",
        "Returns the value of a parameter in the query of a URL; NULL if it is not there.",
    )
    .example("URL_EXTRACT_PARAMETER('http://test.com?a%20b=c%20d', 'a b')", "c d")
    .overload("(input VARCHAR, paramToFind VARCHAR) VARCHAR", "", |call| {
        let (url, name) = (call.strings(0)?, call.strings(1)?);
        call.map_strings(|row| {
            let uri = Uri::parse(url.at(row))?;
            Ok::<_, String>(uri.query.and_then(|query| find(&decode(query), name.at(row))))
        })
    })
}

/// The query is decoded first and then split, as in ksqlDB.
fn find(query: &str, name: &str) -> Option<String> {
    let parameters = query.split('&').map(|entry| entry.split_once('=').unwrap_or((entry, "")));
    parameters.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
}
