//! `URL_EXTRACT_FRAGMENT(url)`.

use crate::functions::ScalarFunction;
use crate::functions::scalar::url::on_urls;
use crate::functions::scalar::url::uri::{Uri, decode};

/// The fragment, decoded.
pub(super) fn url_extract_fragment() -> ScalarFunction {
    on_urls("url_extract_fragment", "Returns the fragment of a URL; NULL if it has none.")
        .example("URL_EXTRACT_FRAGMENT('http://test.com#frag%20space')", "frag space")
        .overload("(input VARCHAR) VARCHAR", "", |call| {
            let url = call.strings(0)?;
            call.map_strings(|row| Uri::parse(url.at(row)).map(|uri| uri.fragment.map(decode)))
        })
}
