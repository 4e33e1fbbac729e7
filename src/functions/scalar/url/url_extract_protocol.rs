//! `URL_EXTRACT_PROTOCOL(url)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::url::on_urls;
use crate::functions::scalar::url::uri::Uri;

/// The scheme.
pub(super) fn url_extract_protocol() -> ScalarFunction {
    on_urls("url_extract_protocol", "Returns the protocol of a URL; NULL if it has none.")
        .example("URL_EXTRACT_PROTOCOL('http://test.com')", "http")
        .overload("(input VARCHAR) VARCHAR", "", |call| {
            let url = call.strings(0)?;
            call.map_strings(|row| Uri::parse(url.at(row)).map(|uri| uri.scheme))
        })
}
