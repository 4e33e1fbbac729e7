//! `URL_EXTRACT_PORT(url)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::url::on_urls;
use crate::functions::scalar::url::uri::Uri;

/// The port, if the URL names one.
pub(super) fn url_extract_port() -> ScalarFunction {
    on_urls("url_extract_port", "Returns the port of a URL; NULL if it names none.")
        .example("URL_EXTRACT_PORT('http://localhost:8080/path')", "8080")
        .overload("(input VARCHAR) INT", "", |call| {
            let url = call.strings(0)?;
            call.map_ints(|row| Uri::parse(url.at(row)).map(|uri| uri.port))
        })
}
