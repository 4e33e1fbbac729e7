//! `URL_EXTRACT_HOST(url)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::url::on_urls;
use crate::functions::scalar::url::uri::Uri;

/// The host.
pub(super) fn url_extract_host() -> ScalarFunction {
    on_urls("url_extract_host", "Returns the host of a URL; NULL if it has none.")
        .example("URL_EXTRACT_HOST('http://test.com:8080/path')", "test.com")
        .overload("(input VARCHAR) VARCHAR", "", |call| {
            let url = call.strings(0)?;
            call.map_strings(|row| Uri::parse(url.at(row)).map(|uri| uri.host))
        })
}
