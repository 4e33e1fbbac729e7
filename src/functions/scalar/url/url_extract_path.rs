//! `URL_EXTRACT_PATH(url)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::url::on_urls;
use crate::functions::scalar::url::uri::{Uri, decode};

/// The path, decoded.
pub(super) fn url_extract_path() -> ScalarFunction {
    on_urls("url_extract_path", "Returns the path of a URL; empty if it has none.")
        .example("URL_EXTRACT_PATH('http://test.com/path/to#a')", "/path/to")
        .overload("(input VARCHAR) VARCHAR", "", |call| {
            let url = call.strings(0)?;
            call.map_strings(|row| Uri::parse(url.at(row)).map(|uri| uri.path.map(decode)))
        })
}
