//! `URL_EXTRACT_QUERY(url)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::url::on_urls;
use crate::functions::scalar::url::uri::{Uri, decode};

/// The query, decoded.
pub(super) fn url_extract_query() -> ScalarFunction {
    on_urls("url_extract_query", "Returns the query of a URL; NULL if it has none.")
        .example("URL_EXTRACT_QUERY('http://test.com?a=foo%20bar&b=baz')", "a=foo bar&b=baz")
        .overload("(input VARCHAR) VARCHAR", "", |call| {
            let url = call.strings(0)?;
            call.map_strings(|row| Uri::parse(url.at(row)).map(|uri| uri.query.map(decode)))
        })
}
